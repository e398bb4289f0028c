"""The refusal of a call by the policy of its user. The log entry has everything that the call names."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from django.core.exceptions import PermissionDenied

from api.action import RESOURCES
from api.params import flat_json
from audit.actions import action

if TYPE_CHECKING:
    from collections.abc import Mapping

    from api.action import Action
    from audit.models import Actor

# The parameters that name something, each with the column of the log for it. Each may be one value or a list.
NAMING = {
    **{name: resource.column for name, resource in RESOURCES.items()},
    "DesktopAttachment.ImageId": "image_id",
    "AddAccount": "other_account_id",
    "RemoveAccount": "other_account_id",
}
MAX_RECORDED = 100


def refuse_denied(called: Action, by: Actor, sent: Mapping[str, str]) -> None:
    """Raise PermissionDenied and record it: the first thing of each kind in its column, whole lists in the details."""
    sent = {**sent, **flat_json("DesktopAttachment", sent.get("DesktopAttachment", ""))}
    columns: dict[str, str] = {}
    lists: dict[str, list[str]] = {}
    for name, column in NAMING.items():
        texts = _sent_under(sent, name)
        if texts:
            columns.setdefault(column, texts[0])
        if len(texts) > 1:
            lists[name] = texts
    columns["region_id"] = sent.get("RegionId", "")
    with action(called.name, by=by, columns=columns, details=lists):
        raise PermissionDenied


def _sent_under(sent: Mapping[str, str], name: str) -> list[str]:
    """The value or the values that are sent under the name, whatever the numbers of the list."""
    texts = [text for key, text in sent.items() if text and re.fullmatch(rf"{re.escape(name)}(\.[0-9]+)?", key)]
    return [text[:64] for text in texts[:MAX_RECORDED]]
