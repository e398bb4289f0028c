"""What the clients of the load generator do: each function makes one client, a generator of requests."""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
from datetime import UTC, datetime
from itertools import cycle
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlencode

from benchmarks.load import request

if TYPE_CHECKING:
    from benchmarks.load import Answer, Client

type Person = dict[str, Any]

# Browsers ask for compressed pages, so it belongs to the work.
BROWSER = {"Host": "127.0.0.1", "Accept": "text/html", "Accept-Encoding": "gzip, deflate, br, zstd"}


def is_ok(answer: Answer) -> bool:
    return answer.status == 200


def is_api_answer(answer: Answer) -> bool:
    return answer.status == 200 and b'"RequestId"' in answer.body


def call(person: Person, action: str, **parameters: str) -> bytes:
    """One call of the API, signed with ACS3-HMAC-SHA256 as the vendor's SDK signs it."""
    query = "&".join(f"{quote(name, safe='~')}={quote(value, safe='~')}" for name, value in sorted(parameters.items()))
    headers = {
        "host": "127.0.0.1",
        "x-acs-action": action,
        "x-acs-content-sha256": hashlib.sha256(b"").hexdigest(),
        "x-acs-date": datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "x-acs-signature-nonce": secrets.token_hex(16),
        "x-acs-version": "2020-09-30",
    }
    names = ";".join(headers)
    canonical = "".join(f"{name}:{value}\n" for name, value in headers.items())
    text = f"POST\n/\n{query}\n{canonical}\n{names}\n{headers['x-acs-content-sha256']}"
    to_sign = f"ACS3-HMAC-SHA256\n{hashlib.sha256(text.encode()).hexdigest()}"
    signature = hmac.new(person["secret"].encode(), to_sign.encode(), hashlib.sha256).hexdigest()
    authorization = f"ACS3-HMAC-SHA256 Credential={person['key']},SignedHeaders={names},Signature={signature}"
    return request("POST", f"/?{query}", {**headers, "Authorization": authorization})


def api_share(person: Person, recipient: str) -> Client:
    """Unshare and share in turn. The first call changes nothing, unless a run before this one ended at a share."""
    what = {"RegionId": person["region"], "ImageId": person["image"]}
    while True:
        yield call(person, "ModifyImagePermission", **what, **{"RemoveAccount.1": recipient})
        yield call(person, "ModifyImagePermission", **what, **{"AddAccount.1": recipient})


def api_describe(person: Person) -> Client:
    """The first page of 25 of the account's own images."""
    what = {"RegionId": person["region"], "MaxResults": "25", "ImageType": "CUSTOM"}
    while True:
        answer = yield call(person, "DescribeImages", **what)
        if answer.body.count(b'"ImageId":') != 25:
            raise AssertionError("not a page of 25 images")


def images_page(person: Person, *, cursor: str = "") -> Client:
    """The same page of the account's own images again and again, as a browser asks for it that has been there."""
    path = f"/{person['region']}/images/custom/" + (f"?cursor={cursor}" if cursor else "")
    cookies = f"sessionid={person['session']}"
    answer = yield request("GET", path, {**BROWSER, "Cookie": cookies})
    cookies += f"; csrftoken={_csrf_cookie(answer)}"
    while True:
        yield request("GET", path, {**BROWSER, "Cookie": cookies})


def _csrf_cookie(answer: Answer) -> str:
    return re.findall(rb"csrftoken=(\w+)", answer.head)[0].decode()


def console_share(person: Person, recipient: str, *, open_dialog: bool) -> Client:
    """Share and unshare by the forms of the dialog, as htmx sends them; every answer is the fresh dialog.

    With `open_dialog` it is opened anew before each form is sent.
    """
    dialog = f"/{person['region']}/images/{person['image']}/sharing/"
    unshare = f"{dialog}{recipient}/unshare/"
    headers = {**BROWSER, "Cookie": f"sessionid={person['session']}", "HX-Request": "true"}
    plain = {**headers, "Accept-Encoding": "identity"}
    answer = yield request("GET", dialog, plain)
    token = re.findall(rb'name="csrfmiddlewaretoken" value="(\w+)"', answer.body)[0].decode()
    headers["Cookie"] += f"; csrftoken={_csrf_cookie(answer)}"
    headers["Content-Type"] = "application/x-www-form-urlencoded"
    share_form = urlencode({"csrfmiddlewaretoken": token, "account": recipient, "confirm": "on"})
    unshare_form = urlencode({"csrfmiddlewaretoken": token})
    acts = [(dialog, share_form), (unshare, unshare_form)]
    if unshare.encode() in answer.body:
        acts.reverse()
    for path, form in cycle(acts):
        if open_dialog:
            yield request("GET", dialog, headers)
        yield request("POST", path, headers, form)


def floor_page(session: str) -> Client:
    while True:
        yield request("GET", "/page/", {**BROWSER, "Cookie": f"sessionid={session}"})


def floor_write(owner: int) -> Client:
    while True:
        yield request("POST", f"/write/?owner={owner}", {"Host": "127.0.0.1"})


MOTO = {
    "Host": "127.0.0.1",
    "Content-Type": "application/x-www-form-urlencoded",
    # moto checks no signature; it takes service and region from here.
    "Authorization": "AWS4-HMAC-SHA256 Credential=key/20260101/us-east-1/ec2/aws4_request, "
    "SignedHeaders=host, Signature=none",
}


def moto_share(image: str, recipient: str) -> Client:
    what = {"Action": "ModifyImageAttribute", "Version": "2016-11-15", "ImageId": image}
    while True:
        for act in ("Remove", "Add"):
            form = urlencode({**what, f"LaunchPermission.{act}.1.UserId": recipient[:12]})
            yield request("POST", "/", MOTO, form)


def moto_describe() -> Client:
    form = urlencode({"Action": "DescribeImages", "Version": "2016-11-15", "Owner.1": "self"})
    while True:
        yield request("POST", "/", MOTO, form)
