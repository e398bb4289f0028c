"""The rules of cloud computers and templates, one function a rule, as in `images.validators`.

A rule takes the computer or the template as it would be after the action, and raises a ValidationError whose code is
stable: audit, API and documentation refer to it. A rule whose subject is missing says nothing, since another rule has
refused that already. The operations that the rules name are those of the EDS API 2020-09-30.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from desktops.catalogue import TYPES
from images.models import Image, ImageAction
from images.validators import check, check_all, field_error, first_error, image_is_available

if TYPE_CHECKING:
    from collections.abc import Callable

    from desktops.models import Configuration, Desktop, Template

__all__ = ["check", "check_all", "first_error"]

# GiB, of CreateDesktops. CreateTemplate says at most 500 for a system disk, but does not check it.
DISK_SIZES = range(40, 2041, 10)
MOST_AT_ONCE = 20
NAME_LENGTH = 64


# The image


def image_is_usable(it: Configuration) -> None:
    """An own, a received or a system image of the same region, at this moment.

    The acts ask under a lock of the image that sharing, unsharing and deleting take too, so it is true at the commit.
    """
    if it.image is None and not it.image_ref:
        if getattr(it, "template", None):
            raise field_error(
                "image",
                _("The template has no image. Edit it and choose one, or choose another template."),
                "template_without_image",
            )
        raise field_error("image", _("Choose an image."), "image_missing")
    usable = Image.objects.usable_by(it.account_id).in_region(it.region_id)
    if it.image is None or not usable.filter(pk=it.image.pk).exists():
        raise field_error(
            "image",
            _(
                "Your account has no image %(image)s in this region: it is not shared with your account any more, or "
                "it has been deleted. Choose another image."
            ),
            "image_not_usable",
            image=it.image.image_id if it.image else it.image_ref,
        )


def image_is_ready(it: Configuration) -> None:
    """CreateDesktops, RebuildDesktops, ModifyBundle: the image is Available."""
    if it.image is not None:
        image_is_available(ImageAction(it.image, it.account_id))


# The configuration


def type_exists(it: Configuration) -> None:
    if not it.desktop_type:
        raise field_error("desktop_type", _("Choose a cloud computer type."), "desktop_type_not_found")
    if it.desktop_type not in TYPES:
        raise field_error(
            "desktop_type",
            _("There is no cloud computer type “%(type)s”. Choose one of the list."),
            "desktop_type_not_found",
            type=it.desktop_type,
        )


def type_suits_image(it: Configuration) -> None:
    """RebuildDesktops, CreateBundle: a GPU image needs a GPU type, and the other way round."""
    if it.image is None or it.desktop_type not in TYPES:
        return
    has_gpu = TYPES[it.desktop_type].gpus > 0
    if it.image.gpu and not has_gpu:
        raise field_error(
            "image" if it.pk else "desktop_type",
            _("This is a GPU image, and the cloud computer type has no GPU. GPU and non-GPU cannot be mixed."),
            "gpu_mismatch",
        )
    if has_gpu and not it.image.gpu:
        raise field_error(
            "image" if it.pk else "desktop_type",
            _("The cloud computer type has a GPU, and this is not a GPU image. GPU and non-GPU cannot be mixed."),
            "gpu_mismatch",
        )


def system_disk_has_size(it: Configuration) -> None:
    if it.system_disk_gib is not None and it.system_disk_gib not in DISK_SIZES:
        raise field_error(
            "system_disk_gib",
            _("A system disk has 40 to 2040 GiB, in steps of 10."),
            "system_disk_size",
        )


def system_disk_holds_image(it: Configuration) -> None:
    if it.image is None or it.system_disk_gib not in DISK_SIZES:
        return
    if it.system_disk_gib < it.image.size_gib:
        raise field_error(
            "system_disk_gib",
            _("The system disk is smaller than the image. It needs at least %(size)s GiB."),
            "system_disk_too_small",
            size=it.image.size_gib,
        )


def data_disk_has_size(it: Configuration) -> None:
    if it.data_disk_gib and it.data_disk_gib not in DISK_SIZES:
        raise field_error(
            "data_disk_gib",
            _("A data disk has 40 to 2040 GiB, in steps of 10; 0 is none."),
            "data_disk_size",
        )


def data_disk_holds_image(it: Configuration) -> None:
    """CreateBundle says "larger than" the image's; what is exactly as large fits too."""
    if it.image is None or (it.data_disk_gib and it.data_disk_gib not in DISK_SIZES):
        return
    if it.data_disk_gib < it.image.data_disk_gib:
        raise field_error(
            "data_disk_gib",
            _("The data disk is smaller than that of the image. It needs at least %(size)s GiB."),
            "data_disk_too_small",
            size=it.image.data_disk_gib,
        )


