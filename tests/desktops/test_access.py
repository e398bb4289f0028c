"""Who reaches what: every URL of computers and templates, for everyone."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from django.test import Client
from django.urls import reverse

from audit.models import Entry
from desktops.models import Desktop, Template
from desktops.urls import urlpatterns

if TYPE_CHECKING:
    from images.models import Image

pytestmark = pytest.mark.django_db

NAMES = [str(pattern.name) for pattern in urlpatterns]
READS = {"overview", "list", "new_image", "desktop", "templates", "template"}
WRITES = [name for name in NAMES if name not in READS]
OF_NOTHING_YET = {"overview", "list", "new_image", "templates", "create", "create_template"}


def url(name: str, desktop: Desktop, template: Template) -> str:
    args = ["cn-hangzhou"]
    if name not in OF_NOTHING_YET:
        args.append(template.template_id if "template" in name else desktop.desktop_id)
    return reverse(f"desktops:{name}", args=args)


def form(image: Image) -> dict[str, str]:
    return {
        "image": image.image_id,
        "name": "new-name",
        "desktop_type": "eds.general.4c8g",
        "system_disk_gib": "80",
        "data_disk_gib": "0",
        "amount": "1",
        "scope": "ALL",
    }


@pytest.mark.parametrize("name", NAMES)
def test_the_anonymous_sign_in_first(name: str, desktop: Desktop, template: Template) -> None:
    asked = url(name, desktop, template)
    for response in (Client().get(asked), Client().post(asked)):
        assert response.status_code == 302
        assert response["Location"].startswith("/login/")


@pytest.mark.parametrize("name", [name for name in NAMES if name not in OF_NOTHING_YET])
def test_a_stranger_finds_nothing(
    as_initech: Client, name: str, desktop: Desktop, template: Template, image: Image
) -> None:
    asked = url(name, desktop, template)
    assert as_initech.get(asked).status_code == 404
    assert as_initech.post(asked, form(image)).status_code == (404 if name in WRITES else 405)
    assert Desktop.objects.get().name == "front-desk"
    assert Template.objects.get().name == "front-desks"


@pytest.mark.parametrize("name", ["create", "create_template"])
def test_a_stranger_makes_nothing_of_anothers_image(
    as_initech: Client, name: str, desktop: Desktop, template: Template, image: Image
) -> None:
    response = as_initech.post(url(name, desktop, template), form(image))
    assert response.status_code == 422
    assert (Desktop.objects.count(), Template.objects.count()) == (1, 1)


def test_a_strangers_lists_are_empty(as_initech: Client, desktop: Desktop, template: Template) -> None:
    for name in ("list", "templates"):
        assert as_initech.get(url(name, desktop, template)).context["page"].rows == []


@pytest.mark.parametrize("name", NAMES)
def test_the_owner_sees_all(as_acme: Client, name: str, desktop: Desktop, template: Template) -> None:
    assert as_acme.get(url(name, desktop, template)).status_code == 200


@pytest.mark.parametrize("name", NAMES)
def test_who_may_only_read_sees_all(as_auditor: Client, name: str, desktop: Desktop, template: Template) -> None:
    response = as_auditor.get(url(name, desktop, template))
    assert response.status_code == 200
    assert "lets you see everything and change nothing" in response.text


@pytest.mark.parametrize("name", WRITES)
def test_a_dialog_tells_who_may_only_read_why_it_has_no_form(
    as_auditor: Client, name: str, desktop: Desktop, template: Template
) -> None:
    response = as_auditor.get(url(name, desktop, template), headers={"HX-Request": "true"})
    assert "lets you see everything and change nothing" in response.text
    assert 'name="name"' not in response.text


@pytest.mark.parametrize("name", WRITES)
def test_who_may_only_read_changes_nothing(
    as_auditor: Client, name: str, desktop: Desktop, template: Template, image: Image
) -> None:
    response = as_auditor.post(url(name, desktop, template), form(image))
    assert response.status_code == 403
    assert "lets you see everything and change nothing" in response.text
    assert Entry.objects.filter(outcome="no_permission").count() == 1
    assert (Desktop.objects.get().status, Desktop.objects.get().name) == ("Running", "front-desk")
    assert Template.objects.get().name == "front-desks"


@pytest.mark.parametrize("name", NAMES)
def test_in_another_region_there_is_nothing(as_acme: Client, name: str, desktop: Desktop, template: Template) -> None:
    elsewhere = url(name, desktop, template).replace("cn-hangzhou", "cn-shanghai")
    response = as_acme.get(elsewhere)
    if name == "overview":
        totals = response.context["images"]["total"], response.context["computers"]["total"]
        assert (*totals, response.context["template_count"]) == (0, 0, 0)
    elif name in OF_NOTHING_YET:
        assert not response.context["page"].rows
    else:
        assert response.status_code == 404
