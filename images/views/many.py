"""What is done to several images at once: each is an action of its own, with an answer of its own."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from django.core.exceptions import PermissionDenied, ValidationError
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from accounts.http import ConsoleRequest, account_of
from audit.actions import READ_ONLY_MESSAGE
from audit.models import Actor
from images import actions, validators
from images.forms import CopyManyForm, ShareManyForm
from images.models import Image, ImageShare
from images.views.finding import dialog_about_many
from ui.dialogs import show

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from django.http import HttpResponse

    from regions.models import Region

MOST_IMAGES, MOST_ACCOUNTS = 100, 50


@dataclass
class Answer:
    """What happens, or has happened, to one image or to one pair of image and account."""

    image: Image
    account_id: str = ""
    refusals: Sequence[str] = ()
    notes: list[str] = field(default_factory=list)


def chosen_images(request: ConsoleRequest, region: Region) -> tuple[list[Image], int]:
    """The own images that were selected, newest first, and how many of the selected are not there any more."""
    sent = (request.POST if request.method == "POST" else request.GET).getlist("image")
    # PostgreSQL has no NUL, and no image's ID has one.
    wanted = {image_id for image_id in sent if "\0" not in image_id and len(image_id) <= 64}
    own = Image.objects.owned_by(account_of(request)).in_region(region).with_shared_count()
    found = list(
        own.filter(image_id__in=list(wanted)[:MOST_IMAGES]).order_by("-id").prefetch_related("shares", "copies")
    )
    return found, len(wanted) - len(found)


def attempt(action: Callable[..., object], *args: Any, **kwargs: Any) -> list[str]:
    """The sentences that refuse the action; none where it was done."""
    try:
        action(*args, **kwargs)
    except ValidationError as refusal:
        return refusal.messages
    except PermissionDenied:
        return [str(READ_ONLY_MESSAGE)]
    return []


@require_http_methods(["GET", "HEAD", "POST"])
def delete(request: ConsoleRequest, region: Region) -> HttpResponse:
    """Delete the selected images, each with its own templates."""
    images, gone = chosen_images(request, region)
    is_post = request.method == "POST"
    answers = []
    for image in images:
        templates = [
            _("Your template %(name)s (%(id)s) is deleted with it.")
            % {"name": template.name, "id": template.template_id}
            for template in image.own_templates
        ]
        refusals = actions.refusals("delete", request.user, image)
        if is_post:
            refusals = attempt(image.remove, by=Actor.of(request), with_templates=True)
        answers.append(Answer(image, refusals=refusals, notes=templates))
    return _many(
        request,
        region,
        answers,
        gone,
        title=_("Delete images"),
        is_final=True,
        warning=_(
            "This cannot be undone. Cloud computers that were created from the images go on, but cannot be reset to "
            "them."
        ),
        words=(_("Will be deleted."), _("Deleted."), _("Cannot be deleted."), _("Not deleted.")),
    )


@require_http_methods(["GET", "HEAD", "POST"])
def unshare(request: ConsoleRequest, region: Region) -> HttpResponse:
    """Unshare the selected images from every account that has them."""
    images, gone = chosen_images(request, region)
    answers = []
    for share in (
        ImageShare.objects.filter(image__in=images).select_related("image", "image__region").order_by("-image", "pk")
    ):
        refusals = actions.refusals("unshare", request.user, share.image)
        if request.method == "POST":
            refusals = attempt(share.revoke, by=Actor.of(request))
        answers.append(Answer(share.image, share.recipient_id, refusals))
    return _many(
        request,
        region,
        answers,
        gone,
        title=_("Unshare images"),
        is_final=True,
        warning=_(
            "The accounts no longer find the images, and their templates of the images become unavailable. Their cloud "
            "computers go on."
        ),
        words=(_("Will be unshared."), _("Unshared."), _("Cannot be unshared."), _("Not unshared.")),
        nothing=_("None of the selected images is shared."),
    )


@require_http_methods(["GET", "HEAD", "POST"])
def copy(request: ConsoleRequest, region: Region) -> HttpResponse:
    """Copy the selected images to one other region, under the names that they have."""
    images, gone = chosen_images(request, region)
    form = CopyManyForm(request.POST if request.method == "POST" else None, region=region)
    is_done = request.method == "POST" and form.is_valid()
    answers = []
    for image in images:
        refusals = actions.refusals("copy", request.user, image)
        if is_done:
            refusals = attempt(
                image.copy_to,
                form.cleaned_data["region"],
                name=image.name,
                description=image.description,
                by=Actor.of(request),
            )
        answers.append(Answer(image, refusals=refusals))
    return _many(
        request,
        region,
        answers,
        gone,
        title=_("Copy images"),
        form=form,
        is_done=is_done,
        words=(_("Will be copied."), _("Is being copied."), _("Cannot be copied."), _("Not copied.")),
    )


@require_http_methods(["GET", "HEAD", "POST"])
def share(request: ConsoleRequest, region: Region) -> HttpResponse:
    """Share the selected images with several accounts: first say what will work, then do it pair by pair."""
    images, gone = chosen_images(request, region)
    form = ShareManyForm(request.POST if request.method == "POST" else None)
    accounts = form.account_ids[:MOST_ACCOUNTS]
    asks = request.method == "POST" and form.is_valid() and "check" not in request.POST
    answers = []
    for image in images:
        refused = actions.refusals("share", request.user, image)
        for account_id in accounts or [""]:
            pair = ImageShare(image=image, owner=account_of(request), recipient_id=account_id)
            if asks:
                refusals = attempt(pair.grant, by=Actor.of(request), confirmed=True)
            elif account_id and not refused:
                refusals = attempt(validators.check, validators.SHARE_RULES, pair)
            else:
                refusals = refused
            answers.append(Answer(image, account_id, refusals))
    return _many(
        request,
        region,
        answers,
        gone,
        title=_("Share images"),
        form=form,
        is_done=asks,
        template="images/share_many.jinja",
        words=(_("Will be shared."), _("Shared."), _("Cannot be shared."), _("Not shared.")),
    )


def _many(  # noqa: PLR0913 - the parts of one dialog
    request: ConsoleRequest,
    region: Region,
    answers: list[Answer],
    gone: int,
    *,
    title: str,
    words: tuple[str, str, str, str],
    is_final: bool = False,
    is_done: bool | None = None,
    form: Any = None,
    template: str = "images/many.jinja",
    **context: Any,
) -> HttpResponse:
    if is_done is None:
        is_done = request.method == "POST"
    is_possible = not is_done and any(not answer.refusals for answer in answers)
    dialog = dialog_about_many(region, title, submit=title if is_possible else "", is_final=is_final)
    refused = form is not None and form.is_bound and not form.is_valid()
    return show(
        request,
        dialog,
        template=template,
        status=422 if refused else 200,
        answers=answers,
        gone=gone,
        is_done=is_done,
        done_count=sum(not answer.refusals for answer in answers),
        form=form,
        words=words,
        **context,
    )
