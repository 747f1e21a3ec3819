"""API keys as texts, and the scopes that one may have.

A key reads ``tk_live_<platform>_<id><secret><checksum>``; on a platform with a test clock it begins
with ``tk_test_``. The checksum tells a key that was copied wrongly from one that is not known, and
lets a scanner of files tell a key from chance. Older keys have neither the word nor the checksum:
``tk_<platform>_<id><secret>``.
"""

import string
import zlib
from typing import Literal, NamedTuple, TypeAlias

SCOPES = ("quote", "spend", "read", "grant", "admin")
"""What a key may open; each stands for itself."""

DEFAULT_SCOPES = ("quote", "spend", "read")

ID_CHARACTERS, SECRET_CHARACTERS, CHECKSUM_CHARACTERS = 10, 40, 6
ALPHABET = string.digits + string.ascii_uppercase + string.ascii_lowercase

Environment: TypeAlias = Literal["live", "test"]
"""Whether a key is of a platform with a test clock."""


class KeyText(NamedTuple):
    """A key taken apart. `environment` and `checksum` are None in an older key."""

    platform: str
    id: str
    secret: str
    environment: Environment | None = None
    checksum: str | None = None

    @property
    def mistyped(self) -> bool:
        """Whether the checksum says that a character is wrong, or that two are swapped."""
        return self.checksum is not None and self.checksum != _checksum(self._unchecked)

    @property
    def _unchecked(self) -> str:
        return f"tk_{self.environment}_{self.platform}_{self.id}{self.secret}"


def write(environment: Environment, platform: str, id: str, secret: str) -> str:
    """A key as text."""
    unchecked = f"tk_{environment}_{platform}_{id}{secret}"
    return unchecked + _checksum(unchecked)


def read(api_key: str) -> KeyText | None:
    """A key taken apart; None for a text that cannot be one. Whether there is such a key, or
    whether its checksum is right, is another question."""
    head, _, tail = api_key.rpartition("_")
    if not api_key.isascii() or not head.startswith("tk_"):
        return None
    named = head.removeprefix("tk_")
    id, secret = tail[:ID_CHARACTERS], tail[ID_CHARACTERS : ID_CHARACTERS + SECRET_CHARACTERS]
    if len(tail) == ID_CHARACTERS + SECRET_CHARACTERS:
        return KeyText(named, id, secret) if named else None
    if len(tail) != ID_CHARACTERS + SECRET_CHARACTERS + CHECKSUM_CHARACTERS:
        return None
    environment, _, platform = named.partition("_")
    if not platform or environment not in ("live", "test"):
        return None
    checksum = tail[ID_CHARACTERS + SECRET_CHARACTERS :]
    return KeyText(
        platform=platform,
        id=id,
        secret=secret,
        environment=environment,  # type: ignore[arg-type]
        checksum=checksum,
    )


def platform_of(api_key: str) -> str | None:
    """The platform that a key names, whether or not there is such a key."""
    found = read(api_key)
    return found.platform if found else None


def _checksum(text: str) -> str:
    """Six characters that change with each one of a text: its CRC-32 in 62 digits."""
    rest, digits = zlib.crc32(text.encode()), ""
    while len(digits) < CHECKSUM_CHARACTERS:
        rest, digit = divmod(rest, len(ALPHABET))
        digits = ALPHABET[digit] + digits
    return digits
