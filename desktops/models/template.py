from __future__ import annotations

import re
from functools import partial
from typing import TYPE_CHECKING, Any

from django.core.validators import RegexValidator
from django.db import models
from django.db.models import Exists, OuterRef, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from audit.models import Actor
from audit.querysets import DeletedByVerb
from desktops import validators
from desktops.models.configuration import Configuration, new_id
from images.models import Image
from images.models import Status as ImageStatus

if TYPE_CHECKING:
    from django_stubs_ext import StrPromise

    from accounts.models import Account
    from regions.models import Region

TEMPLATE_NAME = r"(?!https?://)[A-Za-z\u4e00-\u9fff][A-Za-z0-9\u4e00-\u9fff:_-]{1,125}"


class Status(models.TextChoices):
    AVAILABLE = "Available", _("Available")
    UNAVAILABLE = "Unavailable", _("Unavailable")


class TemplateQuerySet(DeletedByVerb, models.QuerySet["Template"]):
    def owned_by(self, account: Account | str) -> TemplateQuerySet:
        """The account's templates, each with whether its image is one that the account may use now."""
        image = Image.objects.usable_by(account).filter(pk=OuterRef("image"))
        return self.filter(account=account).annotate(image_is_usable=Exists(image))

    def in_region(self, region: Region | str) -> TemplateQuerySet:
        return self.filter(region=region)

    def in_status(self, status: str) -> TemplateQuerySet:
        """Narrow what `owned_by` gave to templates that have this status now. An unknown status narrows to nothing."""
        available = Q(Exists(Image.objects.in_status(ImageStatus.AVAILABLE).filter(pk=OuterRef("image"))))
        conditions = {
            Status.AVAILABLE: Q(available, image_is_usable=True) & ~Q(desktop_type=""),
            Status.UNAVAILABLE: ~available | Q(image_is_usable=False) | Q(desktop_type=""),
        }
        return self.filter(conditions[Status(status)]) if status in Status else self.none()

    def configured_for(self, region_id: str) -> TemplateQuerySet:
        """Narrow to templates that computers can be created after in the region: all that it names, or its own."""
        return self.filter(Q(regions={}, region=region_id) | Q(regions__has_key=region_id))

    def matching(self, text: str) -> TemplateQuerySet:
        """Narrow to templates whose ID or name has the text in it, in upper or lower case."""
        return self.filter(Q(template_id__icontains=text) | Q(name__icontains=text)) if text else self


