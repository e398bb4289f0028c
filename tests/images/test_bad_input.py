"""Whatever is entered as an account gets a sentence and changes nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.core.cache import cache
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from audit.models import Entry
from images.models import ImageShare

if TYPE_CHECKING:
    from django.test import Client

    from accounts.models import Account
    from images.models import Image

digits = st.text(alphabet=st.characters(categories=["Nd"]), min_size=1, max_size=30)
markup = st.sampled_from(["<script>alert(1)</script>", "'; DROP TABLE images_image; --", "{{ 7 }}", "%s%n", "../../x"])
entered = st.one_of(
    st.text(max_size=64),
    digits,
    st.builds(lambda sign, text: sign + text, st.sampled_from("+-−.,"), digits),
    st.text(alphabet="0123456789\0 \t\u200b", max_size=40),
    st.integers(min_value=10**16).map(str),
    markup,
    st.just("9" * 10_000),
)


@settings(
    max_examples=500,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.data_too_large, HealthCheck.too_slow],
)
@given(text=entered)
@example(text="\0" * 16)
@example(text="1182725234310001\0")
@example(text="５３１６１０９３９４４００００２")
def test_any_account_that_is_none_gets_a_sentence(text: str, image: Image, globex: Account, as_acme: Client) -> None:
    bare = "".join(character for character in text if character in "0123456789")
    if bare == globex.pk:
        return
    cache.clear()  # Nobody is told to wait.
    before = Entry.objects.count()
    answer = as_acme.post(
        f"/cn-hangzhou/images/{image}/sharing/", {"account": text, "confirm": "on"}, headers={"HX-Request": "true"}
    )
    assert answer.status_code == 422
    page = answer.content.decode()
    assert '<p class="error" id="id_account_error">' in page
    assert "<script>alert" not in page
    assert not ImageShare.objects.exists()
    # Only what can be an ID was asked about; the rest are slips of the keyboard.
    if Entry.objects.count() > before:
        assert len(bare) in {16, 18}
        assert Entry.objects.first().outcome in {"account_is_ram_user", "account_not_found", "account_is_owner"}
