"""Who reaches what: every URL of every object, for everyone who might try it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from django.urls import URLPattern, URLResolver, get_resolver

from audit.models import Entry
from images.models import Image, ImageShare
from tests.conftest import AUDITOR_RAM_ID, GLOBEX, sign_in

if TYPE_CHECKING:
    from collections.abc import Iterator

    from django.test import Client

    from accounts.models import User

SIGN_IN = 302
WHO = ("anonymous", "stranger", "recipient", "auditor", "owner", "support")

# Of Acme's image in cn-hangzhou, shared with Globex; the answer to each of WHO, in that order.
MATRIX = [
    ("get", "/cn-hangzhou/images/custom/", (SIGN_IN, 200, 200, 200, 200, 403)),
    ("get", "/cn-hangzhou/images/shared/", (SIGN_IN, 200, 200, 200, 200, 403)),
    ("get", "/cn-hangzhou/images/system/", (SIGN_IN, 200, 200, 200, 200, 200)),
    ("get", "/cn-hangzhou/images/{image}/", (SIGN_IN, 404, 200, 200, 200, 403)),
    ("get", "/cn-shanghai/images/{image}/", (SIGN_IN, 404, 404, 404, 404, 403)),
    ("get", "/cn-hangzhou/images/{image}/sharing/", (SIGN_IN, 404, 200, 200, 200, 403)),
    ("post", "/cn-hangzhou/images/{image}/sharing/", (SIGN_IN, 404, 422, 403, 422, 403)),
    ("get", "/cn-hangzhou/images/{image}/sharing/{recipient}/unshare/", (SIGN_IN, 404, 404, 200, 200, 403)),
    ("post", "/cn-hangzhou/images/{image}/sharing/{recipient}/unshare/", (SIGN_IN, 404, 404, 403, 302, 403)),
    ("get", "/cn-hangzhou/images/{image}/sharing/9999999999999999/unshare/", (SIGN_IN, 404, 404, 200, 200, 403)),
    ("get", "/cn-hangzhou/images/{image}/edit/", (SIGN_IN, 404, 200, 200, 200, 403)),
    ("post", "/cn-hangzhou/images/{image}/edit/", (SIGN_IN, 404, 422, 403, 422, 403)),
    ("get", "/cn-hangzhou/images/{image}/copy/", (SIGN_IN, 404, 200, 200, 200, 403)),
    ("post", "/cn-hangzhou/images/{image}/copy/", (SIGN_IN, 404, 422, 403, 422, 403)),
    ("get", "/cn-hangzhou/images/{image}/copy/cancel/", (SIGN_IN, 404, 200, 200, 200, 403)),
    ("post", "/cn-hangzhou/images/{image}/copy/cancel/", (SIGN_IN, 404, 422, 403, 422, 403)),
    ("get", "/cn-hangzhou/images/{image}/delete/", (SIGN_IN, 404, 200, 200, 200, 403)),
    ("post", "/cn-hangzhou/images/{image}/delete/", (SIGN_IN, 404, 422, 403, 422, 403)),
    ("get", "/cn-hangzhou/images/delete/?image={image}", (SIGN_IN, 200, 200, 200, 200, 403)),
    ("get", "/logs/", (SIGN_IN, 200, 200, 200, 200, 403)),
    ("get", "/logs/export/", (SIGN_IN, 200, 200, 200, 200, 403)),
    ("get", "/logs/{entry}/", (SIGN_IN, 404, 404, 200, 200, 403)),
    ("get", "/account/", (SIGN_IN, 200, 200, 200, 200, 403)),
    ("get", "/account/people/create/", (SIGN_IN, 200, 200, 403, 200, 403)),
    ("post", "/account/people/create/", (SIGN_IN, 422, 422, 422, 422, 403)),
    ("get", "/account/people/{person}/edit/", (SIGN_IN, 404, 404, 403, 200, 403)),
    ("post", "/account/people/{person}/edit/", (SIGN_IN, 404, 404, 422, 422, 403)),
    ("get", "/account/people/{person}/disable/", (SIGN_IN, 404, 404, 403, 200, 403)),
    ("post", "/account/people/{person}/disable/", (SIGN_IN, 404, 404, 403, 302, 403)),
    ("post", "/account/people/{person}/delete/", (SIGN_IN, 404, 404, 403, 302, 403)),
    ("get", "/account/sessions/", (SIGN_IN, 200, 200, 200, 200, 200)),
    ("get", "/account/mfa/", (SIGN_IN, 200, 200, 200, 200, 200)),
    ("get", "/", (SIGN_IN, 302, 302, 302, 302, 302)),
    ("get", "/admin/", (SIGN_IN, 302, 302, 302, 302, 200)),
    ("get", "/admin/images/image/", (SIGN_IN, 302, 302, 302, 302, 200)),
    ("get", "/nowhere/images/custom/", (SIGN_IN, 404, 404, 404, 404, 404)),
    ("get", "/healthz/", (200, 200, 200, 200, 200, 200)),
    ("get", "/login/", (200, 302, 302, 302, 302, 302)),
]
CASES = [
    pytest.param(method, url, who, status, id=f"{who} {method} {url}")
    for method, url, statuses in MATRIX
    for who, status in zip(WHO, statuses, strict=True)
]


@pytest.fixture
def people(
    acme_user: User, globex_user: User, initech_user: User, auditor: User, support: User
) -> dict[str, User | None]:
    return {
        "anonymous": None,
        "stranger": initech_user,
        "recipient": globex_user,
        "auditor": auditor,
        "owner": acme_user,
        "support": support,
    }


@pytest.mark.parametrize(("method", "url", "who", "status"), CASES)
def test_everyone_gets_the_expected_answer(
    method: str, url: str, who: str, status: int, people: dict[str, Any], share: ImageShare, client: Client
) -> None:
    if people[who] is not None:
        sign_in(client, people[who])
    url = url.format(image=share.image, recipient=GLOBEX, entry=Entry.objects.get().pk, person=AUDITOR_RAM_ID)
    answer = getattr(client, method)(url)
    assert answer.status_code == status
    if who == "anonymous" and status == SIGN_IN:
        assert "/login/?next=" in answer["Location"]
    if who != "owner":
        assert ImageShare.objects.filter(pk=share.pk).exists()
        assert Image.objects.filter(pk=share.image.pk).exists()


def test_a_refusal_of_a_policy_is_a_sentence_and_an_entry(share: ImageShare, as_auditor: Client) -> None:
    answer = as_auditor.post(
        f"/cn-hangzhou/images/{share.image}/sharing/", {"account": "5316109394400003", "confirm": "on"}
    )
    assert answer.status_code == 403
    assert "lets you see everything and change nothing" in answer.content.decode()
    entry = Entry.objects.first()
    assert (entry.event, entry.outcome, entry.actor_name) == (
        "ShareImage",
        "no_permission",
        "auditor@1182725234310001.onaliyun.com",
    )


def test_a_ram_user_with_full_access_shares_for_the_account(
    image: Image, globex, operator: User, client: Client
) -> None:
    client.force_login(operator)
    answer = client.post(f"/cn-hangzhou/images/{image}/sharing/", {"account": GLOBEX, "confirm": "on"})
    assert answer.status_code == 302
    share = ImageShare.objects.get()
    assert (share.owner_id, share.granted_by) == (operator.account_id, operator.username)


PUBLIC = {
    "/login/",
    "/login/inactive/",
    "/login/password/",
    "/login/password/sent/",
    "/login/password/changed/",
    "/account/mfa/webauthn/login/",
    "/api/errors/",
    "/help/",
    "/healthz/",
    "/readyz/",
    "/metrics/",
    "/i18n/setlang/",
    "/admin/login/",
    "/admin/jsi18n/",
    "/admin/logout/",
}


def urls_of(patterns: list[Any], prefix: str = "/") -> Iterator[str]:
    for pattern in patterns:
        route = prefix + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            yield from urls_of(pattern.url_patterns, route)
        elif isinstance(pattern, URLPattern):
            yield route


@pytest.mark.django_db
def test_every_url_refuses_the_anonymous_but_for_a_named_list(client: Client, image: Image) -> None:
    samples = {
        "<slug:region>": "cn-hangzhou",
        "<slug:image>": image.image_id,
        "<slug:account>": GLOBEX,
        "<slug:desktop>": "ecd-none",
        "<slug:template>": "b-none",
        "<slug:key>": "LTAInone",
        "<slug:person>": "207329002493920099",
        "<int:pk>": "1",
        "<path:object_id>": "1",
        "<int:content_type_id>": "1",
        "<int:entry>": "1",
        "<slug:name>": "images",
    }
    urls = set()
    for route in urls_of(get_resolver().url_patterns):
        for part, sample in samples.items():
            route = route.replace(part, sample)  # noqa: PLW2901
        if "(?P" not in route:
            urls.add(route)
    assert len(urls) > 40
    open_to_all = {url for url in urls if client.get(url).status_code not in {302, 405}}
    assert open_to_all <= PUBLIC
