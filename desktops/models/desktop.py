from __future__ import annotations

from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import RegexValidator
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from audit.models import Actor
from audit.querysets import DeletedByVerb
from desktops import validators
from desktops.models.configuration import Configuration, new_id
from desktops.models.template import Template
from images.models import Image

if TYPE_CHECKING:
    from accounts.models import Account
    from regions.models import Region

DESKTOP_NAME = rf"[A-Za-z\u4e00-\u9fff][A-Za-z0-9\u4e00-\u9fff:_.-]{{0,{validators.NAME_LENGTH - 1}}}"

# How long the simulated computers take, in seconds.
CREATE_SECONDS = 10
START_SECONDS = 5
STOP_SECONDS = 5
RESTART_SECONDS = 8
REBUILD_SECONDS = 15


class Status(models.TextChoices):
    """DescribeDesktops.DesktopStatus, but for Expired (nothing is paid in advance) and Deleted (the row is gone)."""

    PENDING = "Pending", _("Pending")
    STARTING = "Starting", _("Starting")
    RUNNING = "Running", _("Running")
    STOPPING = "Stopping", _("Stopping")
    STOPPED = "Stopped", _("Stopped")
    REBUILDING = "Rebuilding", _("Rebuilding")


SETTLED = (Status.RUNNING, Status.STOPPED)


class DesktopQuerySet(DeletedByVerb, models.QuerySet["Desktop"]):
    def owned_by(self, account: Account | str) -> DesktopQuerySet:
        return self.filter(account=account)

    def in_region(self, region: Region | str) -> DesktopQuerySet:
        return self.filter(region=region)

    def in_status(self, status: str) -> DesktopQuerySet:
        """Narrow to computers whose `Desktop.status` is this one now. An unknown status narrows to nothing."""
        if status not in Status:
            return self.none()
        now = timezone.now()
        if Status(status) in SETTLED:
            return self.filter(settles_to=status, settles_at__lte=now)
        return self.filter(doing=status, settles_at__gt=now)

    def settled(self) -> DesktopQuerySet:
        """Narrow to computers that are Running or Stopped now."""
        return self.filter(settles_to__in=SETTLED, settles_at__lte=timezone.now())

    def matching(self, text: str) -> DesktopQuerySet:
        """Narrow to computers whose ID or name has the text in it, in upper or lower case."""
        return self.filter(Q(desktop_id__icontains=text) | Q(name__icontains=text)) if text else self


