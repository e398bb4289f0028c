"""What Acme has, by the names that URLs give it; and the people who try every URL."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from allauth.mfa.models import Authenticator

from accounts.models import AccessKey
from audit.models import Actor, Entry
from tests.conftest import AUDITOR_RAM_ID, GLOBEX

if TYPE_CHECKING:
    from collections.abc import Callable

    from accounts.models import User
    from desktops.models import Desktop, Template
    from images.models import Image, ImageShare


@pytest.fixture
def acmes(
    image: Image,
    share: ImageShare,
    desktop: Desktop,
    template: Template,
    acme_user: User,
    auditor: User,
    operator: User,
) -> dict[str, object]:
    """The IDs of what Acme has, by the names of the parts of URLs."""
    key, _secret = AccessKey.create_for(acme_user, by=Actor())
    passkey = Authenticator.objects.create(user=operator, type="webauthn", data={"name": "Key", "credential": {}})
    return {
        "region": "cn-hangzhou",
        "image": image.image_id,
        "account": GLOBEX,
        "desktop": desktop.desktop_id,
        "template": template.template_id,
        "key": key.access_key_id,
        "person": AUDITOR_RAM_ID,
        "entry": Entry.objects.get(event="ShareImage").pk,
        "pk": passkey.pk,
        "uidb36": "1",
        "name": "images",
        "object_id": image.pk,
        "id": acme_user.pk,
        "app_label": "images",
        "content_type_id": 1,
        "url": "no/such/page/",
    }


@pytest.fixture
def key_of(db: None) -> Callable[[User], tuple[str, str]]:
    """Make a key of the user's: its ID and its secret."""

    def make(user: User) -> tuple[str, str]:
        key, secret = AccessKey.create_for(user, by=Actor())
        return key.access_key_id, secret

    return make
