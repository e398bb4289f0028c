"""docs/api.md is what the code's own tables say, and what it tells people to run works."""

from __future__ import annotations

import inspect
import re
import warnings
from typing import TYPE_CHECKING

import pytest
from django.conf import settings
from django.test import Client as Browser
from django.utils import translation

from api.actions import ACTIONS
from api.docs import api_docs
from api.errors import ERRORS
from api.params import PUBLIC
from api.vendor import EVERY_ACTION
from tests.api.sdk import Client, Sdk, parameters_of

if TYPE_CHECKING:
    from api.calls import Action
    from tests.processes import Console

pytestmark = pytest.mark.any_database

PAGE = settings.BASE_DIR / "docs" / "api.md"


def test_the_page_is_current() -> None:
    assert PAGE.read_text(encoding="utf-8") == api_docs(), "Run manage.py api_docs."


@pytest.mark.slow
def test_the_example_of_the_page_runs(console: Console, capsys: pytest.CaptureFixture[str]) -> None:
    [example] = re.findall(r"```python\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    address = console.address.removeprefix("http://")
    with warnings.catch_warnings(action="ignore", category=DeprecationWarning):
        exec(example.replace("127.0.0.1:8000", address), {})
    assert "m-acmedemo000000001 Available 1" in capsys.readouterr().out
    acme = Sdk(console.address, "LTAIDemoAcmeMain00000001", "acme-demo-secret-0000000000001")
    acme.call(
        "ModifyImagePermission",
        region_id="cn-hangzhou",
        image_id="m-acmedemo000000001",
        remove_account=[5316109394400002],
    )


def test_every_action_of_the_sdk_is_known_by_name() -> None:
    assert set(re.findall(r"action = '(\w+)'", inspect.getsource(Client))) == EVERY_ACTION


@pytest.mark.parametrize("action", ACTIONS.values(), ids=ACTIONS)
def test_every_parameter_of_the_sdk_is_declared(action: Action) -> None:
    declared = {parameter.name for parameter in action.parameters}
    # Which the RPC core SDK adds to every query.
    assert declared == parameters_of(action.name) | {"RegionId"}
    assert not declared & PUBLIC


@pytest.mark.django_db
def test_recommend_leads_to_a_row_with_cause_and_remedy() -> None:
    page = Browser().get("/api/errors/").content.decode()
    with translation.override("en"):
        for error in ERRORS:
            assert f'<tr id="{error.code}" ' in page
            assert str(error.cause)
            assert str(error.remedy)
