"""Actions on an image: edit, copy, cancel a copy, delete one or many."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib import messages
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods

from accounts.http import ConsoleRequest
from audit.models import Actor
from images import actions
from images.forms import CopyForm, EditForm
from images.views.finding import dialog_about, owns, to_the_list, usable_image
from ui.dialogs import confirm, show

if TYPE_CHECKING:
    from django.http import HttpResponse

    from images.models import Image
    from regions.models import Region


@require_http_methods(["GET", "HEAD", "POST"])
def edit(request: ConsoleRequest, region: Region, image: str) -> HttpResponse:
    """Change the name and the description."""
    found = usable_image(request, region, image)
    dialog = dialog_about(
        found,
        _("Edit image"),
        submit=_("Save"),
        impossible=_("You cannot change this image."),
        back=reverse("images:image", args=[region.pk, found.image_id]),
        width=480,
    )
    if request.method != "POST":
        form = EditForm(initial={"name": found.name, "description": found.description})
        return show(
            request, dialog, template="ui/form.jinja", form=form, refusals=actions.refusals("edit", request.user, found)
        )
    form = EditForm(request.POST)
    entered = {name: form.entered(name) for name in ("name", "description")}
    form.attempt(lambda: found.edit(**entered, by=Actor.of(request)))
    if form.errors:
        return show(request, dialog, template="ui/form.jinja", form=form, status=422)
    messages.success(request, _("Image %(image)s is changed.") % {"image": found})
    return redirect(dialog.back)


@require_http_methods(["GET", "HEAD", "POST"])
def copy(request: ConsoleRequest, region: Region, image: str) -> HttpResponse:
    """Copy the image to another region and, if an account is entered, share the copy when it is ready."""
    found = usable_image(request, region, image)
    dialog = dialog_about(
        found, _("Copy Image"), submit=_("Copy"), impossible=_("You cannot copy this image."), width=640
    )
    if request.method != "POST":
        refusals = actions.refusals("copy", request.user, found)
        return show(request, dialog, template="images/copy.jinja", form=CopyForm(image=found), refusals=refusals)
    form = CopyForm(request.POST, image=found)
    if form.is_one_too_many(request):
        return show(request, dialog, template="images/copy.jinja", form=form, status=429)
    made = form.copy(by=Actor.of(request))
    if made is None:
        return show(request, dialog, template="images/copy.jinja", form=form, status=422)
    messages.success(
        request,
        _("Image %(image)s is being copied to %(region)s, as %(copy)s.")
        % {"image": found, "region": made.region.name, "copy": made},
    )
    return redirect("images:image", made.region_id, made.image_id)


@require_http_methods(["GET", "HEAD", "POST"])
def cancel_copy(request: ConsoleRequest, region: Region, image: str) -> HttpResponse:
    """Ask once more; then stop the copy, which deletes what there is of it."""
    found = usable_image(request, region, image)
    return confirm(
        request,
        dialog_about(
            found,
            _("Cancel copy"),
            submit=_("Cancel copy"),
            is_final=True,
            impossible=_("You cannot cancel this copy."),
            width=480,
        ),
        lambda: found.cancel_copy(by=Actor.of(request)),
        refusals=lambda: actions.refusals("cancel_copy", request.user, found),
        consequences=[_("What has been copied so far is deleted. The image that it is copied from stays.")],
        done=_("The copy %(image)s is cancelled.") % {"image": found.image_id},
        then=lambda: to_the_list(request, region),
    )


@require_http_methods(["GET", "HEAD", "POST"])
def delete(request: ConsoleRequest, region: Region, image: str) -> HttpResponse:
    """Say what deleting takes away, or why it cannot be; then delete, and unshare in the same act if that is ticked."""
    found = usable_image(request, region, image)
    is_own = owns(request, found)
    templates = list(found.own_templates) if is_own else []
    computers = found.desktops.filter(account=found.owner_id).count() if is_own else 0
    recipients = found.shared_count if is_own else 0
    may_unshare = bool(recipients) and not actions.refusals("unshare_and_delete", request.user, found)
    # There is nothing to tick if there is no share: another tab may have unshared the image since the page was made.
    unshares = "unshare" in request.POST and (may_unshare or not recipients)
    done = (
        _("Image %(image)s is unshared and deleted.") if unshares and recipients else _("Image %(image)s is deleted.")
    )
    return confirm(
        request,
        dialog_about(
            found,
            _("Delete image"),
            submit=_("Delete image"),
            is_final=True,
            impossible="" if may_unshare else _("You cannot delete this image."),
        ),
        lambda: found.remove(by=Actor.of(request), with_templates=True, unshare=unshares),
        refusals=lambda: actions.refusals("unshare_and_delete" if unshares else "delete", request.user, found),
        consequences=_lost_with(templates, computers),
        # A person who still uses the image, or takes it away from others, types its name first.
        type_name=found.name if templates or computers or may_unshare else "",
        done=done % {"image": found.image_id},
        then=lambda: to_the_list(request, region),
        template="images/delete.jinja",
        image=found,
        templates=templates,
        is_own=is_own,
        unshares=unshares,
        recipients=recipients if may_unshare else 0,
        recipients_lose=_recipients_lose(found) if may_unshare else [],
    )


def _recipients_lose(image: Image) -> list[str]:
    """The effects of unsharing on the recipients, a sentence each."""
    templates = image.templates.exclude(account=image.owner_id).count()
    computers = image.desktops.exclude(account=image.owner_id).count()
    return [
        _("They no longer find the image, and can no longer create cloud computers from it or change one to it."),
        ngettext(
            "%(count)s template of theirs becomes unavailable. They must delete it by hand.",
            "%(count)s templates of theirs become unavailable. They must delete them by hand.",
            templates,
        )
        % {"count": templates},
        ngettext(
            "%(count)s cloud computer of theirs was created from it. It goes on.",
            "%(count)s cloud computers of theirs were created from it. They go on.",
            computers,
        )
        % {"count": computers},
    ]


def _lost_with(templates: list[object], computers: int) -> list[str]:
    lost = [_("This cannot be undone. No cloud computers can be created from the image any more.")]
    if computers:
        lost.append(
            ngettext(
                "%(count)s cloud computer was created from it. It goes on, but cannot be reset to the image.",
                "%(count)s cloud computers were created from it. They go on, but cannot be reset to the image.",
                computers,
            )
            % {"count": computers}
        )
    if templates:
        lost.append(
            ngettext(
                "%(count)s template of yours is deleted with it.",
                "%(count)s templates of yours are deleted with it.",
                len(templates),
            )
            % {"count": len(templates)}
        )
    return lost
