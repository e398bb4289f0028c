from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.contrib.auth.views import LoginView
from django.db.models import F
from django.shortcuts import render
from django.views.decorators.http import require_safe

from accounts.demo import DEMO_PASSWORD, PEOPLE
from accounts.forms import SignInForm
from accounts.http import ConsoleRequest, account_of

if TYPE_CHECKING:
    from django.http import HttpResponse


class SignIn(LoginView):
    template_name = "accounts/login.html"
    authentication_form = SignInForm
    redirect_authenticated_user = True

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        demo = {"demo_people": PEOPLE, "demo_password": DEMO_PASSWORD} if settings.DEMO else {}
        return super().get_context_data(**kwargs, **demo)


@require_safe
def account(request: ConsoleRequest) -> HttpResponse:
    """The account centre: who one is, what the account may share, and who else signs in to it."""
    account = account_of(request)
    context = {
        "account": account,
        "used": account.shares_granted.count(),
        "people": account.users.order_by(F("ram_id").asc(nulls_first=True)),
    }
    return render(request, "accounts/account.html", context)
