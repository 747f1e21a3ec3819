"""To stand between the engine and its store while a batch is decided."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any

from tallystick import AsyncTallystick, Tallystick
from tallystick.engine import Engine


def intervene(
    who: Tallystick | AsyncTallystick | Engine, **steps: Callable[..., Any]
) -> Callable[[], None]:
    """Each named step of every decision (``load``, ``write`` ...) is done by another one, which
    is given the step itself and then what that is given. Undone by calling what this returns."""
    engine = who if isinstance(who, Engine) else who._transport.engine
    store: Any = engine.store
    real = store.deciding

    @contextmanager
    def deciding(*alone: Any) -> Iterator[Any]:
        with real(*alone) as decision:
            for name, step in steps.items():
                setattr(decision, name, partial(step, getattr(decision, name)))
            yield decision

    store.deciding = deciding

    def undo() -> None:
        store.deciding = real

    return undo
