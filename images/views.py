from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_safe

from accounts.http import ConsoleRequest, account_of, fragment
from accounts.models import ACCOUNT_ID, Account
from accounts.sign_in import throttled
from audit.models import Actor, Entry
from images import validators
from images.actions import why_not
from images.forms import CopyForm, EditForm, ListForm, ShareForm
from images.middleware import shows_news
from images.models import Image, ImageShare, SeenNotices, not_shared, shares_of
from images.paging import Count, Many, Place, page_at, page_of, rows_at
from plumbing.prepared import Prepared, prepared, prepared_with_plan

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from django.db.models import QuerySet
    from django.http import HttpResponse

    from images.models.image import ImageQuerySet
    from regions.models import Region

HISTORY_LENGTH = 50
MOST_AT_ONCE = 100


TABS: dict[str, Callable[[str], ImageQuerySet]] = {
    "custom": lambda account_id: Image.objects.owned_by(account_id).with_shared_count(),
    "system": lambda account_id: Image.objects.system(),
}


_many = Many()


@require_safe
@shows_news
def custom(request: ConsoleRequest, region: Region) -> HttpResponse:
    return _list(request, region, "custom", account_of(request).pk)


@require_safe
@shows_news
def system(request: ConsoleRequest, region: Region) -> HttpResponse:
    return _list(request, region, "system")


def _list(request: ConsoleRequest, region: Region, tab: str, account_id: str = "") -> HttpResponse:
    form, cursor = ListForm.of(request.GET), request.GET.get("cursor", "")
    order, size = form.order, form.page_size
    if form.tokens:
        images = form.narrow(TABS[tab](account_id).in_region(region))
        page = page_of(images, order=order, cursor=cursor, size=size)
    else:
        whole = tab, account_id, region.pk
        counts = whole not in _many

        def read(place: Place) -> list[Image]:
            rows = _rows(tab, order, size, place.backwards, bool(place.values), counts)
            return rows(account_id, region.pk, *place.values)

        page = page_at(cursor, read, model=Image, order=order, size=size)
        if page.total_is_bounded:
            _many.note(whole)
    return render(request, fragment(request, "images/list.html", "images"), {"tab": tab, "form": form, "page": page})


@cache
def _rows(
    tab: str, order: tuple[str, ...], size: int, backwards: bool, is_beyond: bool, counts: bool
) -> Prepared[Image]:
    """What `rows_at` finds, for each of the few orders and sizes that ListForm knows."""

    def rows(account_id: str, region_id: str, *values: Any) -> QuerySet[Image]:
        images = TABS[tab](account_id).in_region(region_id)
        return rows_at(Place(values, backwards), images, order=order, size=size, counts=counts)

    return prepared(rows, values=2 + len(order) * is_beyond)


@require_safe
@shows_news
def shared(request: ConsoleRequest, region: Region) -> HttpResponse:
    """Shared with me and shared by me, each with a cursor of its own."""
    form, account = ListForm.of(request.GET), account_of(request)
    received = ImageShare.objects.received_by(account).in_region(region).select_related("image")
    granted = ImageShare.objects.granted_by(account).in_region(region)
    by_me = Image.objects.owned_by(account).in_region(region).filter(pk__in=granted.values("image"))
    context = {
        "tab": "shared",
        "form": form,
        "with_me": page_of(
            form.narrow_shares(received), order=("-id",), cursor=request.GET.get("cursor", ""), size=form.page_size
        ),
        "by_me": page_of(
            form.narrow(by_me.with_shared_count()),
            order=("-id",),
            cursor=request.GET.get("by_me", ""),
            size=form.page_size,
            parameter="by_me",
        ),
    }
    # The fragment, for a search, has no place for them; and what is only asked for its head is not read.
    if request.unseen_notices and request.method == "GET" and not request.htmx:
        context["notices"] = SeenNotices.catch_up(request.user)
    return render(request, fragment(request, "images/shared.html", "images"), context)


@require_safe
def image(request: ConsoleRequest, region: Region, image: str) -> HttpResponse:
    found = _usable(request, region, image)
    context: dict[str, Any] = {"image": found}
    if _owns(request, found):
        context["history"] = Entry.objects.of_image(found.image_id, account_of(request).pk)[:HISTORY_LENGTH]
        # One that was refused is nothing to tell of any more where the image is shared with that account by now.
        context["planned_shares"] = found.planned_shares.exclude(
            settled_at__isnull=False, recipient_id__in=found.shares.values("recipient")
        ).order_by("id")
    return render(request, fragment(request, "images/image.html", "image"), context)


