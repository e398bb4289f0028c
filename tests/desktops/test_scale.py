"""The lists of cloud computers and templates, at any size."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db import connection
from django.test.utils import CaptureQueriesContext

from desktops.models import Desktop, Template
from tests.images.test_lists import MOST_QUERIES, every_list_query_uses_an_index
from tests.rows import multiply

if TYPE_CHECKING:
    from django.test import Client

    from accounts.models import Account
    from images.models import Image

LISTS = ("desktops", "templates")


def _fill(count: int, account: Account, image: Image) -> None:
    for model, name in ((Desktop, "desktop_id"), (Template, "template_id")):
        row: Any = model(
            account=account,
            region_id="cn-hangzhou",
            name=f"made-{count}",
            desktop_type="eds.general.4c8g",
            system_disk_gib=80,
        )
        row.set_image(image)
        model.objects.bulk_create([row])
        if count > 1:
            multiply(row, count - 1, name="made-", **{name: f"made-{count}-"})


def test_a_page_takes_the_same_few_queries_at_any_size(acme: Account, image: Image, as_acme: Client) -> None:
    counts: dict[str, list[int]] = {name: [] for name in LISTS}
    for size in (1, 20, 100_000):
        _fill(size, acme, image)
        if connection.vendor == "postgresql":
            with connection.cursor() as cursor:
                cursor.execute("ANALYZE")
        for name in LISTS:
            as_acme.get(f"/cn-hangzhou/{name}/")
            with CaptureQueriesContext(connection) as queries:
                assert as_acme.get(f"/cn-hangzhou/{name}/").status_code == 200
            counts[name].append(len(queries))
            every_list_query_uses_an_index(queries)
    for name, (one, twenty, many) in counts.items():
        assert one == twenty == many <= MOST_QUERIES, name
