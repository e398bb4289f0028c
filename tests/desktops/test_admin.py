"""Support staff see computers and templates, and release or delete by the same rules."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from django.urls import reverse

from audit.models import Actor, Entry
from desktops.models import Desktop, Template

if TYPE_CHECKING:
    from django.test import Client

pytestmark = pytest.mark.django_db


def test_a_computer_is_found_by_its_id_and_shown(as_support: Client, desktop: Desktop) -> None:
    found = as_support.get(reverse("admin:desktops_desktop_changelist"), {"q": desktop.desktop_id}).text
    assert f"/admin/desktops/desktop/{desktop.pk}/change/" in found
    page = as_support.get(reverse("admin:desktops_desktop_change", args=[desktop.pk])).text
    assert desktop.image_ref in page
    assert f"/admin/audit/entry/?q={desktop.desktop_id}" in page


def test_a_template_is_found_by_its_account_and_shown(as_support: Client, template: Template) -> None:
    found = as_support.get(reverse("admin:desktops_template_changelist"), {"q": template.account_id}).text
    assert f"/admin/desktops/template/{template.pk}/change/" in found
    page = as_support.get(reverse("admin:desktops_template_change", args=[template.pk])).text
    assert template.name in page


def test_nothing_is_added_or_changed_there(as_support: Client, desktop: Desktop, template: Template) -> None:
    for model, it in (("desktop", desktop), ("template", template)):
        assert as_support.get(reverse(f"admin:desktops_{model}_add")).status_code == 403
        assert as_support.post(reverse(f"admin:desktops_{model}_change", args=[it.pk])).status_code == 403


def test_a_computer_is_released_by_the_rules_and_recorded(as_support: Client, desktop: Desktop) -> None:
    delete = reverse("admin:desktops_desktop_delete", args=[desktop.pk])
    desktop.create_image(name="from-desk", by=Actor())
    refused = as_support.post(delete, {"post": "yes"}, follow=True)
    assert "An image is being created from this cloud computer." in refused.text
    assert Desktop.objects.exists()

    Desktop.objects.update(latest_image=None)
    as_support.post(delete, {"post": "yes"})
    assert not Desktop.objects.exists()
    entry = Entry.objects.get(event="DeleteDesktops", outcome="Success")
    assert (entry.actor_name, entry.door, entry.account_id) == ("support@example.com", "admin", desktop.account_id)


def test_a_template_is_deleted_and_recorded(as_support: Client, template: Template) -> None:
    as_support.post(reverse("admin:desktops_template_delete", args=[template.pk]), {"post": "yes"})
    assert not Template.objects.exists()
    entry = Entry.objects.get(event="DeleteBundles")
    assert (entry.door, entry.resource_id) == ("admin", template.template_id)
