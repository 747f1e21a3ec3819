"""API keys as texts: ``tk_<platform>_<id><secret>``, and the scopes that one may have."""

SCOPES = ("quote", "spend", "read", "grant", "admin")
"""What a key may open; each stands for itself."""

DEFAULT_SCOPES = ("quote", "spend", "read")

ID_CHARACTERS, SECRET_CHARACTERS = 10, 40


def platform_of(api_key: str) -> str | None:
    """The platform that a key names, whether or not there is such a key."""
    head, _, tail = api_key.rpartition("_")
    named = head.removeprefix("tk_") if head.startswith("tk_") else ""
    return named if named and len(tail) == ID_CHARACTERS + SECRET_CHARACTERS else None


def parts(api_key: str) -> tuple[str, str]:
    """The id and the secret of a key; two empty texts where it cannot be one."""
    tail = api_key.rpartition("_")[2]
    sound = api_key.isascii() and platform_of(api_key) is not None
    return (tail[:ID_CHARACTERS], tail[ID_CHARACTERS:]) if sound else ("", "")


def well_formed(api_key: str) -> bool:
    """Whether a text can be a key, so that it is worth looking for."""
    return bool(parts(api_key)[0])
