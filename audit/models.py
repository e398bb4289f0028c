"""The operation log. It imports nothing of ours, so every other app may write to it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.db import DEFAULT_DB_ALIAS, connections, models, transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from prometheus_client import Counter

from audit import outcomes, seals
from audit.middleware import client_address
from audit.sentences import sentence_of
from plumbing.prepared import insert, keeping_plans

if TYPE_CHECKING:
    from django.http import HttpRequest
    from markupsafe import Markup


# Counts shares and all other actions, and refusals by their code. An action that is rolled back is not counted.
RECORDED = Counter("eds_operations", "Entries of the operation log", ["event", "outcome", "door"])


class Door(models.TextChoices):
    CONSOLE = "console", _("Console")
    ADMIN = "admin", _("Admin site")
    API = "api", _("API")
    SHELL = "shell", _("Command line")


@dataclass(frozen=True, kw_only=True)
class Actor:
    """The person who acts, and through which door. `account_id` is empty for support staff and the command line."""

    name: str = ""
    user_id: str = ""
    account_id: str = ""
    door: Door = Door.SHELL
    request_id: str = ""
    address: str | None = None
    may_write: bool = True
    may_manage_people: bool = True

    @classmethod
    def of(cls, request: HttpRequest, door: Door = Door.CONSOLE) -> Actor:
        user = request.user
        return cls(
            name=user.get_username(),
            user_id=str(user.pk),
            account_id=getattr(user, "account_id", None) or "",
            door=door,
            request_id=request.request_id,  # type: ignore[attr-defined]
            address=client_address(request),
            may_write=getattr(user, "may_write", True),
            may_manage_people=getattr(user, "may_manage_people", True),
        )


class EntryQuerySet(models.QuerySet["Entry"]):
    def of_image(self, image_id: str, account_id: str) -> EntryQuerySet:
        return self.filter(account_id=account_id, image_id=image_id).order_by("-id")

    def of_resource(self, resource_id: str, account_id: str) -> EntryQuerySet:
        """The entries about the cloud computer or the template of that ID, newest first."""
        return self.filter(account_id=account_id, resource_id=resource_id).order_by("-id")

    def notices_for(self, account_id: str) -> EntryQuerySet:
        """The entries about images that other accounts shared with this one, or no longer share."""
        return self.filter(
            other_account_id=account_id, event__in=("ShareImage", "UnshareImage"), outcome=Entry.SUCCESS
        ).order_by("-id")


class Entry(models.Model):
    """One action or one refused try.

    Everything is kept as plain text and nothing refers to another table, so an entry outlives the people, accounts
    and images that it speaks of. `account_id` is the account that was acted for, `outcome` is "Success" or the code
    of the rule that refused.
    """

    SUCCESS = outcomes.SUCCESS
    # A list draws itself anew while something in it moves. An entry never does.
    in_progress = False

    at = models.DateTimeField(_("time"), default=timezone.now)
    event = models.CharField(_("event"), max_length=64)
    outcome = models.CharField(_("outcome"), max_length=64, default=SUCCESS)
    door = models.CharField(_("door"), max_length=16, choices=Door)
    actor_name = models.CharField(_("operator"), max_length=254, blank=True)
    actor_user_id = models.CharField(_("operator's user number"), max_length=20, blank=True)
    actor_account_id = models.CharField(_("operator's account ID"), max_length=16, blank=True)
    account_id = models.CharField(_("account ID"), max_length=16, blank=True)
    region_id = models.CharField(_("region"), max_length=32, blank=True)
    image_id = models.CharField(_("image ID"), max_length=64, blank=True)
    resource_id = models.CharField(_("ID of the cloud computer or template"), max_length=64, blank=True)
    other_account_id = models.CharField(_("other account ID"), max_length=64, blank=True)
    request_id = models.CharField(_("request ID"), max_length=36, blank=True)
    address = models.GenericIPAddressField(_("address"), null=True, blank=True)
    details = models.JSONField(_("details"), default=dict, blank=True)
    # Against tampering: the entries that came before it (seals.bind), and its seal. The database fills them in for a
    # version of this program that does not know of them yet.
    previous = models.TextField(default="", db_default="", blank=True, editable=False)
    seal = models.CharField(max_length=32, default="", db_default="", blank=True, editable=False)

    objects = EntryQuerySet.as_manager()

    class Meta:
        verbose_name = _("operation log entry")
        verbose_name_plural = _("operation log")
        ordering = ["-id"]
        indexes = [
            models.Index(fields=["account_id", "image_id", "-id"], name="entry_of_image"),
            # The log for people, newest first, and narrowed by each of its filters.
            models.Index(fields=["account_id", "-at", "-id"], name="entry_log"),
            models.Index(fields=["account_id", "event", "-at", "-id"], name="entry_log_event"),
            models.Index(fields=["account_id", "outcome", "-at", "-id"], name="entry_log_outcome"),
            models.Index(fields=["account_id", "actor_name", "-at", "-id"], name="entry_log_person"),
            models.Index(fields=["account_id", "door", "-at", "-id"], name="entry_log_door"),
            models.Index(fields=["account_id", "region_id", "-at", "-id"], name="entry_log_region"),
            models.Index(
                fields=["account_id", "other_account_id", "-at", "-id"],
                name="entry_log_recipient",
                condition=~models.Q(other_account_id=""),
            ),
            models.Index(
                fields=["account_id", "resource_id", "-at", "-id"],
                name="entry_log_resource",
                condition=~models.Q(resource_id=""),
            ),
            models.Index(
                fields=["account_id", "-at", "-id"], name="entry_log_refused", condition=~models.Q(outcome="Success")
            ),
            models.Index(fields=["image_id", "-id"], name="entry_by_image"),
            models.Index(fields=["resource_id", "-id"], name="entry_by_resource"),
            models.Index(fields=["request_id"], name="entry_of_request"),
            models.Index(fields=["other_account_id", "id"], name="entry_about_account"),
        ]

    def __str__(self) -> str:
        return f"{self.event} {self.image_id} {self.outcome}"

    @property
    def succeeded(self) -> bool:
        return self.outcome == self.SUCCESS

    @property
    def sentence(self) -> Markup:
        """The entry for people: "Shared office-standard with 5316109394400002", or what somebody tried to do."""
        return sentence_of(self)

    @property
    def outcome_label(self) -> str:
        """The outcome for people: "Done", or in a few words why it was refused."""
        return outcomes.label_of(self.outcome)


def record(event: str, *, by: Actor, outcome: str = Entry.SUCCESS, **what: Any) -> Entry:
    """Write one sealed entry in the caller's transaction. `what` fills the entry's own columns.

    It is private to `audit`: an action is recorded by `audit.actions.action`. The one exception are sign-ins
    (accounts/events.py), which allauth does and only tells of.

    A refused try may have been of anything, so its texts are first made such that every database keeps them.
    """
    entry = Entry(
        event=event,
        outcome=outcome,
        door=by.door,
        actor_name=by.name,
        actor_user_id=by.user_id,
        actor_account_id=by.account_id,
        request_id=by.request_id,
        address=by.address,
        **{
            column: _legible(value, getattr(Entry._meta.get_field(column), "max_length", None))
            for column, value in what.items()
        },
        previous=seals.bind(_newest()),
    )
    entry.seal = seals.seal(entry)
    insert(entry)
    transaction.on_commit(RECORDED.labels(event, outcome, str(by.door)).inc)
    return entry


# The number is a query so that PostgreSQL does not know it when it plans: it counts on a tenth of the log, and reads
# that much backwards by the index. Knowing it, it reads and sorts the whole of a log that it takes for a short one.
NEWEST = f"SELECT id, seal FROM audit_entry ORDER BY id DESC LIMIT (SELECT {seals.WINDOW})"  # noqa: S608 - our own number


def _newest() -> list[tuple[int, str]]:
    # Not from a replica, which may be behind.
    connection = connections[DEFAULT_DB_ALIAS]
    with keeping_plans(connection), connection.cursor() as cursor:
        cursor.execute(NEWEST)
        return cursor.fetchall()


def _legible(value: Any, max_length: int | None = None) -> Any:
    if isinstance(value, str):
        return value.encode("utf-8", "replace").decode().replace("\0", "\ufffd")[:max_length]
    if isinstance(value, dict):
        return {str(_legible(key)): _legible(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_legible(inner) for inner in value]
    return value
