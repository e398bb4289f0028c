"""The console's pages of templates: create, edit, delete."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from desktops.models import Template
from images.models import Image, ImageShare
from tests.desktops.test_pages import HZ, ORDER, url

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.test import Client

    from accounts.models import Account

pytestmark = pytest.mark.django_db


def test_a_template_is_created_edited_and_deleted(
    as_acme: Client, image: Image, make_image: Callable[..., Image]
) -> None:
    form = {**ORDER, "name": "front-desks", "description": "For the desks", "image": image.image_id}
    assert as_acme.get(url("create_template", image=image.image_id)).status_code == 200
    assert as_acme.post(url("create_template"), form)["Location"] == url("templates")
    template = Template.objects.get()
    assert "front-desks" in as_acme.get(url("template", template.template_id)).text

    other = make_image(name="office-next")
    edit = url("edit_template", template.template_id)
    assert other in as_acme.get(edit, {"image": ""}).context["page"].rows
    assert other.image_id in as_acme.get(edit, {"image": other.image_id}).text
    assert as_acme.post(edit, {**form, "name": "desks", "image": other.image_id}).status_code == 302
    template.refresh_from_db()
    assert (template.name, template.image) == ("desks", other)

    assert as_acme.post(url("delete_template", template.template_id))["Location"] == url("templates")
    assert not Template.objects.exists()


def test_a_template_form_that_was_open_while_the_image_was_unshared_fails_with_a_sentence(
    as_globex: Client, share: ImageShare
) -> None:
    form = {**ORDER, "name": "front-desks", "image": share.image.image_id}
    share.revoke()
    response = as_globex.post(url("create_template"), form)
    assert response.status_code == 422
    assert "not shared with your account any more" in response.text
    assert not Template.objects.exists()


def test_an_edit_to_an_image_that_was_unshared_meanwhile_fails_with_a_sentence(
    as_globex: Client, globex: Account, share: ImageShare, make_template: Callable[..., Template]
) -> None:
    system = Image.objects.system().in_region(HZ).get(image_id="desktopimage-windows-10-64-asp")
    template = make_template(account=globex, image=system)
    share.revoke()
    form = {**ORDER, "name": "front-desks", "image": share.image.image_id}
    response = as_globex.post(url("edit_template", template.template_id), form)
    assert response.status_code == 422
    assert "not shared with your account any more" in response.text
    assert Template.objects.get().image == system


def test_an_unavailable_template_is_renamed(
    as_globex: Client, globex: Account, share: ImageShare, make_template: Callable[..., Template]
) -> None:
    template = make_template(account=globex, image=share.image)
    share.revoke()
    edit = url("edit_template", template.template_id)
    dialog = as_globex.get(edit)
    assert "Only the name and the description can be changed" in dialog.text
    assert dialog.context["image"] is None
    assert as_globex.post(edit, {**ORDER, "name": "of-old-times"}).status_code == 302
    response = as_globex.post(edit, {**ORDER, "name": "of-old-times", "system_disk_gib": "200"})
    assert response.status_code == 422


@pytest.mark.parametrize("wrong", [{"name": "x"}, {"description": "x"}, {"system_disk_gib": "45"}])
def test_a_template_with_a_mistake_is_not_created(as_acme: Client, image: Image, wrong: dict[str, str]) -> None:
    form = {**ORDER, "name": "front-desks", "image": image.image_id, **wrong}
    assert as_acme.post(url("create_template"), form).status_code == 422
    assert not Template.objects.exists()
