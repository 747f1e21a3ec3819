"""Quote tokens: a quote is signed, not stored (`docs/spec.md` 2.9).

A token is ``q_`` and two parts, the quote and its signature; only spending it is recorded.
"""

import hmac
from base64 import urlsafe_b64decode, urlsafe_b64encode
from hashlib import sha256

from msgspec import DecodeError, msgpack

from ..core.errors import InvalidRequest, describe
from ..core.quotes import Quote

MAX_TOKEN = 8_192
_SIGNATURE = 16

_decode = msgpack.Decoder(Quote).decode


def sign(quote: Quote, secret: bytes) -> str:
    """The token of a quote."""
    body = msgpack.encode(quote)
    return "q_" + urlsafe_b64encode(_signature(body, secret) + body).rstrip(b"=").decode()


def verify(token: object, secret: bytes) -> Quote:
    """The quote of a token; `InvalidRequest` for one that this platform did not sign."""
    if isinstance(token, str) and token.startswith("q_") and len(token) <= MAX_TOKEN:
        padding = "=" * (-(len(token) - 2) % 4)
        try:
            signed = urlsafe_b64decode(token[2:] + padding)
        except ValueError:
            signed = b""
        body = signed[_SIGNATURE:]
        if hmac.compare_digest(_signature(body, secret), signed[:_SIGNATURE]):
            try:
                return _decode(body)
            except DecodeError:
                pass  # signed by an older version with another shape
    raise InvalidRequest(
        f"not a quote of this platform: {describe(token)}; use the token that quote() gave",
        where="quote",
    )


def _signature(body: bytes, secret: bytes) -> bytes:
    return hmac.digest(secret, body, sha256)[:_SIGNATURE]
