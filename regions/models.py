from __future__ import annotations

import time
from typing import TYPE_CHECKING

from django.db import models
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

if TYPE_CHECKING:
    from collections.abc import Sequence

DEFAULT_REGION_ID = "cn-hangzhou"
FRESH_SECONDS = 60


class Region(models.Model):
    """A place where images and cloud computers are. Reference data, loaded by a migration."""

    region_id = models.CharField(_("region ID"), max_length=32, primary_key=True)
    english_name = models.CharField(_("English name"), max_length=64)
    chinese_name = models.CharField(_("Chinese name"), max_length=64)
    position = models.PositiveSmallIntegerField(_("position in the region list"))

    class Meta:
        verbose_name = _("region")
        verbose_name_plural = _("regions")
        ordering = ["position"]

    def __str__(self) -> str:
        return self.name

    @property
    def name(self) -> str:
        """The name in the language that is active now."""
        return self.chinese_name if (get_language() or "").startswith("zh") else self.english_name


def every_region() -> Sequence[Region]:
    """All regions, in the order of the region list, as they were at most FRESH_SECONDS ago.

    Every page has all of them, and they hardly ever change: each process keeps them for a while.
    """
    global _kept  # noqa: PLW0603 - one for the process
    if _kept is None or time.monotonic() > _kept[0] + FRESH_SECONDS:
        _kept = time.monotonic(), tuple(Region.objects.all())
    return _kept[1]


def name_of_region(region_id: str) -> str:
    """The name of a region. The ID where there is no such region: the log names regions that are no more."""
    return next((region.name for region in every_region() if region.pk == region_id), region_id)


# When they were read, and what was.
_kept: tuple[float, Sequence[Region]] | None = None
