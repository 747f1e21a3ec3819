"""The words of the platform that a page speaks of: ``coins`` for its credits, ``Tokens`` for its
top-ups.

A page asks for a word while it is drawn. Only then is the platform asked for its words, so that a
page without amounts asks nobody.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar

USUAL: Mapping[str, str] = {
    "credit": "credit",
    "credits": "credits",
    "top_up": "top-up",
    "top_ups": "top-ups",
}
"""The words of a platform that chose none, and of pages that speak of no platform."""

_NAMED = {usual: name for name, usual in USUAL.items()}
_USUAL_WORD = re.compile(rf"\b({'|'.join(sorted(_NAMED, key=len, reverse=True))})\b")
_spoken: ContextVar[Callable[[], Mapping[str, str]]] = ContextVar("spoken", default=lambda: USUAL)


@contextmanager
def speaking(wording: Callable[[], Mapping[str, str]]) -> Iterator[None]:
    """In this block, pages use these words."""
    before = _spoken.set(wording)
    try:
        yield
    finally:
        _spoken.reset(before)


def worded(text: str) -> str:
    """One of our own texts about credits and top-ups, in the platform's words."""
    return _USUAL_WORD.sub(lambda found: word(_NAMED[found[0]]), text)


def word(name: str) -> str:
    """What the platform calls its ``credit``, ``credits``, ``top_up`` or ``top_ups``."""
    return _spoken.get()()[name]
