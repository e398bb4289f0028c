"""What a computer is doing, and what may be asked of it then."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
import time_machine
from django.core.exceptions import PermissionDenied, ValidationError
from django.utils import timezone

from audit.models import Actor, Entry
from desktops.models import Desktop, ImageChange, Status

if TYPE_CHECKING:
    from collections.abc import Callable

    from accounts.models import Account
    from images.models import Image

pytestmark = pytest.mark.django_db

MOVING = ["Pending", "Starting", "Stopping", "Rebuilding"]


def move(desktop: Desktop, status: str) -> None:
    """Have the computer in that status now."""
    moving = status in MOVING
    desktop.doing = Status(status) if moving else Status.PENDING
    desktop.settles_to = Status.RUNNING if moving else Status(status)
    desktop.settles_at = timezone.now() + timedelta(seconds=60 if moving else -60)
    desktop.save()


@pytest.mark.parametrize("status", Status.values)
def test_the_database_finds_the_status_that_python_says(make_desktop: Callable[..., Desktop], status: str) -> None:
    desktop, other = make_desktop(), make_desktop()
    move(desktop, status)
    move(other, "Stopped" if status == "Running" else "Running")
    assert desktop.status == status
    assert list(Desktop.objects.in_status(status)) == [desktop]
    others = [value for value in Status.values if value not in {desktop.status, other.status}]
    assert [list(Desktop.objects.in_status(value)) for value in others] == [[]] * len(others)


def test_a_status_that_there_is_not_finds_nothing(desktop: Desktop) -> None:
    assert [list(Desktop.objects.in_status(value)) for value in ("Expired", "Deleted", "")] == [[], [], []]


def test_a_new_computer_becomes_running_by_itself(make_desktop: Callable[..., Desktop], image: Image) -> None:
    with time_machine.travel(timezone.now(), tick=False) as clock:
        template = make_desktop()
        [desktop] = Desktop(
            account=template.account,
            region=template.region,
            image=image,
            name="new",
            desktop_type=template.desktop_type,
            system_disk_gib=80,
        ).create(by=Actor())
        assert (desktop.status, desktop.in_progress) == (Status.PENDING, True)
        clock.shift(timedelta(seconds=30))
        assert (desktop.status, desktop.in_progress) == (Status.RUNNING, False)


@pytest.mark.parametrize(
    ("verb", "event", "before", "during", "after"),
    [
        ("start", "StartDesktops", "Stopped", "Starting", "Running"),
        ("stop", "StopDesktops", "Running", "Stopping", "Stopped"),
        ("restart", "RebootDesktops", "Running", "Starting", "Running"),
    ],
)
def test_start_stop_and_restart(
    make_desktop: Callable[..., Desktop], verb: str, event: str, before: str, during: str, after: str
) -> None:
    desktop = make_desktop(status=before)
    with time_machine.travel(timezone.now(), tick=False) as clock:
        getattr(desktop, verb)(by=Actor(account_id=desktop.account_id))
        desktop.refresh_from_db()
        assert desktop.status == during
        clock.shift(timedelta(minutes=1))
        assert desktop.status == after
    entry = Entry.objects.get(event=event)
    assert (entry.outcome, entry.resource_id) == ("Success", desktop.desktop_id)


@pytest.mark.parametrize(
    ("verb", "allowed", "code"),
    [
        ("start", {"Stopped"}, "desktop_not_stopped"),
        ("stop", {"Running"}, "desktop_not_running"),
        ("restart", {"Running"}, "desktop_not_running"),
        ("release", {"Running", "Stopped"}, "desktop_in_progress"),
    ],
)
def test_what_is_refused_in_other_states(desktop: Desktop, verb: str, allowed: set[str], code: str) -> None:
    for status in set(Status.values) - allowed:
        move(desktop, status)
        with pytest.raises(ValidationError) as refusal:
            getattr(desktop, verb)(by=Actor(account_id=desktop.account_id))
        assert refusal.value.error_dict["__all__"][0].code == code
        desktop.refresh_from_db()
        assert desktop.status == status
    assert set(Entry.objects.exclude(outcome="Success").values_list("outcome", flat=True)) == {code}


def test_release_takes_the_computer_and_its_history_and_keeps_the_log(desktop: Desktop, image: Image) -> None:
    desktop_id = desktop.desktop_id
    desktop.change_image(image, by=Actor())
    move(desktop, "Running")
    desktop.release(by=Actor(account_id=desktop.account_id))
    assert not Desktop.objects.exists()
    assert not ImageChange.objects.exists()
    log = Entry.objects.filter(resource_id=desktop_id).order_by("id").values_list("event", flat=True)
    assert list(log) == ["CreateDesktops", "RebuildDesktops", "DeleteDesktops"]


def test_what_was_released_meanwhile_is_refused_with_a_sentence(desktop: Desktop) -> None:
    same = Desktop.objects.get(pk=desktop.pk)
    desktop.release(by=Actor())
    with pytest.raises(ValidationError, match="may have been released") as refusal:
        same.stop(by=Actor())
    assert refusal.value.code == "desktop_not_found"


@pytest.mark.parametrize("verb", ["start", "stop", "restart", "release"])
def test_another_account_does_not_find_the_computer(desktop: Desktop, globex: Account, verb: str) -> None:
    with pytest.raises(ValidationError) as refusal:
        getattr(desktop, verb)(by=Actor(account_id=globex.pk))
    assert refusal.value.code == "desktop_not_found"
    assert Desktop.objects.get().status == Status.RUNNING
    assert Entry.objects.get(outcome="desktop_not_found").account_id == globex.pk


@pytest.mark.parametrize("verb", ["start", "stop", "restart", "release"])
def test_who_may_only_read_changes_nothing(desktop: Desktop, verb: str) -> None:
    with pytest.raises(PermissionDenied, match="AliyunECDReadOnlyAccess"):
        getattr(desktop, verb)(by=Actor(account_id=desktop.account_id, may_write=False))
    assert Desktop.objects.get().status == Status.RUNNING
    assert Entry.objects.filter(outcome="no_permission", resource_id=desktop.desktop_id).count() == 1
