"""`manage.py verify` names each violation. Every invariant is broken here on purpose, past the models."""

from __future__ import annotations

import io
from contextlib import contextmanager
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.utils import timezone

from accounts.models import AccessKey, Account, User
from audit import triggers
from audit.models import Actor, Door, Entry
from desktops.models import Desktop, Template
from images.models import Image, ImageShare
from operations.invariants import INVARIANTS
from tests.conftest import ACME, GLOBEX, INITECH

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


pytestmark = pytest.mark.django_db


def verify(*arguments: str) -> list[str]:
    """The violations, as the command prints them."""
    printed, end = io.StringIO(), f"All {len(INVARIANTS)} invariants hold."
    try:
        call_command("verify", *arguments, stdout=printed)
    except CommandError as error:
        end = str(error)
    violations = [line for line in printed.getvalue().splitlines() if not line.startswith(("The newest entry", "All "))]
    assert end == (f"{len(violations)} violations of {len(INVARIANTS)} invariants." if violations else end)
    return violations


@pytest.fixture
def world(
    share: ImageShare, desktop: Desktop, template: Template, acme_user: User, operator: User, initech: Account
) -> ImageShare:
    """Something of everything, as the product itself makes it."""
    AccessKey.create_for(acme_user, by=Actor())
    share.image.copy_to("cn-shanghai", name="elsewhere", by=Actor())
    Desktop.from_template(template, name="after-it").create(by=Actor())
    desktop.create_image(name="from-a-computer", by=Actor())
    assert verify() == []
    return share


def rows(model: Any, **of: Any) -> Any:
    """Rows to change past the model and its rules."""
    return model._base_manager.filter(**of)


def sql(statement: str, *parameters: Any) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)


def without_triggers() -> None:
    for statement in triggers.DROP[connection.vendor]:
        sql(statement)


def no_check_is_due() -> None:
    """PostgreSQL changes no table while it has references to check at the end of the transaction."""
    sql("SET CONSTRAINTS ALL IMMEDIATE")
    sql("SET CONSTRAINTS ALL DEFERRED")


@contextmanager
def without_constraint(name: str, table: str) -> Iterator[None]:
    """As if the database had lost it: until the test's transaction is rolled back."""
    if connection.vendor == "postgresql":
        no_check_is_due()
        sql(f'ALTER TABLE {table} DROP CONSTRAINT IF EXISTS "{name}"')
        sql(f'DROP INDEX IF EXISTS "{name}"')
        yield
    else:
        sql(f'DROP INDEX IF EXISTS "{name}"')
        sql("PRAGMA ignore_check_constraints = ON")
        yield
        sql("PRAGMA ignore_check_constraints = OFF")


def shared_image(share: ImageShare, **fields: Any) -> None:
    rows(Image, pk=share.image_id).update(**fields)


def with_itself(share: ImageShare) -> None:
    with without_constraint("never_shared_with_its_owner", "images_imageshare"):
        rows(ImageShare, pk=share.pk).update(recipient=ACME)


def twice(share: ImageShare) -> None:
    if connection.vendor == "postgresql":
        no_check_is_due()
        sql('ALTER TABLE images_imageshare DROP CONSTRAINT "one_share_an_image_and_account"')
    else:
        # SQLite keeps this one inside the table, so another table takes its place.
        sql("CREATE TABLE without_constraints AS SELECT * FROM images_imageshare")
        sql("DROP TABLE images_imageshare")
        sql("ALTER TABLE without_constraints RENAME TO images_imageshare")
    rows(ImageShare).bulk_create([ImageShare(pk=share.pk + 1, **_columns(share))])


def _columns(share: ImageShare) -> dict[str, Any]:
    return {
        "image_id": share.image_id,
        "owner_id": share.owner_id,
        "recipient_id": share.recipient_id,
        "region_id": share.region_id,
    }


def second_main_user(share: ImageShare) -> None:
    with without_constraint("one_main_user_an_account", "accounts_user"):
        rows(User).bulk_create([User(username="second@example.com", account_id=ACME)])


