"""The Overview of a region: what the account has, what is under way, and what was done last."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db.models import Count, Q
from django.utils import timezone
from django.views.decorators.http import require_safe

from accounts.http import ConsoleRequest, account_of
from audit.models import Entry
from desktops.actions import refusals
from desktops.models import Desktop, Status, Template
from desktops.models.template import Status as TemplateStatus
from images.middleware import shows_news
from images.models import Image
from ui.pages import page
from ui.paging import COUNT_LIMIT

if TYPE_CHECKING:
    from django.http import HttpResponse

    from accounts.models import Account
    from regions.models import Region

IN_PROGRESS_SHOWN, ACTIVITY_SHOWN, UNAVAILABLE_SHOWN = 10, 8, 3


@require_safe
@shows_news
def overview(request: ConsoleRequest, region: Region) -> HttpResponse:
    account = account_of(request)
    unavailable = Template.objects.owned_by(account).in_region(region).in_status(TemplateStatus.UNAVAILABLE)
    shown = list(unavailable.select_related("image")[: UNAVAILABLE_SHOWN + 1])
    context = {
        "account": account,
        "used": account.shares_granted.count(),
        "images": _images(account, region),
        "computers": _computers(account, region),
        "template_count": Template.objects.filter(account=account, region=region)[:COUNT_LIMIT].count(),
        "unavailable": shown[:UNAVAILABLE_SHOWN],
        "unavailable_count": len(shown) if len(shown) <= UNAVAILABLE_SHOWN else unavailable[:COUNT_LIMIT].count(),
        "in_progress": _in_progress(account, region),
        "activity": Entry.objects.filter(account_id=account.pk).order_by("-at", "-id")[:ACTIVITY_SHOWN],
        "why_not_create": refusals("create", request.user),
    }
    return page(request, "desktops/overview.jinja", context)


def _images(account: Account, region: Region) -> dict[str, int]:
    now = timezone.now()
    return (
        Image.objects.owned_by(account)
        .in_region(region)
        .aggregate(
            total=Count("pk"),
            in_progress=Count("pk", filter=Q(failed_at=None, ready_at__gt=now)),
            failed=Count("pk", filter=Q(failed_at__isnull=False)),
        )
    )


def _computers(account: Account, region: Region) -> dict[str, int]:
    now = timezone.now()
    settled = Q(settles_at__lte=now)
    return (
        Desktop.objects.owned_by(account)
        .in_region(region)
        .aggregate(
            total=Count("pk"),
            running=Count("pk", filter=settled & Q(settles_to=Status.RUNNING)),
            stopped=Count("pk", filter=settled & Q(settles_to=Status.STOPPED)),
            busy=Count("pk", filter=~settled),
        )
    )


def _in_progress(account: Account, region: Region) -> list[Any]:
    images = Image.objects.owned_by(account).in_region(region).select_related("copied_from")
    under_way = images.filter(failed_at=None, ready_at__gt=timezone.now())
    return list(under_way.order_by("ready_at")[:IN_PROGRESS_SHOWN])
