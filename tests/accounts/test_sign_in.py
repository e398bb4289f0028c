"""Signing in, and what guards it: second factors, sessions, throttles, and being asked again."""

from __future__ import annotations

import re
import time
from typing import TYPE_CHECKING, Any

import pytest
import time_machine
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP, format_hotp_value, hotp_value
from cryptography.fernet import Fernet
from django.conf import settings
from django.contrib.sessions.backends import db
from django.contrib.sessions.models import Session
from django.core.management import call_command
from django.db import connection
from django.test import Client

from accounts import sessions
from accounts.models import Account, User
from accounts.sessions import hashed
from accounts.sign_in import SIGN_IN_COUNTS
from audit.models import Entry
from tests.conftest import ACME
from tests.processes import send_at_once

if TYPE_CHECKING:
    from images.models import Image
    from tests.processes import Console

PASSWORD = "a-password-for-tests"
SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"


def sign_in(client: Client, username: str, password: str = PASSWORD, **more: str) -> Any:
    return client.post("/login/", {"username": username, "password": password, **more})


def code_now(secret: str = SECRET) -> str:
    return format_hotp_value(hotp_value(secret, int(time.time()) // 30))


@pytest.fixture
def with_totp(acme_user: User) -> User:
    TOTP.activate(acme_user, SECRET)
    return acme_user


def is_signed_in(client: Client) -> bool:
    return client.get("/account/sessions/").status_code == 200


# Signing in


def test_a_session_that_was_there_before_is_not_the_one_that_is_signed_in(acme_user: User, client: Client) -> None:
    session = client.session
    session["planted"] = True
    session.save()
    before = session.session_key
    client.cookies[settings.SESSION_COOKIE_NAME] = before
    sign_in(client, "acme@example.com")
    assert client.cookies[settings.SESSION_COOKIE_NAME].value != before
    assert not Session.objects.filter(session_key=hashed(before)).exists()


def test_the_session_cookie_is_out_of_reach_of_scripts_and_of_other_sites(acme_user: User, client: Client) -> None:
    cookie = sign_in(client, "acme@example.com").cookies[settings.SESSION_COOKIE_NAME]
    assert cookie["httponly"]
    assert cookie["samesite"] == "Lax"


@pytest.mark.parametrize(
    "elsewhere", ["https://evil.example/", "//evil.example/", "/\\evil.example/", "javascript:alert(1)"]
)
@pytest.mark.parametrize("page", ["/login/", "/account/confirm/", "/logout/"])
def test_no_step_leads_elsewhere(page: str, elsewhere: str, acme_user: User, client: Client) -> None:
    if page != "/login/":
        sign_in(client, "acme@example.com")
    answer = client.post(page, {"username": "acme@example.com", "password": PASSWORD, "next": elsewhere})
    assert answer.status_code == 302
    assert "evil" not in answer["Location"]
    assert answer["Location"].startswith("/")


def test_the_same_is_said_and_done_whether_or_not_the_name_is_known(
    acme_user: User, client: Client, django_assert_num_queries: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As many passwords are hashed for a name that nobody has, so it takes as long."""
    from django.contrib.auth.hashers import MD5PasswordHasher

    hashed = []
    encode = MD5PasswordHasher.encode
    monkeypatch.setattr(MD5PasswordHasher, "encode", lambda self, *a: hashed.append(1) or encode(self, *a))
    pages, counts = [], []
    for name in ("acme@example.com", "nobody@example.com"):
        hashed.clear()
        page = sign_in(client, name, "wrong").content.decode().replace(name, "")
        pages.append(re.sub(r'name="csrfmiddlewaretoken" value="\w+"', "", page))
        counts.append(len(hashed))
    assert pages[0] == pages[1]
    assert counts[0] == counts[1] > 0


def test_who_guesses_passwords_of_one_name_is_stopped_and_others_are_not(
    acme_user: User, globex_user: User, client: Client
) -> None:
    for _ in range(5):
        assert "distinguishes upper and lower case" in sign_in(client, "acme@example.com", "wrong").content.decode()
    refused = sign_in(client, "  ACME@example.com")
    assert "Too many attempts have failed" in refused.content.decode()
    assert not is_signed_in(client)
    assert sign_in(client, "globex@example.com").status_code == 302
    with time_machine.travel(time.time() + 301):
        assert sign_in(Client(), "acme@example.com").status_code == 302


def test_a_script_may_sign_many_people_in_from_one_machine(acme_user: User) -> None:
    assert {sign_in(Client(), "acme@example.com").status_code for _ in range(100)} == {302}


def test_who_guesses_with_many_names_is_stopped_by_the_address(acme_user: User, client: Client) -> None:
    for number in range(20):
        sign_in(client, f"user{number}@example.com", "wrong")
    assert "Too many attempts have failed" in sign_in(client, "acme@example.com").content.decode()


def test_one_address_posts_only_so_many_sign_ins(acme_user: User, client: Client, settings: Any) -> None:
    assert settings.ACCOUNT_RATE_LIMITS["login"] == "600/m/ip"
    settings.ACCOUNT_RATE_LIMITS = {**settings.ACCOUNT_RATE_LIMITS, "login": "60/m/ip"}
    answers = [sign_in(client, "").status_code for _ in range(61)]
    assert answers == [200] * 60 + [429]
    assert "You have tried too often" in sign_in(client, "").content.decode()


def answers_to_guesses(console: Console) -> list[str]:
    """What 24 wrong passwords were told, eight at a time and over all server processes, and then the right one."""
    from tests.processes import Hand, Post

    page = Hand(console, "globex@example.com").session
    page.cookies.clear()
    token = re.findall(r'csrfmiddlewaretoken" value="(\w+)"', page.get(f"{console.address}/login/").text)[0]
    fields = {"username": "acme@example.com", "password": "wrong", "csrfmiddlewaretoken": token}
    post = Post(f"{console.address}/login/", page.cookies.get_dict(), fields)
    answers = [text for wave in range(3) for _, text in send_at_once([post] * 8)]
    _, answer = send_at_once([Post(post.url, post.cookies, {**fields, "password": "console-demo"})])[0]
    return [*answers, answer]


@pytest.mark.slow
def test_the_throttle_holds_over_processes_and_parallel_tries(console: Console) -> None:
    """Two server processes of four threads: of 24 parallel tries with a wrong password five are looked at."""
    answers = answers_to_guesses(console)
    assert len([text for text in answers if "distinguishes upper and lower case" in text]) <= 5
    assert "Too many attempts have failed" in answers[-1]


# Passwords


def test_a_password_is_changed_and_other_sessions_end(acme_user: User, client: Client) -> None:
    sign_in(client, "acme@example.com")
    elsewhere = Client()
    sign_in(elsewhere, "acme@example.com")
    fields = {"oldpassword": PASSWORD, "password1": "another-Pass-4711", "password2": "another-Pass-4711"}
    assert client.post("/account/password/", fields).status_code == 302
    assert is_signed_in(client)
    assert not is_signed_in(elsewhere)
    assert sign_in(Client(), "acme@example.com", "another-Pass-4711").status_code == 302
    assert Entry.objects.filter(event="ChangePassword", account_id=ACME).count() == 1


@pytest.mark.parametrize("password", ["short", "password1", "acme@example.com", "12345678901"])
def test_a_weak_password_is_refused(password: str, acme_user: User, client: Client) -> None:
    sign_in(client, "acme@example.com")
    fields = {"oldpassword": PASSWORD, "password1": password, "password2": password}
    answer = client.post("/account/password/", fields)
    assert answer.status_code == 200
    acme_user.refresh_from_db()
    assert acme_user.check_password(PASSWORD)


def _reset_link(client: Client, email: str, mailoutbox: Any) -> str:
    assert client.post("/login/password/", {"email": email})["Location"] == "/login/password/sent/"
    [mail] = mailoutbox
    [link] = re.findall(rf"{re.escape(settings.PUBLIC_URL)}(/login/password/\S+)", mail.body)
    return str(link)


def test_a_password_is_reset_by_mail_and_the_link_works_once(acme_user: User, client: Client, mailoutbox: Any) -> None:
    link = _reset_link(client, "ACME@example.com", mailoutbox)
    page = client.get(link, follow=True)
    fields = {"password1": "another-Pass-4711", "password2": "another-Pass-4711"}
    assert client.post(page.redirect_chain[-1][0], fields).status_code == 302
    assert sign_in(client, "acme@example.com", "another-Pass-4711").status_code == 302
    assert "invalid" in Client().get(link, follow=True).content.decode()
    entry = Entry.objects.get(event="ResetPassword")
    assert (entry.actor_name, entry.account_id) == ("acme@example.com", ACME)


def test_a_link_in_a_mail_works_for_an_hour(acme_user: User, client: Client, mailoutbox: Any) -> None:
    now = time.time()
    link = _reset_link(client, "acme@example.com", mailoutbox)
    assert "within one hour" in mailoutbox[0].body
    with time_machine.travel(now + 3590):
        assert "invalid" not in Client().get(link, follow=True).content.decode()
    with time_machine.travel(now + 3610):
        assert "invalid" in Client().get(link, follow=True).content.decode()


@pytest.mark.django_db(transaction=True)
def test_no_mail_says_what_host_it_was_asked_for_with(
    acme_user: User, client: Client, mailoutbox: Any, settings: Any
) -> None:
    settings.ALLOWED_HOSTS = ["*"]
    settings.PUBLIC_URL = "https://console.example.com"
    headers = {"host": "127.0.0.1:6666"}
    client.post("/login/password/", {"email": "acme@example.com"}, headers=headers)
    sign_in(client, "acme@example.com")
    fields = {"oldpassword": PASSWORD, "password1": "another-Pass-4711", "password2": "another-Pass-4711"}
    client.post("/account/password/", fields, headers=headers)
    page = client.get("/account/mfa/totp/activate/").content.decode()
    [secret] = re.findall(r'value="([A-Z2-7]{32})"', page)
    client.post("/account/mfa/totp/activate/", {"code": code_now(secret)}, headers=headers)
    assert len(mailoutbox) == 3
    for mail in mailoutbox:
        told = f"{mail.subject}\n{mail.body}"
        assert "6666" not in told
        assert "testserver" not in told
        assert "https://console.example.com" in told
    assert "https://console.example.com/login/password/" in mailoutbox[0].body


def test_a_ram_user_with_an_address_resets_the_password_too(operator: User, client: Client, mailoutbox: Any) -> None:
    operator.email = "olga@example.com"
    operator.save()
    assert client.get(_reset_link(client, "olga@example.com", mailoutbox), follow=True).status_code == 200
    assert operator.username in mailoutbox[0].body


def test_an_address_that_nobody_has_gets_the_same_answer_and_no_mail(
    acme_user: User, client: Client, mailoutbox: Any
) -> None:
    known, unknown = (client.post("/login/password/", {"email": f"{name}@example.com"}) for name in ("acme", "nobody"))
    assert (known.status_code, known["Location"]) == (unknown.status_code, unknown["Location"])
    assert len(mailoutbox) == 1


def test_who_may_not_sign_in_gets_no_link(acme_user: User, client: Client, mailoutbox: Any) -> None:
    Account.objects.update(is_active=False)
    client.post("/login/password/", {"email": "acme@example.com"})
    assert mailoutbox == []


def test_mail_that_cannot_be_sent_is_no_error_page(acme_user: User, client: Client, settings: Any) -> None:
    settings.MAILERS = {
        "default": {
            "BACKEND": "django.core.mail.backends.smtp.EmailBackend",
            "OPTIONS": {"host": "127.0.0.1", "port": 1, "timeout": 1},
        }
    }
    assert client.post("/login/password/", {"email": "acme@example.com"}).status_code == 302


# Second factors


@pytest.mark.django_db(transaction=True)
def test_an_authenticator_app_is_set_up_asked_for_and_taken_away(
    acme_user: User, client: Client, mailoutbox: Any
) -> None:
    sign_in(client, "acme@example.com")
    page = client.get("/account/mfa/totp/activate/").content.decode()
    [secret] = re.findall(r'value="([A-Z2-7]{32})"', page)
    assert 'src="data:image/svg+xml;base64,' in page
    kept = Session.objects.get().session_data
    assert sessions.SessionStore().decode(kept)[sessions.TOTP_SECRET] == secret
    assert db.SessionStore().decode(kept)[sessions.TOTP_SECRET] != secret
    done = client.post("/account/mfa/totp/activate/", {"code": code_now(secret)})
    assert done["Location"] == "/account/mfa/recovery-codes/"
    assert len(re.findall(r"\b\d{8}\b", client.get(done["Location"]).content.decode())) == 10

    other = Client()
    assert sign_in(other, "acme@example.com")["Location"] == "/account/mfa/authenticate/"
    assert not is_signed_in(other)
    assert other.post("/account/mfa/authenticate/", {"code": "000000"}).status_code == 200
    with time_machine.travel(time.time() + 60):
        assert other.post("/account/mfa/authenticate/", {"code": code_now(secret)}).status_code == 302
    assert is_signed_in(other)

    assert client.post("/account/mfa/totp/deactivate/").status_code == 302
    assert not Authenticator.objects.exists()
    assert [(entry.event, entry.outcome) for entry in Entry.objects.order_by("id")] == [
        ("SignIn", "Success"),
        *[("AddAuthenticator", "Success")] * 2,
        ("UseAuthenticator", "wrong_code"),
        ("UseAuthenticator", "Success"),
        ("SignIn", "Success"),
        *[("RemoveAuthenticator", "Success")] * 2,
    ]
    assert {address for mail in mailoutbox for address in mail.to} == {"acme@example.com"}


@pytest.mark.django_db(transaction=True)
def test_the_code_that_set_an_app_up_signs_nobody_in(acme_user: User, client: Client) -> None:
    sign_in(client, "acme@example.com")
    page = client.get("/account/mfa/totp/activate/").content.decode()
    [secret] = re.findall(r'value="([A-Z2-7]{32})"', page)
    with time_machine.travel(time.time() // 30 * 30 + 35, tick=False):
        code = code_now(secret)
        answer = client.post("/account/mfa/totp/activate/", {"code": code})
        assert answer["Location"] == "/account/mfa/recovery-codes/"
        other = Client()
        sign_in(other, "acme@example.com")
        assert other.post("/account/mfa/authenticate/", {"code": code}).status_code == 200
        assert not is_signed_in(other)


def test_a_code_works_once(with_totp: User) -> None:
    code = code_now()
    first, second = Client(), Client()
    for client in (first, second):
        sign_in(client, "acme@example.com")
    assert first.post("/account/mfa/authenticate/", {"code": code}).status_code == 302
    assert second.post("/account/mfa/authenticate/", {"code": code}).status_code == 200
    assert not is_signed_in(second)


def test_codes_are_not_guessed(with_totp: User, client: Client) -> None:
    sign_in(client, "acme@example.com")
    for _ in range(5):
        client.post("/account/mfa/authenticate/", {"code": "000000"})
    assert client.post("/account/mfa/authenticate/", {"code": code_now()}).status_code == 200
    assert not is_signed_in(client)


def test_a_recovery_code_signs_in_once(with_totp: User) -> None:
    [code, *_] = RecoveryCodes.activate(with_totp).get_unused_codes()
    answers = []
    for client in (Client(), Client()):
        sign_in(client, "acme@example.com")
        answers.append(client.post("/account/mfa/authenticate/", {"code": code}).status_code)
    assert answers == [302, 200]


def test_secrets_of_second_factors_are_encrypted_and_rotated(with_totp: User, settings: Any) -> None:
    codes = RecoveryCodes.activate(with_totp).get_unused_codes()
    kept = str(list(Authenticator.objects.values_list("data", flat=True)))
    assert SECRET not in kept
    old, new = settings.ACCESS_KEY_ENCRYPTION_KEYS[0], Fernet.generate_key().decode()
    settings.ACCESS_KEY_ENCRYPTION_KEYS = [new, old]
    call_command("reencrypt_access_keys")
    settings.ACCESS_KEY_ENCRYPTION_KEYS = [new]
    totp, recovery = Authenticator.objects.order_by("id")
    assert totp.wrap().validate_code(code_now())
    assert recovery.wrap().get_unused_codes() == codes


def test_support_staff_take_second_factors_away_from_who_lost_them(with_totp: User, as_support: Client) -> None:
    fields = {"action": "remove_second_factors", "_selected_action": [with_totp.pk]}
    as_support.post("/admin/accounts/user/", fields)
    assert not Authenticator.objects.exists()
    assert Entry.objects.get().event == "RemoveAuthenticator"


# Sessions


def test_sessions_are_listed_and_ended_one_or_all(acme_user: User, client: Client) -> None:
    others = [Client(headers={"user-agent": f"Browser {number}"}) for number in range(3)]
    for each in (client, *others):
        sign_in(each, "acme@example.com")
    page = client.get("/account/sessions/").content.decode()
    assert [f"Browser {number}" in page for number in range(3)] == [True] * 3
    [row] = re.findall(r"<tr role=.row.>(?:(?!</tr>).)*Browser 1(?:(?!</tr>).)*</tr>", page, re.DOTALL)
    [session] = re.findall(r'name="session" value="(\d+)"', row)
    client.post("/account/sessions/", {"session": session})
    assert [is_signed_in(each) for each in (client, *others)] == [True, True, False, True]
    client.post("/account/sessions/")
    assert [is_signed_in(each) for each in (client, *others)] == [True, False, False, False]


@pytest.mark.parametrize("session", ["", "0", "x", "\0"])
def test_a_session_that_is_not_there_is_not_found_and_none_ends(session: str, acme_user: User, client: Client) -> None:
    other = Client()
    for each in (client, other):
        sign_in(each, "acme@example.com")
    assert client.post("/account/sessions/", {"session": session}).status_code == 404
    assert "ended" not in client.get("/account/sessions/").content.decode()
    assert is_signed_in(other)


def test_nobody_ends_a_session_of_somebody_else(acme_user: User, globex_user: User, client: Client) -> None:
    from allauth.usersessions.models import UserSession

    other = Client()
    sign_in(client, "acme@example.com")
    sign_in(other, "globex@example.com")
    theirs = UserSession.objects.get(user=globex_user)
    assert client.post("/account/sessions/", {"session": str(theirs.pk)}).status_code == 404
    assert is_signed_in(other)


# Being asked again


@pytest.mark.parametrize("path", ["/account/keys/create/", "/account/people/create/", "/account/mfa/totp/activate/"])
def test_one_is_asked_again_before(path: str, acme_user: User, client: Client) -> None:
    now = time.time()
    sign_in(client, "acme@example.com")
    with time_machine.travel(now + SIGN_IN_COUNTS + 2):
        # allauth keeps what was posted to its own pages until one has answered; they are only read here.
        for method in (client.get,) if "mfa" in path else (client.get, client.post):
            assert method(path)["Location"].startswith("/account/confirm/?next=%2Faccount%2F")
        assert client.post("/account/confirm/", {"password": "wrong", "next": path}).status_code == 200
        assert client.post("/account/confirm/", {"password": PASSWORD, "next": path})["Location"] == path
    for seconds in (SIGN_IN_COUNTS + 5, SIGN_IN_COUNTS + settings.ACCOUNT_REAUTHENTICATION_TIMEOUT - 5):
        with time_machine.travel(now + seconds):
            assert client.get(path).status_code == 200
    with time_machine.travel(now + SIGN_IN_COUNTS + settings.ACCOUNT_REAUTHENTICATION_TIMEOUT + 5):
        assert client.get(path).status_code == 302


@pytest.mark.parametrize("path", ["/account/keys/create/", "/account/people/create/", "/account/mfa/totp/activate/"])
def test_within_five_minutes_of_signing_in_one_is_not_asked_again(
    path: str, acme_user: User, client: Client, settings: Any
) -> None:
    now = time.time()
    sign_in(client, "acme@example.com")
    assert client.get(path).status_code == 200
    with time_machine.travel(now + SIGN_IN_COUNTS - 5):
        assert client.get(path).status_code == 200
    # Whoever wants to be asked earlier is.
    settings.ACCOUNT_REAUTHENTICATION_TIMEOUT = 60
    with time_machine.travel(now + 65):
        assert client.get(path).status_code == 302
    # Of a clock that was set back.
    with time_machine.travel(now - 60):
        assert client.get(path).status_code == 302


@pytest.mark.parametrize(
    "path",
    [
        "/admin/accounts/account/{account}/change/",
        "/admin/accounts/user/add/",
        "/admin/accounts/user/{person}/change/",
        "/admin/accounts/user/{person}/password/",
        "/admin/accounts/user/{person}/delete/",
    ],
)
def test_support_staff_are_asked_again_before_a_limit_or_a_person_is_changed(
    path: str, acme: Account, operator: User, support: User, client: Client
) -> None:
    now = time.time()
    sign_in(client, "support@example.com")
    path = path.format(account=acme, person=operator.pk)
    assert client.get(path).status_code == 200
    with time_machine.travel(now + SIGN_IN_COUNTS + 2):
        for answer in (client.get(path), client.post(path, {"share_limit": "1000", "post": "yes"})):
            assert answer["Location"].startswith("/account/confirm/")
        acme.refresh_from_db()
        assert acme.share_limit == 50
        assert User.objects.filter(pk=operator.pk).exists()
        client.post("/account/confirm/", {"password": PASSWORD})
        assert client.get(path).status_code == 200


# The admin site


def test_the_admin_site_has_no_sign_in_of_its_own(support: User, acme_user: User, client: Client) -> None:
    answer = client.get("/admin/accounts/account/", follow=True)
    assert answer.redirect_chain[-1][0].startswith("/login/?next=")
    assert client.post("/admin/login/", {"username": "support@example.com", "password": PASSWORD}).status_code == 302
    assert not is_signed_in(client)
    sign_in(client, "acme@example.com")
    assert client.get("/admin/", follow=True).status_code == 403


def test_the_admin_site_can_require_a_second_factor(support: User, client: Client, settings: Any) -> None:
    settings.ADMIN_REQUIRES_MFA = True
    sign_in(client, "support@example.com")
    assert client.get("/admin/", follow=True).redirect_chain[-1][0] == "/account/mfa/"
    TOTP.activate(support, SECRET)
    # A session that a stolen password opened before gains nothing when its owner sets one up.
    assert client.get("/admin/", follow=True).redirect_chain[-1][0].startswith("/account/mfa/reauthenticate/")
    other = Client()
    sign_in(other, "support@example.com")
    other.post("/account/mfa/authenticate/", {"code": code_now()})
    assert other.get("/admin/").status_code == 200
    assert other.get("/admin/password_change/")["Location"] == "/account/password/"


# Look-ups of recipients


def test_look_ups_of_recipients_are_throttled_for_each_person(image: Image, as_acme: Client) -> None:
    path = f"/cn-hangzhou/images/{image}/sharing/"
    ask = {"path": path, "query_params": {"account": "5316109394400003"}, "headers": {"HX-Request": "true"}}
    assert [as_acme.get(**ask).status_code for _ in range(31)] == [200] * 30 + [429]
    assert "Wait a minute" in as_acme.get(**ask).content.decode()
    assert as_acme.get(path).status_code == 200


def test_the_cache_of_the_database_is_made_by_the_migrations(db: None) -> None:
    assert "console_cache" in connection.introspection.table_names()


def test_without_its_redis_the_console_says_that_it_is_not_available(acme_user: User, settings: Any) -> None:
    settings.CACHES = {
        "default": {
            "BACKEND": "django.core.cache.backends.redis.RedisCache",
            # Nothing listens there.
            "LOCATION": "redis://127.0.0.1:1/0",
        }
    }
    client = Client(raise_request_exception=False)
    answer = client.post("/login/", {"login": acme_user.username, "username": acme_user.username, "password": "x"})
    assert answer.status_code == 503
    assert "The console is not available just now" in answer.content.decode()
    assert "_auth_user_id" not in client.session
