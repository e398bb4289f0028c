"""The Overview of a region."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from django.utils import timezone

from audit.models import Actor
from images.models import Image

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.test import Client
    from pytest_django import DjangoAssertNumQueries

    from accounts.models import Account
    from desktops.models import Desktop, Template
    from images.models import ImageShare

pytestmark = pytest.mark.django_db

URL = "/cn-hangzhou/"


@pytest.mark.parametrize("rows", [0, 1, 12])
def test_it_takes_at_most_eight_queries(
    as_acme: Client,
    share: ImageShare,
    make_image: Callable[..., Image],
    make_desktop: Callable[..., Desktop],
    make_template: Callable[..., Template],
    django_assert_max_num_queries: DjangoAssertNumQueries,
    rows: int,
) -> None:
    later = timezone.now() + timedelta(hours=1)
    for _ in range(rows):
        make_desktop()
        make_template()
        make_image(ready_at=later, copied_from=share.image)
    as_acme.get(URL)  # remembers the region
    # The session and the person, and eight of its own.
    with django_assert_max_num_queries(2 + 8):
        response = as_acme.get(URL)
    assert response.context["images"]["total"] == rows + 1
    assert response.context["computers"]["total"] == rows
    assert response.context["template_count"] == rows


def test_it_says_what_is_under_way_and_what_failed(
    as_acme: Client, desktop: Desktop, make_image: Callable[..., Image], make_desktop: Callable[..., Desktop]
) -> None:
    failed = make_image()
    Image.objects.filter(pk=failed.pk).update(failed_at=timezone.now())
    made = desktop.create_image(name="from-desk", by=Actor())
    make_desktop(status="Stopped")
    response = as_acme.get(URL)
    assert response.context["images"] == {"total": 3, "in_progress": 1, "failed": 1}
    assert response.context["computers"] == {"total": 2, "running": 1, "stopped": 1, "busy": 0}
    assert response.context["in_progress"] == [made]
    assert "created from a cloud computer" in response.text
    assert "1 failed" in response.text
    assert "every 3s" in response.text


def test_it_alerts_for_templates_that_became_unavailable(
    as_globex: Client, globex: Account, share: ImageShare, make_template: Callable[..., Template]
) -> None:
    template = make_template(account=globex, image=share.image)
    assert "is unavailable" not in as_globex.get(URL).text
    share.revoke()
    text = as_globex.get(URL).text
    assert f"The template {template.name} is unavailable." in text
    assert "The image is no longer shared with your account." in text
    assert f'href="/cn-hangzhou/templates/{template.template_id}/edit/?image="' in text


def test_all_unavailable_templates_are_counted(
    as_globex: Client, globex: Account, share: ImageShare, make_template: Callable[..., Template]
) -> None:
    for number in range(6):
        make_template(account=globex, image=share.image, name=f"desks-{number}")
    share.revoke()
    text = as_globex.get(URL).text
    assert text.count("is unavailable.") == 3
    assert "6 unavailable" in text


def test_an_empty_account_is_told_so(as_initech: Client) -> None:
    text = as_initech.get(URL).text
    assert "Nothing is in progress." in text
    assert "Nothing has been done yet." in text


def test_nothing_of_another_account_is_counted(as_initech: Client, desktop: Desktop, template: Template) -> None:
    context = as_initech.get(URL).context
    assert (context["images"]["total"], context["computers"]["total"], context["template_count"]) == (0, 0, 0)
    assert list(context["activity"]) == []
