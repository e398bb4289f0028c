"""An action of the API, declared beside its handler.

To add one: write its handler, and below it `NAME = Action("Name", handler, reads=…, resource=…, parameters=(…))` in a
module that `api/actions.py` lists. Signing, docs and tests go by that declaration.
"""

from __future__ import annotations

from dataclasses import KW_ONLY, dataclass
from typing import TYPE_CHECKING

from api.vendor_parameters import VENDOR_PARAMETERS

if TYPE_CHECKING:
    from collections.abc import Callable

    from api.calls import Answer, Call
    from api.params import Parameter


@dataclass(frozen=True)
class Resource:
    """A kind of thing that actions are about: its name in error codes, and the column of the log for its ID."""

    name: str
    column: str


# The key is the parameter, or the field of the answer, that has the ID.
RESOURCES = {
    "ImageId": Resource("Image", "image_id"),
    "DesktopId": Resource("Desktop", "resource_id"),
    "BundleId": Resource("Template", "resource_id"),
    "TemplateIds": Resource("Template", "resource_id"),
}


@dataclass(frozen=True)
class Action:
    """AliyunECDReadOnlyAccess allows the actions that read. `resource` is a key of RESOURCES.

    `parameters` are given without those of the vendor's table, which are added here.
    """

    name: str
    handler: Callable[[Call], Answer]
    _: KW_ONLY
    reads: bool
    resource: str = "ImageId"
    parameters: tuple[Parameter, ...]

    def __post_init__(self) -> None:
        object.__setattr__(self, "parameters", (*self.parameters, *VENDOR_PARAMETERS.get(self.name, ())))

    @property
    def resource_name(self) -> str:
        return RESOURCES[self.resource].name
