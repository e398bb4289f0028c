from __future__ import annotations

from copy import copy
from functools import partial, wraps
from typing import TYPE_CHECKING, Any

import allauth.account.admin
import allauth.mfa.admin
import allauth.usersessions.admin  # noqa: F401 - each registers what is taken away below
from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django import forms
from django.contrib import admin, messages
from django.contrib.admin.widgets import ForeignKeyRawIdWidget
from django.contrib.auth.forms import AdminPasswordChangeForm, AdminUserCreationForm, UserChangeForm
from django.contrib.auth.models import Group
from django.core.exceptions import PermissionDenied, ValidationError
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.decorators import method_decorator
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _

from accounts.models import STAFF_FIELDS, Account, User
from accounts.sign_in import confirmed
from accounts.signed_in import end_sessions
from audit.actions import action
from audit.models import Actor, Door
from plumbing.admin import NotAtomicUserAdmin
from ui import entered
from ui.admin import BigTableAdmin, DeletedByVerb, column
from ui.entered import logon_name
from ui.fields import AccountIdField, NameField

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.db.models import QuerySet
    from django.http import HttpRequest, HttpResponse

for model in (Group, EmailAddress, Authenticator, UserSession):
    # Groups, second factors and sessions are not edited as rows; the actions of support staff on them are below.
    admin.site.unregister(model)
ACCOUNT = column("account_id", _("account"))
# Each object that is deleted here is asked about on its own, and goes through its model's own verb.
admin.site.disable_action("delete_selected")
admin.site.site_header = _("Elastic Desktop Service support")
admin.site.site_title = _("Support")


def changelist_link(model: str, text: Any, **narrowed_by: str) -> str:
    return format_html('<a href="{}">{}</a>', reverse(f"admin:{model}_changelist", query=narrowed_by), text)


# A person must have just shown who they are before they change limits, or who somebody is.
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

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        fields = {"account_id": AccountIdField, "name": NameField}
        if db_field.name in fields:
            kwargs["form_class"] = fields[db_field.name]
        return super().formfield_for_dbfield(db_field, request, **kwargs)

    @admin.display(description=_("What it has"))
    def what_it_has(self, account: Account) -> str:
        images = changelist_link("images_image", _("Images"), owner__account_id=account.pk)
        granted = changelist_link("images_imageshare", _("Shares granted"), owner__account_id=account.pk)
        received = changelist_link("images_imageshare", _("Shares received"), recipient__account_id=account.pk)
        users = changelist_link("accounts_user", _("Users"), account__account_id=account.pk)
        log = changelist_link("audit_entry", _("Operation log"), q=account.pk)
        return format_html("{} · {} · {} · {} · {}", images, granted, received, users, log)

    def save_model(self, request: HttpRequest, obj: Account, form: forms.ModelForm, change: bool) -> None:
        changed = {name: str(form.cleaned_data[name]) for name in form.changed_data}
        by, columns = Actor.of(request, Door.ADMIN), {"account_id": obj.pk}
        # Django's permissions say who may do this.
        with action(
            "ModifyAccount" if change else "CreateAccount", by=by, right=None, columns=columns, details=changed
        ):
            super().save_model(request, obj, form, change)
            if "is_active" in form.changed_data:
                end_sessions(obj.users.all())

    def has_delete_permission(self, request: HttpRequest, obj: Account | None = None) -> bool:
        """An account is deactivated, never deleted: the log and other people's shares speak of it."""
        return False


class AccountWidget(ForeignKeyRawIdWidget):
    """Django looks up any text that was entered, to name it beside the field. PostgreSQL takes no NUL in a text."""

    def value_from_datadict(self, data: Any, files: Any, name: str) -> Any:
        value = super().value_from_datadict(data, files, name)
        return entered.account_id(value) if isinstance(value, str) else value

    def label_and_url_for_value(self, value: Any) -> tuple[str, str]:
        return ("", "") if "\0" in str(value) else super().label_and_url_for_value(value)


class UserForm(UserChangeForm):
    class Meta:
        model = User
        fields = "__all__"


