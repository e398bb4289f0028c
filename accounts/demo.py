"""The accounts and people of the demo, who exist only where `manage.py demo` was run."""

from __future__ import annotations

from dataclasses import dataclass

from django.conf import settings
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from accounts.models import AccessKey, Account, User

DEMO_PASSWORD = "console-demo"  # noqa: S105 - public on purpose
ACME, GLOBEX, INITECH = "1182725234310001", "5316109394400002", "5316109394400003"

ACCOUNTS = {
    ACME: {"name": "Acme", "site": Account.Site.CHINA},
    GLOBEX: {"name": "Globex", "site": Account.Site.INTERNATIONAL},
    INITECH: {"name": "Initech", "site": Account.Site.INTERNATIONAL},
}


@dataclass(frozen=True)
class Person:
    username: str
    what: str | Promise
    account_id: str | None = None
    ram_id: str | None = None
    policy: str = ""


PEOPLE = (
    Person("acme@example.com", _("Acme, China site, main user"), ACME),
    Person(
        f"operator@{ACME}.onaliyun.com",
        _("Acme, RAM user who may do everything"),
        ACME,
        "207329002493920001",
        User.Policy.FULL_ACCESS,
    ),
    Person(
        f"auditor@{ACME}.onaliyun.com",
        _("Acme, RAM user who may only look"),
        ACME,
        "207329002493920002",
        User.Policy.READ_ONLY,
    ),
    Person("globex@example.com", _("Globex, International site, main user"), GLOBEX),
    Person("initech@example.com", _("Initech, International site, main user"), INITECH),
    Person("support@example.com", _("Support staff, for the admin site")),
)

# As public as the password. A key that somebody deletes does not come back: only a new user gets one.
ACCESS_KEYS = {
    "acme@example.com": ("LTAIDemoAcmeMain00000001", "acme-demo-secret-0000000000001"),
    f"operator@{ACME}.onaliyun.com": ("LTAIDemoAcmeOper00000001", "oper-demo-secret-0000000000001"),
    f"auditor@{ACME}.onaliyun.com": ("LTAIDemoAcmeAudi00000001", "audi-demo-secret-0000000000001"),
    "globex@example.com": ("LTAIDemoGlobMain00000001", "glob-demo-secret-0000000000001"),
    "initech@example.com": ("LTAIDemoInitMain00000001", "init-demo-secret-0000000000001"),
}


USERNAMES = frozenset(person.username for person in PEOPLE)
REFUSED = _(
    "Demo people sign in only on a server that nobody else reaches, since everybody knows their passwords. This one "
    "listens for others: set HOST to 127.0.0.1, or make people of your own."
)


def is_refused(username: str) -> bool:
    """Whether this is a demo person on a server that others reach."""
    return not settings.DEMO_PEOPLE_SIGN_IN and username in USERNAMES


def load() -> None:
    """Make what is not there yet; what is there stays as it is."""
    for account_id, fields in ACCOUNTS.items():
        Account.objects.get_or_create(account_id=account_id, defaults=fields)
    there = set(User.objects.values_list("username", flat=True))
    for person in PEOPLE:
        if person.username not in there:
            user = User.objects.create_user(
                person.username,
                DEMO_PASSWORD,
                account_id=person.account_id,
                ram_id=person.ram_id,
                policy=person.policy,
                is_staff=person.account_id is None,
                is_superuser=person.account_id is None,
            )
            if person.username in ACCESS_KEYS:
                access_key_id, secret = ACCESS_KEYS[person.username]
                key = AccessKey(access_key_id=access_key_id, user=user)
                key.secret = secret
                key.save()
