"""Changes as values, and the few shapes that most of them have."""

from collections.abc import Callable, Hashable, Iterator, Sequence
from decimal import Decimal
from typing import Literal, TypeAlias, TypeVar

from msgspec import Struct

T = TypeVar("T")

Kind: TypeAlias = Literal[
    "platform",
    "name",
    "time_zone",
    "units",
    "wording",
    "note",
    "order",
    "new_tool",
    "tool",
    "tool_withdrawn",
    "new_model",
    "model",
    "model_withdrawn",
    "setting",
    "price",
    "new_price",
    "plan_price",
    "end",
    "cost",
    "rewritten",
    "new_plan",
    "plan",
    "plan_withdrawn",
    "unlocks",
    "unlimited",
    "sample",
    "new_package",
    "package_withdrawn",
    "money",
    "default_plan",
    "free_credits",
    "top_ups",
    "bundle",
    "upgrade",
    "policy",
]
"""What a change is about, in the order of a catalog's sections."""


class CatalogChange(Struct, frozen=True, omit_defaults=True):
    """One difference: its kind, what it is about, and all of it as one sentence.

    `before` and `after` are in words, None for what is not there. `percent` says how much more
    (below zero: cheaper) a price gets, where one figure can say it.
    """

    kind: Kind
    subject: str
    text: str
    before: str | None = None
    after: str | None = None
    percent: int | Decimal | None = None


def altered(
    kind: Kind, subject: str, old: T, new: T, words: Callable[[T], str] = str
) -> Iterator[CatalogChange]:
    """``Time zone: UTC -> Europe/Paris``, or nothing when both are the same."""
    if old == new:
        return
    before, after = words(old), words(new)
    said = f"{before} -> {after}" if before != after else f"{before}, but written differently"
    yield CatalogChange(
        kind=kind, subject=subject, text=f"{subject}: {said}", before=before, after=after
    )


def noted(subject: str, old: str | None, new: str | None) -> Iterator[CatalogChange]:
    """A note that was added, changed or taken away."""
    if old != new:
        done = "added" if old is None else "changed" if new is not None else "removed"
        yield CatalogChange(
            kind="note", subject=subject, text=f"{subject}: note {done}", before=old, after=new
        )


def moved(
    kind: Kind, subject: str, old: Sequence[str], new: Sequence[str], lost: str, gained: str
) -> Iterator[CatalogChange]:
    """``Plan Pro: no longer unlocks music``: what a list of words lost and gained."""
    before, after = set(old), set(new)
    for word in old:
        if word not in after:
            yield CatalogChange(kind, subject, f"{subject}: {lost} {word}", before=word)
    for word in new:
        if word not in before:
            yield CatalogChange(kind, subject, f"{subject}: {gained} {word}", after=word)
    yield from reordered(subject, old, new)


def reordered(
    subject: str, old: Sequence[T], new: Sequence[T], key: Callable[[T], str] = str
) -> Iterator[CatalogChange]:
    """``Models: listed in another order``, of what both have."""
    names, others = [key(each) for each in old], [key(each) for each in new]
    both = set(names).intersection(others)
    before = [name for name in names if name in both]
    after = [name for name in others if name in both]
    if before != after:
        said = f"{subject}: listed in another order"
        yield CatalogChange(
            kind="order",
            subject=subject,
            text=said,
            before=", ".join(before),
            after=", ".join(after),
        )


def paired(
    old: Sequence[T], new: Sequence[T], key: Callable[[T], Hashable]
) -> Iterator[tuple[T | None, T | None]]:
    """Each thing before and after, None where it is not there; what is gone comes last."""
    before, after = _numbered(old, key), _numbered(new, key)
    for name, thing in after.items():
        yield before.get(name), thing
    for name, thing in before.items():
        if name not in after:
            yield thing, None


def _numbered(things: Sequence[T], key: Callable[[T], Hashable]) -> dict[tuple[Hashable, int], T]:
    """Things by key and turn, so that two with one key stay two."""
    found: dict[tuple[Hashable, int], T] = {}
    turns: dict[Hashable, int] = {}
    for thing in things:
        name = key(thing)
        turns[name] = turns.get(name, 0) + 1
        found[name, turns[name]] = thing
    return found