class Desktop(Configuration):
    """A cloud computer of an account, in a region.

    What it is doing is not stored: it follows from what it was last told (`doing`, until `settles_at`, to be
    `settles_to` from then on) and the clock, so nothing has to run for a computer to start or to stop.
    """

    ID_FIELD = "desktop_id"
    NOT_FOUND = _("There is no such cloud computer any more. It may have been released.")
    CHARGE_TYPE = "PostPaid"

    desktop_id = models.CharField(
        _("cloud computer ID"), max_length=32, unique=True, editable=False, default=partial(new_id, "ecd-")
    )
    name = models.CharField(
        _("cloud computer name"),
        max_length=validators.NAME_LENGTH,
        blank=True,
        help_text=_("Without a name, a cloud computer is called by its ID."),
        validators=[
            RegexValidator(
                rf"^{DESKTOP_NAME}\Z",
                _(
                    "Enter 1 to 64 characters: letters, Chinese characters, digits, colons, underscores, periods and "
                    "hyphens, beginning with a letter or a Chinese character."
                ),
            )
        ],
    )
    encrypted = models.BooleanField(_("encrypted"), default=False)
    template = models.ForeignKey(
        Template, models.SET_NULL, null=True, editable=False, related_name="desktops", verbose_name=_("template")
    )
    template_ref = models.CharField(_("template ID"), max_length=32, blank=True, editable=False)
    template_name = models.CharField(_("template name"), max_length=128, blank=True, editable=False)
    doing = models.CharField(_("doing"), max_length=16, choices=Status, default=Status.PENDING, editable=False)
    settles_to = models.CharField(_("then"), max_length=16, choices=Status, default=Status.RUNNING, editable=False)
    settles_at = models.DateTimeField(_("until"), default=timezone.now, editable=False)
    # The image that was last created from it: while it is being created, much is refused.
    latest_image = models.ForeignKey(Image, models.SET_NULL, null=True, editable=False, related_name="+")

    objects = DesktopQuerySet.as_manager()

    class Meta:
        verbose_name = _("cloud computer")
        verbose_name_plural = _("cloud computers")
        indexes = [
            models.Index(fields=["account", "region", "-id"], name="desktop_newest_first"),
            models.Index(fields=["account", "region", "name", "id"], name="desktop_by_name"),
        ]

    @classmethod
    def from_template(
        cls, template: Template, *, region_id: str = "", name: str = "", encrypted: bool = False
    ) -> Desktop:
        """A computer as the template says, not yet created; without a region, in the template's own."""
        region_id = region_id or template.region_id
        config, image, desktop_type = template.regions.get(region_id, {}), template.image, template.desktop_type
        if region_id != template.region_id:
            # A system image has the same ID in every region.
            usable = Image.objects.usable_by(template.account_id).in_region(region_id)
            image = usable.filter(image_id=template.image_ref).first()
            desktop_type = config.get("ResourceInstanceType", "")
        return cls(
            account_id=template.account_id,
            region_id=region_id,
            image=image,
            image_ref=template.image_ref,
            name=name,
            encrypted=encrypted or config.get("VolumeEncryptionEnable", False),
            desktop_type=desktop_type,
            system_disk_gib=template.system_disk_gib or (image.size_gib if image else 0),
            data_disk_gib=template.data_disk_gib,
            template=template,
        )

    @property
    def status(self) -> Status:
        """The status of one computer in hand, by the rule that `DesktopQuerySet.in_status` has in SQL."""
        return Status(self.doing if self.settles_at > timezone.now() else self.settles_to)

    @property
    def is_running(self) -> bool:
        return self.status == Status.RUNNING

    @property
    def is_stopped(self) -> bool:
        return self.status == Status.STOPPED

    @property
    def is_settled(self) -> bool:
        return self.status in SETTLED

    @property
    def is_being_imaged(self) -> bool:
        return self.latest_image is not None and self.latest_image.in_progress

    @property
    def in_progress(self) -> bool:
        return not self.is_settled or self.is_being_imaged

    def create(self, *, amount: int = 1, is_numbered: bool = True, by: Actor) -> list[Desktop]:
        """Create that many computers like this one, which itself stays unsaved.

        The names of several are numbered from 01, unless they are to have the same name. The account is the actor's.
        Raises ValidationError, by field, and creates none of them then.
        """
        if by.account_id:
            self.account_id = by.account_id
        order = validators.Order(self.name, amount, is_numbered)
        with self.recorded_action("CreateDesktops", by=by, image=self.image, amount=amount) as entry:
            self._check_template()
            validators.check(validators.IMAGE_RULES, self)
            validators.check_all(
                lambda: self.full_clean(validate_unique=False, validate_constraints=False),
                lambda: validators.check(validators.AMOUNT_RULES, order),
            )
            computers = Desktop.objects.bulk_create(self._like_this(name) for name in order.names())
            entry.for_each({"resource_id": computer.desktop_id} for computer in computers)
        return computers

    def clean(self) -> None:
        validators.check((*validators.CONFIGURATION_RULES, *validators.TEMPLATE_RULES), self)

    def _check_template(self) -> None:
        if self.template is None:
            return
        # The template is locked after the image, as everywhere: a deletion of it waits, or has been faster.
        rows = Template.objects.filter(account=self.account_id).configured_for(self.region_id)
        if not rows.select_for_update(no_key=True).filter(pk=self.template.pk).exists():
            raise ValidationError(Template.NOT_FOUND, code="template_not_found")

    def _like_this(self, name: str) -> Desktop:
        computer = Desktop(
            account_id=self.account_id,
            region_id=self.region_id,
            desktop_type=self.desktop_type,
            system_disk_gib=self.system_disk_gib,
            data_disk_gib=self.data_disk_gib,
            doing=Status.PENDING,
            settles_at=timezone.now() + timedelta(seconds=CREATE_SECONDS),
        )
        assert self.image is not None  # noqa: S101 - the rules have refused that
        computer.set_image(self.image)
        # An encrypted image makes an encrypted computer.
        computer.encrypted = self.encrypted or self.image.encrypted
        computer.name = name or computer.desktop_id
        if self.template is not None:
            computer.template = self.template
            computer.template_ref, computer.template_name = self.template.template_id, self.template.name
        return computer

    def start(self, *, by: Actor) -> None:
        """Stopped, then Starting, then Running. Raises ValidationError when it is anything else."""
        with self.recorded_action("StartDesktops", by=by):
            validators.check(validators.START_RULES, self)
            self._start_transition(Status.STARTING, START_SECONDS, Status.RUNNING)

    def stop(self, *, by: Actor) -> None:
        """Running, then Stopping, then Stopped. Raises ValidationError when it is anything else."""
        with self.recorded_action("StopDesktops", by=by):
            validators.check(validators.STOP_RULES, self)
            self._start_transition(Status.STOPPING, STOP_SECONDS, Status.STOPPED)

    def restart(self, *, by: Actor) -> None:
        """Running, then Starting (the API has no status of its own for it), then Running. Raises ValidationError."""
        with self.recorded_action("RebootDesktops", by=by):
            validators.check(validators.RESTART_RULES, self)
            self._start_transition(Status.STARTING, RESTART_SECONDS, Status.RUNNING)

    def change_image(
        self,
        image: Image | None,
        *,
        image_ref: str = "",
        replace_data_disk: bool = False,
        afterwards: Status | None = None,
        by: Actor,
    ) -> None:
        """Re-initialise the system disk from another image.

        The computer is Running or Stopped afterwards, as `afterwards` says; without it, it is again what it was.
        `image_ref` is the ID that was asked for, where no such image was found. `replace_data_disk` (OperateType
        "replace") means nothing for a computer without a data disk. Raises ValidationError, by field.
        """
        with self.recorded_action("RebuildDesktops", by=by, image=image, from_image_id=self.image_ref):
            validators.check(validators.CHANGEABLE_RULES, self)
            afterwards, before = afterwards or self.status, (self.image_ref, self.image_name)
            self.image, self.image_ref = image, image.image_id if image else image_ref
            validators.check(validators.IMAGE_RULES, self)
            validators.check(validators.change_rules(replaces_data_disk=replace_data_disk), self)
            assert image is not None  # noqa: S101 - the rules have refused that
            self.set_image(image)
            self.encrypted = self.encrypted or image.encrypted
            self._start_transition(Status.REBUILDING, REBUILD_SECONDS, afterwards)
            ImageChange.objects.create(
                desktop=self,
                old_image_ref=before[0],
                old_image_name=before[1],
                new_image_ref=image.image_id,
                new_image_name=image.name,
                done_at=self.settles_at,
            )

    def create_image(
        self,
        *,
        name: str | None,
        description: str = "",
        with_data_disk: bool = True,
        clean_personal_data: bool = False,
        by: Actor,
    ) -> Image:
        """Start to create a custom image of the computer's disks: Creating for settings.CREATE_IMAGE_SECONDS.

        Without a name the image's ID is its name, and without a description its name is its description. Raises
        ValidationError, by field.
        """
        asked: dict[str, Any] = {
            "name": name,
            "with_data_disk": with_data_disk,
            "clean_personal_data": clean_personal_data,
        }
        with self.recorded_action("CreateImage", by=by, **asked) as entry:
            validators.check(
                validators.imaging_rules(cleans_personal_data=clean_personal_data, with_data_disk=with_data_disk), self
            )
            image = self._image_of_disks(with_data_disk=with_data_disk)
            image.name = image.image_id if name is None else name
            image.description = description or image.name
            image.full_clean(validate_unique=False, validate_constraints=False)
            image.save(force_insert=True)
            self.latest_image = image
            self.save(update_fields=["latest_image"])
            entry.columns["image_id"] = image.image_id
        return image

    def _image_of_disks(self, *, with_data_disk: bool) -> Image:
        """An image, not saved yet, as the computer's disks make it."""
        now = timezone.now()
        return Image(
            owner_id=self.account_id,
            region_id=self.region_id,
            os_type=self.os_type,
            platform=self.platform,
            size_gib=self.system_disk_gib,
            data_disk_gib=self.data_disk_gib if with_data_disk else 0,
            encrypted=self.encrypted,
            gpu=self.gpu,
            created_at=now,
            ready_at=now + timedelta(seconds=settings.CREATE_IMAGE_SECONDS),
        )

    def release(self, *, by: Actor) -> None:
        """Give the computer up for good, disks and all. Raises ValidationError."""
        with self.recorded_action("DeleteDesktops", by=by, name=self.name):
            validators.check(validators.RELEASE_RULES, self)
            super().delete()

    def delete(self, using: Any = None, keep_parents: bool = False) -> tuple[int, dict[str, int]]:
        """Release the computer in the name of the command line."""
        self.release(by=Actor())
        return 1, {"desktops.Desktop": 1}

    def _start_transition(self, doing: Status, seconds: float, settles_to: Status) -> None:
        self.doing, self.settles_to = doing, settles_to
        self.settles_at = timezone.now() + timedelta(seconds=seconds)
        self.save()


