"""What follows from an image's times and from what was asked with it."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from django.utils import timezone

from images.models import Image

if TYPE_CHECKING:
    from collections.abc import Callable

    from pytest_django import DjangoAssertNumQueries


@pytest.mark.parametrize(
    ("begun", "ready"),
    [(-20, -10), (-1000, -1), (-10, -10)],
    ids=["long ago", "just now", "at once, without any work"],
)
def test_an_image_that_is_ready_has_all_of_its_progress(
    begun: int, ready: int, make_image: Callable[..., Image]
) -> None:
    now = timezone.now()
    image = make_image(created_at=now + timedelta(seconds=begun), ready_at=now + timedelta(seconds=ready))
    assert image.progress == 100


@pytest.mark.parametrize("copying", [True, False])
def test_whether_an_image_is_being_copied_is_not_asked_again_where_its_copies_are_known(
    copying: bool, image: Image, make_image: Callable[..., Image], django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    ready_at = timezone.now() + timedelta(hours=1 if copying else -1)
    make_image(copied_from=image, region_id="cn-shanghai", ready_at=ready_at)
    known = Image.objects.with_known_relations().get(pk=image.pk)
    with django_assert_num_queries(0):
        assert known.is_being_copied is copying
    asked = Image.objects.get(pk=image.pk)
    with django_assert_num_queries(1):
        assert asked.is_being_copied is copying
