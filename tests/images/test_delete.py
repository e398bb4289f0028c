from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from django.core.exceptions import ValidationError

from audit.models import Actor, Entry
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
    assert "Select images in the first column of the list first." in as_acme.get(url).content.decode()


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


def _unshare_and_delete(client: Client, image: Image, **fields: str):
    return client.post(f"/cn-hangzhou/images/{image}/delete/", {"unshare": "on", "name": image.name, **fields})


def test_the_dialog_of_a_shared_image_offers_to_unshare_it_from_everyone(
    share: ImageShare, initech, make_template, make_desktop, as_acme: Client
) -> None:
    ImageShare(image=share.image, recipient=initech).grant()
    make_template(account=share.recipient)
    make_desktop(account=share.recipient)
    make_desktop(account=initech)
    page = as_acme.get(f"/cn-hangzhou/images/{share.image}/delete/").content.decode()
    for sentence in (
        "Unshare from all 2 accounts and delete",
        "1 template of theirs becomes unavailable. They must delete it by hand.",
        "2 cloud computers of theirs were created from it. They go on.",
        f"To go on, type the name {share.image.name}",
    ):
        assert sentence in page


def test_a_shared_image_is_unshared_from_everyone_and_deleted_in_one_act(
    share: ImageShare, initech, as_acme: Client
) -> None:
    ImageShare(image=share.image, recipient=initech).grant()
    answer = _unshare_and_delete(as_acme, share.image)
    assert (answer.status_code, answer["Location"]) == (302, "/cn-hangzhou/images/custom/")
    assert not Image.objects.filter(pk=share.image.pk).exists()
    assert not ImageShare.objects.exists()
    entries = Entry.objects.order_by("id").values_list("event", "other_account_id", "outcome", "actor_name")[2:]
    assert list(entries) == [
        ("UnshareImage", GLOBEX, "Success", "acme@example.com"),
        ("UnshareImage", initech.pk, "Success", "acme@example.com"),
        ("DeleteImage", "", "Success", "acme@example.com"),
    ]
    assert f"Image {share.image} is unshared and deleted." in as_acme.get(answer["Location"]).content.decode()


def test_a_shared_image_is_not_deleted_without_its_name(share: ImageShare, as_acme: Client) -> None:
    for name in ("", "another-name"):
        answer = _unshare_and_delete(as_acme, share.image, name=name)
        assert answer.status_code == 422
        page = answer.content.decode()
        assert "This is not the name." in page
        assert 'name="unshare" checked' in page
    assert ImageShare.objects.filter(pk=share.pk).exists()
    assert Entry.objects.first().event == "ShareImage"


def test_a_name_alone_does_not_unshare(share: ImageShare, as_acme: Client) -> None:
    answer = as_acme.post(f"/cn-hangzhou/images/{share.image}/delete/", {"name": share.image.name})
    assert answer.status_code == 422
    page = answer.content.decode()
    assert "Unshare it first, then delete it." in page
    assert "Unshare from 1 account and delete" in page
    assert ImageShare.objects.filter(pk=share.pk).exists()


def test_an_image_that_another_tab_has_unshared_is_deleted_all_the_same(share: ImageShare, as_acme: Client) -> None:
    share.revoke()
    assert _unshare_and_delete(as_acme, share.image).status_code == 302
    assert not Image.objects.filter(pk=share.image.pk).exists()


def test_nothing_is_unshared_where_a_rule_refuses_to_delete(share: ImageShare, template: Template) -> None:
    with pytest.raises(ValidationError, match="Delete it first"):
        share.image.remove(by=Actor(), unshare=True)
    assert ImageShare.objects.filter(pk=share.pk).exists()
    assert not Entry.objects.filter(event="UnshareImage").exists()
    assert (Entry.objects.first().event, Entry.objects.first().outcome) == ("DeleteImage", "image_used_by_template")


def test_nothing_is_unshared_of_an_image_that_is_being_copied(share: ImageShare, as_acme: Client) -> None:
    share.image.copy_to("cn-shanghai", name="under-way", by=Actor())
    answer = _unshare_and_delete(as_acme, share.image)
    assert answer.status_code == 422
    page = answer.content.decode()
    assert "being copied to another region" in page
    assert "and delete</span>" not in page
    assert ImageShare.objects.filter(pk=share.pk).exists()
    assert Entry.objects.first().outcome == "image_being_copied"


def test_who_may_only_look_unshares_and_deletes_nothing(share: ImageShare, as_auditor: Client) -> None:
    assert "and delete</span>" not in as_auditor.get(f"/cn-hangzhou/images/{share.image}/delete/").content.decode()
    assert _unshare_and_delete(as_auditor, share.image).status_code == 403
    assert ImageShare.objects.filter(pk=share.pk).exists()
    assert Entry.objects.first().outcome == "no_permission"


def test_who_may_only_look_is_refused_whatever_is_typed_and_ticked(template: Template, as_auditor: Client) -> None:
    """Also where there is nothing to unshare."""
    answer = _unshare_and_delete(as_auditor, template.image, name="")
    assert answer.status_code == 403
    entry = Entry.objects.first()
    assert (entry.event, entry.outcome, entry.image_id) == ("DeleteImage", "no_permission", template.image.image_id)


def test_a_recipient_unshares_nothing_from_others_by_deleting(share: ImageShare, initech, as_globex: Client) -> None:
    ImageShare(image=share.image, recipient=initech).grant()
    answer = _unshare_and_delete(as_globex, share.image)
    assert answer.status_code == 422
    assert "2 accounts" not in answer.content.decode()
    assert ImageShare.objects.count() == 2
    with pytest.raises(ValidationError, match="only the account that created it"):
        share.image.remove(by=Actor(account_id=GLOBEX), unshare=True)
    assert ImageShare.objects.count() == 2


def test_whoever_uses_the_image_types_its_name_before_it_is_deleted(template: Template, as_acme: Client) -> None:
    image = template.image
    url = f"/cn-hangzhou/images/{image}/delete/"
    assert f"To go on, type the name {image.name}" in as_acme.get(url).content.decode()
    answer = as_acme.post(url, {"name": image.name.upper()})
    assert answer.status_code == 422
    assert "This is not the name." in answer.content.decode()
    assert Image.objects.filter(pk=image.pk).exists()
    assert as_acme.post(url, {"name": f" {image.name} "}).status_code == 302
    assert not Image.objects.filter(pk=image.pk).exists()


def test_whoever_has_computers_of_the_image_types_its_name_too(desktop, as_acme: Client) -> None:
    url = f"/cn-hangzhou/images/{desktop.image}/delete/"
    assert "1 cloud computer was created from it." in as_acme.get(url).content.decode()
    assert as_acme.post(url).status_code == 422
    assert as_acme.post(url, {"name": desktop.image.name}).status_code == 302
