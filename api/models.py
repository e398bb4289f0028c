from __future__ import annotations

import hashlib
from contextlib import contextmanager
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from django.db import connection, models, transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from plumbing.prepared import keeping_plans

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

PRUNE_ONE_CALL_IN = 128
PRUNE_AT_MOST = 500
# No fingerprint: the row of this name says up to when nonces have been pruned.
PRUNED = "pruned"


class Nonce(models.Model):
    """A signature nonce that was used. It is kept until the date that was signed with it is too old to be accepted.

    A row in the database holds for every server process and over restarts. Nonces are those of one AccessKey: what one
    user chooses takes nothing from another.

    Which are too old the clock says, and it may be set back. So what has been pruned stays too old for good, and no
    call can be sent again because the clock was wrong for a while.
    """

    fingerprint = models.CharField(_("fingerprint"), max_length=64, primary_key=True)
    expires_at = models.DateTimeField(_("expires"), db_index=True)

    class Meta:
        verbose_name = _("used nonce")
        verbose_name_plural = _("used nonces")

    def __str__(self) -> str:
        return self.fingerprint

    @classmethod
    def use(cls, access_key_id: str, nonce: str, *, expires_at: datetime) -> bool:
        """Use up a nonce; False when it was used, or may have been. Of calls at the same time one is told True."""
        fingerprint = hashlib.sha256(f"{access_key_id}\n{nonce}".encode()).hexdigest()
        table, expires = cls._meta.db_table, connection.ops.adapt_datetimefield_value(expires_at)
        # One statement that never fails: an IntegrityError would cost a savepoint on each call.
        with keeping_plans(connection), connection.cursor() as cursor, _not_waiting_for_the_disk(cursor) as condition:
            cursor.execute(
                f"INSERT INTO {table} (fingerprint, expires_at) SELECT %s, %s WHERE {condition} AND NOT EXISTS"  # noqa: S608
                f" (SELECT 1 FROM {table} WHERE fingerprint = %s AND expires_at >= %s)"
                " ON CONFLICT (fingerprint) DO NOTHING",
                [fingerprint, expires, PRUNED, expires],
            )
            is_new: bool = cursor.rowcount == 1
        # A fingerprint is as good as a die.
        if int(fingerprint[:8], 16) % PRUNE_ONE_CALL_IN == 0:
            cls.prune()
        return is_new

    @classmethod
    def prune(cls) -> None:
        """Delete some of what has expired: more than comes in between two prunes, and never much at a time."""
        with transaction.atomic():
            # A margin for servers whose clocks differ.
            expired = cls.objects.filter(expires_at__lt=timezone.now() - timedelta(minutes=1)).exclude(pk=PRUNED)
            oldest = expired.order_by("expires_at").select_for_update(skip_locked=True)
            some = list(oldest.values_list("pk", "expires_at")[:PRUNE_AT_MOST])
            if some:
                cls._set_pruned(some[-1][1])
                cls.objects.filter(pk__in=[fingerprint for fingerprint, _expires_at in some]).delete()

    @classmethod
    def _set_pruned(cls, until: datetime) -> None:
        pruned, _created = cls.objects.get_or_create(pk=PRUNED, defaults={"expires_at": until})
        cls.objects.filter(pk=pruned.pk, expires_at__lt=until).update(expires_at=until)


@contextmanager
def _not_waiting_for_the_disk(cursor: Any) -> Iterator[str]:
    """Let one statement, a transaction of its own, be committed before it is on disk; gives a condition to add to it.

    Both databases write their logs in order. So the nonce of a call that changed something is on disk when the change
    is; a machine that loses its power can forget the nonces of the last reads alone, and those can be read again.
    """
    if connection.in_atomic_block:
        yield "TRUE"
    elif connection.vendor == "postgresql":
        yield "set_config('synchronous_commit', 'off', true) = 'off'"
    else:
        cursor.execute("PRAGMA synchronous=NORMAL")
        try:
            yield "TRUE"
        finally:
            cursor.execute("PRAGMA synchronous=FULL")
