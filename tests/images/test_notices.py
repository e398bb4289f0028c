from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from django.core.exceptions import ValidationError
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import User
from images.models import ImageShare
from tests.conftest import ACME

if TYPE_CHECKING:
    from django.test import Client

    from images.models import Image

MARK = '<b class="mark"'


def test_the_recipient_is_told_of_a_share_and_of_its_end_until_it_was_seen(
    as_globex: Client, share: ImageShare, as_acme: Client
) -> None:
    assert f'{MARK} aria-hidden="true">1<' in as_globex.get("/cn-hangzhou/images/custom/").content.decode()
    page = as_globex.get("/cn-shanghai/images/shared/").content.decode()
    assert f"Account {ACME} shared image “{share.image.name}” with you" in page
    assert '<a href="/cn-hangzhou/images/shared/">China (Hangzhou)</a>' in page
    assert MARK not in as_globex.get("/cn-hangzhou/images/custom/").content.decode()
    assert "shared image “" not in as_globex.get("/cn-hangzhou/images/shared/").content.decode()
    share.revoke()
    assert MARK in as_globex.get("/cn-hangzhou/images/custom/").content.decode()
    page = as_globex.get("/cn-hangzhou/images/shared/").content.decode()
    assert f"Account {ACME} no longer shares image “{share.image.name}” with you" in page
    assert share.image.image_id not in page
    assert MARK not in as_acme.get("/cn-hangzhou/images/custom/").content.decode()


def test_each_person_of_an_account_sees_them_but_what_was_before_there_was_the_person(
    as_globex: Client, globex, image: Image, client: Client
) -> None:
    ImageShare(image=image, recipient=globex).grant()
    as_globex.get("/cn-hangzhou/images/shared/")
    colleague = User.objects.create_user(
        f"x@{globex.pk}.onaliyun.com",
        "a-password-for-tests",
        account=globex,
        ram_id="207329002493920055",
        policy="AliyunECDReadOnlyAccess",
    )
    client.force_login(colleague)
    assert MARK not in client.get("/cn-hangzhou/images/custom/").content.decode()
    ImageShare.objects.get().revoke()
    assert MARK in client.get("/cn-hangzhou/images/custom/").content.decode()


def test_a_refused_try_is_nobodys_news(image, globex, as_globex: Client, acme) -> None:
    acme.share_limit = 0
    acme.save()
    with pytest.raises(ValidationError):
        ImageShare(image=image, recipient=globex).save()
    assert MARK not in as_globex.get("/cn-hangzhou/images/custom/").content.decode()


def test_a_page_without_tabs_does_not_count_them(as_globex: Client, share: ImageShare) -> None:
    with CaptureQueriesContext(connection) as queries:
        as_globex.get(f"/cn-hangzhou/images/{share.image.image_id}/")
    assert not any("audit_entry" in query["sql"] for query in queries)


def test_of_many_the_rest_is_there_the_next_time(image, globex, as_globex: Client) -> None:
    for _ in range(12):
        share = ImageShare(image=image, recipient=globex)
        share.grant()
        share.revoke()
    told = [as_globex.get("/cn-hangzhou/images/shared/").content.decode().count("image “") for _ in range(3)]
    assert told == [20, 4, 0]


def test_a_search_takes_no_news_away(as_globex: Client, share: ImageShare) -> None:
    as_globex.get("/cn-hangzhou/images/shared/?q=office", headers={"hx-request": "true"})
    as_globex.head("/cn-hangzhou/images/shared/")
    page = as_globex.get("/cn-hangzhou/images/shared/").content.decode()
    assert f"Account {ACME} shared image “{share.image.name}” with you" in page
