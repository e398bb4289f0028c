from __future__ import annotations

from typing import TYPE_CHECKING, Any

import allauth.account.admin
import allauth.mfa.admin
import allauth.usersessions.admin  # noqa: F401 - each registers what is taken away below
from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django import forms
from django.contrib import admin
from django.contrib.admin.widgets import ForeignKeyRawIdWidget
from django.contrib.auth.admin import UserAdmin as DjangoUserAdmin
from django.contrib.auth.forms import AdminUserCreationForm, UserChangeForm
from django.contrib.auth.models import Group
from django.db import transaction
from django.urls import reverse
from django.utils.decorators import method_decorator
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _

import audit.models as audit
from accounts.models import Account, User
from accounts.sign_in import confirmed
from audit.admin import BigTableAdmin, column
from audit.models import Actor, Door

if TYPE_CHECKING:
    from django.db.models import QuerySet
    from django.http import HttpRequest, HttpResponse

for model in (Group, EmailAddress, Authenticator, UserSession):
    # Nobody's groups, second factors and sessions are edited as rows; what support staff do with them is below.
    admin.site.unregister(model)
ACCOUNT = column("account_id", _("account"))
admin.site.site_header = _("Elastic Desktop Service support")
admin.site.site_title = _("Support")


def changelist_link(model: str, text: Any, **narrowed_by: str) -> str:
    return format_html('<a href="{}">{}</a>', reverse(f"admin:{model}_changelist", query=narrowed_by), text)


# Limits, and who somebody is, are changed by whoever has just shown who they are.
@admin.register(Account)
@method_decorator(confirmed, name="changeform_view")
class AccountAdmin(BigTableAdmin):
    list_display = ("account_id", "name", "site", "share_limit", "is_active", "created_at")
    search_fields = ("account_id__exact", "name__startswith")
    search_help_text = _("A whole account ID, or the beginning of a name")
    ordering = ("-created_at", "account_id")
    readonly_fields = ("created_at", "what_it_has")

    def get_readonly_fields(self, request: HttpRequest, obj: Account | None = None) -> Any:
        return (*self.readonly_fields, "account_id") if obj else ("created_at",)

    @admin.display(description=_("What it has"))
    def what_it_has(self, account: Account) -> str:
        images = changelist_link("images_image", _("Images"), owner__account_id=account.pk)
        granted = changelist_link("images_imageshare", _("Shares granted"), owner__account_id=account.pk)
        received = changelist_link("images_imageshare", _("Shares received"), recipient__account_id=account.pk)
        users = changelist_link("accounts_user", _("Users"), account__account_id=account.pk)
        log = changelist_link("audit_entry", _("Operation log"), q=account.pk)
        return format_html("{} · {} · {} · {} · {}", images, granted, received, users, log)

    def save_model(self, request: HttpRequest, obj: Account, form: forms.ModelForm, change: bool) -> None:
        super().save_model(request, obj, form, change)
        audit.record(
            "ModifyAccount" if change else "CreateAccount",
            by=Actor.of(request, Door.ADMIN),
            account_id=obj.pk,
            details={name: str(form.cleaned_data[name]) for name in form.changed_data},
        )

    def has_delete_permission(self, request: HttpRequest, obj: Account | None = None) -> bool:
        """An account is deactivated, never deleted: the log and other people's shares speak of it."""
        return False


class AccountWidget(ForeignKeyRawIdWidget):
    """Django looks for whatever was entered, to name it beside the field; PostgreSQL has no NUL."""

    def label_and_url_for_value(self, value: Any) -> tuple[str, str]:
        return ("", "") if "\0" in str(value) else super().label_and_url_for_value(value)


class UserForm(UserChangeForm):
    class Meta:
        model = User
        fields = "__all__"


class NewUserForm(AdminUserCreationForm):
    class Meta:
        model = User
        fields = ("username", "account", "ram_id", "policy")

    def clean_username(self) -> str:
        return str(self.cleaned_data["username"]).strip().lower()


@admin.register(User)
@method_decorator(confirmed, name="changeform_view")
@method_decorator(confirmed, name="user_change_password")
class UserAdmin(BigTableAdmin, DjangoUserAdmin):
    form, add_form = UserForm, NewUserForm
    list_display = ("username", ACCOUNT, "ram_id", "policy", "is_active", "is_staff", "last_login")
    list_filter = ("is_staff",)
    list_select_related = ("account",)
    search_fields = ("username__exact", "ram_id__exact", "account__account_id__exact")
    search_help_text = _("A whole logon name, RAM user ID or account ID")
    ordering = ("-pk",)
    raw_id_fields = ("account",)
    actions = ("remove_second_factors",)
    readonly_fields = ("last_login", "date_joined")
    filter_horizontal = ("user_permissions",)
    fieldsets = (
        (None, {"fields": ("username", "password", "account", "ram_id", "policy", "email", "is_active")}),
        (_("Support staff"), {"fields": ("is_staff", "is_superuser", "user_permissions")}),
        (_("Times"), {"fields": ("last_login", "date_joined")}),
    )
    add_fieldsets = (
        (
            None,
            {
                "classes": ("wide",),
                "fields": ("username", "account", "ram_id", "policy", "usable_password", "password1", "password2"),
            },
        ),
    )

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        if db_field.name == "account":
            kwargs["widget"] = AccountWidget(db_field.remote_field, self.admin_site)
        return super().formfield_for_foreignkey(db_field, request, **kwargs)

    @admin.action(description=_("Remove second factors and end sessions"), permissions=["change"])
    def remove_second_factors(self, request: HttpRequest, users: QuerySet[User]) -> HttpResponse | None:
        """For who has lost the telephone and the recovery codes. Support staff make sure of who it is first."""
        return confirmed(self._remove_second_factors)(request, users)

    def _remove_second_factors(self, request: HttpRequest, users: QuerySet[User]) -> None:
        for user in users:
            with transaction.atomic():
                Authenticator.objects.filter(user=user).delete()
                for session in UserSession.objects.filter(user=user):
                    session.end()
                audit.record(
                    "RemoveAuthenticator",
                    by=Actor.of(request, Door.ADMIN),
                    account_id=user.account_id or "",
                    details={"user": user.username, "type": "all"},
                )
        self.message_user(request, _("Their password is all that they need to sign in now."))
