from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.views import LoginView
from django.core.exceptions import ValidationError
from django.db.models import F
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods, require_safe

from accounts.access_keys import MAXIMUM
from accounts.demo import DEMO_PASSWORD, PEOPLE
from accounts.forms import SignInForm
from accounts.http import ConsoleRequest, account_of, fragment
from accounts.models import AccessKey
from audit.models import Actor

if TYPE_CHECKING:
    from django.http import HttpResponse
    from django.utils.functional import _StrPromise


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
        "keys": request.user.access_keys.all(),
        "most_keys": MAXIMUM,
        "people": account.users.order_by(F("ram_id").asc(nulls_first=True)),
    }
    return render(request, "accounts/account.html", context)


# AccessKeys. Everyone manages their own, whatever their policy: a key may do no more than its user.


@require_http_methods(["GET", "HEAD", "POST"])
def create_key(request: ConsoleRequest) -> HttpResponse:
    """Make a key pair. Its secret is in the answer to this one POST, and nowhere else."""
    account_of(request)
    context: dict[str, Any] = {"most_keys": MAXIMUM}
    status = 200
    if request.method == "POST":
        try:
            context["key"], context["secret"] = AccessKey.create_for(request.user, by=Actor.of(request))
        except ValidationError as refusal:
            context["refusals"], status = refusal.messages, 422
        context["keys"] = request.user.access_keys.all()
    response = render(request, fragment(request, "accounts/create_key.html", "create_key"), context, status=status)
    response["Cache-Control"] = "no-store"
    return response


@dataclass(frozen=True)
class Question:
    """What a dialog asks before a key is changed."""

    title: str | _StrPromise
    consequences: tuple[str | _StrPromise, ...]
    done: str | _StrPromise
    is_final: bool = False


QUESTIONS = {
    "disable": Question(
        _("Disable AccessKey"),
        (_("Programs that sign with it are refused from now on."), _("You can enable it again.")),
        _("AccessKey %(key)s is disabled."),
    ),
    "enable": Question(
        _("Enable AccessKey"),
        (_("Programs that sign with it may do again what you may do."),),
        _("AccessKey %(key)s is enabled."),
    ),
    "remove": Question(
        _("Delete AccessKey"),
        (_("Programs that sign with it are refused from now on."), _("This cannot be undone.")),
        _("AccessKey %(key)s is deleted."),
        is_final=True,
    ),
}


@require_http_methods(["GET", "HEAD", "POST"])
def change_key(request: ConsoleRequest, key: str, verb: str) -> HttpResponse:
    """Ask once more, saying what follows; then disable, enable or delete the key."""
    account_of(request)
    found, question = get_object_or_404(request.user.access_keys, access_key_id=key), QUESTIONS[verb]
    if request.method != "POST":
        context = {"key": found, "question": question}
        return render(request, fragment(request, "accounts/change_key.html", "change_key"), context)
    getattr(found, verb)(by=Actor.of(request))
    messages.success(request, str(question.done) % {"key": found.access_key_id})
    return redirect("account")
