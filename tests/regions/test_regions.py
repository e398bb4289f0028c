from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from regions import models
from regions.models import Region

if TYPE_CHECKING:
    from django.test import Client


@pytest.mark.django_db
def test_there_are_the_twenty_public_regions_with_both_names() -> None:
    regions = list(Region.objects.values_list("region_id", "english_name", "chinese_name"))
    assert len(regions) == 20
    assert ("cn-hangzhou", "China (Hangzhou)", "华东1（杭州）") in regions
    assert ("me-central-1", "SAU (Riyadh)", "沙特（利雅得）") in regions


def test_the_selector_lists_every_region_and_keeps_the_tab(as_acme: Client) -> None:
    page = as_acme.get("/cn-shanghai/images/shared/").content.decode()
    for region in Region.objects.all():
        assert f'href="/{region.pk}/images/shared/"' in page
        assert region.english_name in page


def test_a_page_about_one_image_leads_to_the_list_of_another_region(image, as_acme: Client) -> None:
    page = as_acme.get(f"/cn-hangzhou/images/{image}/").content.decode()
    assert 'href="/cn-shanghai/images/custom/"' in page
    assert f"/cn-shanghai/images/{image}/" not in page


def test_an_unknown_region_is_not_found_and_offers_the_list(as_acme: Client) -> None:
    answer = as_acme.get("/cn-atlantis/images/custom/")
    assert answer.status_code == 404
    page = answer.content.decode()
    assert "There is no region “cn-atlantis”" in page
    for region in Region.objects.all():
        assert f'href="/{region.pk}/images/custom/"' in page


def test_the_front_door_leads_to_the_last_used_region(as_acme: Client, as_globex: Client) -> None:
    assert as_acme.get("/")["Location"] == "/cn-hangzhou/images/custom/"
    as_acme.get("/eu-central-1/images/system/")
    assert as_acme.get("/")["Location"] == "/eu-central-1/images/custom/"
    assert as_globex.get("/")["Location"] == "/cn-hangzhou/images/custom/"


def test_what_is_changed_of_a_region_is_seen_within_a_minute(as_acme: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    def page() -> str:
        return as_acme.get("/cn-hangzhou/images/custom/").content.decode()

    page()
    Region.objects.filter(pk="cn-shanghai").update(english_name="Shanghai, renamed")
    assert "Shanghai, renamed" not in page()
    now = models.time.monotonic()
    monkeypatch.setattr(models.time, "monotonic", lambda: now + 61)
    assert "Shanghai, renamed" in page()


def test_support_staff_rename_a_region_and_make_none(as_support: Client) -> None:
    fields = {"region_id": "cn.new", "english_name": "Hangzhou", "chinese_name": "杭州", "position": "1"}
    assert as_support.post("/admin/regions/region/add/", fields).status_code == 403
    assert as_support.post("/admin/regions/region/cn-hangzhou/delete/", {"post": "yes"}).status_code == 403
    assert as_support.post("/admin/regions/region/cn-hangzhou/change/", fields).status_code == 302
    assert Region.objects.count() == 20
    assert Region.objects.get(pk="cn-hangzhou").english_name == "Hangzhou"


def test_regions_have_chinese_names_for_chinese_readers(as_acme: Client) -> None:
    as_acme.post("/i18n/setlang/", {"language": "zh-hans"})
    assert "华东1（杭州）" in as_acme.get("/cn-hangzhou/images/custom/").content.decode()


def test_an_image_appears_in_its_own_region_only(share, as_globex: Client) -> None:
    image = share.image.image_id
    assert image in as_globex.get("/cn-hangzhou/images/shared/").content.decode()
    assert image not in as_globex.get("/cn-shanghai/images/shared/").content.decode()
    assert as_globex.get(f"/cn-shanghai/images/{image}/").status_code == 404
