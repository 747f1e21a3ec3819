"""Quotes: a price somebody was shown, honoured until it expires (`docs/spec.md` 2.9)."""

import hmac
from base64 import urlsafe_b64decode, urlsafe_b64encode
from hashlib import sha256

from msgspec import DecodeError, Struct, msgpack

from .errors import InvalidRequest, describe
from .instants import Instant
from .pricing import Priced


class Quote(Struct, frozen=True, omit_defaults=True):
    """What a quote's token carries: the price `priced`, honoured until `expires_at`, under an `id`.

    `account` is the account it was made for; None for a quote that was made for no account. `epoch`
    is that of the ledger it was made in: one that was restored does not know what was spent since.
    """

    id: str
    account: str | None
    priced: Priced
    expires_at: Instant
    epoch: str = "e1"


TOKEN_CHARACTERS_MAX = 8_192
_SIGNATURE = 16

_decode = msgpack.Decoder(Quote).decode


def sign(quote: Quote, secret: bytes) -> str:
    """The token of a quote."""
    body = msgpack.encode(quote)
    return "q_" + urlsafe_b64encode(_signature(body, secret) + body).rstrip(b"=").decode()


def verify(token: object, secret: bytes) -> Quote:
    """The quote of a token. Raises `InvalidRequest` for one that this platform did not sign."""
    if isinstance(token, str) and token.startswith("q_") and len(token) <= TOKEN_CHARACTERS_MAX:
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
