from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_http_methods, require_safe

from accounts.http import ConsoleRequest, account_of, fragment
from audit.models import Actor, Entry
from desktops.actions import why_not
from desktops.forms import ChangeImageForm, CreateImageForm, DesktopForm, DesktopListForm, NamesForm
from desktops.models import Desktop, Template
from desktops.views.choosing import choose_image, chosen_id, chosen_image, entered
from images.models import Image
from images.paging import page_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from django.http import HttpResponse
    from django_stubs_ext import StrPromise

    from regions.models import Region

HISTORY_LENGTH = 50


@require_safe
def computers(request: ConsoleRequest, region: Region) -> HttpResponse:
    form = DesktopListForm.of(request.GET)
    rows = Desktop.objects.owned_by(account_of(request)).in_region(region).select_related("image", "latest_image")
    page = page_of(form.narrow(rows), order=form.order, cursor=request.GET.get("cursor", ""), size=form.page_size)
    return render(request, fragment(request, "desktops/list.html", "desktops"), {"form": form, "page": page})


@require_safe
def computer(request: ConsoleRequest, region: Region, desktop: str) -> HttpResponse:
    found, account = _own(request, region, desktop), account_of(request)
    usable = Image.objects.usable_by(account).in_region(region)
    context = {
        "desktop": found,
        "image_is_usable": usable.filter(desktops=found).exists(),
        "changes": found.image_changes.all()[:HISTORY_LENGTH],
        "history": Entry.objects.of_resource(found.desktop_id, account.pk)[:HISTORY_LENGTH],
    }
    return render(request, fragment(request, "desktops/desktop.html", "desktop"), context)


@require_http_methods(["GET", "HEAD", "POST"])
def create(request: ConsoleRequest, region: Region) -> HttpResponse:
    """Create computers from the image or after the template of the query; without either, choose an image first."""
    if "template" in entered(request):
        return _create_after_template(request, region)
    image = chosen_image(request, region)
    if request.method != "POST":
        if image is None and request.user.may_write:
            behind = reverse("desktops:list", args=[region.pk])
            return choose_image(request, region, title=_("Create Cloud Computer"), back=behind)
        return _create(request, DesktopForm(image=image), image)
    form = DesktopForm(request.POST, image=image)
    made = form.create(account_of(request), region, chosen_id(request), by=Actor.of(request))
    return _created(request, region, made) if made else _create(request, form, image, status=422)


def _create_after_template(request: ConsoleRequest, region: Region) -> HttpResponse:
    templates = Template.objects.owned_by(account_of(request)).in_region(region).select_related("image")
    template = get_object_or_404(templates, template_id=entered(request).get("template", "").replace("\0", ""))
    if request.method != "POST":
        return _create(request, NamesForm(initial={"name": template.name[:60]}), template.image, template=template)
    form = NamesForm(request.POST)
    made = form.create_after(template, by=Actor.of(request))
    if made:
        return _created(request, region, made)
    return _create(request, form, template.image, template=template, status=422)


def _create(
    request: ConsoleRequest, form: Any, image: Image | None, *, template: Template | None = None, status: int = 200
) -> HttpResponse:
    refusals = why_not("create", request.user)
    if template is not None and template.unavailable_because:
        refusals.append(str(template.unavailable_because))
    context = {
        "form": form,
        "image": image,
        "template": template,
        "refusals": refusals,
        "is_shared": image is not None and image.owner_id not in {None, account_of(request).pk},
    }
    return render(request, fragment(request, "desktops/create.html", "create"), context, status=status)


def _created(request: ConsoleRequest, region: Region, made: list[Desktop]) -> HttpResponse:
    if len(made) == 1:
        sentence = _("Cloud computer %(name)s is being created.")
    else:
        # A language without plural forms has one sentence for both, so both say how many.
        sentence = ngettext(
            "%(count)s cloud computer is being created.", "%(count)s cloud computers are being created.", len(made)
        )
    messages.success(request, sentence % {"name": made[0].name, "count": len(made)})
    return redirect("desktops:list", region.pk)


@dataclass(frozen=True)
class Question:
    """What a dialog asks before one of the verbs that need nothing but a yes."""

    title: str | StrPromise
    consequences: tuple[str | StrPromise, ...]
    done: str | StrPromise
    is_final: bool = False


QUESTIONS = {
    "start": Question(
        gettext_lazy("Start"),
        (gettext_lazy("It is Running, and charged as such, after a few seconds."),),
        gettext_lazy("Cloud computer %(name)s is starting."),
    ),
    "stop": Question(
        gettext_lazy("Stop"),
        (gettext_lazy("Whoever is connected is disconnected. What has not been saved is lost."),),
        gettext_lazy("Cloud computer %(name)s is stopping."),
    ),
    "restart": Question(
        gettext_lazy("Restart"),
        (gettext_lazy("Whoever is connected is disconnected. What has not been saved is lost."),),
        gettext_lazy("Cloud computer %(name)s is restarting."),
    ),
    "release": Question(
        gettext_lazy("Release"),
        (
            gettext_lazy("The cloud computer and its disks are deleted. This cannot be undone."),
            gettext_lazy("Images that were created from it stay."),
        ),
        gettext_lazy("Cloud computer %(name)s is released."),
        is_final=True,
    ),
}


