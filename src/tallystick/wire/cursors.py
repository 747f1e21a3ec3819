"""Cursors: where the next page of a list begins. Clients send them back unchanged."""

import re
from base64 import urlsafe_b64decode, urlsafe_b64encode

from msgspec import DecodeError, json

from ..core import limits
from ..core.errors import InvalidRequest, describe

_CURSOR_CHARACTERS_MAX = 1_000
_HOLD = re.compile(r"[0-9]{1,18} [1-9][0-9]{0,15}", re.ASCII)
"""The expiry and the number of a hold."""


def encode(kind: str, place: str | int) -> str:
    """The cursor of a place in a list of `kind`."""
    return urlsafe_b64encode(json.encode([kind, place])).rstrip(b"=").decode()


def decode(kind: str, cursor: str, place: type) -> str | int:
    """The place that a cursor names. Raises `InvalidRequest` for a cursor of another list."""
    if len(cursor) <= _CURSOR_CHARACTERS_MAX and cursor.isascii():
        try:
            found = json.decode(urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
        except (DecodeError, ValueError):
            found = None
        where = found[-1] if isinstance(found, list) and found else None
        # Written again it has to be the same: of this list, with nothing changed or added.
        if type(where) is place and _sound(kind, where) and encode(kind, where) == cursor:
            return where
    raise InvalidRequest(
        f"{describe(cursor)} is not a cursor of this list; send `next` of the page before as it is",
        where="cursor",
    )


def _sound(kind: str, place: str | int) -> bool:
    if isinstance(place, int):
        return 0 < place <= 2**53
    if kind == "holds":
        return _HOLD.fullmatch(place) is not None
    return 0 < len(place) <= limits.ID_CHARACTERS_MAX and place.isprintable()
