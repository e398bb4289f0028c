"""The database keeps these rules at any moment, whatever happened before: the seed page's and the data model's own.

Each function is one invariant and yields a sentence for each row that breaks it. It asks the database for nothing but
such rows, so a database of a million images is looked through in constant memory. `manage.py verify` runs them all.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cryptography.fernet import InvalidToken
from django.apps import apps
from django.db import connection
from django.db.models import Count, Exists, F, ForeignKey, OuterRef, Q, Subquery
from django.utils import timezone

from accounts.access_keys import MAX_KEYS_PER_USER
from accounts.models import AccessKey, User
from audit import seals, triggers
from audit.models import Entry
from desktops.catalogue import TYPES
from desktops.models import Desktop, Template
from images.models import Image, ImageShare

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from django.db.models import QuerySet

APPS = ("accounts", "audit", "desktops", "images", "regions")


def _sentences(rows: QuerySet[Any], sentence: str, **columns: str) -> Iterator[str]:
    """The sentence for each row, with the columns that it names."""
    names = dict.fromkeys(["pk", *columns.values()])
    for row in rows.order_by().values(*names).iterator():
        yield sentence.format(pk=row["pk"], **{word: row[column] for word, column in columns.items()})


# Shares: the seed page.


def share_is_of_its_owners_image() -> Iterator[str]:
    """ "You can share a custom image that is created only by your Alibaba Cloud account": nor a system image."""
    return _sentences(
        ImageShare.objects.filter(Q(image__owner=None) | ~Q(owner=F("image__owner"))),
        "share {pk}: account {owner} shares image {image}, which account {real} owns",
        owner="owner",
        image="image__image_id",
        real="image__owner",
    )


def share_is_in_its_images_region() -> Iterator[str]:
    """ "You can share images across accounts only within the same region." """
    return _sentences(
        ImageShare.objects.exclude(region=F("image__region")),
        "share {pk}: it is in {region}, and its image {image} in {real}",
        region="region",
        image="image__image_id",
        real="image__region",
    )


def share_is_not_with_its_owner() -> Iterator[str]:
    return _sentences(
        ImageShare.objects.filter(owner=F("recipient")),
        "share {pk}: account {owner} shares image {image} with itself",
        owner="owner",
        image="image__image_id",
    )


def share_is_there_once() -> Iterator[str]:
    pairs = ImageShare.objects.order_by().values("image", "recipient").annotate(times=Count("pk")).filter(times__gt=1)
    for pair in pairs.iterator():
        yield f"image number {pair['image']}: it is shared {pair['times']} times with account {pair['recipient']}"


def shared_image_is_not_encrypted() -> Iterator[str]:
    """ "You cannot share a custom image that is encrypted." """
    return _sentences(
        ImageShare.objects.filter(image__encrypted=True),
        "share {pk}: image {image} is encrypted",
        image="image__image_id",
    )


def shared_image_is_available() -> Iterator[str]:
    return _sentences(
        # An image that was ready when it was shared is no error: a clock set back makes it unready again for a while.
        ImageShare.objects.filter(
            Q(image__failed_at__isnull=False)
            | Q(image__ready_at__gt=timezone.now()) & Q(image__ready_at__gt=F("created_at"))
        ),
        "share {pk}: image {image} is not available",
        image="image__image_id",
    )


def account_is_within_its_share_limit() -> Iterator[str]:
    """ "You can share custom images within your account for up to 50 times in total." """
    used = ImageShare.objects.order_by().values("owner").annotate(used=Count("pk"))
    for row in used.filter(used__gt=F("owner__share_limit")).values("owner", "used", "owner__share_limit").iterator():
        yield f"account {row['owner']}: it has {row['used']} shares, and its limit is {row['owner__share_limit']}"


# Shares and the operation log say the same.


def _acts_of_sharing(**of: Any) -> QuerySet[Entry]:
    return Entry.objects.filter(**of, event__in=("ShareImage", "UnshareImage"), outcome=Entry.SUCCESS)


def share_is_in_the_operation_log() -> Iterator[str]:
    latest = _acts_of_sharing(
        account_id=OuterRef("owner"),
        image_id=OuterRef("image__image_id"),
        other_account_id=OuterRef("recipient"),
        region_id=OuterRef("region"),
    ).order_by("-id")
    return _sentences(
        ImageShare.objects.annotate(latest=Subquery(latest.values("event")[:1])).filter(
            Q(latest=None) | ~Q(latest="ShareImage")
        ),
        "share {pk}: of image {image} with account {recipient} the operation log says last: {latest}",
        image="image__image_id",
        recipient="recipient",
        latest="latest",
    )


def share_of_the_operation_log_is_there() -> Iterator[str]:
    """No share is lost: what was granted and not taken back since is a share."""
    same = {name: OuterRef(name) for name in ("account_id", "image_id", "other_account_id", "region_id")}
    revoked = _acts_of_sharing(**same, event="UnshareImage", id__gt=OuterRef("id"))
    share = ImageShare.objects.filter(
        owner=OuterRef("account_id"),
        recipient=OuterRef("other_account_id"),
        region=OuterRef("region_id"),
        image__image_id=OuterRef("image_id"),
    )
    return _sentences(
        _acts_of_sharing(event="ShareImage").filter(~Exists(share), ~Exists(revoked)),
        "entry {pk}: it says that image {image} was shared with account {recipient}, and there is no such share",
        image="image_id",
        recipient="other_account_id",
    )


# Images.


def image_has_a_possible_history() -> Iterator[str]:
    """Not ready and not failed before it was begun; and not failed after it was ready."""
    return _sentences(
        Image.objects.filter(
            Q(ready_at__lt=F("created_at")) | Q(failed_at__lt=F("created_at")) | Q(failed_at__gt=F("ready_at"))
        ),
        "image {image}: begun {created}, ready {ready}, failed {failed}",
        image="image_id",
        created="created_at",
        ready="ready_at",
        failed="failed_at",
    )


def copy_is_of_the_same_account_and_another_region() -> Iterator[str]:
    copies = Image.objects.filter(copied_from__isnull=False)
    return _sentences(
        copies.filter(Q(owner=None) | ~Q(owner=F("copied_from__owner")) | Q(region=F("copied_from__region"))),
        "image {image}: it is a copy of {source}, which is in {region} and account {owner}'s",
        image="image_id",
        source="copied_from__image_id",
        region="copied_from__region",
        owner="copied_from__owner",
    )


# Cloud computers and templates.


def _configurations(condition: Q, sentence: str, **columns: str) -> Iterator[str]:
    yield from _sentences(
        Desktop.objects.filter(condition), f"cloud computer {{it}}: {sentence}", it="desktop_id", **columns
    )
    yield from _sentences(
        Template.objects.filter(condition), f"template {{it}}: {sentence}", it="template_id", **columns
    )


def configuration_repeats_its_image() -> Iterator[str]:
    """The image's ID, region and kind, while there is the image."""
    same = Q(
        image_ref=F("image__image_id"), region=F("image__region"), os_type=F("image__os_type"), gpu=F("image__gpu")
    )
    return _configurations(
        Q(image__isnull=False) & ~same,
        "it does not say the same of image {image} as the image",
        image="image__image_id",
    )


