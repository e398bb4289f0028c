"""The frame of every action: who may, one transaction, an entry of success or of refusal, and no other way to a log."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING, Any

import pytest
from django.conf import settings
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction

from accounts.models import Account
from audit.actions import MANAGE_PEOPLE, action, all_or_nothing, checking
from audit.models import Actor, Entry
from desktops.models import Desktop
from images.models import Image, ImageShare
from images.models.share import ImageShareQuerySet
from tests.conftest import ACME, GLOBEX

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from desktops.models import Template

BY = Actor(account_id=ACME)
REFUSAL = ValidationError("No.", code="never")


def told() -> list[tuple[str, str]]:
    return [(entry.event, entry.outcome) for entry in Entry.objects.order_by("id")]


def rename(name: str) -> None:
    Account.objects.filter(pk=ACME).update(name=name)


def test_success_is_recorded_in_the_transaction_of_the_action(acme: Account) -> None:
    name = acme.name
    with transaction.atomic():
        with action("Rename", by=BY):
            rename("Other")
        assert told() == [("Rename", "Success")]
        transaction.set_rollback(True)
    acme.refresh_from_db()
    assert (acme.name, told()) == (name, [])


def test_a_refusal_undoes_the_action_and_is_recorded(acme: Account) -> None:
    name = acme.name

    def refused() -> None:
        with action("Rename", by=BY, details={"to": "Other"}):
            rename("Other")
            raise REFUSAL

    with pytest.raises(ValidationError):
        refused()
    acme.refresh_from_db()
    assert acme.name == name
    assert told() == [("Rename", "never")]
    assert Entry.objects.get().details == {"to": "Other"}


def test_a_mistake_in_the_form_is_no_entry(acme: Account) -> None:
    with pytest.raises(ValidationError), action("Rename", by=BY):
        raise ValidationError("Enter a name.", code="required")
    assert told() == []


@pytest.mark.parametrize(
    ("by", "what", "sentence"),
    [
        (Actor(may_write=False), {}, "lets you see everything and change nothing"),
        (Actor(may_manage_people=False), {"right": MANAGE_PEOPLE}, "Only the main user"),
    ],
)
def test_whoever_lacks_the_right_is_refused_before_anything_is_done(
    by: Actor, what: dict[str, Any], sentence: str, acme: Account
) -> None:
    with pytest.raises(PermissionDenied, match=sentence), action("Rename", by=by, **what):
        pytest.fail("The body ran.")
    assert told() == [("Rename", "no_permission")]
    with action("Look", by=by, right=None):
        pass
    assert told()[1:] == [("Look", "Success")]


def test_the_refusal_of_one_undoes_all_and_is_recorded_once(acme: Account, image: Image) -> None:
    name = acme.name

    def two() -> None:
        with all_or_nothing():
            with action("First", by=BY):
                rename("Other")
            with action("Second", by=BY, about=image):
                raise REFUSAL

    with pytest.raises(ValidationError):
        two()
    acme.refresh_from_db()
    assert acme.name == name
    assert [(entry.event, entry.outcome, entry.image_id) for entry in Entry.objects.all()] == [
        ("Second", "never", image.image_id)
    ]


def test_an_action_inside_of_another_one_is_refused_as_the_outer_one(acme: Account) -> None:
    def both() -> None:
        with action("Outer", by=BY), action("Inner", by=BY):
            raise REFUSAL

    with pytest.raises(ValidationError):
        both()
    assert told() == [("Outer", "never")]
    with action("Outer", by=BY), action("Inner", by=BY):
        pass
    assert told()[1:] == [("Inner", "Success"), ("Outer", "Success")]


def test_a_check_before_an_action_is_recorded_only_where_it_refuses(acme: Account) -> None:
    def check(*, refuses: bool) -> None:
        with all_or_nothing(), checking("Rename", by=BY, image_id="m-1"):
            if refuses:
                raise REFUSAL

    check(refuses=False)
    assert told() == []
    with pytest.raises(ValidationError):
        check(refuses=True)
    assert told() == [("Rename", "never")]


def test_a_refusal_cannot_be_swallowed_inside_of_its_transaction(acme: Account) -> None:
    def swallow() -> None:
        with all_or_nothing():
            try:
                with action("Rename", by=BY):
                    raise REFUSAL
            except ValidationError:
                pass

    with pytest.raises(RuntimeError, match="Rename was caught"):
        swallow()


def test_several_things_of_one_action_have_an_entry_each(acme: Account, template: Template) -> None:
    made = Desktop.from_template(template, name="desk").create(amount=3, by=BY)
    entries = Entry.objects.filter(event="CreateDesktops").order_by("id")
    assert [entry.resource_id for entry in entries] == [desktop.desktop_id for desktop in made]


def test_where_nothing_changed_there_is_no_entry(acme: Account) -> None:
    with action("Rename", by=BY) as entry:
        entry.nothing_changed()
    assert told() == []


def test_shares_that_are_unshared_together_stay_together(share: ImageShare, initech: Account) -> None:
    ImageShare(image=share.image, recipient=initech).grant()
    before, both = told(), ImageShare.objects.order_by("id")
    list(both)
    # Somebody else is faster with the second one.
    ImageShare.objects.filter(recipient=initech)._raw_delete("default")
    with pytest.raises(ValidationError, match="not shared with account"):
        ImageShareQuerySet.delete(both)
    assert ImageShare.objects.get().recipient_id == GLOBEX
    assert told() == [*before, ("UnshareImage", "not_shared")]
    assert Entry.objects.order_by("-id")[0].other_account_id == initech.pk


def test_no_delete_of_many_goes_round_the_log(
    template: Template, desktop: Desktop, make_image: Callable[..., Image]
) -> None:
    image = make_image()
    for thing in (template, desktop, image):
        type(thing).objects.filter(pk=thing.pk).delete()
        assert not type(thing).objects.filter(pk=thing.pk).exists()
    assert told()[-3:] == [("DeleteBundles", "Success"), ("DeleteDesktops", "Success"), ("DeleteImage", "Success")]


# Where entries are written. Everything else goes through `audit.actions.action`.
WRITERS = {
    "audit/models.py": "the writer itself",
    "audit/actions.py": "the frame of every action",
    "accounts/events.py": "allauth signs people in and only tells of it: there is no action of ours to frame",
    "operations/management/commands/seed_scale.py": "a million rows for measuring, with their seals, in bulk",
}


def sources() -> Iterator[Path]:
    apps = ("eds_console", "api", "operations", "logs", "desktops", "images", "accounts", "regions", "audit", "ui")
    for app in (*apps, "plumbing"):
        for path in sorted((settings.BASE_DIR / app).rglob("*.py")):
            if "migrations" not in path.parts:
                yield path


def writes_entries(tree: ast.AST) -> bool:
    """Whether a module calls the writer of entries, or makes an Entry itself."""
    imports = [node for node in ast.walk(tree) if isinstance(node, ast.ImportFrom) and node.module == "audit.models"]
    if any(name.name == "record" for node in imports for name in node.names):
        return True
    calls = [ast.unparse(node.func) for node in ast.walk(tree) if isinstance(node, ast.Call)]
    makers = ("Entry", "audit.Entry", "Entry.objects.create", "Entry.objects.bulk_create", "audit.record", "insert")
    return any(call in makers and (call != "insert" or "Entry" in ast.unparse(tree)) for call in calls)


def test_only_the_frame_of_actions_writes_entries() -> None:
    found = {
        str(path.relative_to(settings.BASE_DIR))
        for path in sources()
        if writes_entries(ast.parse(path.read_text("utf-8")))
    }
    for path in sorted(found - WRITERS.keys()):
        pytest.fail(f"{path} writes into the operation log by itself. Let it use audit.actions.action.")
    for path in sorted(WRITERS.keys() - found):
        pytest.fail(f"{path} writes no entries any more. Take it out of WRITERS.")


def test_the_search_for_writers_finds_one() -> None:
    assert writes_entries(ast.parse("import audit.models as audit\naudit.record('ShareImage', by=by)"))
    assert writes_entries(ast.parse("from audit.models import record"))
    assert writes_entries(ast.parse("Entry.objects.create(event='ShareImage')"))
    assert not writes_entries(ast.parse("with action('ShareImage', by=by): pass"))
