"""What is never shown nor logged: API keys, quotes, and the passwords in addresses."""

import re

_SECRET = re.compile(
    r"tk_[\w-]{8,}"
    r"|(?<![A-Za-z])q_[\w-]{16,}"
    r"|(?i:bearer)\s+[^\s\"',]+"
    r"|(?<=://)(?P<user>[^:/@\s\"']*):[^\s\"']*@"
    r"|(?P<named>\w*[Pp]assword)=[^&\s\"']+"
)
_HINTS = ("tk_", "q_", "://", "assword", "earer", "EARER")
"""One of them is in every text with a secret: most lines have none, and are not searched."""


def masked(text: str) -> str:
    """A text without the secrets in it, whoever put them there."""
    return _SECRET.sub(_mask, text) if any(hint in text for hint in _HINTS) else text


def _mask(found: "re.Match[str]") -> str:
    if found["user"] is not None:
        return f"{found['user']}:***@"
    if found["named"] is not None:
        return f"{found['named']}=***"
    return f"{found[0].partition('_')[0]}_***" if "_" in found[0][:3] else "Bearer ***"