# The rules below are true of computers only: the values of a template may be checked when it is used.


def computer_holds_its_image() -> Iterator[str]:
    return _sentences(
        Desktop.objects.filter(system_disk_gib__lt=F("image__size_gib")),
        "cloud computer {it}: its system disk of {disk} GiB is smaller than image {image}",
        it="desktop_id",
        disk="system_disk_gib",
        image="image__image_id",
    )


def computer_has_a_type_that_suits_it() -> Iterator[str]:
    with_gpu = [name for name, kind in TYPES.items() if kind.gpus]
    without = [name for name, kind in TYPES.items() if not kind.gpus]
    suits = Q(gpu=True, desktop_type__in=with_gpu) | Q(gpu=False, desktop_type__in=without)
    return _sentences(
        Desktop.objects.exclude(suits),
        "cloud computer {it}: the type {type} does not suit it",
        it="desktop_id",
        type="desktop_type",
    )


def computer_of_an_encrypted_image_is_encrypted() -> Iterator[str]:
    return _sentences(
        Desktop.objects.filter(image__encrypted=True, encrypted=False),
        "cloud computer {it}: it is not encrypted, and its image {image} is",
        it="desktop_id",
        image="image__image_id",
    )


def computer_and_its_template_belong_together() -> Iterator[str]:
    has_region = Q(region=F("template__region")) | ~Q(template__regions={})
    same = has_region & Q(account=F("template__account"), template_ref=F("template__template_id"))
    return _sentences(
        Desktop.objects.filter(template__isnull=False).exclude(same),
        "cloud computer {it}: its template {template} is another account's or region's",
        it="desktop_id",
        template="template__template_id",
    )


