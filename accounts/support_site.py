"""The admin site behind the console's own sign-in."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from allauth.account.adapter import get_adapter
from allauth.account.authentication import get_authentication_records
from allauth.account.decorators import secure_admin_login
from django.conf import settings
from django.contrib import messages
from django.contrib.admin import AdminSite
from django.contrib.auth import REDIRECT_FIELD_NAME
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse


def used_second_factor(request: HttpRequest) -> bool:
    """Whether a code or a passkey was given in this session, which somebody's password alone may have opened."""
    user = request.user
    return user.is_authenticated and any(
        record["method"] == "mfa" for record in get_authentication_records(request, user)
    )


class SupportSite(AdminSite):
    """No sign-in page of its own, so there is no second one to guess passwords at."""

    def has_permission(self, request: HttpRequest) -> bool:
        return super().has_permission(request) and (not settings.ADMIN_REQUIRES_MFA or used_second_factor(request))

    def login(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        return _sign_in(request)

    def password_change(  # type: ignore[override] # what it answers is as good
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        return redirect("account_change_password")


@secure_admin_login
def _sign_in(request: HttpRequest) -> HttpResponse:
    """Where support staff go who are signed in: on, or first to what the admin site still wants of them."""
    if not settings.ADMIN_REQUIRES_MFA or used_second_factor(request):
        return redirect("admin:index")
    for method in get_adapter().get_reauthentication_methods(request.user):
        if method["id"] != "reauthenticate":
            next_url = request.GET.get(REDIRECT_FIELD_NAME, reverse("admin:index"))
            return redirect(f"{method['url']}?{urlencode({REDIRECT_FIELD_NAME: next_url})}")
    messages.warning(request, _("The admin site asks for a second factor. Set one up first."))
    return redirect("mfa_index")
