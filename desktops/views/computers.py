"""The list of cloud computers, the page of one, and what needs nothing but a yes: start, stop, restart, release."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_safe

from accounts.http import ConsoleRequest, account_of
from accounts.preferences import page_size_of, shown_columns
from audit.models import Actor, Entry
from desktops.actions import refusals, row_reasons
from desktops.forms import DesktopListForm
from desktops.models import Desktop
from desktops.views.finding import about_computer, own_computer, page_of_computer, to_page_behind
from images.models import Image
from ui.dialogs import confirm
from ui.pages import page as answer
from ui.paging import page_of

if TYPE_CHECKING:
    from django.http import HttpResponse

    from regions.models import Region

HISTORY_LENGTH = 50
TABS = ("overview", "changes", "history")


@require_safe
def computers(request: ConsoleRequest, region: Region) -> HttpResponse:
    form = DesktopListForm.of(request.GET, page_size_of(request.user))
    rows = Desktop.objects.owned_by(account_of(request)).in_region(region).select_related("image", "latest_image")
    page = page_of(form.narrow(rows), order=form.order, cursor=request.GET.get("cursor", ""), size=form.page_size)
    context = {
        "form": form,
        "page": page,
        "row_reasons": row_reasons(request.user),
        "columns": shown_columns(request.user, "desktops"),
        "why_not_create": refusals("create", request.user),
    }
    return answer(request, "desktops/list.jinja", context)


@require_safe
def computer(request: ConsoleRequest, region: Region, desktop: str) -> HttpResponse:
    """One computer: its facts, the changes of its image, and what was done with it."""
    found, account = own_computer(request, region, desktop), account_of(request)
    tab = request.GET.get("tab", "")
    tab = tab if tab in TABS else TABS[0]
    context: dict[str, Any] = {
        "desktop": found,
        "tab": tab,
        "tabs": TABS,
        "reasons": row_reasons(request.user)(found),
        "image_is_usable": Image.objects.usable_by(account).in_region(region).filter(desktops=found).exists(),
        "change_count": found.image_changes.count(),
    }
    if tab == "changes":
        context["changes"] = found.image_changes.all()[:HISTORY_LENGTH]
    elif tab == "history":
        context["history"] = Entry.objects.of_resource(found.desktop_id, account.pk)[:HISTORY_LENGTH]
    return answer(request, "desktops/computer.jinja", context)


DISCONNECTS = gettext_lazy("Whoever is connected is disconnected. What has not been saved is lost.")
# For each: the title, what follows, and what is said when it is done.
POWER = {
    "start": (
        gettext_lazy("Start"),
        gettext_lazy("It is Running, and charged as such, after a few seconds."),
        gettext_lazy("Cloud computer %(name)s is starting."),
    ),
    "stop": (gettext_lazy("Stop"), DISCONNECTS, gettext_lazy("Cloud computer %(name)s is stopping.")),
    "restart": (gettext_lazy("Restart"), DISCONNECTS, gettext_lazy("Cloud computer %(name)s is restarting.")),
}
IMPOSSIBLE = gettext_lazy("This cannot be done now.")


@require_http_methods(["GET", "HEAD", "POST"])
def power(request: ConsoleRequest, region: Region, desktop: str, verb: str) -> HttpResponse:
    """Ask once more, saying what follows; then start, stop or restart."""
    found, (title, consequence, done) = own_computer(request, region, desktop), POWER[verb]
    return confirm(
        request,
        about_computer(found, title, submit=title, impossible=IMPOSSIBLE, width=480),
        lambda: getattr(found, verb)(by=Actor.of(request)),
        refusals=lambda: refusals(verb, request.user, found),
        consequences=[consequence],
        done=str(done) % {"name": found.name},
        then=lambda: to_page_behind(request, page_of_computer(found)),
    )


@require_http_methods(["GET", "HEAD", "POST"])
def release(request: ConsoleRequest, region: Region, desktop: str) -> HttpResponse:
    """Say what is deleted; then release. The name of a running computer is typed first: somebody may be at work."""
    found = own_computer(request, region, desktop)
    return confirm(
        request,
        about_computer(found, _("Release"), submit=_("Release"), is_final=True, impossible=IMPOSSIBLE, width=480),
        lambda: found.release(by=Actor.of(request)),
        refusals=lambda: refusals("release", request.user, found),
        consequences=_lost_with(found),
        type_name=found.name if found.is_running else "",
        done=_("Cloud computer %(name)s is released.") % {"name": found.name},
        then=reverse("desktops:list", args=[region.pk]),
    )


def _lost_with(desktop: Desktop) -> list[str]:
    system, data = desktop.system_disk_gib, desktop.data_disk_gib
    if data:
        lost = _("The cloud computer and its 2 disks, %(system)s + %(data)s GiB, are deleted. This cannot be undone.")
    else:
        lost = _("The cloud computer and its disk, %(system)s GiB, are deleted. This cannot be undone.")
    sentences = [lost % {"system": system, "data": data}]
    if desktop.is_running:
        sentences.append(str(DISCONNECTS))
    return [*sentences, _("Images that were created from it stay.")]