@require_http_methods(["GET", "HEAD", "POST"])
def sharing(request: ConsoleRequest, region: Region, image: str) -> HttpResponse:
    """The Shared Image dialog: whom the image is shared with, and one more account to share it with."""
    found = _usable(request, region, image)
    if request.method != "POST":
        if request.htmx and "account" in request.GET and _owns(request, found):
            return _recipient(request, found)
        return _sharing(request, found, ShareForm())
    form = ShareForm(request.POST)
    share = form.grant(found, by=Actor.of(request))
    if share is None:
        return _sharing(request, found, form, status=422)
    messages.success(
        request,
        _("Image %(image)s is shared with account %(account)s. They find it on their Shared Image tab in %(region)s.")
        % {"image": found, "account": share.recipient_id, "region": region.name},
    )
    if not request.htmx:
        return redirect("images:sharing", region.pk, found.image_id)
    return _sharing(request, found, ShareForm(), changed=True)


def _recipient(request: ConsoleRequest, image: Image) -> HttpResponse:
    """Whom the entered ID belongs to, or why not, before anyone confirms."""
    context: dict[str, Any] = {}
    if throttled(request, "recipient"):
        context["sentence"] = _("You have looked up many accounts. Wait a minute before the next.")
        return render(request, "images/sharing.html#recipient", context, status=429)
    share = ImageShare(image=image, owner=account_of(request), recipient_id=request.GET["account"].strip())
    try:
        validators.check(validators.RECIPIENT_RULES, share)
        context["recipient"] = share.recipient
    except ValidationError as refusal:
        context["sentence"] = refusal.messages[0]
    return render(request, "images/sharing.html#recipient", context)


def _sharing(
    request: ConsoleRequest, image: Image, form: ShareForm, *, status: int = 200, changed: bool = False
) -> HttpResponse:
    shares = shares_of(image.pk)[::-1] if _owns(request, image) else []
    owner = account_of(request)
    [(used,)] = _used(owner.pk)
    context = {
        "image": image,
        "form": form,
        "refusals": why_not("share", image, request.user),
        "shares": shares,
        "shared_total": ngettext("%(count)s account", "%(count)s accounts", len(shares)) % {"count": len(shares)},
        "owner": owner,
        "used": used,
        "expanded": changed or not request.htmx,
    }
    return render(request, fragment(request, "images/sharing.html", "sharing"), context, status=status)


@prepared_with_plan
def _used(account_id: str) -> QuerySet[Any, Any]:
    shares = Count(ImageShare.objects.granted_by(account_id))
    return Account.objects.filter(pk=account_id).values_list(shares)


@require_http_methods(["GET", "HEAD", "POST"])
def unshare(request: ConsoleRequest, region: Region, image: str, account: str) -> HttpResponse:
    """Ask once more, naming what the recipient loses; then unshare."""
    share = next(iter(_granted(account_of(request).pk, region.pk, image, account)), None)
    if share is None:
        found = _usable(request, region, image)
        if not _owns(request, found) or not re.fullmatch(ACCOUNT_ID, account):
            raise Http404
        return _not_shared(request, found, not_shared(account))
    found = share.image
    if request.method != "POST":
        context = {"image": found, "share": share, "refusals": why_not("unshare", found, request.user)}
        return render(request, fragment(request, "images/unshare.html", "unshare"), context)
    try:
        share.revoke(by=Actor.of(request))
    except ValidationError as refusal:
        return _not_shared(request, found, refusal)
    messages.success(
        request,
        _("Image %(image)s is no longer shared with account %(account)s.") % {"image": found, "account": account},
    )
    # On a page of its own the address would stay that of a share that is gone.
    here = urlsplit(request.htmx.current_url_abs_path or "").path
    if not request.htmx or here == request.path:
        return redirect("images:sharing", region.pk, found.image_id)
    return _sharing(request, found, ShareForm(), changed=True)


def _not_shared(request: ConsoleRequest, image: Image, refusal: ValidationError) -> HttpResponse:
    """Who unshares what another tab has unshared is told so, and sees with whom the image is shared now."""
    messages.warning(request, refusal.messages[0])
    return _sharing(request, image, ShareForm(), status=422 if request.method == "POST" else 200, changed=True)


@require_http_methods(["GET", "HEAD", "POST"])
def edit(request: ConsoleRequest, region: Region, image: str) -> HttpResponse:
    """Change the name and the description."""
    found = _usable(request, region, image)
    if request.method != "POST":
        form = EditForm(initial={"name": found.name, "description": found.description})
        return _dialog(request, "edit", found, form, why_not("edit", found, request.user))
    form = EditForm(request.POST)
    entered = {name: form.entered(name) for name in ("name", "description")}
    form.attempt(lambda: found.edit(**entered, by=Actor.of(request)))
    if form.errors:
        return _dialog(request, "edit", found, form, status=422)
    messages.success(request, _("Image %(image)s is changed.") % {"image": found})
    return redirect("images:image", region.pk, found.image_id)