# Creating computers


@dataclass(frozen=True)
class Order:
    """How many computers are created at once, and under which name."""

    name: str
    amount: int
    is_numbered: bool

    def names(self) -> list[str]:
        """The name of each computer. Several are numbered from 01, unless they are to have the same name."""
        if self.name and self.amount > 1 and self.is_numbered:
            return [f"{self.name}-{number:02d}" for number in range(1, self.amount + 1)]
        return [self.name] * self.amount


def amount_is_allowed(order: Order) -> None:
    if not 1 <= order.amount <= MOST_AT_ONCE:
        raise field_error(
            "amount",
            _("Create 1 to %(most)s cloud computers at once."),
            "amount",
            most=MOST_AT_ONCE,
        )


def name_has_room_for_number(order: Order) -> None:
    if order.amount > 1 and order.is_numbered and len(order.name) > NAME_LENGTH - len("-00"):
        raise field_error(
            "name",
            _("Enter at most %(length)s characters: each computer's number is added to the name."),
            "name_too_long",
            length=NAME_LENGTH - len("-00"),
        )


def template_is_paid_by_use(it: Desktop) -> None:
    """CreateTemplate.ChargeType: a template may ask for a subscription, which only its use can refuse."""
    if it.template is not None and it.template.extras.get("ChargeType", it.CHARGE_TYPE) != it.CHARGE_TYPE:
        raise ValidationError(
            _("The template asks for a subscription, and cloud computers here are paid by use. Choose another one."),
            code="charge_type_unsupported",
        )


# The state of a computer: StartDesktops, StopDesktops and RebootDesktops say which state they need.


def computer_is_stopped(it: Desktop) -> None:
    if not it.is_stopped:
        raise ValidationError(
            _("This cloud computer is %(status)s. Only a Stopped cloud computer can be started."),
            code="desktop_not_stopped",
            params={"status": it.status.label},
        )


def computer_is_running(it: Desktop) -> None:
    if not it.is_running:
        raise ValidationError(
            _("This cloud computer is %(status)s. Only a Running cloud computer can be stopped or restarted."),
            code="desktop_not_running",
            params={"status": it.status.label},
        )


def computer_is_settled(it: Desktop) -> None:
    """Running or Stopped. For images (create, change) no page says which state is needed; ECS allows these two."""
    if not it.is_settled:
        raise ValidationError(
            _("This cloud computer is %(status)s. Wait until it is Running or Stopped, then try again."),
            code="desktop_in_progress",
            params={"status": it.status.label},
        )


def computer_is_not_being_imaged(it: Desktop) -> None:
    """The page "Create a custom image": what stops, changes or deletes the computer makes the creation fail."""
    if it.is_being_imaged:
        raise ValidationError(
            _("An image is being created from this cloud computer. Wait until the image is Available."),
            code="image_being_created",
        )


# Changing a computer's image


def os_may_switch(it: Desktop) -> None:
    """RebuildDesktops: no switch between Windows and Linux in China (Hong Kong) and outside the Chinese mainland."""
    if it.image is None or it.image.os_type == it.os_type:
        return
    if not it.region_id.startswith("cn-") or it.region_id == "cn-hongkong":
        raise field_error(
            "image",
            _("In this region a cloud computer cannot switch between Windows and Linux. Choose a %(os)s image."),
            "os_switch",
            os=it.get_os_type_display(),
        )


def data_disk_can_be_replaced(it: Desktop) -> None:
    """RebuildDesktops.OperateType=replace is ignored without a data disk, and fails where the image's has no room."""
    if it.data_disk_gib:
        data_disk_holds_image(it)


