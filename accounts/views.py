from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from allauth.account.views import LoginView
from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django.conf import settings
from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models import F
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods, require_safe

from accounts.access_keys import MAXIMUM
from accounts.demo import DEMO_PASSWORD, PEOPLE
from accounts.forms import RamUserForm
from accounts.http import ConsoleRequest, account_of, fragment
from accounts.models import ONLY_MAIN_USER, AccessKey, User
from accounts.sign_in import confirmed
from audit.models import Actor

if TYPE_CHECKING:
    from django.http import HttpResponse
    from django_stubs_ext import StrPromise


class SignIn(LoginView):
    template_name = "accounts/login.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        demo = {"demo_people": PEOPLE, "demo_password": DEMO_PASSWORD} if settings.DEMO else {}
        return {**super().get_context_data(**kwargs), **demo}


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
        "second_factors": set(Authenticator.objects.filter(user=request.user).values_list("type", flat=True)),
    }
    return render(request, "accounts/account.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def sessions(request: ConsoleRequest) -> HttpResponse:
    """Where one is signed in. A POST ends the session that it names, or all but this one where it names none."""
    there = UserSession.objects.purge_and_list(request.user)
    if request.method != "POST":
        there.sort(key=lambda session: session.created_at, reverse=True)
        return render(request, "accounts/sessions.html", {"sessions": there})
    chosen = request.POST.get("session")
    others = [session for session in there if not session.is_current()]
    if chosen is None:
        done = _("All other sessions have ended.")
    else:
        others = [session for session in others if str(session.pk) == chosen]
        done = _("The session has ended.")
        if not others:
            raise Http404
    for session in others:
        session.end()
    messages.success(request, done)
    return redirect("usersessions_list")


# AccessKeys. Everyone manages their own, whatever their policy: a key may do no more than its user.


@require_http_methods(["GET", "HEAD", "POST"])
@confirmed
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

    title: str | StrPromise
    consequences: tuple[str | StrPromise, ...]
    done: str | StrPromise
    is_final: bool = False


KEY_QUESTIONS = {
    "disable": Question(
        _("Disable AccessKey"),
        (_("Programs that sign with it are refused from now on."), _("You can enable it again.")),
        _("AccessKey %(name)s is disabled."),
    ),
    "enable": Question(
        _("Enable AccessKey"),
        (_("Programs that sign with it may do again what you may do."),),
        _("AccessKey %(name)s is enabled."),
    ),
    "remove": Question(
        _("Delete AccessKey"),
        (_("Programs that sign with it are refused from now on."), _("This cannot be undone.")),
        _("AccessKey %(name)s is deleted."),
        is_final=True,
    ),
}


@require_http_methods(["GET", "HEAD", "POST"])
@confirmed
def change_key(request: ConsoleRequest, key: str, verb: str) -> HttpResponse:
    """Ask once more, saying what follows; then disable, enable or delete the key."""
    account_of(request)
    return _change(request, get_object_or_404(request.user.access_keys, access_key_id=key), KEY_QUESTIONS[verb], verb)


def _change(request: ConsoleRequest, thing: AccessKey | User, question: Question, verb: str) -> HttpResponse:
    name = str(thing)
    context: dict[str, Any] = {"subject": name, "question": question}
    status = 200
    if request.method == "POST":
        try:
            getattr(thing, verb)(by=Actor.of(request))
        except ValidationError as refusal:
            context["refusals"], status = refusal.messages, 422
        else:
            messages.success(request, str(question.done) % {"name": name})
            return redirect("account")
    return render(request, fragment(request, "accounts/change.html", "change"), context, status=status)


# The people of the account, whom its main user manages.


@require_http_methods(["GET", "HEAD", "POST"])
@confirmed
def create_person(request: ConsoleRequest) -> HttpResponse:
    return _person(request, RamUserForm(request.POST or None, account=account_of(request)))


@require_http_methods(["GET", "HEAD", "POST"])
@confirmed
def edit_person(request: ConsoleRequest, person: str) -> HttpResponse:
    found = _ram_user(request, person)
    return _person(request, RamUserForm(request.POST or None, account=account_of(request), ram_user=found))


def _person(request: ConsoleRequest, form: RamUserForm) -> HttpResponse:
    if request.method == "POST":
        saved = form.save(by=Actor.of(request))
        if saved:
            messages.success(request, _("RAM user %(name)s is saved.") % {"name": saved.username})
            return redirect("account")
    elif not request.user.may_manage_people:
        raise PermissionDenied(ONLY_MAIN_USER)
    context = {"form": form, "ram_user": form.ram_user}
    status = 422 if request.method == "POST" else 200
    return render(request, fragment(request, "accounts/person.html", "person"), context, status=status)


PERSON_QUESTIONS = {
    "disable": Question(
        _("Disable RAM user"),
        (
            _("The person is signed out and cannot sign in."),
            _("Programs that sign with their AccessKeys are refused."),
            _("You can enable them again."),
        ),
        _("RAM user %(name)s is disabled."),
    ),
    "enable": Question(
        _("Enable RAM user"),
        (_("The person can sign in again, and their AccessKeys work again."),),
        _("RAM user %(name)s is enabled."),
    ),
    "remove": Question(
        _("Remove RAM user"),
        (
            _("The person is signed out, and their AccessKeys are deleted."),
            _("What they did stays in the operation log."),
            _("This cannot be undone."),
        ),
        _("RAM user %(name)s is removed."),
        is_final=True,
    ),
}


@require_http_methods(["GET", "HEAD", "POST"])
@confirmed
def change_person(request: ConsoleRequest, person: str, verb: str) -> HttpResponse:
    found = _ram_user(request, person)
    if request.method != "POST" and not request.user.may_manage_people:
        raise PermissionDenied(ONLY_MAIN_USER)
    return _change(request, found, PERSON_QUESTIONS[verb], verb)


def _ram_user(request: ConsoleRequest, ram_id: str) -> User:
    return get_object_or_404(account_of(request).users, ram_id=ram_id)
