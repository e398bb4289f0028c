"""Acts on an image that was never there, or that is gone when its lock is taken, and an image that a template needs."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from django.core.exceptions import ValidationError

from audit.models import Actor, Entry
from images.models import Image, ImageShare
from images.validators import first_error
from tests.conftest import GLOBEX

if TYPE_CHECKING:
    from collections.abc import Callable

    from accounts.models import Account
    from desktops.models import Template

ACTS: dict[str, Callable[[Image], object]] = {
    "ShareImage": lambda image: ImageShare(image=image, recipient_id=GLOBEX).grant(),
    "UnshareImage": lambda image: ImageShare(image=image, owner_id=image.owner_id, recipient_id=GLOBEX).revoke(),
    "ModifyImageAttribute": lambda image: image.edit(name="office-new", by=Actor()),
    "CopyImage": lambda image: image.copy_to("cn-shanghai", name="office-copy", by=Actor()),
    "CancelCopyImage": lambda image: image.cancel_copy(by=Actor()),
    "FailImage": lambda image: image.fail(reason="The disk is full.", by=Actor()),
    "DeleteImage": lambda image: image.delete(),
}


def test_a_share_without_an_image_is_refused_with_a_sentence(globex: Account) -> None:
    with pytest.raises(ValidationError) as refused:
        ImageShare(recipient=globex).full_clean()
    assert refused.value.message_dict == {"image": ["There is no such image."]}
    assert first_error(refused.value).code == "image_not_found"


def test_a_share_without_an_image_is_not_saved_and_its_refusal_is_an_entry(globex: Account) -> None:
    with pytest.raises(ValidationError, match="There is no such image"):
        ImageShare(recipient=globex).save()
    assert not ImageShare.objects.exists()
    assert [(entry.event, entry.outcome, entry.other_account_id) for entry in Entry.objects.all()] == [
        ("ShareImage", "image_not_found", GLOBEX)
    ]


@pytest.mark.parametrize("event", ACTS)
def test_an_image_that_was_deleted_meanwhile_is_said_to_be_gone(event: str, image: Image, globex: Account) -> None:
    in_another_tab = Image.objects.get(pk=image.pk)
    image.delete()
    with pytest.raises(ValidationError, match="This image has been deleted") as refused:
        ACTS[event](in_another_tab)
    assert first_error(refused.value).code == "image_not_found"
    newest = Entry.objects.first()
    assert (newest.event, newest.outcome, newest.image_id) == (event, "image_not_found", in_another_tab.image_id)
    assert not Image.objects.owned_by(in_another_tab.owner_id).exists()
    assert not ImageShare.objects.exists()


def test_an_image_that_was_never_saved_is_said_to_be_gone(acme: Account) -> None:
    with pytest.raises(ValidationError, match="This image has been deleted"):
        Image(owner=acme, region_id="cn-hangzhou", name="never-saved").delete()


def test_a_template_of_its_owner_keeps_an_image_from_being_deleted_without_it(image: Image, template: Template) -> None:
    with pytest.raises(
        ValidationError, match=f"Template {template} is made from the image. Delete it first"
    ) as refused:
        image.delete()
    assert first_error(refused.value).code == "image_used_by_template"
    assert Image.objects.filter(pk=image.pk).exists()
    template.refresh_from_db()
    assert template.image == image
    newest = Entry.objects.first()
    assert (newest.event, newest.outcome, newest.image_id) == ("DeleteImage", "image_used_by_template", image.image_id)
