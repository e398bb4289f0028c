from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from django.utils import timezone

from audit.models import Actor
from desktops.models import Desktop, Template
from images.models import Image

if TYPE_CHECKING:
    from collections.abc import Callable

    from accounts.models import Account


@pytest.fixture
def make_desktop(acme: Account, image: Image) -> Callable[..., Desktop]:
    """Create a computer; without arguments a Running one of Acme's, made from Acme's image."""

    def make(*, status: str = "Running", **fields: Any) -> Desktop:
        defaults = {
            "account": acme,
            "region_id": "cn-hangzhou",
            "image": image,
            "name": "front-desk",
            "desktop_type": "eds.general.4c8g",
            "system_disk_gib": 80,
        }
        [desktop] = Desktop(**{**defaults, **fields}).create(by=Actor())
        desktop.settles_to, desktop.settles_at = status, timezone.now() - timedelta(seconds=1)
        desktop.save()
        return desktop

    return make


@pytest.fixture
def desktop(make_desktop: Callable[..., Desktop]) -> Desktop:
    return make_desktop()


@pytest.fixture
def make_template(acme: Account, image: Image) -> Callable[..., Template]:
    """Create a template; without arguments one of Acme's, of Acme's image."""

    def make(**fields: Any) -> Template:
        defaults = {
            "account": acme,
            "region_id": "cn-hangzhou",
            "image": image,
            "name": "front-desks",
            "desktop_type": "eds.general.4c8g",
            "system_disk_gib": 80,
        }
        template = Template(**{**defaults, **fields})
        template.create(by=Actor())
        return template

    return make


@pytest.fixture
def template(make_template: Callable[..., Template]) -> Template:
    return make_template()
