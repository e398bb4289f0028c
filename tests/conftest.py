"""The people of the tests: Acme owns, Globex receives, Initech is a stranger; the auditor may only look."""

from __future__ import annotations

import time
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from django.core.cache import cache
from django.db import connections
from django.template.backends.jinja2 import Template as JinjaTemplate
from django.test import Client
from django.test.signals import template_rendered
from django.utils import timezone, translation

from accounts.models import Account, User
from audit import triggers
from audit.models import Actor
from desktops.models import Desktop, Template
from images.models import Image, ImageShare, OsType
from images.views import lists as image_views
from regions import models as region_models
from regions.models import Region
from tests.processes import Console, fresh_database, load_demo, production, served_copy
from ui.paging import UncountedLists

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

ACME, GLOBEX, INITECH = "1182725234310001", "5316109394400002", "5316109394400003"
AUDITOR_RAM_ID, OPERATOR_RAM_ID = "207329002493920002", "207329002493920001"


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Journeys come after the tests that roll back, and other tests that commit come last.

    Playwright leaves an event loop that runs, and who commits a database without what the migrations load, which only
    the journeys put back, and only where they have left it themselves. pytest-django sorts them too, before pytest
    groups the journeys by their browser and moves them forward again.
    """

    def place(item: pytest.Item) -> int:
        marker = item.get_closest_marker("django_db")
        commits = marker is not None and marker.kwargs.get("transaction", False)
        return 1 if item.get_closest_marker("browser") else 2 if commits else 0

    items.sort(key=place)


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None) -> None:
    """Where Playwright runs, Django opens another connection, which has to know as well what to put back."""
    connection = connections["default"]
    if hasattr(connection, "_test_serialized_contents"):
        type(connection)._test_serialized_contents = connection._test_serialized_contents
    _let_tests_empty_the_log(type(connection.ops), connection.vendor)


def _let_tests_empty_the_log(operations: Any, vendor: str) -> None:
    """Between tests that commit, the tables are emptied; the triggers that refuse it for the log are away just then."""
    flush = operations.sql_flush

    def sql_flush(*args: Any, **options: Any) -> list[str]:
        return [*triggers.DROP[vendor], *flush(*args, **options), *triggers.CREATE[vendor]]

    operations.sql_flush = sql_flush


@pytest.fixture
def acme(db: None) -> Account:
    """Owns images; of the China site."""
    return Account.objects.create(account_id=ACME, name="Acme", site=Account.Site.CHINA)


@pytest.fixture
def globex(db: None) -> Account:
    """Receives images; of the International site."""
    return Account.objects.create(account_id=GLOBEX, name="Globex", site=Account.Site.INTERNATIONAL)


@pytest.fixture
def initech(db: None) -> Account:
    """A stranger to both."""
    return Account.objects.create(account_id=INITECH, name="Initech", site=Account.Site.INTERNATIONAL)


def _main_user(account: Account) -> User:
    return User.objects.create_user(f"{account.name.lower()}@example.com", "a-password-for-tests", account=account)


@pytest.fixture
def acme_user(acme: Account) -> User:
    return _main_user(acme)


@pytest.fixture
def globex_user(globex: Account) -> User:
    return _main_user(globex)


@pytest.fixture
def initech_user(initech: Account) -> User:
    return _main_user(initech)


@pytest.fixture
def operator(acme: Account) -> User:
    """A RAM user of Acme's who may do everything."""
    return User.objects.create_user(
        f"operator@{ACME}.onaliyun.com",
        "a-password-for-tests",
        account=acme,
        ram_id=OPERATOR_RAM_ID,
        policy=User.Policy.FULL_ACCESS,
    )


@pytest.fixture
def auditor(acme: Account) -> User:
    """A RAM user of Acme's who may only look."""
    return User.objects.create_user(
        f"auditor@{ACME}.onaliyun.com",
        "a-password-for-tests",
        account=acme,
        ram_id=AUDITOR_RAM_ID,
        policy=User.Policy.READ_ONLY,
    )


@pytest.fixture
def support(db: None) -> User:
    return User.objects.create_superuser("support@example.com", "a-password-for-tests")


def sign_in(client: Client, user: User) -> Client:
    """Sign in without the form, as one who has just confirmed who they are."""
    client.force_login(user)
    session = client.session
    session["account_authentication_methods"] = [{"method": "password", "at": time.time(), "reauthenticated": True}]
    session["account_authentication_methods_user"] = str(user.pk)
    session.save()
    return client


def _client(user: User) -> Client:
    return sign_in(Client(), user)


