"""Calls that several tests make, and what they ask of an answer."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from images.models import Image
    from tests.api.conftest import Program

REGION = {"RegionId": "cn-hangzhou"}


def modify(program: Program, image: Image, *, add: tuple[str, ...] = (), remove: tuple[str, ...] = ()) -> Any:
    accounts = {f"AddAccount.{number}": account for number, account in enumerate(add, 1)}
    accounts |= {f"RemoveAccount.{number}": account for number, account in enumerate(remove, 1)}
    return program.call("ModifyImagePermission", {**REGION, "ImageId": image.image_id, **accounts})


def code(response: Any) -> str:
    return response.json().get("Code", "") if response.status_code != 200 else "Success"
