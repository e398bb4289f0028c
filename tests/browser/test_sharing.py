"""The journeys of the seed page, as a person goes them: by roles, names and sentences."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from playwright.sync_api import expect

from images.models import ImageShare
from tests.browser import BROWSER
from tests.browser.conftest import NARROW
from tests.conftest import ACME, GLOBEX, INITECH, OPERATOR_RAM_ID

if TYPE_CHECKING:
    from collections.abc import Callable

    from playwright.sync_api import Locator, Page

    from accounts.models import Account, User
    from images.models import Image

pytestmark = BROWSER

CUSTOM = "/cn-hangzhou/images/custom/"
SHARED = "/cn-hangzhou/images/shared/"


def row_of(page: Page, image: Image) -> Locator:
    return page.get_by_role("row").filter(has_text=image.image_id)


def shared_count(page: Page, image: Image) -> Locator:
    """The number of accounts that the row says the image is shared with."""
    return row_of(page, image).locator("[id^='shared-count-']")


def open_dialog(page: Page, image: Image) -> Locator:
    """Where the image cannot be shared, the link says so and opens the dialog all the same: it explains."""
    row_of(page, image).get_by_role("link", name="View/Share Image").click(force=True)
    return dialog_of(page)


def dialog_of(page: Page, name: str = "Shared Image") -> Locator:
    return page.get_by_role("dialog", name=name)


def confirm(dialog: Locator | Page, account: str, *, tick: bool = True) -> None:
    dialog.get_by_role("textbox", name="Account").fill(account)
    dialog.get_by_role("checkbox").set_checked(tick)
    button = dialog.get_by_role("button", name="Confirm")
    button.click()
    # While the console has not answered, nobody can confirm once more.
    expect(button).to_be_enabled()


def is_as_wide_as_the_window(page: Page) -> bool:
    return page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")


def test_acme_shares_an_image_and_globex_sees_it_in_that_region_only(
    browse: Callable[..., Page], acme_user: User, globex_user: User, image: Image
) -> None:
    page = browse(acme_user, CUSTOM)
    page.evaluate("window.neverReloaded = true")
    expect(shared_count(page, image)).to_have_text("0", use_inner_text=True)

    dialog = open_dialog(page, image)
    confirm(dialog, f" {GLOBEX} ")

    expect(dialog.get_by_role("status")).to_contain_text(f"Image {image.image_id} is shared with account {GLOBEX}.")
    expect(dialog.get_by_role("table", name="Shared Account")).to_contain_text(GLOBEX)
    dialog.locator(".d-foot").get_by_role("link", name="Close").click()
    expect(dialog).to_be_hidden()
    expect(shared_count(page, image)).to_have_text("1", use_inner_text=True)
    assert page.evaluate("window.neverReloaded")

    received = browse(globex_user, SHARED)
    expect(row_of(received, image)).to_contain_text(ACME)
    received.goto(SHARED.replace("hangzhou", "shanghai"))
    expect(row_of(received, image)).to_have_count(0)


def test_the_dialog_says_whom_an_account_id_belongs_to_before_anyone_confirms(
    browse: Callable[..., Page], acme_user: User, image: Image, globex: Account
) -> None:
    dialog = open_dialog(browse(acme_user, CUSTOM), image)
    dialog.get_by_role("textbox", name="Account").fill(GLOBEX)
    dialog.get_by_role("checkbox").focus()
    expect(dialog.locator("#recipient")).to_have_text(f"G****x International site (alibabacloud.com), {GLOBEX}")


def test_who_presses_the_check_box_right_after_the_account_id_ticks_it(
    browse: Callable[..., Page], acme_user: User, image: Image, globex: Account
) -> None:
    """The field asks for its recipient when it is left; however slow the press, the next control stays under it."""
    page = browse(acme_user, CUSTOM)
    dialog = open_dialog(page, image)
    dialog.get_by_role("textbox", name="Account").fill(GLOBEX)

    dialog.get_by_role("checkbox").hover()
    page.mouse.down()
    page.wait_for_timeout(500)
    page.mouse.up()

    expect(dialog.get_by_role("checkbox")).to_be_checked()
    expect(dialog.locator("#recipient")).to_contain_text(GLOBEX)


def test_each_refusal_is_said_in_the_dialog_and_shares_nothing(
    browse: Callable[..., Page], acme_user: User, image: Image, globex: Account, initech: Account, share: ImageShare
) -> None:
    initech.is_active = False
    initech.save()
    page = browse(acme_user, CUSTOM)
    dialog = open_dialog(page, image)
    ram_user = "This is a RAM user. An image is shared with an Alibaba Cloud account, never with a RAM user"
    unknown = "There is no active Alibaba Cloud account with the ID {}. Check the ID and try again."
    for account, sentence in {
        "": "Enter the ID of the account to share with.",
        "12345": "An account ID is exactly 16 digits, with nothing between them.",
        OPERATOR_RAM_ID: ram_user,
        f"operator@{ACME}.onaliyun.com": ram_user,
        ACME: "This is the account that owns the image. Enter the ID of another account.",
        "9999999999999999": unknown.format("9999999999999999"),
        INITECH: unknown.format(INITECH),
        GLOBEX: f"This image is shared with account {GLOBEX} already.",
    }.items():
        confirm(dialog, account)
        expect(dialog.locator(".field .error, #recipient .error").first).to_contain_text(sentence)
        expect(dialog.get_by_role("textbox", name="Account")).to_have_value(account)

    initech.is_active = True
    initech.save()
    confirm(dialog, INITECH, tick=False)
    expect(dialog.locator(".error")).to_have_text("Read the information, then select the check box.")

    acme_user.account.share_limit = 1
    acme_user.account.save()
    confirm(dialog, INITECH)
    expect(dialog.get_by_role("alert")).to_have_text(
        "The account has reached its limit of 1 share. Unshare an image to free one."
    )

    assert [share.recipient_id for share in ImageShare.objects.all()] == [GLOBEX]
    dialog.locator(".d-foot").get_by_role("link", name="Close").click()
    expect(shared_count(page, image)).to_have_text("1", use_inner_text=True)


def test_a_refused_form_has_the_focus_where_there_is_something_to_correct(
    browse: Callable[..., Page], acme_user: User, image: Image, globex: Account
) -> None:
    dialog = open_dialog(browse(acme_user, CUSTOM), image)
    confirm(dialog, "12345")
    expect(dialog.get_by_role("textbox", name="Account")).to_be_focused()
    confirm(dialog, GLOBEX, tick=False)
    expect(dialog.get_by_role("checkbox")).to_be_focused()
    # Whose account it is stays there.
    expect(dialog.locator("#recipient")).to_contain_text("G****x")


def test_an_image_that_cannot_be_shared_says_why_before_anyone_types(
    browse: Callable[..., Page], acme_user: User, make_image: Callable[..., Image]
) -> None:
    image = make_image(encrypted=True)
    dialog = open_dialog(browse(acme_user, CUSTOM), image)
    expect(dialog.get_by_role("note")).to_contain_text(
        "This image is encrypted, and an encrypted image cannot be shared."
    )
    expect(dialog.get_by_role("textbox")).to_have_count(0)


def test_a_received_image_cannot_be_shared_on(
    browse: Callable[..., Page], globex_user: User, share: ImageShare
) -> None:
    page = browse(globex_user, f"/cn-hangzhou/images/{share.image.image_id}/sharing/")
    expect(page.get_by_role("note")).to_contain_text(f"This image was shared with you by account {ACME}.")
    expect(page.get_by_role("textbox", name="Account")).to_have_count(0)


def test_a_read_only_ram_user_is_told_so(browse: Callable[..., Page], auditor: User, share: ImageShare) -> None:
    dialog = open_dialog(browse(auditor, CUSTOM), share.image)
    expect(dialog.get_by_role("note")).to_contain_text("lets you see everything and change nothing")
    dialog.get_by_role("button", name="Shared Account").click()
    expect(dialog.get_by_role("table", name="Shared Account")).to_contain_text(GLOBEX)
    expect(dialog.get_by_role("button", name="Unshare")).to_have_count(0)


def test_unshare_asks_once_more_names_what_is_lost_and_takes_the_image_away(
    browse: Callable[..., Page], acme_user: User, globex_user: User, share: ImageShare
) -> None:
    image = share.image
    page = browse(acme_user, CUSTOM)
    page.evaluate("window.neverReloaded = true")
    expect(shared_count(page, image)).to_have_text("1", use_inner_text=True)
    dialog = open_dialog(page, image)
    dialog.get_by_role("button", name="Shared Account").click()
    dialog.get_by_role("row").filter(has_text=GLOBEX).get_by_role("button", name="Unshare").click()

    question = dialog_of(page, "Unshare image")
    losses = question.get_by_role("note").get_by_role("listitem")
    for number, sentence in enumerate(
        (
            "The account no longer finds the image, neither in the console nor through the API.",
            "It can no longer create cloud computers from the image.",
            "It can no longer change a cloud computer's image to this one.",
            "Its templates that are made from the image become unavailable. It must delete them by hand.",
            "Its cloud computers that were created from the image go on.",
        )
    ):
        expect(losses.nth(number)).to_contain_text(sentence)
    assert ImageShare.objects.count() == 1
    question.get_by_role("button", name="Unshare").click()

    expect(dialog.get_by_role("status")).to_contain_text(f"no longer shared with account {GLOBEX}")
    expect(dialog).to_contain_text("This image is shared with no account.")
    dialog.locator(".d-foot").get_by_role("link", name="Close").click()
    expect(shared_count(page, image)).to_have_text("0", use_inner_text=True)
    assert page.evaluate("window.neverReloaded")
    expect(row_of(browse(globex_user, SHARED), image)).to_have_count(0)


def test_unsharing_on_a_page_of_its_own_ends_on_the_page_of_the_shares(
    browse: Callable[..., Page], acme_user: User, share: ImageShare
) -> None:
    sharing = f"/cn-hangzhou/images/{share.image}/sharing/"
    page = browse(acme_user, f"{sharing}{GLOBEX}/unshare/")
    page.get_by_role("button", name="Unshare").click()
    expect(page.get_by_role("status")).to_contain_text(f"no longer shared with account {GLOBEX}")
    expect(page).to_have_url(re.compile(f"{sharing}$"))
    expect(page).to_have_title(re.compile("^Shared Image "))
    page.reload()
    expect(page.get_by_text("This image is shared with no account.")).to_be_visible()
    expect(page.get_by_role("status")).to_have_count(0)


def tab_to(page: Page, target: Locator) -> None:
    """Press Tab until the focus is there."""
    for _ in range(60):
        page.keyboard.press("Tab")
        if target.evaluate("element => element === document.activeElement"):
            return
    raise AssertionError(f"Tab never came to {target}.")


def test_sharing_and_unsharing_by_keyboard_alone(
    browse: Callable[..., Page], acme_user: User, globex: Account, image: Image
) -> None:
    page = browse(acme_user, CUSTOM)
    opener = row_of(page, image).get_by_role("link", name="View/Share Image")
    dialog = dialog_of(page)
    has_focus = "element => element.contains(document.activeElement)"

    tab_to(page, opener)
    page.keyboard.press("Enter")
    expect(dialog.get_by_role("textbox", name="Account")).to_be_focused()
    for _ in range(12):
        page.keyboard.press("Tab")
        # Between its last control and its first, the browser's own buttons have the focus.
        assert dialog.evaluate(has_focus) or page.evaluate("document.activeElement === document.body")

    dialog.get_by_role("textbox", name="Account").focus()
    page.keyboard.type(GLOBEX)
    tab_to(page, dialog.get_by_role("checkbox"))
    page.keyboard.press("Space")
    tab_to(page, dialog.get_by_role("button", name="Confirm"))
    page.keyboard.press("Enter")
    expect(dialog.get_by_role("status")).to_contain_text(GLOBEX)
    expect(dialog.locator(":focus")).to_have_count(1)
    page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    expect(opener).to_be_focused()

    page.keyboard.press("Enter")
    expect(dialog).to_be_visible()
    tab_to(page, dialog.get_by_role("button", name="Shared Account"))
    page.keyboard.press("Space")
    tab_to(page, dialog.get_by_role("button", name="Unshare"))
    page.keyboard.press("Enter")
    question = dialog_of(page, "Unshare image")
    expect(question.get_by_role("heading", name="Unshare image")).to_be_focused()
    tab_to(page, question.get_by_role("button", name="Unshare"))
    page.keyboard.press("Enter")
    expect(dialog).to_contain_text("This image is shared with no account.")
    page.keyboard.press("Escape")
    expect(opener).to_be_focused()
    expect(shared_count(page, image)).to_have_text("0", use_inner_text=True)


def test_the_whole_journey_without_javascript(
    browse: Callable[..., Page], acme_user: User, globex: Account, image: Image
) -> None:
    page = browse(None, CUSTOM, java_script_enabled=False)
    page.get_by_role("textbox", name="Logon name").fill(acme_user.username)
    page.get_by_role("textbox", name="Password").fill("a-password-for-tests")
    page.get_by_role("button", name="Sign in").click()

    row_of(page, image).get_by_role("link", name="View/Share Image").click()
    expect(page.get_by_role("heading", name="Shared Image", level=1)).to_be_visible()
    confirm(page, "12345")
    expect(page.locator(".error")).to_contain_text("An account ID is exactly 16 digits")
    confirm(page, GLOBEX)
    expect(page.get_by_role("status")).to_contain_text(f"is shared with account {GLOBEX}")
    page.get_by_role("navigation", name="Navigation").get_by_role("link", name="Images").click()
    expect(shared_count(page, image)).to_have_text("1", use_inner_text=True)

    row_of(page, image).get_by_role("link", name="View/Share Image").click()
    page.get_by_role("row").filter(has_text=GLOBEX).get_by_role("button", name="Unshare").click()
    expect(page.get_by_role("note")).to_contain_text("It can no longer create cloud computers from the image.")
    page.get_by_role("button", name="Unshare").click()
    expect(page.get_by_role("status")).to_contain_text(f"no longer shared with account {GLOBEX}")
    page.locator(".d-foot").get_by_role("link", name="Close").click()
    expect(shared_count(page, image)).to_have_text("0", use_inner_text=True)


def test_the_journey_at_the_width_of_a_phone(
    browse: Callable[..., Page], acme_user: User, globex: Account, image: Image
) -> None:
    page = browse(acme_user, CUSTOM, viewport=NARROW)
    assert is_as_wide_as_the_window(page)
    row_of(page, image).get_by_label(f"More: {image.name}").click()
    dialog = open_dialog(page, image)
    confirm(dialog, "12345")
    expect(dialog.locator(".error")).to_contain_text("An account ID is exactly 16 digits")
    confirm(dialog, GLOBEX)
    expect(dialog.get_by_role("table", name="Shared Account")).to_contain_text(GLOBEX)
    assert dialog.evaluate("dialog => dialog.scrollWidth <= dialog.clientWidth")
    dialog.get_by_role("button", name="Unshare").click()
    dialog_of(page, "Unshare image").get_by_role("button", name="Unshare").click()
    expect(dialog).to_contain_text("This image is shared with no account.")
    dialog.locator(".d-foot").get_by_role("link", name="Close").click()
    expect(shared_count(page, image)).to_have_text("Not shared", use_inner_text=True)