# Creating an image from a computer


def cleaned_computer_is_not_encrypted(it: Desktop) -> None:
    """The page "Create a custom image": personal data is not cleaned of an encrypted computer."""
    if it.encrypted:
        raise field_error(
            "clean_personal_data",
            _("The personal data of an encrypted cloud computer cannot be cleaned. Turn the cleaning off."),
            "cleaning_encrypted",
        )


def cleaned_data_disk_is_not_linux(it: Desktop) -> None:
    """The page "Create a custom image": personal data is not cleaned of Linux with both disks."""
    if it.is_linux and not it.encrypted:
        raise field_error(
            "clean_personal_data",
            _(
                "The personal data of a Linux cloud computer cannot be cleaned when the image has its data disk too. "
                "Turn the cleaning off, or choose the system disk only."
            ),
            "cleaning_linux_data_disk",
        )


# Templates


def template_os_stays(it: Template) -> None:
    """ModifyBundle: the new image has the same OS. A template without an image has none yet."""
    if it.image is not None and it.os_type and it.image.os_type != it.os_type:
        raise field_error(
            "image",
            _("A template keeps its OS. Choose a %(os)s image, or create another template."),
            "template_os",
            os=it.get_os_type_display(),
        )


def template_gpu_stays(it: Template) -> None:
    """ModifyBundle: the new image has the same GPU type."""
    if it.image is not None and it.os_type and it.image.gpu != it.gpu:
        raise field_error(
            "image",
            _("A template with a GPU image keeps a GPU image, and one without keeps one without. Choose another."),
            "template_gpu",
        )


# These rules come first: other sentences about an image that cannot be used at all would only confuse.
IMAGE_RULES: tuple[Callable[[Configuration], None], ...] = (image_is_usable,)

CONFIGURATION_RULES: tuple[Callable[[Configuration], None], ...] = (
    image_is_ready,
    type_exists,
    type_suits_image,
    system_disk_has_size,
    system_disk_holds_image,
    data_disk_has_size,
    data_disk_holds_image,
)

AMOUNT_RULES: tuple[Callable[[Order], None], ...] = (amount_is_allowed, name_has_room_for_number)

TEMPLATE_RULES: tuple[Callable[[Desktop], None], ...] = (template_is_paid_by_use,)

START_RULES: tuple[Callable[[Desktop], None], ...] = (computer_is_stopped,)
STOP_RULES: tuple[Callable[[Desktop], None], ...] = (computer_is_running, computer_is_not_being_imaged)
RESTART_RULES = STOP_RULES
RELEASE_RULES: tuple[Callable[[Desktop], None], ...] = (computer_is_settled, computer_is_not_being_imaged)
CHANGEABLE_RULES = RELEASE_RULES
IMAGEABLE_RULES = RELEASE_RULES

CHANGE_RULES: tuple[Callable[[Desktop], None], ...] = (
    image_is_ready,
    type_suits_image,
    os_may_switch,
    system_disk_holds_image,
)

# For a change that replaces the data disk too.
REPLACE_RULES: tuple[Callable[[Desktop], None], ...] = (data_disk_can_be_replaced,)

# For an image without personal data; the second ones where the image has the data disk too.
CLEANING_RULES: tuple[Callable[[Desktop], None], ...] = (cleaned_computer_is_not_encrypted,)
CLEANING_DATA_DISK_RULES: tuple[Callable[[Desktop], None], ...] = (cleaned_data_disk_is_not_linux,)

MODIFY_TEMPLATE_RULES: tuple[Callable[[Template], None], ...] = (
    *CONFIGURATION_RULES,
    template_os_stays,
    template_gpu_stays,
)


def change_rules(*, replaces_data_disk: bool) -> tuple[Callable[[Desktop], None], ...]:
    return (*CHANGE_RULES, *(REPLACE_RULES if replaces_data_disk else ()))


def imaging_rules(*, cleans_personal_data: bool, with_data_disk: bool) -> tuple[Callable[[Desktop], None], ...]:
    rules = IMAGEABLE_RULES
    if cleans_personal_data:
        rules += CLEANING_RULES
        if with_data_disk:
            rules += CLEANING_DATA_DISK_RULES
    return rules