def ram_user_without_policy(share: ImageShare) -> None:
    with without_constraint("ram_user_has_policy", "accounts_user"):
        rows(User, ram_id__isnull=False).update(policy="")


def many_access_keys(share: ImageShare) -> None:
    key = AccessKey.objects.get()
    for number in range(2):
        key.pk, key.access_key_id = None, f"LTAI{number}"
        key.save(force_insert=True)


def unlogged(share: ImageShare) -> None:
    rows(ImageShare).bulk_create([ImageShare(**{**_columns(share), "recipient_id": INITECH})])


def lost(share: ImageShare) -> None:
    rows(ImageShare, pk=share.pk)._raw_delete(connection.alias)


def changed_entry(share: ImageShare) -> None:
    without_triggers()
    rows(Entry, event="CopyImage").update(actor_name="somebody else")


def removed_entry(share: ImageShare) -> None:
    without_triggers()
    rows(Entry, event="CopyImage")._raw_delete(connection.alias)


def forged_entry(share: ImageShare) -> None:
    Entry.objects.create(event="CopyImage", door=Door.API)


def repeated_entry(share: ImageShare) -> None:
    entry = Entry.objects.get(event="CopyImage")
    entry.pk = None
    entry.save(force_insert=True)


LATER = timezone.now() + timedelta(days=1)
EARLIER = timezone.now() - timedelta(days=10_000)

BREAKS: list[tuple[str, str, Callable[[ImageShare], object]]] = [
    ("share_is_of_its_owners_image", "account 1182725234310001 shares image", lambda s: shared_image(s, owner=INITECH)),
    ("share_is_of_its_owners_image", "which account None owns", lambda s: shared_image(s, owner=None)),
    ("share_is_in_its_images_region", "it is in cn-beijing", lambda s: rows(ImageShare).update(region="cn-beijing")),
    ("share_is_not_with_its_owner", "with itself", with_itself),
    ("share_is_there_once", f"2 times with account {GLOBEX}", twice),
    ("shared_image_is_not_encrypted", "is encrypted", lambda s: shared_image(s, encrypted=True)),
    ("shared_image_is_available", "is not available", lambda s: shared_image(s, ready_at=LATER)),
    ("shared_image_is_available", "is not available", lambda s: shared_image(s, failed_at=timezone.now())),
    (
        "account_is_within_its_share_limit",
        "1 shares, and its limit is 0",
        lambda s: rows(Account).update(share_limit=0),
    ),
    ("share_is_in_the_operation_log", "the operation log says last: None", unlogged),
    ("share_of_the_operation_log_is_there", "there is no such share", lost),
    ("image_has_a_possible_history", "begun", lambda s: shared_image(s, ready_at=EARLIER)),
    (
        "copy_is_of_the_same_account_and_another_region",
        "it is a copy of",
        lambda s: rows(Image, name="elsewhere").update(region="cn-hangzhou"),
    ),
    (
        "copy_is_of_the_same_account_and_another_region",
        "",
        lambda s: rows(Image, name="elsewhere").update(owner=GLOBEX),
    ),
    ("configuration_repeats_its_image", "cloud computer ecd-", lambda s: rows(Desktop).update(image_ref="m-other")),
    ("configuration_repeats_its_image", "template b-", lambda s: rows(Template).update(os_type="Linux")),
    ("configuration_repeats_its_image", "", lambda s: rows(Template).update(region="cn-beijing")),
    ("computer_holds_its_image", "of 40 GiB", lambda s: rows(Desktop).update(system_disk_gib=40)),
    ("computer_has_a_type_that_suits_it", "no-type", lambda s: rows(Desktop).update(desktop_type="no-type")),
    (
        "computer_has_a_type_that_suits_it",
        "does not suit",
        lambda s: rows(Desktop).update(desktop_type="eds.graphics.24c1t4"),
    ),
    ("computer_of_an_encrypted_image_is_encrypted", "", lambda s: shared_image(s, encrypted=True)),
    (
        "computer_and_its_template_belong_together",
        "its template b-",
        lambda s: rows(Template).update(account=GLOBEX),
    ),
    (
        "image_of_a_computer_is_its_accounts",
        "which was created from it",
        lambda s: rows(Image, name="from-a-computer").update(owner=GLOBEX),
    ),
    ("account_has_one_main_user", "it has 2 main users", second_main_user),
    ("ram_user_has_an_account_and_a_policy", "operator@", ram_user_without_policy),
    ("user_has_few_access_keys", "it has 3 AccessKeys", many_access_keys),
    ("access_key_can_be_checked", "decrypts", lambda s: rows(AccessKey).update(encrypted_secret=b"nonsense")),
    ("operation_log_is_as_it_was_written", "changed or forged", changed_entry),
    ("operation_log_is_as_it_was_written", "it is gone", removed_entry),
    ("operation_log_is_as_it_was_written", "changed or forged", forged_entry),
    ("operation_log_says_nothing_twice", "2 entries have it", repeated_entry),
    ("operation_log_is_closed", "it is not there", lambda s: without_triggers()),
]