class PasswordForm(AdminPasswordChangeForm):
    """Django's own form writes the whole person as they were read, and writes no entry."""

    def __init__(self, *args: Any, by: Actor, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.by = by

    def save(self, commit: bool = True) -> User:
        self.user.change(by=self.by, password=given_password(self))
        return self.user


def given_password(form: forms.Form | forms.ModelForm) -> str | None:
    """The new password, or None where Django's form was told that the person gets none."""
    return form.cleaned_data["password1"] if form.cleaned_data["set_usable_password"] else None


def refusals_are_told(view: Callable[..., Any]) -> Callable[..., Any]:
    """Show the refusal of a verb as a sentence on the page, which the browser requests again."""

    @wraps(view)
    def telling(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        try:
            return view(request, *args, **kwargs)
        except ValidationError as refusal:
            for sentence in refusal.messages:
                messages.error(request, sentence)
            return redirect(request.path)

    return telling


class NewUserForm(AdminUserCreationForm):
    class Meta:
        model = User
        fields = ("username", "account", "ram_id", "policy")
        field_classes = {"username": NameField, "ram_id": AccountIdField}

    def clean_username(self) -> str:
        return logon_name(self.cleaned_data["username"])


@admin.register(User)
@method_decorator([confirmed, refusals_are_told], name="changeform_view")
@method_decorator([confirmed, refusals_are_told], name="user_change_password")
@method_decorator(confirmed, name="delete_view")
class UserAdmin(DeletedByVerb, BigTableAdmin, NotAtomicUserAdmin):
    """Changes to people here go through the model's own verbs, as they do in the account centre.

    Each verb has its own transaction. Django's is not around it: its rollback would remove the record of a refusal.
    """

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

    def get_readonly_fields(self, request: HttpRequest, obj: User | None = None) -> Any:
        # An existing person cannot move to another account, or become a RAM user there.
        fixed = ("account", "ram_id") if obj else ()
        only_shown = () if request.user.is_superuser else tuple(STAFF_FIELDS)
        return (*self.readonly_fields, *fixed, *only_shown)

    def has_change_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        """Only superusers change support staff: a person who sets a superuser's password or address is as powerful."""
        return super().has_change_permission(request, obj) and _may_touch(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        """Main users and support staff are disabled, never removed: the admin site's own log would go with them."""
        may_delete = super().has_delete_permission(request, obj) and _may_touch(request, obj)
        return may_delete and (obj is None or obj.is_ram_user)

    def save_model(self, request: HttpRequest, obj: User, form: forms.ModelForm, change: bool) -> None:
        by = Actor.of(request, Door.ADMIN)
        if not change:
            obj.create(given_password(form), by=by)
            return
        given = {name: form.cleaned_data[name] for name in form.changed_data}
        is_active, permissions = given.pop("is_active", None), given.pop("user_permissions", None)
        if given:
            obj.change(by=by, **given)
        if permissions is not None:
            obj.permit(permissions, by=by)
        if is_active is not None:
            (obj.enable if is_active else obj.disable)(by=by)

    def user_change_password(self, request: HttpRequest, id: str, form_url: str = "") -> HttpResponse:  # noqa: A002 - Django's name
        # A copy for this request, so that its form knows who acts.
        mine = copy(self)
        mine.change_password_form = partial(PasswordForm, by=Actor.of(request, Door.ADMIN))
        return super(UserAdmin, mine).user_change_password(request, id, form_url)

    def delete_model(self, request: HttpRequest, obj: User) -> None:
        obj.remove(by=Actor.of(request, Door.ADMIN))

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        if db_field.name == "account":
            kwargs["widget"] = AccountWidget(db_field.remote_field, self.admin_site)
        return super().formfield_for_foreignkey(db_field, request, **kwargs)

    @admin.action(description=_("Remove second factors and end sessions"), permissions=["change"])
    def remove_second_factors(self, request: HttpRequest, users: QuerySet[User]) -> HttpResponse | None:
        """For a person who has lost the telephone and the recovery codes. Support staff first make sure who it is."""
        return confirmed(self._remove_second_factors)(request, users)

    def _remove_second_factors(self, request: HttpRequest, users: QuerySet[User]) -> None:
        by, done = Actor.of(request, Door.ADMIN), 0
        for user in users:
            try:
                user.remove_second_factors(by=by)
                done += 1
            except PermissionDenied as refusal:
                told = _("Nothing was done about %(name)s: %(refusal)s") % {"name": user, "refusal": refusal}
                self.message_user(request, told, messages.ERROR)
        if done:
            self.message_user(request, _("Their password is all that they need to sign in now."))


def _may_touch(request: HttpRequest, person: User | None) -> bool:
    return person is None or request.user.is_superuser or not person.is_support
