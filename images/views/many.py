"""Actions on several images at once: each image has an action of its own, with an answer of its own."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import wraps
from typing import TYPE_CHECKING, Any

from django.core.exceptions import PermissionDenied, ValidationError
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from accounts.http import ConsoleRequest, account_of
from audit.actions import READ_ONLY_MESSAGE
from audit.models import Actor
from images import actions, lookups, validators
from images.forms import CopyManyForm, ShareManyForm
from images.models import Image, ImageShare
from images.views.finding import dialog_about_many
from ui.dialogs import show

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from django.http import HttpResponse

    from regions.models import Region

MOST_IMAGES = 100
LONGEST_ID = 64


@dataclass
class Answer:
    """One image, or one pair of image and account, with what happens or has happened to it."""

    image: Image
    account_id: str = ""
    refusals: Sequence[str] = ()
    notes: list[str] = field(default_factory=list)


type ManyView = Callable[[ConsoleRequest, Region, list[Image], int], HttpResponse]


def of_selected_images(view: ManyView) -> Callable[[ConsoleRequest, Region], HttpResponse]:
    """Give the view the own images that were selected, newest first, and how many of them are not there any more."""

    @require_http_methods(["GET", "HEAD", "POST"])
    @wraps(view)
    def inner(request: ConsoleRequest, region: Region) -> HttpResponse:
        sent = (request.POST if request.method == "POST" else request.GET).getlist("image")
        wanted = set(sent)
        if len(wanted) > MOST_IMAGES:
            sentence = _("Select at most %(most)s images at once.") % {"most": MOST_IMAGES}
            dialog = dialog_about_many(region, _("Too many images"))
            return show(request, dialog, refusals=[sentence], status=422 if request.method == "POST" else 200)
        # PostgreSQL has no NUL, and no image's ID has one.
        possible = [image_id for image_id in wanted if "\0" not in image_id and len(image_id) <= LONGEST_ID]
        own = Image.objects.owned_by(account_of(request)).in_region(region).with_shared_count()
        found = own.filter(image_id__in=possible).order_by("-id").with_known_relations()
        return view(request, region, list(found), len(wanted) - len(found))

    return inner


def attempt(action: Callable[..., object], *args: Any, **kwargs: Any) -> list[str]:
    """The sentences that refuse the action; none where it was done."""
    try:
        action(*args, **kwargs)
    except ValidationError as refusal:
        return refusal.messages
    except PermissionDenied:
        return [str(READ_ONLY_MESSAGE)]
    return []


@of_selected_images
def delete(request: ConsoleRequest, region: Region, images: list[Image], gone: int) -> HttpResponse:
    """Delete the selected images, each with its own templates."""
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


@of_selected_images
def unshare(request: ConsoleRequest, region: Region, images: list[Image], gone: int) -> HttpResponse:
    """Unshare the selected images from every account that has them."""
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
        found=len(images),
    )


@of_selected_images
def copy(request: ConsoleRequest, region: Region, images: list[Image], gone: int) -> HttpResponse:
    """Copy the selected images to one other region, under the names that they have."""
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


@of_selected_images
def share(request: ConsoleRequest, region: Region, images: list[Image], gone: int) -> HttpResponse:
    """Share the selected images with several accounts: first say what will work, then do it pair by pair."""
    form = ShareManyForm(request.POST if request.method == "POST" else None, image_count=len(images))
    is_valid = request.method == "POST" and form.is_valid()
    accounts: list[str] = form.cleaned_data["accounts"] if is_valid else []
    is_done = is_valid and "check" not in request.POST
    answers = [Answer(image, account_id) for image in images for account_id in accounts or [""]]
    told: set[str] = set()
    promised = 0
    for answer in answers:
        if not accounts:
            answer.refusals = actions.refusals("share", request.user, answer.image)
        elif answer.account_id not in told and lookups.is_paused(request, answer.account_id):
            answer.refusals = [str(lookups.WAIT)]
        else:
            answer.refusals = _shared(request, answer) if is_done else _shareable(request, answer, promised)
            # It was said of the account whether it exists, if it was not shared with.
            asked = answer.account_id not in told and (answer.refusals or not is_done)
            if asked and lookups.is_one_too_many(request, answer.account_id):
                answer.refusals = [str(lookups.WAIT)]
            elif asked:
                told.add(answer.account_id)
        promised += not answer.refusals
    return _many(
        request,
        region,
        answers,
        gone,
        title=_("Share images"),
        form=form,
        is_done=is_done,
        template="images/share_many.jinja",
        words=(_("Will be shared."), _("Shared."), _("Cannot be shared."), _("Not shared.")),
    )


def _pair(request: ConsoleRequest, answer: Answer) -> ImageShare:
    return ImageShare(image=answer.image, owner=account_of(request), recipient_id=answer.account_id)


def _shared(request: ConsoleRequest, answer: Answer) -> list[str]:
    return attempt(_pair(request, answer).grant, by=Actor.of(request), confirmed=True)


def _shareable(request: ConsoleRequest, answer: Answer, promised: int) -> list[str]:
    """The sentences that speak against the share, if so many others are made before it."""
    if refused := actions.refusals("share", request.user, answer.image):
        return refused
    pair = _pair(request, answer)
    pair.expect_before(promised)
    return attempt(validators.check, validators.SHARE_RULES, pair)


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
    is_forbidden = request.method == "POST" and bool(answers) and not request.user.may_write
    return show(
        request,
        dialog,
        template=template,
        status=403 if is_forbidden else 422 if refused else 200,
        answers=answers,
        gone=gone,
        is_done=is_done,
        done_count=sum(not answer.refusals for answer in answers),
        form=form,
        words=words,
        **context,
    )
