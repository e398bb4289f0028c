"""The two signatures of the vendor's SDKs: ACS3-HMAC-SHA256, and the older RPC signature with HMAC-SHA1.

A signature is read into a Claim. `authenticate` finds out whether it is true.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING
from urllib.parse import quote

from django.db.models import Exists, OuterRef
from django.utils import timezone

from accounts.models import AccessKey
from api.errors import ApiError
from api.models import Nonce
from images.models import PlannedShare
from plumbing.prepared import prepared_with_plan

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from django.db.models import QuerySet
    from django.http import HttpRequest

    from api.params import Sent

ACS3 = "ACS3-HMAC-SHA256"
WINDOW = timedelta(minutes=15)
MAX_NONCE_LENGTH = 128
MAX_SIGNED_HEADERS = 64
MAX_ECHO_LENGTH = 1024


@dataclass(frozen=True)
class Claim:
    """The content of a signature: the holder of a key signed a text at a time. None of it is checked yet."""

    access_key_id: str
    nonce: str
    date: str
    string_to_sign: str
    signature: str
    method: str

    def signature_with(self, secret: str) -> str:
        if self.method == ACS3:
            return hmac.new(secret.encode(), self.string_to_sign.encode(), hashlib.sha256).hexdigest()
        # SHA-1 is what this older signature is made of.
        digest = hmac.new(f"{secret}&".encode(), self.string_to_sign.encode(), hashlib.sha1).digest()
        return base64.b64encode(digest).decode()


def encode(text: str) -> str:
    """Percent-encode all but the unreserved characters of RFC 3986."""
    return quote(text, safe="~")


def canonical(pairs: Mapping[str, str]) -> str:
    return "&".join(f"{encode(name)}={encode(pairs[name])}" for name in sorted(pairs))


def claim_of(request: HttpRequest, sent: Sent) -> Claim:
    """The claim of whichever signature the request carries. Raises ApiError for one that is not well formed."""
    if request.headers.get("x-acs-security-token") or sent.all.get("SecurityToken"):
        raise ApiError("UnsupportedSecurityToken", "The call carries an STS token.")
    if "Authorization" in request.headers:
        return _acs3(request, sent)
    if "Signature" in sent.all:
        return _rpc(request, sent)
    raise ApiError("MissingAuthorization", "The call has neither an Authorization header nor a Signature parameter.")


def _acs3(request: HttpRequest, sent: Sent) -> Claim:
    method, _, rest = request.headers["Authorization"].strip().partition(" ")
    if method != ACS3:
        raise ApiError("UnsupportedSignatureMethod", f"The Authorization header does not begin with {ACS3}.")
    match = re.fullmatch(
        r"\s*Credential=([^,\s]+),\s*SignedHeaders=([^,\s]+),\s*Signature=([0-9a-fA-F]{64})\s*", rest, re.ASCII
    )
    if not match:
        raise ApiError("IncompleteSignature", "The Authorization header lacks Credential, SignedHeaders or Signature.")
    access_key_id, signed, signature = match.groups()
    names = signed.lower().split(";")
    _check_signed(request, names, has_body=bool(sent.body))
    payload = hashlib.sha256(sent.body).hexdigest()
    if not hmac.compare_digest(_header(request, "x-acs-content-sha256").lower().encode(), payload.encode()):
        raise ApiError("ContentSha256Mismatch", f"The SHA-256 of the body is {payload}.")
    headers = "".join(f"{name}:{_header(request, name)}\n" for name in sorted(names))
    canonical_request = "\n".join([request.method or "", "/", canonical(sent.query), headers, signed, payload])
    return Claim(
        access_key_id=access_key_id,
        nonce=_header(request, "x-acs-signature-nonce"),
        date=_header(request, "x-acs-date"),
        string_to_sign=f"{ACS3}\n{hashlib.sha256(canonical_request.encode()).hexdigest()}",
        signature=signature.lower(),
        method=ACS3,
    )


def _check_signed(request: HttpRequest, names: list[str], *, has_body: bool) -> None:
    """Refuse what could be changed on the way: a header that says what is meant, and is not signed."""
    if "host" not in names:
        raise ApiError("UnsignedHost", "SignedHeaders lacks host.")
    meant = {name.lower() for name in request.headers if name.lower().startswith("x-acs-")}
    meant |= {"x-acs-date", "x-acs-signature-nonce", "x-acs-content-sha256"}
    if has_body:
        meant.add("content-type")
    if unsigned := sorted(meant - set(names)):
        raise ApiError("UnsignedHeader", f"SignedHeaders lacks {', '.join(unsigned)[:256]}.")
    if len(names) > MAX_SIGNED_HEADERS or len(set(names)) < len(names):
        raise ApiError("IncompleteSignature", "SignedHeaders names a header twice, or too many headers.")
    for name in names:
        if request.headers.get(name) is None:
            raise ApiError("IncompleteSignature", f"SignedHeaders names {name[:64]}, which the request does not have.")


def _header(request: HttpRequest, name: str) -> str:
    # WSGI hands bytes over as if they were Latin-1.
    return request.headers[name].strip().encode("latin-1", "replace").decode("utf-8", "replace")


def _rpc(request: HttpRequest, sent: Sent) -> Claim:
    parameters = sent.all
    signature = parameters.pop("Signature")
    if parameters.get("SignatureType"):
        raise ApiError("UnsupportedSignatureMethod", "SignatureType is none that this server knows; leave it out.")
    for name, only in (("SignatureMethod", "HMAC-SHA1"), ("SignatureVersion", "1.0")):
        if parameters.get(name) != only:
            raise ApiError("UnsupportedSignatureMethod", f"{name} is not {only}.")
    if not parameters.get("AccessKeyId") or not signature:
        raise ApiError("IncompleteSignature", "AccessKeyId or Signature is empty.")
    return Claim(
        access_key_id=parameters["AccessKeyId"],
        nonce=parameters.get("SignatureNonce", ""),
        date=parameters.get("Timestamp", ""),
        string_to_sign="&".join([request.method or "", encode("/"), encode(canonical(parameters))]),
        signature=signature,
        method="HMAC-SHA1",
    )


def authenticate(claim: Claim, *, address: str | None) -> AccessKey:
    """The key that signed the claim, with its user. Raises ApiError, by a code of its own for each way to fail.

    The nonce is used up last: a call that is refused for its signature takes none. The key says as `has_due_shares`
    whether a planned share of the account's is to be settled before anything is looked at.
    """
    date = _fresh(claim.date)
    if not 0 < len(claim.nonce) <= MAX_NONCE_LENGTH:
        raise ApiError("InvalidSignatureNonce", f"The nonce is not 1 to {MAX_NONCE_LENGTH} characters.")
    key = _key(claim.access_key_id)
    if not hmac.compare_digest(claim.signature_with(key.secret).encode(), claim.signature.encode()):
        raise ApiError(
            "SignatureDoesNotMatch", f"The signature is not the one of this string: {_shortened(claim.string_to_sign)}"
        )
    if not key.is_usable:
        raise ApiError("InvalidAccessKeyId.Inactive", f"The AccessKey {key} is not active.")
    if not Nonce.use(key.access_key_id, claim.nonce, expires_at=date + WINDOW):
        raise ApiError("SignatureNonceUsed", "A call with this nonce was received already.")
    key.used(address)
    return key


def _shortened(text: str) -> str:
    """The text in quotes, cut to its beginning. A call may have megabytes."""
    if len(text) <= MAX_ECHO_LENGTH:
        return repr(text)
    return f"{text[:MAX_ECHO_LENGTH]!r} (the first {MAX_ECHO_LENGTH} of its {len(text)} characters)"


def _fresh(text: str) -> datetime:
    try:
        date = datetime.strptime(text, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)
    except ValueError:
        raise ApiError("InvalidTimeStamp.Format", "The date is not of the form 2020-09-30T08:00:00Z.") from None
    now = timezone.now()
    if abs(now - date) > WINDOW:
        raise ApiError("InvalidTimeStamp.Expired", f"The server's clock says {now:%Y-%m-%dT%H:%M:%SZ}.")
    return date


def _key(access_key_id: str) -> AccessKey:
    keys: Iterable[AccessKey] = ()
    if re.fullmatch(r"[0-9A-Za-z]{1,32}", access_key_id):
        keys = _with_user(access_key_id, timezone.now())
    for key in keys:
        return key
    raise ApiError("InvalidAccessKeyId.NotFound", f"There is no AccessKey {access_key_id[:64]}.")


@prepared_with_plan
def _with_user(access_key_id: str, now: datetime) -> QuerySet[AccessKey]:
    due = PlannedShare.objects.due_for(OuterRef("user__account"), now)
    keys = AccessKey.objects.filter(access_key_id=access_key_id).select_related("user__account")
    return keys.annotate(has_due_shares=Exists(due))
