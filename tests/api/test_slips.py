"""What is a slip of the keyboard on the console is for a program what the API refuses, and no act either."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from django.core.exceptions import ValidationError

from audit.models import Entry
from images.models import Image, ImageShare
from tests.conftest import INITECH

if TYPE_CHECKING:
    from accounts.models import Account
    from tests.api.conftest import Program


def test_a_program_is_held_to_the_id_itself(image: Image, globex: Account, acme_program: Program) -> None:
    answer = acme_program.call(
        "ModifyImagePermission", RegionId="cn-hangzhou", ImageId=str(image), AddAccount__1="5316 1093 9440 0002"
    )
    assert answer.status_code == 400
    assert not ImageShare.objects.exists()
    with pytest.raises(ValidationError, match="with nothing between them"):
        ImageShare(image=image, recipient_id="5316 1093 9440 0002").save()


def test_a_slip_of_a_program_is_no_act(image: Image, globex: Account, acme_program: Program) -> None:
    call = {"RegionId": "cn-hangzhou", "ImageId": str(image)}
    acts = Entry.objects.exclude(event="CreateAccessKey")
    assert acme_program.call("ModifyImagePermission", **call, AddAccount__1="12x").status_code == 400
    assert acme_program.call("ModifyImageAttribute", **call, Name="1st").status_code == 400
    assert not acts.exists()
    assert acme_program.call("ModifyImagePermission", **call, AddAccount__1=INITECH).status_code != 200
    assert [entry.outcome for entry in acts] == ["account_not_found"]
