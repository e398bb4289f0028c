"""The one dialog: a title, a subject, a body, a button. Without JavaScript it is a page of its own."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.shortcuts import redirect

from ui.pages import page

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from django.http import HttpRequest, HttpResponse

# Kept loose on purpose: a text, or one that is translated when it is read.
type Text = Any


@dataclass(frozen=True)
class Dialog:
    """The parts of every dialog. `back` is the URL of the page behind it; `subject` is a name, an ID and a region."""

    title: Text
    back: str
    subject: Sequence[Text] = ()
    # The label of the button. Without one there is nothing to submit.
    submit: Text = ""
    is_final: bool = False
    # The text above the reasons where the action is not possible.
    impossible: Text = ""
    width: int = 640


def show(
    request: HttpRequest,
    dialog: Dialog,
    *,
    template: str = "ui/dialog.jinja",
    refusals: Sequence[str] = (),
    status: int = 200,
    **context: Any,
) -> HttpResponse:
    """Answer with the dialog. `refusals` are the sentences that speak against the action; they replace its form."""
    return page(request, template, {**context, "dialog": dialog, "refusals": list(refusals)}, status=status)


def confirm(
    request: HttpRequest,
    dialog: Dialog,
    action: Callable[[], object],
    *,
    refusals: Callable[[], Sequence[str]],
    done: Text,
    then: Callable[[], HttpResponse] | str,
    **context: Any,
) -> HttpResponse:
    """Ask once more and say what follows; on POST do it.

    `done` is the message of success, and `then` says where to go. A refusal of the action is shown in the dialog
    (status 422). The context may have `consequences` (sentences), `type_name` (a name that the person has to type
    first, in the field `name`) and a `template` that extends ui/confirm.jinja.
    """
    typed, type_name = request.POST.get("name", ""), context.get("type_name", "")
    context = {"template": "ui/confirm.jinja", "typed": typed, **context}
    if request.method != "POST":
        return show(request, dialog, refusals=refusals(), **context)
    # A person who may not do it at all is refused whatever they typed, and the refusal is recorded.
    if type_name and typed.strip() != type_name and not refusals():
        return show(request, dialog, status=422, mistyped=True, **context)
    try:
        action()
    except ValidationError as refusal:
        return show(request, dialog, refusals=refusal.messages, status=422, **context)
    messages.success(request, done)
    return redirect(then) if isinstance(then, str) else then()
