"""What is never shown nor logged: API keys, quotes, and the passwords in addresses.

A line may hold an address as long as a client likes, so it is searched in one pass: no pattern here
begins again within what it has looked at before.
"""

import re

_SECRET = re.compile(
    r"tk_[\w-]{8,}"
    r"|(?<![A-Za-z])q_[\w-]{16,}"
    r"|(?i:bearer)\s+[^\s\"',]+"
)
_PASSWORD = re.compile(r"([Pp]assword)=[^&\s\"']+")
_ADDRESS = re.compile(r"://[^\s\"']+")
_USER = re.compile(r"[^:/@]*")
_HINTS = ("tk_", "q_", "://", "assword", "earer", "EARER")
"""One of them is in every text with a secret: most lines have none, and are not searched."""


def masked(text: str) -> str:
    """A text without the secrets in it, wherever they came from."""
    if not any(hint in text for hint in _HINTS):
        return text
    without = _ADDRESS.sub(_mask_address, text)
    return _SECRET.sub(_mask, _PASSWORD.sub(r"\1=***", without))


def _mask(found: "re.Match[str]") -> str:
    return f"{found[0].partition('_')[0]}_***" if "_" in found[0][:3] else "Bearer ***"


def _mask_address(found: "re.Match[str]") -> str:
    """``://user:***@host``: a password reaches from its colon to the last @, whatever is in it."""
    address = found[0]
    end = address.rfind("@")
    at = 0
    while 0 <= at < end:
        user = _USER.match(address, at + 3)
        if user is not None and user.end() < end and address[user.end()] == ":":
            return f"{address[: user.end()]}:***{address[end:]}"
        at = address.find("://", at + 3)
    return address
