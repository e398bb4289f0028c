"""Whether an account exists is answered only so often, so that nobody collects account IDs with the dialogs.

One bound counts for each person: the look-up of a recipient, every copy that names an account, and every share that was
refused. A share that succeeds counts nothing: it is in the operation log, within the share limit, and known to its
recipient. The API is not bounded here: it shares with many accounts in a row, and every refusal is in the log.
"""

from __future__ import annotations

import re
import time
from typing import TYPE_CHECKING

from django.utils.translation import gettext_lazy as _

from accounts.models import ACCOUNT_ID
from accounts.sign_in import throttled

if TYPE_CHECKING:
    from accounts.http import ConsoleRequest

WAIT = _("You have looked up many accounts. Wait a minute before the next.")
PAUSE_SECONDS = 60
# In the session, which each request reads anyway: a share that succeeds pays nothing for the bound.
PAUSED_UNTIL = "look_ups_paused_until"


def is_one_too_many(request: ConsoleRequest, account_id: str) -> bool:
    """Count that something was said of an account. What is no account ID tells nobody anything."""
    if not re.fullmatch(ACCOUNT_ID, account_id):
        return False
    if is_paused(request, account_id):
        return True
    if not throttled(request, "recipient"):
        return False
    request.session[PAUSED_UNTIL] = time.time() + PAUSE_SECONDS
    return True


def is_paused(request: ConsoleRequest, account_id: str) -> bool:
    """Whether this person has used up the look-ups, and is told nothing of an account for a minute."""
    if not re.fullmatch(ACCOUNT_ID, account_id):
        return False
    until: float = request.session.get(PAUSED_UNTIL, 0)
    # A clock that was set back pauses nobody for long.
    return 0 < until - time.time() <= PAUSE_SECONDS
