"""The types that a cloud computer can be of, after the values of DescribeDesktopTypes.DesktopTypeId (EDS API)."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING

from django.utils.translation import gettext_lazy as _

if TYPE_CHECKING:
    from collections.abc import Iterable

    from django_stubs_ext import StrPromise


@dataclass(frozen=True)
class DesktopType:
    """`cpus` are cores, `memory_mib` is MiB; `gpus` is 0 and `gpu_spec` empty for a type without GPU."""

    name: str
    cpus: int
    memory_mib: int
    gpus: int = 0
    gpu_spec: str = ""

    def __str__(self) -> str:
        gpu = f", {self.gpus} × {self.gpu_spec}" if self.gpus else ""
        return f"{self.name} ({self.cpus} vCPU, {self.memory_gib} GiB{gpu})"

    @property
    def family(self) -> str:
        """The name without its size. DescribeBundles calls it DesktopTypeFamily."""
        return self.name.rpartition(".")[0]

    @property
    def memory_gib(self) -> int:
        return self.memory_mib // 1024


TYPES = {
    kind.name: kind
    for kind in (
        DesktopType("eds.enterprise_office.2c4g", 2, 4 * 1024),
        DesktopType("eds.enterprise_office.4c8g", 4, 8 * 1024),
        DesktopType("eds.enterprise_office.8c16g", 8, 16 * 1024),
        DesktopType("eds.general.2c2g", 2, 2 * 1024),
        DesktopType("eds.general.2c4g", 2, 4 * 1024),
        DesktopType("eds.general.2c8g", 2, 8 * 1024),
        DesktopType("eds.general.4c8g", 4, 8 * 1024),
        DesktopType("eds.general.4c16g", 4, 16 * 1024),
        DesktopType("eds.general.8c16g", 8, 16 * 1024),
        DesktopType("eds.general.8c32g", 8, 32 * 1024),
        DesktopType("eds.general.16c32g", 16, 32 * 1024),
        DesktopType("eds.hf.4c8g", 4, 8 * 1024),
        DesktopType("eds.hf.8c16g", 8, 16 * 1024),
        DesktopType("eds.hf.12c24g", 12, 24 * 1024),
        DesktopType("eds.graphics.16c1t4", 16, 62 * 1024, 1, "NVIDIA T4"),
        DesktopType("eds.graphics.24c1t4", 24, 93 * 1024, 1, "NVIDIA T4"),
    )
}

FAMILIES: dict[str, str | StrPromise] = {
    "eds.enterprise_office": _("Enterprise office"),
    "eds.general": _("General"),
    "eds.hf": _("High frequency"),
    "eds.graphics": _("Graphics"),
}


def by_family(names: Iterable[str]) -> list[tuple[str | StrPromise, str, list[DesktopType]]]:
    """The types of these names, grouped: the family's title, its code and its types."""
    kinds = [TYPES[name] for name in names if name in TYPES]
    return [
        (FAMILIES[family], family, list(members)) for family, members in groupby(kinds, key=lambda kind: kind.family)
    ]
