"""What lists, forms and dialogs of computers and templates offer, and what they say is not possible."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest
from django.urls import reverse

from audit.models import Actor
from desktops.models import Desktop, Status, Template
from tests.desktops.test_power import move

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.test import Client

    from accounts.models import User
    from images.models import Image

pytestmark = pytest.mark.django_db

HZ = "cn-hangzhou"


def url(name: str, *args: Any, **query: str) -> str:
    return reverse(f"desktops:{name}", args=[HZ, *args], query=query)


def prefer(user: User, **preferences: Any) -> None:
    user.preferences = preferences
    user.save()


def heads(text: str) -> list[str]:
    return [re.sub(r"<[^>]+>", "", head).split("UTC")[0].strip() for head in re.findall(r"<th .*?</th>", text, re.S)]


def impossible(text: str, prefix: str) -> bool:
    """Whether the action whose ID begins so is shown as not possible."""
    [link] = re.findall(rf'<a [^>]*id="{prefix}-\d+"[^>]*>', text)
    return 'aria-disabled="true"' in link


# Preferences


@pytest.mark.parametrize(
    ("page", "name"), [("desktops:list", "desktops"), ("desktops:templates", "templates"), ("images:custom", "images")]
)
def test_a_list_leaves_out_the_columns_that_the_person_hides(
    as_acme: Client, acme_user: User, desktop: Desktop, template: Template, page: str, name: str
) -> None:
    address = reverse(page, args=[HZ])
    assert "Created" in heads(as_acme.get(address).text)
    before = as_acme.get(address).text.count('role="cell"')
    prefer(acme_user, hidden_columns={name: ["created"]})
    text = as_acme.get(address).text
    assert "Created" not in heads(text)
    assert text.count('role="cell"') == before - 1


@pytest.mark.parametrize("page", ["desktops:list", "desktops:templates", "images:custom", "images:shared"])
def test_a_page_has_as_many_rows_as_the_person_wants(as_acme: Client, acme_user: User, page: str) -> None:
    address = reverse(page, args=[HZ])
    assert as_acme.get(address).context["form"].page_size == 20
    prefer(acme_user, page_size="50")
    assert as_acme.get(address).context["form"].page_size == 50
    assert as_acme.get(address, {"size": "10"}).context["form"].page_size == 10


# What a row offers


@pytest.mark.parametrize("status", Status.values)
def test_a_row_says_of_each_action_what_the_rules_say(as_acme: Client, desktop: Desktop, status: str) -> None:
    move(desktop, status)
    text = as_acme.get(url("list")).text
    verb = "start" if status == "Stopped" else "stop"
    for prefix, action in [
        ("power", verb),
        ("restart", "restart"),
        ("change-image", "change_image"),
        ("create-image", "create_image"),
        ("release", "release"),
    ]:
        refused = as_acme.get(url(action, desktop.desktop_id)).context["refusals"]
        assert impossible(text, prefix) is bool(refused), prefix


def test_a_computer_of_which_an_image_is_created_offers_little(as_acme: Client, desktop: Desktop) -> None:
    desktop.create_image(name="from-desk", by=Actor())
    text = as_acme.get(url("list")).text
    assert {prefix: impossible(text, prefix) for prefix in ("power", "restart", "create-image", "release")} == {
        "power": True,
        "restart": True,
        "create-image": True,
        "release": True,
    }


def test_who_may_only_read_is_told_so_once_at_the_top_and_at_each_action(
    as_auditor: Client, desktop: Desktop, template: Template
) -> None:
    for page, prefixes in (
        (url("list"), ("power", "restart", "change-image", "create-image", "release")),
        (url("templates"), ("use", "edit", "delete")),
    ):
        text = as_auditor.get(page).text
        assert text.count('class="note read-only"') == 1
        assert all(impossible(text, prefix) for prefix in prefixes)


# Forms


def test_no_computer_type_is_chosen_until_somebody_chooses_one(as_acme: Client, image: Image) -> None:
    form = url("create", image=image.image_id)
    text = as_acme.get(form).text
    radios = re.findall(r'<input type="radio"[^>]*>', text)
    assert len(radios) > 10
    assert not any(" checked" in radio for radio in radios)
    response = as_acme.post(url("create"), {"image": image.image_id, "system_disk_gib": "80", "amount": "1"})
    assert response.status_code == 422
    assert "Choose a cloud computer type." in response.text
    assert 'aria-describedby="id_desktop_type_error"' in response.text


def test_types_are_grouped_by_family(as_acme: Client, image: Image) -> None:
    families = as_acme.get(url("create", image=image.image_id)).context["form"].kinds
    assert [code for _title, code, _kinds in families] == ["eds.enterprise_office", "eds.general", "eds.hf"]
    assert all(kind.family == code for _title, code, kinds in families for kind in kinds)


def test_the_summary_says_what_is_about_to_be_made(as_acme: Client, template: Template) -> None:
    text = as_acme.get(url("edit_template", template.template_id)).text
    summary = text[text.index('aria-labelledby="summary"') :]
    assert template.desktop_type in summary
    assert '<span data-follows="system_disk_gib">80</span> GiB' in summary


# Dialogs


def test_an_image_is_created_from_a_computer_that_is_chosen_first(
    as_acme: Client, desktop: Desktop, make_desktop: Callable[..., Desktop]
) -> None:
    stopped, moving = make_desktop(name="stopped", status="Stopped"), make_desktop(name="moving")
    moving.stop(by=Actor())
    response = as_acme.get(url("new_image"))
    assert response.context["page"].rows == [stopped, desktop]
    assert url("create_image", desktop.desktop_id) in response.text
    assert as_acme.get(url("new_image", q="STOP")).context["page"].rows == [stopped]
    assert "in its name or its ID" in as_acme.get(url("new_image", q="none")).text


def test_an_account_without_computers_is_told_so_there(as_initech: Client, desktop: Desktop) -> None:
    response = as_initech.get(url("new_image"))
    assert response.context["page"].rows == []
    assert "Your account has no cloud computer in China (Hangzhou)" in response.text


def test_releasing_says_what_goes_with_the_computer(as_acme: Client, make_desktop: Callable[..., Desktop]) -> None:
    running, stopped = make_desktop(data_disk_gib=40), make_desktop(name="stopped", status="Stopped")
    text = as_acme.get(url("release", running.desktop_id)).text
    assert "its 2 disks, 80 + 40 GiB, are deleted" in text
    assert "Whoever is connected is disconnected." in text
    assert 'name="name"' in text
    text = as_acme.get(url("release", stopped.desktop_id)).text
    assert "its disk, 80 GiB, are deleted" in text
    assert 'name="name"' not in text
    assert as_acme.post(url("release", stopped.desktop_id)).status_code == 302


def test_a_template_in_use_is_deleted_after_its_name_is_typed(as_acme: Client, template: Template) -> None:
    delete = url("delete_template", template.template_id)
    assert 'name="name"' not in as_acme.get(delete).text
    Desktop.from_template(template, name="desk").create(amount=2, by=Actor())
    assert "2 cloud computers were created after it. They go on." in as_acme.get(delete).text
    assert as_acme.post(delete).status_code == 422
    assert Template.objects.exists()
    assert as_acme.post(delete, {"name": template.name}).status_code == 302
    assert not Template.objects.exists()
    assert Desktop.objects.count() == 2


def test_the_page_of_a_template_lists_the_computers_that_were_created_after_it(
    as_acme: Client, template: Template
) -> None:
    made = Desktop.from_template(template, name="desk").create(amount=2, by=Actor())
    response = as_acme.get(url("template", template.template_id, tab="computers"))
    assert list(response.context["computers"]) == made[::-1]
    assert response.context["computer_count"] == 2