def image_of_a_computer_is_its_accounts() -> Iterator[str]:
    same = Q(account=F("latest_image__owner"), region=F("latest_image__region"))
    return _sentences(
        Desktop.objects.filter(latest_image__isnull=False).exclude(same),
        "cloud computer {it}: image {image}, which was created from it, is another account's or region's",
        it="desktop_id",
        image="latest_image__image_id",
    )


# People.


def account_has_one_main_user() -> Iterator[str]:
    main = User.objects.filter(ram_id=None, account__isnull=False).order_by().values("account")
    for row in main.annotate(people=Count("pk")).filter(people__gt=1).iterator():
        yield f"account {row['account']}: it has {row['people']} main users"


def ram_user_has_an_account_and_a_policy() -> Iterator[str]:
    right = Q(ram_id=None, policy="") | Q(ram_id__isnull=False, account__isnull=False, policy__in=User.Policy.values)
    return _sentences(
        User.objects.exclude(right),
        "user {name}: RAM user ID {ram}, account {account}, policy “{policy}”",
        name="username",
        ram="ram_id",
        account="account",
        policy="policy",
    )


def user_has_few_access_keys() -> Iterator[str]:
    for row in (
        AccessKey.objects.order_by().values("user").annotate(keys=Count("pk")).filter(keys__gt=MAX_KEYS_PER_USER)
    ):
        yield f"user number {row['user']}: it has {row['keys']} AccessKeys, and {MAX_KEYS_PER_USER} are the most"


def access_key_can_be_checked() -> Iterator[str]:
    for key in AccessKey.objects.order_by("pk").iterator():
        try:
            key.secret  # noqa: B018 - it is decrypted to see whether it can be
        except InvalidToken:
            yield f"AccessKey {key}: no key of ACCESS_KEY_ENCRYPTION_KEYS decrypts its secret"


# The whole.


def what_is_referred_to_is_there() -> Iterator[str]:
    for name in APPS:
        for model in apps.get_app_config(name).get_models():
            for field in model._meta.get_fields():
                if isinstance(field, ForeignKey):
                    target = field.related_model._default_manager.filter(pk=OuterRef(field.attname))
                    rows = model._default_manager.filter(~Exists(target), **{f"{field.name}__isnull": False})
                    yield from _sentences(
                        rows,
                        f"{model._meta.label} {{pk}}: its {field.name} {{target}} is not there",
                        target=field.attname,
                    )


def operation_log_is_as_it_was_written() -> Iterator[str]:
    entries = Entry.objects.order_by("pk").only("pk", *seals.SEALED, "seal")
    return seals.problems(entries.iterator(chunk_size=5000))


def operation_log_says_nothing_twice() -> Iterator[str]:
    """A genuine entry that was written once more has the seal of the first."""
    for row in Entry.objects.order_by().values("seal").annotate(times=Count("pk")).filter(times__gt=1).iterator():
        yield f"seal “{row['seal']}”: {row['times']} entries have it"


def operation_log_is_closed() -> Iterator[str]:
    return triggers.problems(connection)


# Every invariant of this module, in the order in which they are printed; a test finds one that is missing.
INVARIANTS: tuple[Callable[[], Iterator[str]], ...] = (
    share_is_of_its_owners_image,
    share_is_in_its_images_region,
    share_is_not_with_its_owner,
    share_is_there_once,
    shared_image_is_not_encrypted,
    shared_image_is_available,
    account_is_within_its_share_limit,
    share_is_in_the_operation_log,
    share_of_the_operation_log_is_there,
    image_has_a_possible_history,
    copy_is_of_the_same_account_and_another_region,
    configuration_repeats_its_image,
    computer_holds_its_image,
    computer_has_a_type_that_suits_it,
    computer_of_an_encrypted_image_is_encrypted,
    computer_and_its_template_belong_together,
    image_of_a_computer_is_its_accounts,
    account_has_one_main_user,
    ram_user_has_an_account_and_a_policy,
    user_has_few_access_keys,
    access_key_can_be_checked,
    what_is_referred_to_is_there,
    operation_log_is_as_it_was_written,
    operation_log_says_nothing_twice,
    operation_log_is_closed,
)
