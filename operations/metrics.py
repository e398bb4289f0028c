"""The metrics for Prometheus. Actions and refusals are counted where they are recorded (audit.models.RECORDED)."""

from __future__ import annotations

import hmac
import os
import time
from typing import TYPE_CHECKING

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe
from prometheus_client import CONTENT_TYPE_LATEST, REGISTRY, CollectorRegistry, Counter, Histogram, generate_latest
from prometheus_client.metrics_core import GaugeMetricFamily
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.registry import Collector

from images.models import Image, Status

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

# Counts by the URL's name or the API's action, of which there are few. The number of URLs has no end.
REQUESTS = Counter("eds_requests", "Requests answered", ["method", "view", "status"])
SECONDS = Histogram("eds_request_seconds", "How long the answers took", ["method", "view"])
METHODS = frozenset({"GET", "HEAD", "POST"})


def measured(get_response: Callable[[HttpRequest], HttpResponse]) -> Callable[[HttpRequest], HttpResponse]:
    def middleware(request: HttpRequest) -> HttpResponse:
        began = time.perf_counter()
        response = get_response(request)
        view = request.resolver_match.view_name if request.resolver_match else getattr(request, "answered_by", "")
        method = request.method if request.method in METHODS else "other"
        REQUESTS.labels(method, view, response.status_code).inc()
        SECONDS.labels(method, view).observe(time.perf_counter() - began)
        return response

    return middleware


class ImagesInProgress(Collector):
    """The database is asked at that moment, since the number follows from the clock; index image_ready."""

    def collect(self) -> Iterator[GaugeMetricFamily]:
        gauge = GaugeMetricFamily("eds_images_in_progress", "Images that are being made or copied", labels=["status"])
        for status in (Status.CREATING, Status.COPYING):
            gauge.add_metric([status.value], Image.objects.in_status(status).count())
        yield gauge


@login_not_required
@require_safe
def metrics(request: HttpRequest) -> HttpResponse:
    """The metrics of all processes of this server, for readers with the token; others find nothing here."""
    sent = request.headers.get("Authorization", "").encode()
    if not settings.METRICS_TOKEN or not hmac.compare_digest(sent, f"Bearer {settings.METRICS_TOKEN}".encode()):
        return HttpResponse("Not found\n", status=404, content_type="text/plain")
    counted = REGISTRY
    if "PROMETHEUS_MULTIPROC_DIR" in os.environ:
        counted = CollectorRegistry()
        MultiProcessCollector(counted)
    now = CollectorRegistry()
    now.register(ImagesInProgress())
    return HttpResponse(generate_latest(counted) + generate_latest(now), content_type=CONTENT_TYPE_LATEST)
