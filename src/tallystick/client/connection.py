"""The settings of a connection to a server: address, API key and time-out, checked."""

import ssl
from importlib.metadata import version
from typing import Any, NamedTuple
from urllib.parse import SplitResult, urlsplit

from ..core.api_keys import platform_of, read
from ..core.errors import InvalidRequest, describe, installing

DEFAULT_TIMEOUT_SECONDS = 30.0
_CONNECT_MAX_SECONDS = 5.0
_CONNECTIONS_MAX = 100
_URL_MAX_CHARACTERS = 1_000
_IDLE_MAX_SECONDS = 60.0
"""An idle connection is closed after this time, before a server would close it."""
_LOOKS_LIKE = "an API key looks like tk_live_<platform>_..., as `tallystick keys create` showed it"


class Remote(NamedTuple):
    """A server to connect to; its `repr` does not show the key.

    `url` is the server's address without a slash at its end, `api_key` opens `platform`, and
    `timeout` is in seconds, for one request.
    """

    url: str
    api_key: str
    platform: str
    timeout: float

    def __repr__(self) -> str:
        return f"Remote({self.url!r}, platform={self.platform!r})"


def remote(url: object, api_key: object, timeout: object = DEFAULT_TIMEOUT_SECONDS) -> Remote:
    """Check where to connect. Raises `InvalidRequest`, whose message repeats no key or password."""
    address = _address(url)
    key, platform = _key(api_key)
    seconds = _seconds(timeout)
    _check_installed()
    return Remote(address, key, platform, seconds)


def _address(url: object) -> str:
    text = url if isinstance(url, str) and url.isascii() and url.isprintable() else ""
    if text.startswith("tk_"):
        raise InvalidRequest("the server's address comes first, then the API key", where="url")
    parts = _parts(text)
    if parts is None:
        secret = isinstance(url, str) and ("@" in url or "tk_" in url)
        raise InvalidRequest(
            "a server's address looks like http://127.0.0.1:8700 or "
            "https://credits.example.com, not "
            f"{'this' if secret else describe(url)}",
            where="url",
        )
    if parts.username is not None or parts.query or parts.fragment:
        raise InvalidRequest(
            "a server's address must not contain a user, password, query or fragment; give the API "
            "key separately",
            where="url",
        )
    return text.rstrip("/")


def _parts(text: str) -> SplitResult | None:
    """Split an HTTP address into its parts; None for any other text."""
    try:
        parts = urlsplit(text)
        sound = parts.scheme in ("http", "https") and parts.hostname and parts.port != 0
    except ValueError:  # something that is not a port, or not an IPv6 address
        return None
    plain = len(text) <= _URL_MAX_CHARACTERS and not set(text) & set(' \\"<>')
    return parts if sound and plain else None


def _key(api_key: object) -> tuple[str, str]:
    text = api_key if isinstance(api_key, str) else ""
    sound = text.isascii() and text.isprintable() and " " not in text and len(text) < 200
    platform = platform_of(text) if sound else None
    said = read(text)
    if said is not None and said.mistyped:
        raise InvalidRequest(
            "this API key was mistyped or cut: its last characters do not fit the others; copy it "
            "again",
            where="api_key",
        )
    if platform is None or not text.rpartition("_")[2].isalnum():
        raise InvalidRequest(_LOOKS_LIKE, where="api_key")
    return text, platform


def _seconds(timeout: object) -> float:
    """Check a time-out: seconds, more than 0 and at most an hour."""
    sound = isinstance(timeout, (int, float)) and not isinstance(timeout, bool)
    if not sound or not 0 < timeout <= 3_600:  # type: ignore[operator]
        raise InvalidRequest(
            f"timeout must be seconds, more than 0 and at most 3,600, not {describe(timeout)}",
            where="timeout",
        )
    return float(timeout)  # type: ignore[arg-type]


def _check_installed() -> None:
    """Raise a clear error when the library that speaks HTTP is not installed."""
    try:
        import httpx2  # noqa: F401
    except ImportError:
        raise InvalidRequest(
            f"connecting to a server requires the client extra: {installing('client')}",
            where="connect",
        ) from None


def settings(to: Remote) -> dict[str, Any]:
    """Make the arguments of an httpx2 client for a server."""
    import httpx2

    found: dict[str, Any] = {
        "base_url": to.url,
        "headers": {
            "authorization": f"Bearer {to.api_key}",
            "user-agent": f"tallystick-python/{version('tallystick')}",
        },
        "timeout": httpx2.Timeout(to.timeout, connect=min(to.timeout, _CONNECT_MAX_SECONDS)),
        "limits": httpx2.Limits(
            max_connections=_CONNECTIONS_MAX, keepalive_expiry=_IDLE_MAX_SECONDS
        ),
        "follow_redirects": False,
    }
    if to.url.startswith("http:"):  # no certificates are read for what is never encrypted
        found["verify"] = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    return found
