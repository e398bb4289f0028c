"""The outcome of an entry for people: a few words. The code itself stands in the entry's details."""

from __future__ import annotations

from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

SUCCESS = "Success"
# Why an action was refused, by the code of the rule.
REASONS = {
    "no_permission": _("No permission"),
    "invalid": _("Not valid"),
    "unique": _("Exists already"),
    # Signing in
    "wrong_name_or_password": _("Wrong name or password"),
    "wrong_code": _("Wrong code"),
    "too_many_attempts": _("Too many attempts"),
    "inactive": _("Person is disabled"),
    "demo_refused": _("Demo sign-in refused"),
    # People and AccessKeys
    "access_key_limit_reached": _("AccessKey limit reached"),
    "ram_domain": _("Logon name is not valid"),
    "ram_user_limit_reached": _("RAM user limit reached"),
    "user_not_found": _("Person was removed"),
    # Images
    "destination_is_source": _("Image is in this region"),
    "destination_not_found": _("No such region"),
    "image_being_copied": _("Image is being copied"),
    "image_encrypted": _("Image is encrypted"),
    "image_in_progress": _("Image is still being made"),
    "image_is_system": _("System image"),
    "image_not_available": _("Image is not available"),
    "image_not_copying": _("Image is not being copied"),
    "image_not_found": _("No such image"),
    "image_not_in_progress": _("Image is finished"),
    "image_not_owned": _("Another account's image"),
    "image_shared": _("Image is shared"),
    "image_used_by_template": _("A template uses the image"),
    # Shares
    "account_is_owner": _("Account owns the image"),
    "account_is_ram_user": _("A RAM user"),
    "account_not_found": _("No such account"),
    "already_shared": _("Already shared"),
    "fixed": _("A share cannot be changed"),
    "not_shared": _("Not shared any more"),
    "share_limit_reached": _("Share limit reached"),
    # Cloud computers and templates
    "charge_type_unsupported": _("Subscription not possible"),
    "cleaning_encrypted": _("Encrypted disks"),
    "cleaning_linux_data_disk": _("Linux data disk"),
    "data_disk_too_small": _("Data disk too small"),
    "desktop_in_progress": _("Still in progress"),
    "desktop_not_found": _("No such cloud computer"),
    "desktop_not_running": _("Not running"),
    "desktop_not_stopped": _("Not stopped"),
    "desktop_type_not_found": _("No such type"),
    "gpu_mismatch": _("GPU does not match"),
    "image_being_created": _("An image is being created"),
    "image_not_usable": _("Image cannot be used"),
    "os_switch": _("OS cannot be switched"),
    "system_disk_too_small": _("System disk too small"),
    "template_gpu": _("GPU of the template differs"),
    "template_not_found": _("No such template"),
    "template_os": _("OS of the template differs"),
    "template_without_image": _("Template has no image"),
}


def label_of(outcome: str) -> str:
    """The outcome in a few words. One of another version of this program is only said to be a refusal."""
    if outcome == SUCCESS:
        return gettext("Done")
    return str(REASONS.get(outcome) or gettext("Refused"))