@pytest.fixture(autouse=True, scope="session")
def _the_test_client_sees_the_context_of_jinja_templates() -> Iterator[None]:
    """Django tells it the context of its own templates only."""
    render = JinjaTemplate.render

    def render_and_tell(self: Any, context: Any = None, request: Any = None) -> Any:
        known = {} if context is None else context
        template_rendered.send(sender=self, template=self, context=known)
        return render(self, known, request)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(JinjaTemplate, "render", render_and_tell)
        yield


@pytest.fixture(autouse=True)
def _empty_cache() -> None:
    """Failed sign-ins and look-ups of other tests are not counted."""
    cache.clear()


@pytest.fixture(autouse=True)
def _empty_process_caches(monkeypatch: pytest.MonkeyPatch) -> None:
    """What a process keeps for a minute is of the database of other tests."""
    monkeypatch.setattr(image_views, "_uncounted", UncountedLists())
    monkeypatch.setattr(region_models, "_kept", None)


@pytest.fixture(autouse=True)
def _default_language() -> Iterator[None]:
    """A request leaves its language active in the thread; the next test begins without it."""
    yield
    translation.deactivate()


@pytest.fixture
def as_acme(acme_user: User) -> Client:
    return _client(acme_user)


@pytest.fixture
def as_globex(globex_user: User) -> Client:
    return _client(globex_user)


@pytest.fixture
def as_initech(initech_user: User) -> Client:
    return _client(initech_user)


@pytest.fixture
def as_auditor(auditor: User) -> Client:
    return _client(auditor)


@pytest.fixture
def as_support(support: User) -> Client:
    return _client(support)


@pytest.fixture
def hangzhou(db: None) -> Region:
    return Region.objects.get(pk="cn-hangzhou")


@pytest.fixture
def make_image(acme: Account) -> Callable[..., Image]:
    """Make an image; without arguments an Available one of Acme's in cn-hangzhou."""

    def make(**fields: Any) -> Image:
        defaults = {
            "owner": acme,
            "region_id": "cn-hangzhou",
            "name": "office-standard",
            "os_type": OsType.WINDOWS,
            "platform": "Windows Server 2022",
            "size_gib": 80,
        }
        return Image.objects.create(**{**defaults, **fields})

    return make


@pytest.fixture
def image(make_image: Callable[..., Image]) -> Image:
    return make_image()


@pytest.fixture
def share(image: Image, globex: Account) -> ImageShare:
    """Acme's image, shared with Globex."""
    share = ImageShare(image=image, recipient=globex)
    share.grant()
    return share


@pytest.fixture(scope="session")
def demo_database(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A database with the demo data, to be copied and never written to."""
    with fresh_database(tmp_path_factory.mktemp("demo")) as database_url:
        load_demo(production(database_url))
        yield database_url


@pytest.fixture
def console(tmp_path: Path, demo_database: str) -> Iterator[Console]:
    """The demo on the real server: several processes, and a database of its own. For tests marked `slow`."""
    with served_copy(demo_database, tmp_path) as console:
        yield console


@pytest.fixture(scope="session")
def shared_console(tmp_path_factory: pytest.TempPathFactory, demo_database: str) -> Iterator[Console]:
    """One console for all tests that leave it as they found it. For tests marked `slow`."""
    with served_copy(demo_database, tmp_path_factory.mktemp("shared")) as console:
        yield console


@pytest.fixture
def make_desktop(acme: Account, image: Image) -> Callable[..., Desktop]:
    """Create a computer; without arguments a Running one of Acme's, made from Acme's image."""

    def make(*, status: str = "Running", **fields: Any) -> Desktop:
        defaults = {
            "account": acme,
            "region_id": "cn-hangzhou",
            "image": image,
            "name": "front-desk",
            "desktop_type": "eds.general.4c8g",
            "system_disk_gib": 80,
        }
        [desktop] = Desktop(**{**defaults, **fields}).create(by=Actor())
        desktop.settles_to, desktop.settles_at = status, timezone.now() - timedelta(seconds=1)
        desktop.save()
        return desktop

    return make


@pytest.fixture
def desktop(make_desktop: Callable[..., Desktop]) -> Desktop:
    return make_desktop()


@pytest.fixture
def make_template(acme: Account, image: Image) -> Callable[..., Template]:
    """Create a template; without arguments one of Acme's, of Acme's image."""

    def make(**fields: Any) -> Template:
        defaults = {
            "account": acme,
            "region_id": "cn-hangzhou",
            "image": image,
            "name": "front-desks",
            "desktop_type": "eds.general.4c8g",
            "system_disk_gib": 80,
        }
        template = Template(**{**defaults, **fields})
        template.create(by=Actor())
        return template

    return make


@pytest.fixture
def template(make_template: Callable[..., Template]) -> Template:
    return make_template()
