"""The console's pages of cloud computers, and the lists of templates beside theirs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from django.urls import reverse

from audit.models import Actor, Entry
from desktops.models import Desktop, Template
from images.models import Image, ImageShare

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.test import Client
    from pytest_django import DjangoAssertNumQueries

    from accounts.models import Account

pytestmark = pytest.mark.django_db

HZ = "cn-hangzhou"
ORDER = {"desktop_type": "eds.general.4c8g", "system_disk_gib": "80", "data_disk_gib": "0", "amount": "1"}


def url(name: str, *args: Any, **query: str) -> str:
    return reverse(f"desktops:{name}", args=[HZ, *args], query=query)


# Lists


@pytest.mark.parametrize("page", ["list", "templates"])
@pytest.mark.parametrize("rows", [1, 20])
def test_a_list_costs_the_same_at_any_size(
    as_acme: Client,
    make_desktop: Callable[..., Desktop],
    make_template: Callable[..., Template],
    django_assert_num_queries: DjangoAssertNumQueries,
    page: str,
    rows: int,
) -> None:
    for _ in range(rows):
        make_desktop() if page == "list" else make_template()
    as_acme.get(url(page))  # remembers the region
    with django_assert_num_queries(4):
        response = as_acme.get(url(page))
    assert len(response.context["page"].rows) == rows


def test_the_list_shows_ones_own_computers_of_the_region(
    as_globex: Client, globex: Account, share: ImageShare, make_desktop: Callable[..., Desktop]
) -> None:
    make_desktop()
    mine = make_desktop(account=globex, image=share.image)
    response = as_globex.get(url("list"))
    assert response.context["page"].rows == [mine]
    assert response.context["page"].total == 1


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ({}, ["beta", "alpha"]),
        ({"sort": "name"}, ["alpha", "beta"]),
        ({"q": "ALP"}, ["alpha"]),
        ({"status": "Stopped"}, ["beta"]),
        ({"status": "Running"}, ["alpha"]),
        ({"os": "Linux"}, []),
        ({"q": "\u200b alpha\ufeff"}, ["alpha"]),
        ({"sort": "Nonsense", "size": "3"}, ["beta", "alpha"]),
        ({"status": "Nonsense"}, []),
        ({"os": "Nonsense"}, []),
        ({"q": "x" * 200}, []),
    ],
)
def test_the_list_is_narrowed_and_sorted(
    as_acme: Client, make_desktop: Callable[..., Desktop], query: dict[str, str], names: list[str]
) -> None:
    make_desktop(name="alpha")
    make_desktop(name="beta", status="Stopped")
    rows = as_acme.get(url("list", **query)).context["page"].rows
    assert [row.name for row in rows] == names


def test_a_computer_without_a_name_is_called_by_its_id_once(
    as_acme: Client, make_desktop: Callable[..., Desktop]
) -> None:
    computer_id = make_desktop(name="").desktop_id
    assert as_acme.get(url("list")).text.count(f">{computer_id}<") == 1
    question = as_acme.get(url("stop", computer_id), headers={"HX-Request": "true"}).text
    assert question.count(f">{computer_id}<") == 1


@pytest.mark.parametrize("page", ["list", "templates"])
def test_the_list_is_paged(
    as_acme: Client, make_desktop: Callable[..., Desktop], make_template: Callable[..., Template], page: str
) -> None:
    for _ in range(12):
        make_desktop() if page == "list" else make_template()
    first = as_acme.get(url(page, size="10")).context["page"]
    second = as_acme.get(url(page, size="10", cursor=first.next)).context["page"]
    assert (len(first.rows), len(second.rows), second.next, first.total) == (10, 2, "", 12)


def test_the_list_polls_only_while_something_moves(as_acme: Client, desktop: Desktop) -> None:
    assert "every 3s" not in as_acme.get(url("list")).text
    desktop.stop(by=Actor())
    assert "every 3s" in as_acme.get(url("list")).text
    assert "every 3s" in as_acme.get(url("desktop", desktop.desktop_id)).text


def test_a_list_while_an_image_is_created_polls_too(as_acme: Client, desktop: Desktop) -> None:
    desktop.create_image(name="from-desk", by=Actor())
    assert "An image is being created" in as_acme.get(url("list")).text


@pytest.mark.parametrize(
    ("page", "sentence"),
    [
        ("list", "Your account has no cloud computers in China (Hangzhou)"),
        ("templates", "Your account has no templates in China (Hangzhou)"),
    ],
)
def test_an_empty_list_says_what_to_do(as_acme: Client, page: str, sentence: str) -> None:
    assert sentence in as_acme.get(url(page)).text
    assert "matches the filters" in as_acme.get(url(page, q="none")).text


def test_to_htmx_the_list_alone_is_answered(as_acme: Client, desktop: Desktop) -> None:
    text = as_acme.get(url("list"), headers={"HX-Request": "true"}).text
    assert '<div id="list"' in text
    assert "<html" not in text


# Creating computers


def test_without_an_image_one_is_chosen_first(as_globex: Client, share: ImageShare) -> None:
    own = as_globex.get(url("create"))
    received = as_globex.get(url("create", kind="shared"))
    system = as_globex.get(url("create", kind="system", q="ubuntu"))
    assert own.context["page"].rows == []
    assert received.context["page"].rows == [share.image]
    assert {image.platform for image in system.context["page"].rows} == {"Ubuntu 24.04", "Ubuntu 22.04"}
    assert url("create", image=share.image.image_id) in received.text


def test_what_is_no_longer_shared_is_no_longer_a_choice(as_globex: Client, share: ImageShare) -> None:
    share.revoke()
    assert as_globex.get(url("create", kind="shared")).context["page"].rows == []
    response = as_globex.get(url("create", image=share.image.image_id))
    assert response.context["page"].rows == []
    assert f"Your account has no image {share.image.image_id}" in response.text


def test_the_dialog_of_a_shared_image_speaks_of_cost_and_trust(as_globex: Client, share: ImageShare) -> None:
    text = as_globex.get(url("create", image=share.image.image_id)).text
    assert "Using a shared image costs you nothing extra." in text
    assert "does not guarantee the integrity and security of shared images" in text


def test_the_dialog_of_an_own_image_does_not(as_acme: Client, image: Image) -> None:
    assert "nothing extra" not in as_acme.get(url("create", image=image.image_id)).text


def test_computers_are_created(as_globex: Client, globex: Account, share: ImageShare) -> None:
    form = {**ORDER, "image": share.image.image_id, "name": "desk", "amount": "2"}
    response = as_globex.post(url("create"), form, follow=True)
    assert response.redirect_chain == [(url("list"), 302)]
    assert "2 cloud computers are being created." in response.text
    assert [(d.name, d.account) for d in Desktop.objects.order_by("id")] == [("desk-01", globex), ("desk-02", globex)]


def test_a_form_that_was_open_while_the_image_was_unshared_fails_with_a_sentence(
    as_globex: Client, globex: Account, share: ImageShare
) -> None:
    form = {**ORDER, "image": share.image.image_id, "name": "desk"}
    share.revoke()
    response = as_globex.post(url("create"), form)
    assert response.status_code == 422
    assert "it is not shared with your account any more, or it has been deleted" in response.text
    assert share.image.name not in response.text
    assert not Desktop.objects.exists()
    entry = Entry.objects.get(event="CreateDesktops")
    assert (entry.outcome, entry.image_id, entry.account_id) == (
        "image_not_usable",
        share.image.image_id,
        globex.pk,
    )


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"amount": "21"}, "Create 1 to 20 cloud computers at once."),
        ({"system_disk_gib": "70"}, "The system disk is smaller than the image."),
        ({"system_disk_gib": "many"}, "Enter a whole number."),
        ({"data_disk_gib": "45"}, "A data disk has 40 to 2040 GiB, in steps of 10; 0 is none."),
        ({"desktop_type": "eds.graphics.16c1t4"}, "Select a valid choice."),
        ({"name": "1st"}, "beginning with a letter or a Chinese character"),
        ({"image": ""}, "Choose an image."),
        ({"image": "m-\0"}, "Your account has no image"),
    ],
)
def test_what_is_entered_wrong_is_said_at_its_field(
    as_acme: Client, image: Image, wrong: dict[str, str], sentence: str
) -> None:
    response = as_acme.post(url("create"), {**ORDER, "image": image.image_id, "name": "desk", **wrong})
    assert response.status_code == 422
    assert sentence in response.text
    assert not Desktop.objects.exists()


def test_computers_are_created_after_a_template(as_acme: Client, template: Template) -> None:
    assert "front-desks" in as_acme.get(url("create", template=template.template_id)).text
    form = {"template": template.template_id, "name": "desk", "amount": "2"}
    assert as_acme.post(url("create"), form).status_code == 302
    assert [d.template for d in Desktop.objects.all()] == [template, template]


def test_an_unavailable_template_cannot_be_used_and_says_why(
    as_globex: Client, globex: Account, share: ImageShare, make_template: Callable[..., Template]
) -> None:
    template = make_template(account=globex, image=share.image)
    form = {"template": template.template_id, "name": "desk", "amount": "1"}
    share.revoke()
    row = as_globex.get(url("templates")).text
    assert row.count("The image is no longer shared with your account.") == 4, "beside its status and its actions"
    assert 'class="st warn"' in row
    assert 'aria-disabled="true"' in row
    dialog = as_globex.get(url("create", template=template.template_id))
    assert "The image is no longer shared with your account." in dialog.text
    assert 'name="amount"' not in dialog.text
    response = as_globex.post(url("create"), form)
    assert response.status_code == 422
    assert "no longer shared" in response.text
    assert not Desktop.objects.exists()


# Acts on a computer


@pytest.mark.parametrize(
    ("verb", "before", "after"),
    [("start", "Stopped", "Starting"), ("stop", "Running", "Stopping"), ("restart", "Running", "Starting")],
)
def test_start_stop_and_restart(
    as_acme: Client, make_desktop: Callable[..., Desktop], verb: str, before: str, after: str
) -> None:
    desktop = make_desktop(status=before)
    page = url("desktop", desktop.desktop_id)
    assert as_acme.get(url(verb, desktop.desktop_id)).status_code == 200
    response = as_acme.post(url(verb, desktop.desktop_id), follow=True)
    assert response.redirect_chain == [(page, 302)]
    assert Desktop.objects.get().status == after
    again = as_acme.post(url(verb, desktop.desktop_id))
    assert again.status_code == 422
    assert "This cloud computer is " in again.text


def test_from_the_list_an_act_leads_back_to_the_list_as_it_was(as_acme: Client, desktop: Desktop) -> None:
    list_url = url("list", sort="name")
    headers = {"HX-Request": "true", "HX-Current-URL": f"http://testserver{list_url}"}
    response = as_acme.post(url("stop", desktop.desktop_id), headers=headers)
    assert response["HX-Redirect"] == list_url


def test_an_act_leads_to_no_other_site(as_acme: Client, desktop: Desktop) -> None:
    headers = {"HX-Request": "true", "HX-Current-URL": "https://elsewhere.example/x"}
    response = as_acme.post(url("stop", desktop.desktop_id), headers=headers)
    assert response["HX-Redirect"] == url("desktop", desktop.desktop_id)


def test_release(as_acme: Client, desktop: Desktop) -> None:
    release = url("release", desktop.desktop_id)
    assert "This cannot be undone." in as_acme.get(release).text
    for typed in ("", desktop.name.upper()):
        response = as_acme.post(release, {"name": typed})
        assert response.status_code == 422
        assert "This is not the name." in response.text
        assert Desktop.objects.exists()
    response = as_acme.post(release, {"name": desktop.name}, follow=True)
    assert response.redirect_chain == [(url("list"), 302)]
    assert not Desktop.objects.exists()
    assert as_acme.get(url("desktop", desktop.desktop_id)).status_code == 404


def test_change_image_says_what_is_lost_then_changes_it(
    as_acme: Client, make_desktop: Callable[..., Desktop], make_image: Callable[..., Image]
) -> None:
    desktop, new = make_desktop(data_disk_gib=40), make_image(name="office-next")
    change = url("change_image", desktop.desktop_id)
    assert new in as_acme.get(change).context["page"].rows
    text = as_acme.get(change, {"image": new.image_id}).text
    assert "All data on it is lost" in text
    assert "The data disk and its snapshots are kept" in text
    assert as_acme.post(change, {"image": new.image_id}).status_code == 302
    assert Desktop.objects.get().image == new
    page = as_acme.get(url("desktop", desktop.desktop_id, tab="changes")).text
    assert "office-standard" in page
    assert "office-next" in page
    history = as_acme.get(url("desktop", desktop.desktop_id, tab="history"))
    assert [entry.event for entry in history.context["history"]] == ["RebuildDesktops", "CreateDesktops"]
    assert "Changed the image of" in history.text


def test_change_image_to_another_os_says_that_the_data_disk_is_wiped(
    as_acme: Client, make_desktop: Callable[..., Desktop], make_image: Callable[..., Image]
) -> None:
    desktop, linux = make_desktop(data_disk_gib=40), make_image(os_type="Linux")
    text = as_acme.get(url("change_image", desktop.desktop_id, image=linux.image_id)).text
    assert "the data disk is wiped" in text


def test_a_change_of_image_that_was_open_while_it_was_unshared_fails_with_a_sentence(
    as_globex: Client, globex: Account, share: ImageShare, make_desktop: Callable[..., Desktop]
) -> None:
    desktop = make_desktop(account=globex, image=share.image)
    share.revoke()
    response = as_globex.post(url("change_image", desktop.desktop_id), {"image": share.image.image_id})
    assert response.status_code == 422
    assert "not shared with your account any more" in response.text
    assert Desktop.objects.get().status == "Running"
    assert "The image is no longer shared with your account." in as_globex.get(url("desktop", desktop.desktop_id)).text


def test_create_image(as_acme: Client, desktop: Desktop) -> None:
    form_url = url("create_image", desktop.desktop_id)
    assert as_acme.get(form_url).context["form"]["clean_personal_data"].value() is True
    response = as_acme.post(form_url, {"name": "from-desk", "scope": "SYSTEM", "clean_personal_data": "on"})
    image = Image.objects.get(name="from-desk")
    assert response["Location"] == reverse("images:image", args=[HZ, image.image_id])
    assert "An image is being created from this cloud computer." in as_acme.get(form_url).text


def test_create_image_with_a_wrong_name_says_so_at_the_field(as_acme: Client, desktop: Desktop) -> None:
    response = as_acme.post(url("create_image", desktop.desktop_id), {"name": "1", "scope": "ALL"})
    assert response.status_code == 422
    assert "Enter 2 to 128 characters" in response.text


def test_an_encrypted_computers_dialog_does_not_offer_cleaning(
    as_acme: Client, make_desktop: Callable[..., Desktop]
) -> None:
    desktop = make_desktop(encrypted=True)
    form_url = url("create_image", desktop.desktop_id)
    assert as_acme.get(form_url).context["form"].fields["clean_personal_data"].disabled
    form = {"name": "from-desk", "scope": "ALL", "clean_personal_data": "on"}
    assert as_acme.post(form_url, form).status_code == 302
    assert Image.objects.get(name="from-desk").encrypted
