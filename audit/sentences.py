"""Entries of the operation log as sentences for people: what was done, or what was tried and refused."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.urls import NoReverseMatch, reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from markupsafe import Markup, escape

if TYPE_CHECKING:
    from audit.models import Entry

# For each event: what was done, and what somebody tried to do. The names in them are those of `_parts`.
SENTENCES: dict[str, tuple[str | Promise, str | Promise]] = {
    "ShareImage": (_("Shared %(image)s with %(account)s"), _("Tried to share %(image)s with %(account)s")),
    "UnshareImage": (_("Unshared %(image)s from %(account)s"), _("Tried to unshare %(image)s from %(account)s")),
    "CopyImage": (_("Copied %(image)s to %(region)s"), _("Tried to copy %(image)s to %(region)s")),
    "CancelCopyImage": (_("Cancelled the copy %(image)s"), _("Tried to cancel the copy %(image)s")),
    "ModifyImageAttribute": (_("Changed %(image)s"), _("Tried to change %(image)s")),
    "DeleteImage": (_("Deleted the image %(image)s"), _("Tried to delete the image %(image)s")),
    "FailImage": (_("Failed the image %(image)s"), _("Tried to fail the image %(image)s")),
    "CreateImage": (_("Created %(image)s from %(resource)s"), _("Tried to create an image from %(resource)s")),
    "CreateDesktops": (_("Created %(resource)s from %(image)s"), _("Tried to create a cloud computer from %(image)s")),
    "StartDesktops": (_("Started %(resource)s"), _("Tried to start %(resource)s")),
    "StopDesktops": (_("Stopped %(resource)s"), _("Tried to stop %(resource)s")),
    "RebootDesktops": (_("Restarted %(resource)s"), _("Tried to restart %(resource)s")),
    "RebuildDesktops": (
        _("Changed the image of %(resource)s to %(image)s"),
        _("Tried to change the image of %(resource)s to %(image)s"),
    ),
    "DeleteDesktops": (_("Released %(resource)s"), _("Tried to release %(resource)s")),
    "CreateBundle": (_("Created the template %(resource)s"), _("Tried to create a template from %(image)s")),
    "ModifyBundle": (_("Changed the template %(resource)s"), _("Tried to change the template %(resource)s")),
    "DeleteBundles": (_("Deleted the template %(resource)s"), _("Tried to delete the template %(resource)s")),
    "CreateUser": (_("Created the person %(user)s"), _("Tried to create the person %(user)s")),
    "UpdateUser": (_("Changed the person %(user)s"), _("Tried to change the person %(user)s")),
    "EnableUser": (_("Enabled the person %(user)s"), _("Tried to enable the person %(user)s")),
    "DisableUser": (_("Disabled the person %(user)s"), _("Tried to disable the person %(user)s")),
    "DeleteUser": (_("Removed the person %(user)s"), _("Tried to remove the person %(user)s")),
    "CreateAccessKey": (_("Created an AccessKey for %(user)s"), _("Tried to create an AccessKey for %(user)s")),
    "EnableAccessKey": (_("Enabled an AccessKey of %(user)s"), _("Tried to enable an AccessKey of %(user)s")),
    "DisableAccessKey": (_("Disabled an AccessKey of %(user)s"), _("Tried to disable an AccessKey of %(user)s")),
    "DeleteAccessKey": (_("Deleted an AccessKey of %(user)s"), _("Tried to delete an AccessKey of %(user)s")),
    "ChangePassword": (_("Changed the password of %(user)s"), _("Tried to change the password of %(user)s")),
    "ResetPassword": (_("Reset the password of %(user)s"), _("Tried to reset the password of %(user)s")),
    "AddAuthenticator": (_("Added a second factor of %(user)s"), _("Tried to add a second factor of %(user)s")),
    "RemoveAuthenticator": (_("Removed a second factor of %(user)s"), _("Tried to remove a second factor of %(user)s")),
    "ResetAuthenticator": (
        _("Renewed the recovery codes of %(user)s"),
        _("Tried to renew the recovery codes of %(user)s"),
    ),
    "UseAuthenticator": (_("%(user)s gave a second factor"), _("Tried a second factor of %(user)s")),
    "SignIn": (_("%(user)s signed in"), _("Tried to sign in as %(user)s")),
    "SignOut": (_("%(user)s signed out"), _("Tried to sign out %(user)s")),
    "EndSessions": (_("Ended other sessions of %(user)s"), _("Tried to end other sessions of %(user)s")),
    "ConfirmIdentity": (_("%(user)s confirmed the identity"), _("Tried to confirm the identity of %(user)s")),
    "RequestPasswordReset": (
        _("Asked for a password reset of %(user)s"),
        _("Tried to ask for a password reset of %(user)s"),
    ),
    # Only the API has these names. A call is recorded as what it does to each thing; it is recorded under its own
    # name only if the policy of its user refuses the whole call.
    "ModifyImagePermission": (
        _("Shared or unshared %(image)s"),
        _("Tried to share or unshare %(image)s"),
    ),
    "DeleteImages": (_("Deleted the image %(image)s"), _("Tried to delete the image %(image)s")),
    "CreateTemplate": (_("Created the template %(resource)s"), _("Tried to create a template from %(image)s")),
    "DeleteTemplates": (_("Deleted the template %(resource)s"), _("Tried to delete the template %(resource)s")),
    "CreateAccount": (_("Created the account"), _("Tried to create the account")),
    "ModifyAccount": (_("Changed the account"), _("Tried to change the account")),
}


def sentence_of(entry: Entry) -> Markup:
    """The entry as a sentence, with a link to its image. An event without a sentence is called by its name."""
    pair = SENTENCES.get(entry.event)
    if pair is None:
        return escape(entry.event)
    return Markup(str(pair[0 if entry.succeeded else 1])) % _parts(entry)  # noqa: S704 - a sentence of ours


def _parts(entry: Entry) -> dict[str, Any]:
    # Anybody who can write to the database can write anything there.
    details = entry.details if isinstance(entry.details, dict) else {}
    return {
        "image": _image(entry, details),
        "account": entry.other_account_id or "–",
        "region": details.get("destination_region_id") or "–",
        "resource": entry.resource_id or "–",
        "user": details.get("user") or entry.actor_name or "–",
    }


def _image(entry: Entry, details: dict[str, Any]) -> Markup | str:
    if not entry.image_id:
        return "–"
    name = details.get("image_name") or entry.image_id
    try:
        address = reverse("images:image", args=[entry.region_id, entry.image_id])
    except NoReverseMatch:
        # The log keeps any text that a program has sent as an ID.
        return str(name)
    return Markup('<a href="{}">{}</a>').format(address, name)
