"""docs/api.md, written from the tables that the API goes by."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.utils import translation

from api.actions import ACTIONS
from api.errors import ERRORS
from api.vendor import EVERY_ACTION
from api.vendor_answers import VENDOR_ANSWERS, Coverage

if TYPE_CHECKING:
    from api.action import Action
    from api.params import Parameter

HEAD = """\
# The EDS API

This page is written by `manage.py api_docs` from the actions, which are declared beside their handlers in `api/`, and
from `api/vendor_parameters.py`, `api/vendor_answers.py` and `api/errors/`. A test fails when it is not current. Change
these, then run the command.

The server answers the EDS API, version 2020-09-30, at `/`, as `POST` or `GET`. The vendor's SDK works as it is. It is
told where the server is and that it speaks plain HTTP (`HTTPS` behind a proxy that terminates TLS); the key is one of
the account center, here the demo's:

```python
from alibabacloud_ecd20200930.client import Client
from alibabacloud_ecd20200930.models import DescribeImagesRequest, ModifyImagePermissionRequest
from alibabacloud_tea_openapi.utils_models import Config

client = Client(
    Config(
        endpoint="127.0.0.1:8000",
        protocol="HTTP",
        access_key_id="LTAIDemoAcmeMain00000001",
        access_key_secret="acme-demo-secret-0000000000001",
    )
)
client.modify_image_permission(
    ModifyImagePermissionRequest(
        region_id="cn-hangzhou", image_id="m-acmedemo000000001", add_account=[5316109394400002]
    )
)
answer = client.describe_images(DescribeImagesRequest(region_id="cn-hangzhou", image_type="CUSTOM"))
for image in answer.body.images:
    print(image.image_id, image.status, image.shared_count)
```

## How a call is sent

- The action is the header `x-acs-action` or the parameter `Action`, the version `x-acs-version` or `Version`.
  Parameters are in the query, in a form body, or in both, each once. Lists are `Name.1`, `Name.2`; structures are
  `Name.Key`.
- A call is signed with ACS3-HMAC-SHA256, the SDK's default, or with the older RPC signature (HMAC-SHA1,
  `SignatureVersion=1.0`; the SDK's `signature_algorithm="v2"`). The date is at most 15 minutes off, and a nonce is
  used once.
- The main user of an account may do all, and so may a RAM user with AliyunECDFullAccess; with AliyunECDReadOnlyAccess
  only the actions that begin with `Describe`. Anything else is `Forbidden.RAM`.
- An answer is JSON with a `RequestId`, which the operation log keeps too. An error is `RequestId`, `HostId`, `Code`,
  `Message` and `Recommend`, the address of the error's row on this server's own page, `/api/errors/`.
- Lists go on with `NextToken` until it is empty. What is created or deleted meanwhile neither repeats a row nor
  leaves one out.
- `ModifyImagePermission` and every action on several things do all or nothing, but for `RebuildDesktops`, which
  answers with a result for each. Sharing what is shared and unsharing what is not change nothing.
- `DescribeImages` without `ImageType` lists all that the account may use in the region: its own as `CUSTOM`, what it
  received as `SHARED`, and `SYSTEM`.

Most parameters are *honoured*. The others concern what this server does not have (office networks, users, billing and
the like); the note says why each is as it is:

- *fixed*: everything here has one of the values of the note. A list that is narrowed by another value is empty, and an
  action that asks for another is refused.
- *finds nothing*: nothing here has one, so a list that is narrowed by it is empty.
- *refused*: the action would be another with it, so it is refused.
- *accepted*: it neither narrows nor changes what the call does. It is checked for form.

A parameter that is in no table is `UnknownParameter`. The fields of an answer are *honoured* (they say what is so
here), *fixed* (always the same) or *not answered*, with the reason.

The vendor's texts do not say what `DeleteTemplates` does without `TemplateIds`, which its SDK does not require. Here it
is refused: a deletion that names nothing is a mistake, and Success would hide it.
"""


def api_docs() -> str:
    """The text of docs/api.md."""
    with translation.override("en"):
        return "\n".join([HEAD, *_actions(), *_not_built(), *_errors()])


def _actions() -> list[str]:
    lines = ["## Actions", ""]
    for action in sorted(ACTIONS.values(), key=lambda action: action.name):
        lines += [f"### {action.name}", "", "| Parameter | Type | Required | Default | Status | Note |"]
        lines += ["| --- | --- | --- | --- | --- | --- |"]
        for parameter in action.parameters:
            default = "" if parameter.default in {None, ""} else f"`{parameter.default}`"
            cells = [
                f"`{parameter.name}`",
                str(parameter.kind),
                "yes" if parameter.required else "",
                default,
                _status(action, parameter),
                " ".join(filter(None, [parameter.note, parameter.accepted])),
            ]
            lines.append(f"| {' | '.join(cells)} |".replace("|  |", "| |").replace("|  |", "| |"))
        lines += ["", *_answer(action)]
    return lines


def _answer(action: Action) -> list[str]:
    """The fields of the vendor's answer, by what becomes of them here."""
    coverage = VENDOR_ANSWERS[action.name]
    lines = [f"- honoured: {_listed(coverage.honoured)}"] if coverage.honoured else []
    lines += [f"- fixed: {_listed(names)}. {reason}" for reason, names in coverage.fixed.items()]
    lines += [f"- not answered: {_listed(names)}. {reason}" for reason, names in coverage.absent.items()]
    return ["Answer, besides `RequestId`:", "", *lines, ""] if lines else ["Answer: `RequestId`.", ""]


def _listed(names: str) -> str:
    return ", ".join(f"`{name}`" for name in Coverage.names(names))


def _status(action: Action, parameter: Parameter) -> str:
    if parameter.accepted:
        return "accepted"
    if parameter.only is None:
        return "honoured"
    if parameter.only:
        return "fixed"
    return "finds nothing" if action.reads else "refused"


def _not_built() -> list[str]:
    names = sorted(EVERY_ACTION - ACTIONS.keys())
    lines = ["## Actions that are not built", "", f"They answer `UnsupportedOperation`. There are {len(names)}:", ""]
    return [*lines, ", ".join(f"`{name}`" for name in names) + ".", ""]


def _errors() -> list[str]:
    lines = ["## Error codes", "", "| Code | HTTP status | Cause | Remedy |", "| --- | --- | --- | --- |"]
    lines += [f"| `{error.code}` | {error.status} | {error.cause} | {error.remedy} |" for error in ERRORS]
    return [*lines, ""]
