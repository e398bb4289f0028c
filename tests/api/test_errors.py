"""Every rule has a code at the API, and every code a status, a cause and a remedy."""

from __future__ import annotations

import ast
import re
from typing import TYPE_CHECKING

import pytest
from django.conf import settings
from django.core.exceptions import ValidationError

from api.errors import BY_CODE, BY_RULE, ERRORS, api_error_for
from desktops import validators
from tests.conftest import GLOBEX

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from django.test import Client

    from api.errors import Error
    from desktops.models import Desktop
    from images.models import Image
    from tests.api.conftest import Program

# Django's own of a field: "invalid" and the like, which say nothing without the field.
OF_A_FIELD = {"required", "null", "blank", "invalid", "invalid_choice", "max_length", "min_value", "max_value"}
# Made of the name of the model.
OF_A_MODEL = {"desktop_not_found", "template_not_found"}
# Of what no call of the API does.
OF_THE_CONSOLE = {
    *("demo_refused", "ram_user_limit_reached", "user_not_found"),
    *("no_such_column", "no_such_list", "too_many"),
}


# Functions that make a ValidationError of a field: field, sentence, code.
FIELD_ERRORS = {"field_error"}


def codes_of_rules() -> Iterator[str]:
    """The code of each ValidationError that the apps raise, read from their source."""
    for app in ("accounts", "images", "desktops", "api"):
        for path in (settings.BASE_DIR / app).rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Name):
                    continue
                codes = [keyword.value for keyword in node.keywords if keyword.arg == "code"]
                if node.func.id in FIELD_ERRORS:
                    codes += node.args[2:3]
                if node.func.id in {"ValidationError", *FIELD_ERRORS}:
                    yield from (code.value for code in codes if isinstance(code, ast.Constant))


def test_every_rule_has_a_row() -> None:
    in_code = (set(codes_of_rules()) - OF_THE_CONSOLE) | OF_A_FIELD | OF_A_MODEL | {"no_permission"}
    assert "image_encrypted" in in_code
    for rule in sorted(in_code - BY_RULE.keys()):
        pytest.fail(f"The rule {rule} has no row: add it to `rules` of an Error in api/errors/resources.py.")
    for rule in sorted(BY_RULE.keys() - in_code):
        pytest.fail(f"No rule refuses with {rule} any more: take it out of `rules` of {BY_RULE[rule].code}.")


def test_a_rule_without_a_row_is_refused_all_the_same(
    acme_program: Program, desktop: Desktop, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def computer_is_not_blue(desktop: Desktop) -> None:
        raise ValidationError("This cloud computer is blue.", code="computer_is_blue")

    monkeypatch.setattr(validators, "STOP_RULES", (computer_is_not_blue,))
    answer = acme_program.call("StopDesktops", RegionId="cn-hangzhou", DesktopId__1=desktop.desktop_id)
    assert (answer.status_code, answer.json()["Code"], answer.json()["Message"]) == (
        403,
        "OperationDenied",
        "This cloud computer is blue.",
    )
    assert "The rule computer_is_blue has no row in api/errors" in caplog.text


@pytest.mark.parametrize("error", ERRORS, ids=BY_CODE)
def test_every_code_has_a_status_a_cause_and_a_remedy_in_the_docs(error: Error) -> None:
    row = f"| `{error.code}` | {error.status} | {error.cause} | {error.remedy} |"
    assert row in (settings.BASE_DIR / "docs" / "api.md").read_text(encoding="utf-8")
    assert re.fullmatch(r"[A-Z][A-Za-z0-9]+(\.[A-Z][A-Za-z0-9]+)?", error.code)
    assert error.status in {400, 401, 403, 404, 405, 409, 413, 500, 503}


def test_codes_and_rules_are_there_once() -> None:
    assert len(BY_CODE) == len(ERRORS)
    assert len(BY_RULE) == sum(len(error.rules) for error in ERRORS)


@pytest.mark.parametrize(
    ("field", "resource", "code"),
    [
        ("name", "Image", "InvalidImageName.Malformed"),
        ("name", "Desktop", "InvalidDesktopName.Malformed"),
        ("name", "Template", "InvalidTemplateName.Malformed"),
        ("description", "Image", "InvalidDescription.Malformed"),
        ("gpu", "Image", "InvalidParameter"),
    ],
)
def test_what_django_says_of_a_field_is_named_after_the_field(field: str, resource: str, code: str) -> None:
    refusal = ValidationError({field: ValidationError("No.", code="invalid")})
    assert api_error_for(refusal, resource).code == code
    assert code in BY_CODE


def test_programs_are_answered_in_english_whoever_was_answered_before(
    acme_program: Program, make_image: Callable[..., Image], as_acme: Client
) -> None:
    image = make_image(encrypted=True)
    page = as_acme.get(f"/cn-hangzhou/images/{image}/sharing/", headers={"accept-language": "zh-CN"})
    assert "加密镜像不能共享" in page.content.decode()
    acme_program.client.defaults["HTTP_ACCEPT_LANGUAGE"] = "zh-CN"
    answer = acme_program.call(
        "ModifyImagePermission", RegionId="cn-hangzhou", ImageId=str(image), AddAccount__1=GLOBEX
    )
    assert answer.json()["Message"].startswith("This image is encrypted, and an encrypted image cannot be shared.")
