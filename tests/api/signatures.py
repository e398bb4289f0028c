"""Both signatures, written from the vendor's description and not from the server's code."""

from __future__ import annotations

import base64
import hashlib
import hmac
from typing import TYPE_CHECKING
from urllib.parse import quote

if TYPE_CHECKING:
    from collections.abc import Iterable


def encode(text: str) -> str:
    return quote(text, safe="-_.~")


def acs3(
    method: str,
    query: Iterable[tuple[str, str]],
    headers: dict[str, str],
    body: bytes,
    access_key_id: str,
    secret: str,
) -> dict[str, str]:
    """The headers and the Authorization that signs all of them, and the body's hash."""
    payload = hashlib.sha256(body).hexdigest()
    headers = {**headers, "x-acs-content-sha256": payload}
    names = sorted(headers)
    canonical = "\n".join(
        [
            method,
            "/",
            "&".join(f"{encode(name)}={encode(text)}" for name, text in sorted(query)),
            "".join(f"{name}:{headers[name].strip()}\n" for name in names),
            ";".join(names),
            payload,
        ]
    )
    to_sign = "ACS3-HMAC-SHA256\n" + hashlib.sha256(canonical.encode()).hexdigest()
    signature = hmac.new(secret.encode(), to_sign.encode(), hashlib.sha256).hexdigest()
    signed = ";".join(names)
    return {
        **headers,
        "authorization": f"ACS3-HMAC-SHA256 Credential={access_key_id},SignedHeaders={signed},Signature={signature}",
    }


def rpc(method: str, parameters: dict[str, str], secret: str) -> str:
    query = "&".join(f"{encode(name)}={encode(parameters[name])}" for name in sorted(parameters))
    to_sign = f"{method}&%2F&{encode(query)}"
    return base64.b64encode(hmac.new(f"{secret}&".encode(), to_sign.encode(), hashlib.sha1).digest()).decode()
