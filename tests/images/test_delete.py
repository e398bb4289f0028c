from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from django.core.exceptions import ValidationError

from audit.models import Entry
from desktops.models import Template
from images.models import Image, ImageShare
from tests.conftest import ACME, GLOBEX

if TYPE_CHECKING:
    from django.test import Client


def test_a_shared_image_is_not_deleted_and_the_answer_lists_with_whom(
    share: ImageShare, initech, as_acme: Client
) -> None:
    ImageShare(image=share.image, recipient=initech).save()
    answer = as_acme.post(f"/cn-hangzhou/images/{share.image}/delete/")
    assert answer.status_code == 422
    assert f"shared with 2 accounts: {GLOBEX}, {initech.pk}" in answer.content.decode()
    assert Image.objects.filter(pk=share.image.pk).exists()
    assert (Entry.objects.first().event, Entry.objects.first().outcome) == ("DeleteImage", "image_shared")


def test_the_dialog_says_so_before_anyone_tries(share: ImageShare, as_acme: Client) -> None:
    page = as_acme.get(f"/cn-hangzhou/images/{share.image}/delete/").content.decode()
    assert f"This image is shared with account {GLOBEX}. Unshare it first" in page


def test_a_shared_image_is_not_deleted_by_the_admin_site(share: ImageShare, as_support: Client) -> None:
    answer = as_support.post(f"/admin/images/image/{share.image.pk}/delete/", {"post": "yes"}, follow=True)
    assert f"This image is shared with account {GLOBEX}. Unshare it first" in answer.content.decode()
    assert Image.objects.filter(pk=share.image.pk).exists()
    assert (Entry.objects.first().event, Entry.objects.first().outcome) == ("DeleteImage", "image_shared")


def test_a_shared_image_is_not_deleted_by_the_shell(share: ImageShare) -> None:
    with pytest.raises(ValidationError, match="Unshare it first"):
        share.image.delete()
    with pytest.raises(ValidationError, match="Unshare it first"):
        Image.objects.filter(pk=share.image.pk).delete()
    assert Image.objects.filter(pk=share.image.pk).exists()


def test_a_recipient_can_never_delete_it(share: ImageShare, as_globex: Client) -> None:
    answer = as_globex.post(f"/cn-hangzhou/images/{share.image}/delete/")
    assert answer.status_code == 422
    assert "only the account that created it" in answer.content.decode()
    assert Image.objects.filter(pk=share.image.pk).exists()
    assert Entry.objects.first().outcome == "image_not_owned"


def test_a_system_image_can_never_be_deleted(as_acme: Client) -> None:
    system = Image.objects.system().in_region("cn-hangzhou").first()
    assert as_acme.post(f"/cn-hangzhou/images/{system}/delete/").status_code == 422
    assert Image.objects.filter(pk=system.pk).exists()


def test_an_unshared_image_is_deleted(image: Image, as_acme: Client) -> None:
    answer = as_acme.post(f"/cn-hangzhou/images/{image}/delete/", follow=True)
    assert answer.redirect_chain == [("/cn-hangzhou/images/custom/", 302)]
    assert f"Image {image} is deleted." in answer.content.decode()
    assert not Image.objects.filter(pk=image.pk).exists()
    entry = Entry.objects.get()
    assert (entry.event, entry.outcome, entry.account_id, entry.image_id) == (
        "DeleteImage",
        "Success",
        ACME,
        image.image_id,
    )


def test_the_admin_site_deletes_with_an_entry(image: Image, as_support: Client) -> None:
    as_support.post(f"/admin/images/image/{image.pk}/delete/", {"post": "yes"})
    assert not Image.objects.filter(pk=image.pk).exists()
    assert (Entry.objects.get().door, Entry.objects.get().account_id) == ("admin", ACME)


def test_support_staff_delete_its_templates_with_it_and_are_told_before(
    image: Image, template: Template, as_support: Client
) -> None:
    url = f"/admin/images/image/{image.pk}/delete/"
    assert f"{template.name} ({template})" in as_support.get(url).content.decode()
    assert as_support.post(url, {"post": "yes"}).status_code == 302
    assert not Image.objects.filter(pk=image.pk).exists()
    assert not Template.objects.exists()
    assert set(Entry.objects.values_list("event", flat=True)) >= {"DeleteImage", "DeleteBundles"}


def test_images_that_another_tab_deleted_are_said_to_be_gone(image: Image, as_acme: Client) -> None:
    url, gone = "/cn-hangzhou/images/delete/", "m-gone0000000000000"
    assert (
        "1 of the images that you selected is not there any more."
        in as_acme.get(url, {"image": [image.image_id, gone]}).content.decode()
    )
    assert "The images that you selected are not there any more." in as_acme.post(url, {"image": gone}).content.decode()
    assert "Select the images to delete" in as_acme.get(url).content.decode()


@pytest.mark.parametrize(
    ("opened_on", "leads_to"),
    [
        ("/cn-hangzhou/images/custom/?q=office&sort=name&cursor=abc", "/cn-hangzhou/images/custom/?q=office&sort=name"),
        ("/cn-hangzhou/images/custom/", "/cn-hangzhou/images/custom/"),
        ("/cn-hangzhou/images/m-anything/", "/cn-hangzhou/images/custom/"),
        ("//evil.example/cn-hangzhou/images/custom/", "/cn-hangzhou/images/custom/"),
    ],
)
def test_it_leads_back_to_the_list_as_it_was_narrowed(
    opened_on: str, leads_to: str, image: Image, as_acme: Client
) -> None:
    headers = {"hx-request": "true", "hx-current-url": f"http://testserver{opened_on}"}
    answer = as_acme.post(f"/cn-hangzhou/images/{image}/delete/", headers=headers)
    assert answer["HX-Redirect"] == leads_to
