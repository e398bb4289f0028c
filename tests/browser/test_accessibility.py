"""axe finds nothing to complain of on any page or dialog, in light and in dark, and every page fits its window."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.urls import get_resolver
from playwright.sync_api import expect

from accounts.models import AccessKey, User
from audit.models import Actor, Entry, record
from images.models import ImageShare
from tests.browser import BROWSER
from tests.browser.conftest import NARROW, WIDE
from tests.browser.test_sharing import CUSTOM, SHARED, confirm, dialog_of, is_as_wide_as_the_window, row_of
from tests.conftest import ACME, GLOBEX
from tests.test_access import urls_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.test import Client
    from playwright.sync_api import Page

    from accounts.models import Account
    from desktops.models import Desktop, Template
    from images.models import Image

pytestmark = BROWSER

EMPTY = "/eu-west-1/images/custom/"
HANGS_OVER = (
    "Math.max(0, ...[...document.querySelectorAll('table')].map(it => it.scrollWidth - it.parentElement.clientWidth))"
)


def violations(page: Page, where: str) -> list[str]:
    """One line for each element that breaks a rule."""
    found = Axe().run(page, options={"resultTypes": ["violations"]}).response["violations"]
    return [
        f"{where}: {rule['id']} ({rule['help']}) {node['html'][:200]}: {node['failureSummary']}"
        for rule in found
        for node in rule["nodes"]
    ]


@pytest.fixture
def pages(
    share: ImageShare, desktop: Desktop, template: Template, acme_user: User, operator: User, as_acme: Client
) -> list[str]:
    """Every page of the console that Acme can open, by the URLs that there are."""
    key, _ = AccessKey.create_for(acme_user, by=Actor())
    # As wide as a row of the log gets.
    refused = Actor(name=operator.get_username(), account_id=ACME)
    what = {"account_id": ACME, "region_id": "ap-southeast-1", "image_id": share.image.image_id}
    record("ModifyImageAttribute", by=refused, outcome="image_not_available", resource_id=desktop.desktop_id, **what)
    samples = {
        "<slug:region>": "cn-hangzhou",
        "<slug:image>": share.image.image_id,
        "<slug:account>": GLOBEX,
        "<slug:desktop>": desktop.desktop_id,
        "<slug:template>": template.template_id,
        "<slug:key>": key.access_key_id,
        "<slug:person>": str(operator.ram_id),
        "<int:entry>": str(Entry.objects.filter(account_id=ACME)[0].pk),
    }
    paths = []
    for route in urls_of(get_resolver().url_patterns):
        path = route
        for part, sample in samples.items():
            path = path.replace(part, sample)
        if "<" not in path and not path.startswith("/admin/"):
            answer = as_acme.get(path)
            if answer.status_code == 200 and answer["Content-Type"].startswith("text/html"):
                paths.append(path)
    return paths


@pytest.mark.parametrize("half", [0, 1])
def test_axe_finds_nothing_on_any_page_and_none_scrolls_sideways(
    browse: Callable[..., Page],
    browser_console: list[str],
    acme_user: User,
    acme: Account,
    globex: Account,
    operator: User,
    make_image: Callable[..., Image],
    pages: list[str],
    half: int,
) -> None:
    """Each page is opened once, and then looked at in light and wide, at all widths, and in dark and narrow."""
    make_image(encrypted=True)
    received = make_image(owner=globex, name="globex-training-desktop", data_disk_gib=100)
    ImageShare(image=received, recipient=acme).grant()
    make_image(
        region_id="cn-hangzhou",
        owner=None,
        name="windows-server-2022-datacenter",
        image_id="desktopimage-windows-server-2022",
    )
    unknown = "/no-such-region/images/custom/"
    system = "/cn-hangzhou/images/system/"
    variants = [f"{CUSTOM}?q=office&status=Available", f"{CUSTOM}?q=nothing-has-this-name", EMPTY, unknown]
    assert {CUSTOM, SHARED, system} < set(pages)

    page, found = browse(acme_user, CUSTOM), []
    for path in [*pages, *variants][half::2]:
        page.goto(path)
        found += looked_at(page, path)

    assert "\n".join(found) == ""
    assert [line for line in browser_console if unknown not in line] == []
    browser_console.clear()


def test_the_longest_names_fit_every_window(
    browse: Callable[..., Page],
    make_image: Callable[..., Image],
    make_desktop: Callable[..., Desktop],
    make_template: Callable[..., Template],
    acme: Account,
    acme_user: User,
) -> None:
    """Names that break nowhere by themselves: letters and underscores, as many as there may be."""
    image = make_image(name="marketing_team_windows_" + "g" * 105)
    desktop, template = make_desktop(name="d" * 64, image=image), make_template(name="t" * 126, image=image)
    User.objects.create_user(
        f"{'p' * 60}@{ACME}.onaliyun.com",
        "a-password-for-tests",
        account=acme,
        ram_id="207329002493920077",
        policy=User.Policy.READ_ONLY,
    )
    of_image, of_template = f"/cn-hangzhou/images/{image}/", f"/cn-hangzhou/templates/{template}/"
    paths = [CUSTOM, of_image, f"{of_image}sharing/", f"{of_image}copy/", f"{of_image}delete/", f"{of_image}edit/"]
    paths += [
        f"/cn-hangzhou/images/delete/?image={image}",
        "/cn-hangzhou/desktops/",
        f"/cn-hangzhou/desktops/{desktop}/",
    ]
    paths += ["/cn-hangzhou/templates/", of_template, f"{of_template}delete/", "/account/", "/logs/"]
    page, found = browse(acme_user, CUSTOM), []
    for path in paths:
        assert page.goto(path).status == 200, path
        for width in (1440, 1024, 390):
            page.set_viewport_size({"width": width, "height": 900})
            if not is_as_wide_as_the_window(page):
                found.append(f"{path} scrolls sideways at {width}")
    assert found == []


def test_axe_finds_nothing_on_the_sign_in_page(browse: Callable[..., Page]) -> None:
    assert looked_at(browse(None, "/login/"), "sign-in") == []


def looked_at(page: Page, where: str) -> list[str]:
    page.emulate_media(color_scheme="light")
    page.set_viewport_size(WIDE)
    found = violations(page, where)
    for width in (1920, 1600, 1440, 1366, 1280, 1120, 1024, 960, 768, 600, 320, 390):
        page.set_viewport_size({"width": width, "height": 900})
        if not is_as_wide_as_the_window(page):
            found.append(f"{where} scrolls sideways at {width}")
        # Between a phone and a laptop a table scrolls in its panel, and its actions stay in sight.
        if not 768 <= width < 1024 and (over := page.evaluate(HANGS_OVER)):
            found.append(f"{where} has a table that hangs over by {over} px at {width}")
    page.emulate_media(color_scheme="dark")
    page.set_viewport_size(NARROW)
    return found + violations(page, f"{where}, dark and narrow")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_in_the_dialogs_and_menus(
    browse: Callable[..., Page], acme_user: User, share: ImageShare, make_image: Callable[..., Image], scheme: str
) -> None:
    encrypted = make_image(encrypted=True)
    page = browse(acme_user, CUSTOM, color_scheme=scheme)
    found = []

    page.get_by_label("Region: China (Hangzhou)").click()
    found += violations(page, "region selector")
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Account: acme@example.com").click()
    found += violations(page, "user panel")
    page.keyboard.press("Escape")
    page.locator(f"#more-{share.image.pk}").click()
    found += violations(page, "menu of a row")
    page.keyboard.press("Escape")
    page.get_by_role("row").get_by_role("checkbox").last.check()
    found += violations(page, "selection bar")
    page.get_by_role("button", name="Clear the selection").click()
    for name in ("Preferences", "Help"):
        page.get_by_role("link", name=name, exact=True).click()
        expect(dialog_of(page, name)).to_be_visible()
        found += violations(page, name)
        page.keyboard.press("Escape")

    dialog = dialog_of(page)
    row_of(page, share.image).get_by_role("link", name="View/Share Image").click()
    dialog.get_by_role("button", name="Shared Account").click()
    found += violations(page, "Shared Image")
    confirm(dialog, "12345", tick=False)
    expect(dialog.locator(".error")).to_have_count(2)
    found += violations(page, "Shared Image, refused")
    confirm(dialog, GLOBEX)
    dialog.get_by_role("button", name="Shared Account").click()
    dialog.get_by_role("button", name="Unshare").click()
    expect(dialog_of(page, "Unshare image")).to_be_visible()
    found += violations(page, "Unshare image")
    dialog_of(page, "Unshare image").get_by_role("button", name="Unshare").click()
    expect(dialog.get_by_role("status")).to_be_visible()
    found += violations(page, "Shared Image, unshared")
    page.keyboard.press("Escape")

    for image, action in (
        (encrypted, "View/Share Image"),
        (share.image, "Delete"),
        (share.image, "Copy Image"),
    ):
        if action == "Delete":
            page.locator(f"#more-{image.pk}").click()
        # An event, not a press: the list is drawn anew behind a closed dialog, and Playwright presses no disabled link.
        link = row_of(page, image).get_by_role("link", name=action)
        expect(link).to_be_visible()
        link.dispatch_event("click")
        expect(page.get_by_role("dialog")).to_be_visible()
        found += violations(page, action)
        page.keyboard.press("Escape")

    assert "\n".join(found) == ""