@pytest.mark.parametrize(
    ("name", "words", "break_it"), BREAKS, ids=[f"{name}-{n}" for n, (name, *_) in enumerate(BREAKS)]
)
def test_each_invariant_can_fail(
    name: str, words: str, break_it: Callable[[ImageShare], object], world: ImageShare
) -> None:
    break_it(world)
    violations = [line for line in verify() if line.startswith(f"{name}: ")]
    assert violations
    assert words in violations[0]


def test_a_reference_to_nothing_is_found(world: ImageShare) -> None:
    # The database looks at references when a transaction ends, so this one is put right again before.
    sql("UPDATE images_imageshare SET recipient_id = %s WHERE id = %s", "9999999999999999", world.pk)
    lines = verify()
    sql("UPDATE images_imageshare SET recipient_id = %s WHERE id = %s", GLOBEX, world.pk)
    assert (
        f"what_is_referred_to_is_there: images.ImageShare {world.pk}: its recipient 9999999999999999 is not there"
        in lines
    )


def test_no_invariant_is_left_untried() -> None:
    tried = {name for name, _words, _break in BREAKS} | {"what_is_referred_to_is_there"}
    assert {check.__name__ for check in INVARIANTS} == tried


def test_the_end_of_the_log_is_known_by_what_was_kept_elsewhere(world: ImageShare) -> None:
    last = Entry.objects.order_by("-pk")[0]
    kept = f"{last.pk}:{last.seal}"
    assert verify("--newest", kept) == []
    for statement in triggers.DROP[connection.vendor]:
        sql(statement)
    last.delete()
    for statement in triggers.CREATE[connection.vendor]:
        sql(statement)
    assert verify("--newest", kept) == [f"operation_log_is_complete: entry {kept} is not there"]
    with pytest.raises(CommandError, match="a number, a colon and a seal"):
        call_command("verify", "--newest", "nonsense", stdout=io.StringIO())


def test_unsharing_sharing_again_and_deleting_keep_all_invariants(share: ImageShare) -> None:
    image = share.image
    share.revoke()
    ImageShare(image=image, recipient_id=GLOBEX).grant()
    assert verify() == []
    ImageShare.objects.get().revoke()
    image.delete()
    assert verify() == []


def test_at_most_twenty_violations_of_an_invariant_are_printed_and_how_many_there_are(world: ImageShare) -> None:
    Entry.objects.bulk_create(Entry(event="CopyImage", door=Door.API, seal=f"forged {n}") for n in range(70))
    rows(Account).update(share_limit=0)
    printed = io.StringIO()
    with pytest.raises(CommandError, match=r"^71 violations of"):
        call_command("verify", stdout=printed)
    lines = [line.partition(": ") for line in printed.getvalue().splitlines()]
    of_log = [sentence for name, _colon, sentence in lines if name == "operation_log_is_as_it_was_written"]
    assert len(of_log) == 21
    assert all("changed or forged" in sentence for sentence in of_log[:20])
    assert of_log[20] == "70 violations in all, of which 20 are shown"
    assert len([name for name, *_ in lines if name == "account_is_within_its_share_limit"]) == 1
