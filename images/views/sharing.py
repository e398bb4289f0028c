"""The Shared Image dialog, and unsharing."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from accounts.http import ConsoleRequest, account_of
from accounts.models import ACCOUNT_ID, Account
from audit.models import Actor
from images import actions, lookups, validators
from images.forms import ShareForm
from images.models import Image, ImageShare, not_shared, shares_of
from images.views.finding import dialog_about, owns, usable_image
from plumbing.prepared import prepared_with_plan
from ui import entered
from ui.dialogs import show
from ui.pages import current_page, page
from ui.paging import Count

if TYPE_CHECKING:
    from django.db.models import QuerySet
    from django.http import HttpResponse

    from regions.models import Region


@require_http_methods(["GET", "HEAD", "POST"])
def sharing(request: ConsoleRequest, region: Region, image: str) -> HttpResponse:
    """The Shared Image dialog: whom the image is shared with, and one more account to share it with."""
    found = usable_image(request, region, image)
    if request.method != "POST":
        if request.htmx and "account" in request.GET and owns(request, found):
            return _recipient(request, found)
        return _sharing(request, found, ShareForm())
    form = ShareForm(request.POST)
    # A person who has used up the look-ups learns nothing by trying to share either.
    paused = lookups.is_paused(request, form.entered("account"))
    share = None if paused else form.grant(found, by=Actor.of(request))
    if share is None:
        too_many = form.is_one_too_many(request)
        return _sharing(request, found, form, status=429 if too_many else 422)
    messages.success(
        request,
        _("Image %(image)s is shared with account %(account)s. They find it on their Shared Image tab in %(region)s.")
        % {"image": found, "account": share.recipient_id, "region": region.name},
    )
    if not request.htmx:
        return redirect("images:sharing", region.pk, found.image_id)
    return _sharing(request, found, ShareForm(), changed=True)


def _recipient(request: ConsoleRequest, image: Image) -> HttpResponse:
    """Show the account that the entered ID belongs to, or why it cannot be used, before anyone confirms."""
    account_id = entered.account_id(request.GET["account"])
    if lookups.is_one_too_many(request, account_id):
        return page(request, "images/recipient.jinja", {"sentence": lookups.WAIT}, status=429)
    return page(request, "images/recipient.jinja", _answer(request, image, account_id))


def _answer(request: ConsoleRequest, image: Image, account_id: str) -> dict[str, Any]:
    share = ImageShare(image=image, owner=account_of(request), recipient_id=account_id)
    try:
        validators.check(validators.RECIPIENT_RULES, share)
    except ValidationError as refusal:
        return {"sentence": refusal.messages[0]}
    return {"recipient": share.recipient}


def _sharing(
    request: ConsoleRequest, image: Image, form: ShareForm, *, status: int = 200, changed: bool = False
) -> HttpResponse:
    is_own, owner = owns(request, image), account_of(request)
    [(used,)] = _used(owner.pk)
    # After a refusal the name stays where it is, so that one sees whom the form speaks of.
    answer = _answer(request, image, form.entered("account")) if form.is_bound and "account" not in form.errors else {}
    return show(
        request,
        dialog_about(image, _("Shared Image"), width=800, impossible=_("You cannot share this image.")),
        template="images/sharing.jinja",
        refusals=actions.refusals("share", request.user, image),
        status=status,
        image=image,
        form=form,
        is_own=is_own,
        shares=shares_of(image.pk)[::-1] if is_own else [],
        owner=owner,
        used=used,
        expanded=changed or not request.htmx,
        **answer,
    )


@prepared_with_plan
def _used(account_id: str) -> QuerySet[Any, Any]:
    shares = Count(ImageShare.objects.granted_by(account_id))
    return Account.objects.filter(pk=account_id).values_list(shares)


@require_http_methods(["GET", "HEAD", "POST"])
def unshare(request: ConsoleRequest, region: Region, image: str, account: str) -> HttpResponse:
    """Ask once more, naming what the recipient loses; then unshare."""
    share = next(iter(_granted(account_of(request).pk, region.pk, image, account)), None)
    if share is None:
        found = usable_image(request, region, image)
        if not owns(request, found) or not re.fullmatch(ACCOUNT_ID, account):
            raise Http404
        return _not_shared(request, found, not_shared(account))
    found = share.image
    if request.method != "POST":
        dialog = dialog_about(
            found,
            _("Unshare image"),
            submit=_("Unshare"),
            is_final=True,
            back=reverse("images:sharing", args=[region.pk, found.image_id]),
        )
        return show(
            request,
            dialog,
            template="images/unshare.jinja",
            refusals=actions.refusals("unshare", request.user, found),
            share=share,
            consequences=share.consequences,
        )
    try:
        share.revoke(by=Actor.of(request))
    except ValidationError as refusal:
        return _not_shared(request, found, refusal)
    messages.success(
        request,
        _("Image %(image)s is no longer shared with account %(account)s.") % {"image": found, "account": account},
    )
    # On a page of its own the address would stay that of a share that is gone.
    if not request.htmx or (current_page(request) or "").partition("?")[0] == request.path:
        return redirect("images:sharing", region.pk, found.image_id)
    return _sharing(request, found, ShareForm(), changed=True)


def _not_shared(request: ConsoleRequest, image: Image, refusal: ValidationError) -> HttpResponse:
    """Tell a person that another tab has unshared the image already, and show with whom it is shared now."""
    messages.warning(request, refusal.messages[0])
    return _sharing(request, image, ShareForm(), status=422 if request.method == "POST" else 200, changed=True)


@prepared_with_plan
def _granted(account_id: str, region_id: str, image_id: str, recipient_id: str) -> QuerySet[ImageShare]:
    shares = ImageShare.objects.granted_by(account_id).in_region(region_id).select_related("image")
    return shares.filter(image__image_id=image_id, recipient=recipient_id)