class Template(Configuration):
    """A template, after which cloud computers are created (a bundle, in the API's older word).

    Whether it is available is not stored: it is while its account may use its image and the image is Available. So
    unsharing an image makes the recipient's templates of it unavailable in the same moment, and they stay until their
    account deletes them.

    A template that the API's CreateTemplate made may say less than a computer needs, and may say what does not fit:
    its values are checked when it is used. It may lack the image (`image_ref` is empty), the type (`desktop_type` is
    empty) and the system disk (0: as large as the image).
    """

    ID_FIELD = "template_id"
    NOT_FOUND = _("There is no such template any more. It has been deleted.")

    template_id = models.CharField(
        _("template ID"), max_length=32, unique=True, editable=False, default=partial(new_id, "b-")
    )
    name = models.CharField(
        _("template name"),
        max_length=126,
        validators=[
            RegexValidator(
                rf"^{TEMPLATE_NAME}\Z",
                _(
                    "Enter 2 to 126 characters: letters, Chinese characters, digits, colons, underscores and hyphens, "
                    "beginning with a letter or a Chinese character."
                ),
            )
        ],
    )
    description = models.CharField(
        _("description"),
        max_length=256,
        blank=True,
        validators=[
            RegexValidator(
                r"^(?!(?i:https?)://).{2,256}\Z",
                _("Enter 2 to 256 characters that do not begin with http:// or https://."),
                flags=re.DOTALL,
            )
        ],
    )
    updated_at = models.DateTimeField(_("changed"), default=timezone.now, editable=False)
    # CreateTemplate.RegionConfigList: each region's ID with the rest of its entry, as it was sent. Empty for a template
    # of one region. `region` is where the template is listed.
    regions = models.JSONField(default=dict, db_default=models.Value({}, models.JSONField()), editable=False)
    # The API was sent these values, which computers here do not have. It gives them back as they were sent.
    extras = models.JSONField(default=dict, db_default=models.Value({}, models.JSONField()), editable=False)

    # From TemplateQuerySet.owned_by.
    image_is_usable: bool

    objects = TemplateQuerySet.as_manager()

    class Meta:
        verbose_name = _("template")
        verbose_name_plural = _("templates")
        indexes = [
            models.Index(fields=["account", "region", "-id"], name="template_newest_first"),
            models.Index(fields=["account", "region", "name", "id"], name="template_by_name"),
        ]

    @property
    def status(self) -> Status:
        """The status of one template that `owned_by` gave, by the rule that `TemplateQuerySet.in_status` has in SQL."""
        return Status.UNAVAILABLE if self.unavailable_because else Status.AVAILABLE

    @property
    def is_available(self) -> bool:
        return self.status == Status.AVAILABLE

    @property
    def unavailable_because(self) -> str | StrPromise:
        """A sentence that says why it cannot be used, empty when it can. For a template that `owned_by` gave."""
        if not self.image_ref:
            return _("The template has no image.")
        if self.image is None:
            return _("The image has been deleted.")
        if not self.image_is_usable:
            return _("The image is no longer shared with your account.")
        if self.image.is_failed:
            return _("The image failed to be created.")
        if self.image.in_progress:
            return _("The image is not available yet.")
        return "" if self.desktop_type else _("The template has no cloud computer type.")

    @property
    def in_progress(self) -> bool:
        """Whether it becomes available by itself."""
        return self.image is not None and self.image_is_usable and self.image.in_progress

    @property
    def other_regions(self) -> list[str]:
        """The regions that it is for besides the one where it is listed."""
        return sorted(self.regions.keys() - {self.region_id, ""})

    def create(self, *, checks_values: bool = True, by: Actor) -> None:
        """Save the template, the actor's account's. Raises ValidationError, by field.

        Without `checks_values` only its names are checked, and its image if any. The rest is checked when it is used.
        """
        if by.account_id:
            self.account_id = by.account_id
        with self.recorded_action("CreateBundle", by=by, image=self.image, name=self.name) as entry:
            if checks_values or self.image or self.image_ref:
                validators.check(validators.IMAGE_RULES, self)
            if checks_values:
                self.full_clean(validate_unique=False, validate_constraints=False)
            else:
                self.clean_fields()
            if self.image:
                self.set_image(self.image)
            self.save(force_insert=True)
            entry.columns["resource_id"] = self.template_id

    def clean(self) -> None:
        validators.check(validators.CONFIGURATION_RULES, self)

    def modify(  # noqa: PLR0913 - one for each field that can be changed
        self,
        *,
        name: str | None = None,
        description: str | None = None,
        image: Image | None = None,
        image_ref: str = "",
        extras: dict[str, Any] | None = None,
        desktop_type: str | None = None,
        system_disk_gib: int | None = None,
        data_disk_gib: int | None = None,
        by: Actor,
    ) -> None:
        """Change what is given and keep the rest. Raises ValidationError, by field.

        `image_ref` is the ID that was asked for, where no such image was found. Name and description of a template
        may be changed even while it is unavailable.
        """
        asks_for_image = image is not None or bool(image_ref)
        asked = {"name": name, "description": description, "desktop_type": desktop_type}
        disks = {"system_disk_gib": system_disk_gib, "data_disk_gib": data_disk_gib}
        given = {field: value for field, value in {**asked, **disks}.items() if value is not None}
        with self.recorded_action(
            "ModifyBundle", by=by, image=image if asks_for_image else self.image, **given
        ) as entry:
            # Under its lock the template has its present image: somebody may have given it another one meanwhile.
            chosen = image if asks_for_image else self.image
            changed = {field for field, value in given.items() if getattr(self, field) != value}
            for field, value in given.items():
                setattr(self, field, value)
            if changed - {"name", "description"} or chosen != self.image or (asks_for_image and chosen is None):
                self.image, self.image_ref = chosen, image_ref or self.image_ref
                self.system_disk_gib = self.system_disk_gib or (chosen.size_gib if chosen else 0)
                validators.check(validators.IMAGE_RULES, self)
                validators.check(validators.MODIFY_TEMPLATE_RULES, self)
                self.set_image(chosen)  # type: ignore[arg-type]
            self.clean_fields()
            self.extras = {**self.extras, **(extras or {})}
            self.updated_at = timezone.now()
            self.save()
            entry.columns["image_id"] = self.image_ref

    def remove(self, *, by: Actor) -> None:
        """Delete the template; computers that were created after it go on. Raises ValidationError."""
        with self.recorded_action("DeleteBundles", by=by, name=self.name):
            super().delete()

    def delete(self, using: Any = None, keep_parents: bool = False) -> tuple[int, dict[str, int]]:
        """Remove the template in the name of the command line."""
        self.remove(by=Actor())
        return 1, {"desktops.Template": 1}
