"""Signing in, the account center, and where one is signed in."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from allauth.account.views import LoginView
from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django.conf import settings
from django.contrib import messages
from django.db.models import F
from django.http import Http404
from django.shortcuts import redirect
from django.template.loader import render_to_string
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods, require_safe

from accounts import events
from accounts.access_keys import MAX_KEYS_PER_USER
from accounts.demo import DEMO_PASSWORD, PEOPLE
from accounts.http import ConsoleRequest, account_of
from accounts.signed_in import end, is_current, sessions_of
from ui.pages import page

if TYPE_CHECKING:
    from django.http import HttpResponse


class SignIn(LoginView):
    template_name = "accounts/login.jinja"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context = super().get_context_data(**kwargs)
        demo: dict[str, Any] = {}
        if settings.DEMO and settings.DEMO_PEOPLE_SIGN_IN:
            demo = {"demo_people": PEOPLE, "demo_password": DEMO_PASSWORD}
        script = render_to_string("mfa/webauthn/snippets/login_script.html", context, self.request)
        return {**context, **demo, "passkey_script": script}


@require_safe
def account(request: ConsoleRequest) -> HttpResponse:
    """The account centre: who one is, what the account may share, and who else signs in to it."""
    account = account_of(request)
    context = {
        "account": account,
        "used": account.shares_granted.count(),
        "keys": request.user.access_keys.all(),
        "most_keys": MAX_KEYS_PER_USER,
        "people": account.users.order_by(F("ram_id").asc(nulls_first=True)),
        "second_factors": set(Authenticator.objects.filter(user=request.user).values_list("type", flat=True)),
    }
    return page(request, "accounts/account.jinja", context)


@require_http_methods(["GET", "HEAD", "POST"])
def sessions(request: ConsoleRequest) -> HttpResponse:
    """Where one is signed in. A POST ends the session that it names, or all but this one where it names none."""
    there = sessions_of(request.user)
    for session in there:
        session.is_this = is_current(session, request)
    if request.method != "POST":
        return page(request, "accounts/sessions.jinja", {"sessions": there})
    chosen = request.POST.get("session")
    others = [session for session in there if not session.is_this]
    if chosen is None:
        done = _("All other sessions have ended.")
    else:
        others = [session for session in others if str(session.pk) == chosen]
        done = _("The session has ended.")
        if not others:
            raise Http404
    end(UserSession.objects.filter(pk__in=[session.pk for session in others]))
    events.record("EndSessions", request, request.user, number=len(others))
    messages.success(request, done)
    return redirect("usersessions_list")
