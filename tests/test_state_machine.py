"""Random acts of three accounts through the console, against the page's rules written down once more in plain Python.

After every act the console must have answered as the rules say, and whoever looks must see what the rules say.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.core.cache import cache
from django.db import transaction
from django.test import Client
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule, run_state_machine_as_test

from accounts.models import Account, User
from desktops.models import Desktop
from images.models import Image, OsType

START = datetime(2026, 11, 24, 8, 0, tzinfo=UTC)
ACCOUNTS = ("1000000000000001", "1000000000000002", "1000000000000003")
REGIONS = ("cn-hangzhou", "eu-central-1")
LIMIT = 2
COPY_SECONDS = 80
TYPE = "eds.enterprise_office.4c8g"

account = st.sampled_from(ACCOUNTS)
number = st.integers(min_value=0, max_value=10**6)
OK, REFUSED, HIDDEN = 302, 422, 404


@dataclass
class ModelImage:
    image_id: str
    name: str
    owner: str
    region: str
    encrypted: bool
    ready_at: datetime
    copied_from: ModelImage | None = None
    recipients: list[str] = field(default_factory=list)
    exists: bool = True


@dataclass
class ModelTemplate:
    template_id: str
    account: str
    image: ModelImage


@dataclass
class ModelComputer:
    name: str
    account: str
    image: ModelImage


class Sharing(RuleBasedStateMachine):
    """The rules of the page, and a console beside them."""

    def __init__(self) -> None:
        super().__init__()
        self.atomic = transaction.atomic()
        self.atomic.__enter__()
        self.clock = time_machine.travel(START, tick=False)
        self.time = self.clock.start()
        self.images: list[ModelImage] = []
        self.templates: list[ModelTemplate] = []
        self.computers: list[ModelComputer] = []
        self.clients: dict[str, Client] = {}
        self.counter = 0

    def teardown(self) -> None:
        try:
            for who in ACCOUNTS:
                for region in REGIONS:
                    self._look(who, region)
        finally:
            self.clock.stop()
            transaction.set_rollback(True)
            self.atomic.__exit__(None, None, None)

    @initialize()
    def people(self) -> None:
        for account_id in ACCOUNTS:
            owner = Account.objects.create(account_id=account_id, name=account_id, site="china", share_limit=LIMIT)
            client = Client()
            client.force_login(User.objects.create_user(f"{account_id}@example.com", "x", account=owner))
            self.clients[account_id] = client
        for owner in ACCOUNTS:
            self._make(owner, REGIONS[0])

    # What the page says

    def _sees(self, who: str, image: ModelImage) -> bool:
        return image.exists and (image.owner == who or who in image.recipients)

    def _is_ready(self, image: ModelImage) -> bool:
        return image.ready_at <= self.now

    def _is_being_copied(self, image: ModelImage) -> bool:
        return any(copy.exists and copy.copied_from is image and not self._is_ready(copy) for copy in self.images)

    def _may_share(self, image: ModelImage, recipient: str) -> bool:
        used = sum(len(other.recipients) for other in self.images if other.owner == image.owner and other.exists)
        return (
            not image.encrypted
            and self._is_ready(image)
            and not self._is_being_copied(image)
            and recipient in ACCOUNTS
            and recipient != image.owner
            and recipient not in image.recipients
            and used < LIMIT
        )

    def _answer(self, who: str, image: ModelImage, *, allowed: bool) -> int:
        if not self._sees(who, image):
            return HIDDEN
        return OK if image.owner == who and allowed else REFUSED

    @property
    def now(self) -> datetime:
        return datetime.now(UTC)

    # What people do

    def _make(self, owner: str, region: str, *, encrypted: bool = False) -> None:
        self.counter += 1
        made = Image.objects.create(
            owner_id=owner,
            region_id=region,
            name=f"image-{self.counter}",
            os_type=OsType.LINUX,
            platform="Ubuntu 22.04",
            size_gib=COPY_SECONDS,
            encrypted=encrypted,
            ready_at=self.now,
        )
        self.images.append(ModelImage(made.image_id, made.name, owner, region, encrypted, made.ready_at))

    def _post(self, who: str, image: ModelImage, page: str, data: Any = None) -> int:
        # Nobody has asked too often: how often one may is not a rule of sharing.
        cache.clear()
        return self.clients[who].post(f"/{image.region}/images/{image.image_id}/{page}", data or {}).status_code

    def _image_at(self, index: int) -> ModelImage:
        return self.images[index % len(self.images)]

    @rule(owner=account, region=st.sampled_from(REGIONS), encrypted=st.booleans())
    def an_image_appears(self, owner: str, region: str, encrypted: bool) -> None:
        self._make(owner, region, encrypted=encrypted)

    @rule(who=account, index=number, recipient=st.one_of(account, account, st.just("9999999999999999")))
    def share(self, who: str, index: int, recipient: str) -> None:
        image = self._image_at(index)
        expected = self._answer(who, image, allowed=self._may_share(image, recipient))
        assert self._post(who, image, "sharing/", {"account": recipient, "confirm": "on"}) == expected
        if expected == OK:
            image.recipients.append(recipient)

    @rule(index=number, which=number)
    @precondition(lambda self: any(image.exists for image in self.images))
    def the_owner_shares_what_may_be_shared(self, index: int, which: int) -> None:
        image = self._image_at(index)
        self.share(image.owner, index, ACCOUNTS[which % 3])

    @rule(who=account, index=number, recipient=account)
    def unshare(self, who: str, index: int, recipient: str) -> None:
        image = self._image_at(index)
        is_own = image.exists and image.owner == who
        is_shared = is_own and recipient in image.recipients
        expected = OK if is_shared else REFUSED if is_own else HIDDEN
        assert self._post(who, image, f"sharing/{recipient}/unshare/") == expected
        if is_shared:
            image.recipients.remove(recipient)

    @rule(who=account, index=number, types_name=st.booleans(), unshares=st.booleans())
    def delete(self, who: str, index: int, types_name: bool, unshares: bool) -> None:
        image = self._image_at(index)
        is_used = any(thing.image is image and thing.account == who for thing in [*self.templates, *self.computers])
        allowed = self._is_ready(image) and not self._is_being_copied(image)
        if image.recipients:
            allowed = allowed and unshares and types_name
        elif is_used:
            allowed = allowed and types_name
        expected = self._answer(who, image, allowed=allowed)
        data = {"name": image.name} if types_name else {}
        assert self._post(who, image, "delete/", {**data, "unshare": "on"} if unshares else data) == expected
        if expected == OK:
            image.exists = False
            image.recipients = []
            self.templates = [
                template for template in self.templates if not (template.image is image and template.account == who)
            ]

    @rule(who=account, index=number, region=st.sampled_from(REGIONS))
    def copy(self, who: str, index: int, region: str) -> None:
        image = self._image_at(index)
        expected = self._answer(who, image, allowed=self._is_ready(image) and region != image.region)
        self.counter += 1
        name = f"image-{self.counter}"
        assert self._post(who, image, "copy/", {"region": region, "name": name}) == expected
        if expected == OK:
            made = Image.objects.get(name=name)
            ready_at = self.now + timedelta(seconds=COPY_SECONDS)
            self.images.append(ModelImage(made.image_id, name, who, region, image.encrypted, ready_at, image))

    @rule(who=account, index=number)
    def cancel_the_copy(self, who: str, index: int) -> None:
        image = self._image_at(index)
        expected = self._answer(who, image, allowed=not self._is_ready(image))
        assert self._post(who, image, "copy/cancel/") == expected
        if expected == OK:
            image.exists = False

    @rule(seconds=st.integers(min_value=1, max_value=100))
    def time_passes(self, seconds: int) -> None:
        self.time.shift(seconds)

    def _use(self, who: str, image: ModelImage, page: str, name: str) -> bool:
        usable = self._sees(who, image) and self._is_ready(image)
        data = {"image": image.image_id, "name": name, "desktop_type": TYPE, "system_disk_gib": 80, "amount": 1}
        answer = self.clients[who].post(f"/{image.region}/{page}", data)
        assert answer.status_code == (OK if usable else REFUSED)
        return usable

    @rule(who=account, index=number)
    def create_a_template(self, who: str, index: int) -> None:
        image = self._image_at(index)
        self.counter += 1
        name = f"template-{self.counter}"
        if self._use(who, image, "templates/create/", name):
            page = self.clients[who].get(f"/{image.region}/templates/?q={name}").content.decode()
            self.templates.append(ModelTemplate(re.findall(r"b-[a-z0-9]{17}", page)[0], who, image))

    @rule(who=account, index=number)
    def create_a_computer(self, who: str, index: int) -> None:
        self.counter += 1
        name = f"computer-{self.counter}"
        image = self._image_at(index)
        if self._use(who, image, "desktops/create/", name):
            self.computers.append(ModelComputer(name, who, image))

    @precondition(lambda self: self.templates)
    @rule(which=number)
    def create_a_computer_after_a_template(self, which: int) -> None:
        template = self.templates[which % len(self.templates)]
        self.counter += 1
        name = f"computer-{self.counter}"
        usable = self._sees(template.account, template.image) and self._is_ready(template.image)
        data = {"template": template.template_id, "name": name, "amount": 1}
        answer = self.clients[template.account].post(f"/{template.image.region}/desktops/create/", data)
        assert answer.status_code == (OK if usable else REFUSED)
        if usable:
            self.computers.append(ModelComputer(name, template.account, template.image))

    @rule(who=account, region=st.sampled_from(REGIONS))
    def look(self, who: str, region: str) -> None:
        self._look(who, region)

    def _names(self, who: str, url: str) -> list[str]:
        page = self.clients[who].get(f"{url}?size=100").content.decode()
        return sorted(re.findall(r'<td class="c-name".*?<a href="[^"]+" title="[^"]*">([a-z]+-\d+)<', page))

    def _look(self, who: str, region: str) -> None:
        if not self.clients:
            return
        here = [image for image in self.images if image.exists and image.region == region]
        own = [image for image in here if image.owner == who]
        received = [image.name for image in here if who in image.recipients]
        by_me = [image.name for image in own if image.recipients]
        assert self._names(who, f"/{region}/images/custom/") == sorted(image.name for image in own)
        assert self._names(who, f"/{region}/images/shared/") == sorted(received + by_me)
        page = self.clients[who].get(f"/{region}/templates/?size=100&status=Unavailable").content.decode()
        lost = {
            template.template_id
            for template in self.templates
            if template.account == who
            and template.image.region == region
            and not (self._sees(who, template.image) and self._is_ready(template.image))
        }
        assert set(re.findall(r"b-[a-z0-9]{17}", page)) == lost
        assert sorted(Desktop.objects.values_list("name", flat=True)) == sorted(
            computer.name for computer in self.computers
        )


@pytest.mark.parametrize(
    "examples", [pytest.param(8, id="short form"), pytest.param(40, id="long form", marks=pytest.mark.slow)]
)
def test_the_console_and_the_rules_never_differ(examples: int, db: None) -> None:
    run_state_machine_as_test(
        Sharing,
        settings=settings(
            max_examples=examples,
            stateful_step_count=30,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
