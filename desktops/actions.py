"""The actions that a user may do with a computer or a template, or why not. Pages and dialogs ask before the try."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any, NamedTuple

from django.core.exceptions import ValidationError
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from audit.actions import READ_ONLY_MESSAGE
from desktops import validators
from desktops.models import Status
from desktops.models.desktop import SETTLED

if TYPE_CHECKING:
    from collections.abc import Callable

    from accounts.models import User
    from desktops.models import Configuration, Desktop, Template

# For a template there is nothing to ask but the policy: its image is asked for in the dialog.
ACTIONS: dict[str, tuple[Any, ...]] = {
    "create": (),
    "start": validators.START_RULES,
    "stop": validators.STOP_RULES,
    "restart": validators.RESTART_RULES,
    "change_image": validators.CHANGEABLE_RULES,
    "create_image": validators.IMAGEABLE_RULES,
    "release": validators.RELEASE_RULES,
    "create_template": (),
    "edit_template": (),
    "delete_template": (),
}


def refusals(action: str, user: User, thing: Configuration | None = None) -> list[str]:
    """The sentences that speak against the action, none when the user may do it.

    They come from the rules that refuse the action itself. Rules about entered values are not asked here.
    """
    if not user.may_write:
        return [str(READ_ONLY_MESSAGE)]
    try:
        validators.check(ACTIONS[action], thing)
    except ValidationError as refusal:
        return refusal.messages
    return []


class Reasons(NamedTuple):
    """Why each action of a computer's row is not possible, a sentence each; empty where it is."""

    start: str = ""
    stop: str = ""
    restart: str = ""
    change_image: str = ""
    create_image: str = ""
    release: str = ""


def row_reasons(user: User) -> Callable[[Desktop], Reasons]:
    """The reasons that rows of computers show beside their actions. The rules look only at what a row knows already."""
    read_only = Reasons(*[str(READ_ONLY_MESSAGE)] * len(Reasons._fields)) if not user.may_write else None

    def reasons(desktop: Desktop) -> Reasons:
        return read_only or _reasons(get_language(), desktop.status, desktop.is_being_imaged)

    return reasons


@lru_cache(100)
def _reasons(_language: str | None, status: Any, is_being_imaged: bool) -> Reasons:
    """The rules' reasons in fewer words: a tooltip is a line."""
    imaged = _("An image is being created from it") if is_being_imaged else ""
    busy = "" if status in SETTLED else _("It is %(status)s") % {"status": status.label}
    running = "" if status == Status.RUNNING else busy or _("It is not running")
    either = busy or imaged
    return Reasons(
        start="" if status == Status.STOPPED else busy or _("It is running already"),
        stop=running or imaged,
        restart=running or imaged,
        change_image=either,
        create_image=either,
        release=either,
    )


class TemplateReasons(NamedTuple):
    """The same for a template's row."""

    use: str = ""
    edit: str = ""
    delete: str = ""


def template_reasons(user: User) -> Callable[[Template], TemplateReasons]:
    if not user.may_write:
        read_only = TemplateReasons(*[str(READ_ONLY_MESSAGE)] * len(TemplateReasons._fields))
        return lambda _template: read_only
    return lambda template: TemplateReasons(use=str(template.unavailable_because))
