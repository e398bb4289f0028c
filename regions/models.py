from __future__ import annotations

from django.db import models
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from queries import prepared_with_plan

DEFAULT_REGION_ID = "cn-hangzhou"


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


@prepared_with_plan
def every_region() -> models.QuerySet[Region]:
    """All regions, in the order of the region list."""
    return Region.objects.all()
