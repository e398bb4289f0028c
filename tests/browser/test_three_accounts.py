"""The whole story through three accounts: from a cloud computer to an image, its copy, its share and its end."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from desktops.models import Desktop
from images.models import Image
from tests.browser import QUICK_JOURNEY
from tests.conftest import GLOBEX

if TYPE_CHECKING:
    from collections.abc import Callable

    from accounts.models import Account, User

# The one journey that `make test` runs: it goes through all that the seed page is about.
pytestmark = QUICK_JOURNEY

MADE = {"desktop_type": "eds.general.4c8g", "system_disk_gib": 80}


@pytest.fixture(autouse=True)
def _fast_disks(settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.CREATE_IMAGE_SECONDS = 4
    settings.COPY_GIB_PER_SECOND = 20  # 80 GiB in four seconds.
    monkeypatch.setattr("desktops.models.desktop.CREATE_SECONDS", 1)


def _computer(account: Account, name: str, region: str) -> Desktop:
    """A computer of the account that has been running for long."""
    past = timezone.now() - timedelta(hours=1)
    computer = Desktop(account=account, region_id=region, name=name, settles_at=past, **MADE)
    computer.set_image(Image.objects.system().get(region=region, image_id="desktopimage-windows-server-2022-64-asp"))
    computer.save()
    return computer


def _submit(page: Page, button: str) -> None:
    page.get_by_role("button", name=button, exact=True).click()


def _create_and_copy(owner: Page) -> Image:
    """From the computer's page: create an image and copy it to Shanghai, touching nothing while they are made."""
    owner.get_by_role("link", name="Create Image").click()
    owner.get_by_role("textbox", name="Image Name").fill("training-2026")
    _submit(owner, "Create")
    owner.wait_for_url("**/cn-hangzhou/images/m-*/")
    expect(owner.get_by_role("progressbar", name="Progress of")).to_be_visible()
    expect(owner.get_by_text("Available", exact=True)).to_be_visible()
    expect(owner.get_by_role("progressbar")).to_have_count(0)
    owner.reload()
    owner.get_by_label("More: training-2026").click()
    owner.get_by_role("link", name="Copy Image").click()
    owner.get_by_role("combobox", name="Region").select_option("cn-shanghai")
    owner.get_by_role("textbox", name="Image name").fill("training-shanghai")
    _submit(owner, "Copy")
    owner.wait_for_url("**/cn-shanghai/images/m-*/")
    bar = owner.get_by_role("progressbar", name="Progress of")
    expect(bar).to_be_visible()
    expect(bar).not_to_have_attribute("value", str(bar.get_attribute("value")))
    expect(owner.get_by_text("Available", exact=True)).to_be_visible()
    return Image.objects.get(name="training-shanghai")


def _share(owner: Page) -> None:
    owner.reload()
    owner.get_by_role("link", name="View/Share Image").click()
    dialog = owner.get_by_role("dialog", name="Shared Image")
    dialog.get_by_role("textbox", name="Account").fill(GLOBEX)
    dialog.get_by_role("checkbox").check()
    dialog.get_by_role("button", name="Confirm").click()
    expect(dialog.get_by_role("status")).to_contain_text(GLOBEX)


def _use(recipient: Page, copy: Image, third: Desktop) -> None:
    """A template and two computers of the shared image, and a third computer's image changed to it."""
    recipient.get_by_role("row").filter(has_text=copy.image_id).get_by_role("link", name="Create Template").click()
    recipient.get_by_role("textbox", name="Template name").fill("training-rooms")
    recipient.get_by_role("radio", name="eds.general.4c8g").check()
    _submit(recipient, "Create")
    expect(recipient.get_by_role("row").filter(has_text="training-rooms")).to_contain_text("Available")
    recipient.goto(f"/cn-shanghai/desktops/create/?image={copy}")
    expect(recipient.get_by_text("costs you nothing extra")).to_be_visible()
    recipient.get_by_role("textbox", name="Cloud computer name").fill("room")
    recipient.get_by_role("radio", name="eds.general.4c8g").check()
    recipient.get_by_role("spinbutton", name="Quantity").fill("2")
    _submit(recipient, "Create")
    expect(recipient.get_by_role("row").filter(has_text="room-0")).to_have_count(2)
    recipient.goto(f"/cn-shanghai/desktops/{third}/change-image/?image={copy}")
    _submit(recipient, "Change Image")
    expect(recipient.get_by_role("main")).to_contain_text("is being rebuilt from the image")


def _unshare(owner: Page) -> None:
    owner.get_by_role("button", name="Unshare").click()
    question = owner.get_by_role("dialog", name="Unshare image")
    expect(question).to_contain_text("become unavailable. It must delete them by hand. Now there is 1.")
    expect(question).to_contain_text("go on. Now there are 3.")
    question.get_by_role("button", name="Unshare").click()
    dialog = owner.get_by_role("dialog", name="Shared Image")
    expect(dialog.get_by_role("status")).to_contain_text("is no longer shared")


def _see_what_is_left(recipient: Page, copy: Image) -> None:
    """The template is Unavailable and says why, the computers are there, the image is nowhere."""
    recipient.goto("/cn-shanghai/templates/")
    row = recipient.get_by_role("row").filter(has_text="training-rooms")
    expect(row).to_contain_text("Unavailable")
    expect(row).to_contain_text("no longer shared")
    recipient.goto("/cn-shanghai/desktops/")
    expect(recipient.locator("#list tbody tr")).to_have_count(3)
    recipient.goto("/cn-shanghai/images/shared/")
    expect(recipient.get_by_text("no longer shares image “training-shanghai” with you")).to_be_visible()
    expect(recipient.get_by_text(copy.image_id)).to_have_count(0)


def test_from_a_computer_to_an_image_that_is_copied_shared_used_unshared_and_deleted(
    browse: Callable[..., Page], acme_user: User, globex_user: User, initech_user: User, acme: Account, globex: Account
) -> None:
    original, third = _computer(acme, "acme-master", "cn-hangzhou"), _computer(globex, "globex-third", "cn-shanghai")
    owner = browse(acme_user, f"/cn-hangzhou/desktops/{original}/")
    copy = _create_and_copy(owner)
    _share(owner)
    recipient = browse(globex_user, "/cn-shanghai/images/shared/")
    _use(recipient, copy, third)
    stranger = browse(initech_user, "/cn-shanghai/images/shared/")
    expect(stranger.get_by_text("No image in China (Shanghai) is shared with your account")).to_be_visible()
    still_open = browse(globex_user, f"/cn-shanghai/desktops/create/?image={copy}")
    still_open.get_by_role("radio", name="eds.general.4c8g").check()

    _unshare(owner)

    _submit(still_open, "Create")
    expect(still_open.get_by_role("alert")).to_contain_text("it is not shared with your account any more")
    _see_what_is_left(recipient, copy)
    owner.goto(f"/cn-shanghai/images/{copy}/")
    owner.get_by_label("More: training-shanghai").click()
    owner.get_by_role("link", name="Delete", exact=True).click()
    _submit(owner, "Delete image")
    expect(owner.get_by_role("main")).to_contain_text(f"Image {copy.image_id} is deleted.")
    assert not Image.objects.filter(pk=copy.pk).exists()
    recipient.goto("/cn-shanghai/desktops/")
    expect(recipient.locator("#list tbody tr")).to_have_count(3)