class ImageChange(models.Model):
    """A change of a computer's image (DescribeImageModifiedRecords). The images are kept as text: they may go."""

    class Status(models.IntegerChoices):
        """The API also has 2 (failed). This does not happen to simulated disks: a change that could fail is refused."""

        IN_PROGRESS = 0, _("In progress")
        SUCCEEDED = 1, _("Succeeded")

    desktop = models.ForeignKey(Desktop, models.CASCADE, related_name="image_changes", db_index=False)
    old_image_ref = models.CharField(_("from image"), max_length=64)
    old_image_name = models.CharField(_("from image (name)"), max_length=128)
    new_image_ref = models.CharField(_("to image"), max_length=64)
    new_image_name = models.CharField(_("to image (name)"), max_length=128)
    asked_at = models.DateTimeField(_("asked"), default=timezone.now)
    done_at = models.DateTimeField(_("done"))

    class Meta:
        verbose_name = _("image change")
        verbose_name_plural = _("image changes")
        ordering = ["-id"]
        indexes = [models.Index(fields=["desktop", "-id"], name="image_change_newest_first")]

    def __str__(self) -> str:
        return f"{self.desktop}: {self.old_image_ref} → {self.new_image_ref}"

    @property
    def status(self) -> ImageChange.Status:
        return self.Status.SUCCEEDED if self.done_at <= timezone.now() else self.Status.IN_PROGRESS
