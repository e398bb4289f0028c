"""AccessKeys. Everyone manages their own, whatever their policy: a key may do no more than its user."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.core.exceptions import ValidationError
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from accounts.http import ConsoleRequest, account_of
from accounts.models import AccessKey
from accounts.sign_in import confirmed
from audit.models import Actor
from ui.dialogs import Dialog, confirm, show

if TYPE_CHECKING:
    from django.http import HttpResponse


@require_http_methods(["GET", "HEAD", "POST"])
@confirmed
def create(request: ConsoleRequest) -> HttpResponse:
    """Make a key pair. Its secret is in the answer to this one POST, and nowhere else."""
    account_of(request)
    context: dict[str, Any] = {}
    refusals: list[str] = []
    if request.method == "POST":
        try:
            context["key"], context["secret"] = AccessKey.create_for(request.user, by=Actor.of(request))
        except ValidationError as refusal:
            refusals = refusal.messages
    dialog = Dialog(
        title=_("Create AccessKey"),
        subject=(request.user.username,),
        back=reverse("account"),
        submit="" if "secret" in context else _("Create AccessKey"),
        impossible=_("You cannot create an AccessKey."),
        width=480,
    )
    status = 422 if refusals else 200
    return show(request, dialog, template="accounts/create_key.jinja", refusals=refusals, status=status, **context)


@require_http_methods(["GET", "HEAD", "POST"])
@confirmed
def disable(request: ConsoleRequest, key: str) -> HttpResponse:
    found = _own_key(request, key)
    return confirm(
        request,
        _dialog(found, _("Disable AccessKey")),
        lambda: found.disable(by=Actor.of(request)),
        refusals=list,
        consequences=[_("Programs that sign with it are refused from now on."), _("You can enable it again.")],
        done=_("AccessKey %(name)s is disabled.") % {"name": found},
        then=reverse("account"),
    )


@require_http_methods(["GET", "HEAD", "POST"])
@confirmed
def enable(request: ConsoleRequest, key: str) -> HttpResponse:
    found = _own_key(request, key)
    return confirm(
        request,
        _dialog(found, _("Enable AccessKey")),
        lambda: found.enable(by=Actor.of(request)),
        refusals=list,
        consequences=[_("Programs that sign with it may do again what you may do.")],
        done=_("AccessKey %(name)s is enabled.") % {"name": found},
        then=reverse("account"),
    )


@require_http_methods(["GET", "HEAD", "POST"])
@confirmed
def delete(request: ConsoleRequest, key: str) -> HttpResponse:
    found = _own_key(request, key)
    return confirm(
        request,
        _dialog(found, _("Delete AccessKey"), is_final=True),
        lambda: found.remove(by=Actor.of(request)),
        refusals=list,
        consequences=[_("Programs that sign with it are refused from now on."), _("This cannot be undone.")],
        done=_("AccessKey %(name)s is deleted.") % {"name": found},
        then=reverse("account"),
    )


def _own_key(request: ConsoleRequest, key: str) -> AccessKey:
    account_of(request)
    return get_object_or_404(request.user.access_keys, access_key_id=key)


def _dialog(key: AccessKey, title: str, *, is_final: bool = False) -> Dialog:
    subject = ("", key.access_key_id)
    return Dialog(title=title, subject=subject, back=reverse("account"), submit=title, is_final=is_final, width=480)