@require_http_methods(["GET", "HEAD", "POST"])
def copy(request: ConsoleRequest, region: Region, image: str) -> HttpResponse:
    """Copy the image to another region and, if an account is entered, share the copy when it is ready."""
    found = _usable(request, region, image)
    if request.method != "POST":
        return _dialog(request, "copy", found, CopyForm(image=found), why_not("copy", found, request.user))
    form = CopyForm(request.POST, image=found)
    made = form.copy(by=Actor.of(request))
    if made is None:
        return _dialog(request, "copy", found, form, status=422)
    messages.success(
        request,
        _("Image %(image)s is being copied to %(region)s, as %(copy)s.")
        % {"image": found, "region": made.region.name, "copy": made},
    )
    return redirect("images:image", made.region_id, made.image_id)


@require_http_methods(["GET", "HEAD", "POST"])
def cancel_copy(request: ConsoleRequest, region: Region, image: str) -> HttpResponse:
    """Ask once more; then stop the copy, which deletes what there is of it."""
    found = _usable(request, region, image)
    if request.method != "POST":
        return _dialog(request, "cancel_copy", found, None, why_not("cancel_copy", found, request.user))
    name = found.image_id
    try:
        found.cancel_copy(by=Actor.of(request))
    except ValidationError as refusal:
        return _dialog(request, "cancel_copy", found, None, refusal.messages, status=422)
    messages.success(request, _("The copy %(image)s is cancelled.") % {"image": name})
    return _to_the_list(request, region)


@require_http_methods(["GET", "HEAD", "POST"])
def delete(request: ConsoleRequest, region: Region, image: str) -> HttpResponse:
    """Say what deleting takes away, or why it cannot be; then delete."""
    found = _usable(request, region, image)
    if request.method != "POST":
        return _dialog(request, "delete", found, None, why_not("delete", found, request.user))
    name = found.image_id
    try:
        found.delete(by=Actor.of(request), with_templates=True)
    except ValidationError as refusal:
        return _dialog(request, "delete", found, None, refusal.messages, status=422)
    messages.success(request, _("Image %(image)s is deleted.") % {"image": name})
    return _to_the_list(request, region)


def _to_the_list(request: ConsoleRequest, region: Region) -> HttpResponse:
    """To the list; where the dialog was opened on it, as it was narrowed and sorted there."""
    custom, here = reverse("images:custom", args=[region.pk]), urlsplit(request.htmx.current_url_abs_path or "")
    if here.path != custom:
        return redirect(custom)
    query = QueryDict(here.query, mutable=True)
    query.pop("cursor", None)
    return redirect(f"{custom}?{query.urlencode()}" if query else custom)


@require_http_methods(["GET", "HEAD", "POST"])
def delete_many(request: ConsoleRequest, region: Region) -> HttpResponse:
    """Delete the images that were selected, each for itself, with an answer for each."""
    sent = (request.POST if request.method == "POST" else request.GET).getlist("image")
    # PostgreSQL has no NUL, and no image's ID has one.
    chosen = [image_id for image_id in sent if "\0" not in image_id][:MOST_AT_ONCE]
    own = Image.objects.owned_by(account_of(request)).in_region(region).filter(image_id__in=chosen)
    answers = []
    for found in own.order_by("-id").with_known_relations():
        refusals = why_not("delete", found, request.user)
        if request.method == "POST":
            try:
                found.delete(by=Actor.of(request), with_templates=True)
            except ValidationError as refusal:
                refusals = refusal.messages
        answers.append((found, refusals))
    context = {"answers": answers, "done": request.method == "POST", "gone": len(set(chosen)) - len(answers)}
    context["possible"] = not all(refusals for _found, refusals in answers)
    return render(request, fragment(request, "images/delete_many.html", "delete_many"), context)


def _dialog(
    request: ConsoleRequest,
    name: str,
    image: Image,
    form: Any,
    refusals: Sequence[str] = (),
    *,
    status: int = 200,
) -> HttpResponse:
    """A dialog about one image: its form or, where the act cannot be, why not."""
    context = {"image": image, "form": form, "refusals": refusals}
    return render(request, fragment(request, f"images/{name}.html", name), context, status=status)


def _owns(request: ConsoleRequest, image: Image) -> bool:
    return image.owner_id == account_of(request).pk


def _usable(request: ConsoleRequest, region: Region, image_id: str) -> Image:
    """The image of that ID if the account may use it. A stranger cannot tell another's image from none."""
    for image in _usable_by(account_of(request).pk, region.pk, image_id):
        return image
    raise Http404


@prepared_with_plan
def _usable_by(account_id: str, region_id: str, image_id: str) -> QuerySet[Image]:
    images = Image.objects.usable_by(account_id).in_region(region_id).with_shared_count()
    return images.filter(image_id=image_id)


@prepared_with_plan
def _granted(account_id: str, region_id: str, image_id: str, recipient_id: str) -> QuerySet[ImageShare]:
    shares = ImageShare.objects.granted_by(account_id).in_region(region_id).select_related("image")
    return shares.filter(image__image_id=image_id, recipient=recipient_id)
