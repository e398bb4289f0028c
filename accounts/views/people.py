"""The people of the account, whom its main user manages."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from accounts.forms import RamUserForm
from accounts.http import ConsoleRequest, account_of
from accounts.models import User
from accounts.sign_in import confirmed
from audit.actions import ONLY_MAIN_USER
from audit.models import Actor
from ui.dialogs import Dialog, confirm, show

if TYPE_CHECKING:
    from django.http import HttpResponse


@require_http_methods(["GET", "HEAD", "POST"])
@confirmed
def create(request: ConsoleRequest) -> HttpResponse:
    return _form(request, RamUserForm(request.POST or None, account=account_of(request)))


@require_http_methods(["GET", "HEAD", "POST"])
@confirmed
def edit(request: ConsoleRequest, person: str) -> HttpResponse:
    found = _ram_user(request, person)
    return _form(request, RamUserForm(request.POST or None, account=account_of(request), ram_user=found))


def _form(request: ConsoleRequest, form: RamUserForm) -> HttpResponse:
    if request.method == "POST":
        saved = form.save(by=Actor.of(request))
        if saved:
            messages.success(request, _("RAM user %(name)s is saved.") % {"name": saved.username})
            return redirect("account")
    elif not request.user.may_manage_people:
        raise PermissionDenied(ONLY_MAIN_USER)
    known = form.ram_user
    dialog = Dialog(
        title=_("Edit RAM user") if known else _("Create RAM user"),
        subject=(known.username, known.ram_id) if known else (),
        back=reverse("account"),
        submit=_("Save") if known else _("Create RAM user"),
    )
    status = 422 if request.method == "POST" else 200
    return show(request, dialog, template="ui/form.jinja", form=form, status=status)


@require_http_methods(["GET", "HEAD", "POST"])
@confirmed
def disable(request: ConsoleRequest, person: str) -> HttpResponse:
    found = _ram_user(request, person)
    return confirm(
        request,
        _dialog(found, _("Disable RAM user")),
        lambda: found.disable(by=Actor.of(request)),
        refusals=lambda: _main_user_only(request),
        consequences=[
            _("The person is signed out and cannot sign in."),
            _("Programs that sign with their AccessKeys are refused."),
            _("You can enable them again."),
        ],
        done=_("RAM user %(name)s is disabled.") % {"name": found},
        then=reverse("account"),
    )


@require_http_methods(["GET", "HEAD", "POST"])
@confirmed
def enable(request: ConsoleRequest, person: str) -> HttpResponse:
    found = _ram_user(request, person)
    return confirm(
        request,
        _dialog(found, _("Enable RAM user")),
        lambda: found.enable(by=Actor.of(request)),
        refusals=lambda: _main_user_only(request),
        consequences=[_("The person can sign in again, and their AccessKeys work again.")],
        done=_("RAM user %(name)s is enabled.") % {"name": found},
        then=reverse("account"),
    )


@require_http_methods(["GET", "HEAD", "POST"])
@confirmed
def delete(request: ConsoleRequest, person: str) -> HttpResponse:
    found = _ram_user(request, person)
    return confirm(
        request,
        _dialog(found, _("Remove RAM user"), is_final=True),
        lambda: found.remove(by=Actor.of(request)),
        refusals=lambda: _main_user_only(request),
        consequences=[
            _("The person is signed out, and their AccessKeys are deleted."),
            _("What they did stays in the operation log."),
            _("This cannot be undone."),
        ],
        done=_("RAM user %(name)s is removed.") % {"name": found},
        then=reverse("account"),
    )


def _main_user_only(request: ConsoleRequest) -> list[str]:
    """Raises PermissionDenied for a RAM user; nothing else speaks against it."""
    if not request.user.may_manage_people:
        raise PermissionDenied(ONLY_MAIN_USER)
    return []


def _ram_user(request: ConsoleRequest, ram_id: str) -> User:
    return get_object_or_404(account_of(request).users, ram_id=ram_id)


def _dialog(person: User, title: str, *, is_final: bool = False) -> Dialog:
    subject = (person.username, person.ram_id)
    return Dialog(title=title, subject=subject, back=reverse("account"), submit=title, is_final=is_final, width=480)