@require_http_methods(["GET", "HEAD", "POST"])
def act(request: ConsoleRequest, region: Region, desktop: str, verb: str) -> HttpResponse:
    """Ask once more, saying what follows; then start, stop, restart or release."""
    found, question = _own(request, region, desktop), QUESTIONS[verb]
    if request.method != "POST":
        return _ask(request, found, verb, why_not(verb, request.user, found))
    try:
        getattr(found, verb)(by=Actor.of(request))
    except ValidationError as refusal:
        return _ask(request, found, verb, refusal.messages, status=422)
    messages.success(request, str(question.done) % {"name": found.name})
    if question.is_final:
        return redirect("desktops:list", region.pk)
    return back(request, _page(found))


def _ask(
    request: ConsoleRequest, desktop: Desktop, verb: str, refusals: Sequence[str], *, status: int = 200
) -> HttpResponse:
    context = {"desktop": desktop, "question": QUESTIONS[verb], "refusals": refusals}
    return render(request, fragment(request, "desktops/ask.html", "ask"), context, status=status)


@require_http_methods(["GET", "HEAD", "POST"])
def change_image(request: ConsoleRequest, region: Region, desktop: str) -> HttpResponse:
    """Choose the image, then say what is lost; then change it."""
    found, image = _own(request, region, desktop), chosen_image(request, region)
    refusals, page = why_not("change_image", request.user, found), _page(found)
    if request.method != "POST":
        if image is None and not refusals:
            return choose_image(
                request, region, title=_("Change Image"), back=page, subject=found.name, only={"gpu": found.gpu}
            )
        return _change_image(request, found, image, ChangeImageForm(), refusals)
    form = ChangeImageForm(request.POST)
    form.full_clean()
    replace = form.cleaned_data["replace_data_disk"]
    form.attempt(
        lambda: found.change_image(image, image_ref=chosen_id(request), replace_data_disk=replace, by=Actor.of(request))
    )
    if form.errors:
        return _change_image(request, found, image, form, status=422)
    messages.success(
        request,
        _("Cloud computer %(name)s is being rebuilt from the image %(image)s.") % {"name": found.name, "image": image},
    )
    return back(request, page)


def _change_image(
    request: ConsoleRequest,
    desktop: Desktop,
    image: Image | None,
    form: ChangeImageForm,
    refusals: Sequence[str] = (),
    *,
    status: int = 200,
) -> HttpResponse:
    context = {
        "desktop": desktop,
        "image": image,
        "form": form,
        "refusals": refusals,
        "other_os": image is not None and image.os_type != desktop.os_type,
        "is_shared": image is not None and image.owner_id not in {None, account_of(request).pk},
    }
    return render(request, fragment(request, "desktops/change_image.html", "change_image"), context, status=status)


@require_http_methods(["GET", "HEAD", "POST"])
def create_image(request: ConsoleRequest, region: Region, desktop: str) -> HttpResponse:
    """Create a custom image from the computer."""
    found = _own(request, region, desktop)
    if request.method != "POST":
        return _create_image(
            request, found, CreateImageForm(desktop=found), why_not("create_image", request.user, found)
        )
    form = CreateImageForm(request.POST, desktop=found)
    image = form.create(by=Actor.of(request))
    if image is None:
        return _create_image(request, found, form, status=422)
    messages.success(
        request,
        _("Image %(image)s is being created from cloud computer %(name)s.") % {"image": image, "name": found.name},
    )
    return redirect("images:image", region.pk, image.image_id)


def _create_image(
    request: ConsoleRequest,
    desktop: Desktop,
    form: CreateImageForm,
    refusals: Sequence[str] = (),
    *,
    status: int = 200,
) -> HttpResponse:
    context = {"desktop": desktop, "form": form, "refusals": refusals}
    return render(request, fragment(request, "desktops/create_image.html", "create_image"), context, status=status)


def _page(desktop: Desktop) -> str:
    return reverse("desktops:desktop", args=[desktop.region_id, desktop.desktop_id])


def back(request: ConsoleRequest, otherwise: str) -> HttpResponse:
    """To the page that the dialog was opened on. Without htmx the dialog was a page, and nothing is behind it."""
    return redirect(request.htmx.current_url_abs_path or otherwise)


def _own(request: ConsoleRequest, region: Region, desktop_id: str) -> Desktop:
    """The account's computer of that ID. A stranger cannot tell another's computer from none."""
    own = Desktop.objects.owned_by(account_of(request)).in_region(region).select_related("image", "latest_image")
    return get_object_or_404(own, desktop_id=desktop_id)
