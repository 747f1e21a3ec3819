"""Grants: credits with a source and a life, and the order in which they burn (`docs/spec.md` 3)."""

from collections.abc import Callable, Iterable, Sequence
from functools import lru_cache

from msgspec import Struct
from msgspec.structs import replace

from .catalog import Source
from .credits import Micros
from .instants import LATEST, Instant

PRIORITY_STEP = 10
"""Sources stand at priorities 10, 20, ... in burn-down order; a grant's own priority overrides."""


class Grant(Struct, frozen=True, omit_defaults=True, gc=False):
    """Credits of one `source`, given by the journal entry `id` (a seq) at `effective_at`.

    Of the `amount` that was given, `remaining` is spendable and `held` is reserved by open holds:
    ``remaining + held <= amount``, all in micros. What remains expires at `expires_at` (None:
    never). `priority` overrides the place of the source in burn order.
    """

    id: int
    source: Source
    amount: Micros
    remaining: Micros
    effective_at: Instant
    expires_at: Instant | None = None
    held: Micros = 0
    priority: int | None = None


class Part(Struct, frozen=True, array_like=True, gc=False):
    """Some `credits` (micros) of one `grant`, which was of this `source` when they were taken."""

    grant: int
    source: Source
    credits: Micros


Parts = tuple[Part, ...]


@lru_cache(maxsize=256)
def burn_key(order: tuple[Source, ...]) -> Callable[[Grant], tuple[int, Instant, Instant, int]]:
    """The sort key of burn-down order: priority, soonest expiry, oldest, id (docs/spec.md 3.1)."""
    rank = {source: PRIORITY_STEP * at for at, source in enumerate(order, start=1)}

    def key(grant: Grant) -> tuple[int, Instant, Instant, int]:
        own = grant.priority
        return (
            rank[grant.source] if own is None else own,
            LATEST if grant.expires_at is None else grant.expires_at,
            grant.effective_at,
            grant.id,
        )

    return key


def in_burn_order(grants: Sequence[Grant], order: tuple[Source, ...]) -> Sequence[Grant]:
    """The grants in the order in which they are spent, by an order of sources."""
    return sorted(grants, key=burn_key(order)) if len(grants) > 1 else grants


def take(grants: Iterable[Grant], amount: Micros) -> Parts:
    """The parts of `grants`, in the order given, that make up `amount` (or all there is)."""
    parts = []
    for grant in grants:
        if amount <= 0:
            break
        if grant.remaining > 0:
            credits = grant.remaining if grant.remaining < amount else amount
            parts.append(Part(grant.id, grant.source, credits))
            amount -= credits
    return tuple(parts)


def split(parts: Parts, amount: Micros) -> tuple[Parts, Parts]:
    """Cut `parts` in two: the first `amount` credits of them, and the rest."""
    first, rest = [], []
    for part in parts:
        used = min(part.credits, amount)
        amount -= used
        if used:
            first.append(Part(part.grant, part.source, used))
        if used < part.credits:
            rest.append(Part(part.grant, part.source, part.credits - used))
    return tuple(first), tuple(rest)


def given_back(parts: Parts, before: Micros, amount: Micros) -> Parts:
    """What `amount` gives back of what was taken as `parts`, after `before` was given back: what
    was taken last goes back first."""
    _, rest = split(tuple(reversed(parts)), before)
    return split(rest, amount)[0]


def total(parts: Iterable[Part]) -> Micros:
    """The sum of parts."""
    credits = 0
    for part in parts:
        credits += part.credits
    return credits


def change(
    grants: tuple[Grant, ...], moved: Iterable[Part], remaining: int, held: int
) -> tuple[Grant, ...]:
    """`grants` with each part added `remaining` times to what is left and `held` times to holds.

    A grant with nothing left and nothing held leaves the state (it stays in the journal).
    """
    by_id: dict[int, Micros] = {}
    for part in moved:
        by_id[part.grant] = by_id.get(part.grant, 0) + part.credits
    changed = []
    for grant in grants:
        credits = by_id.get(grant.id)
        if credits is not None:
            grant = replace(
                grant,
                remaining=grant.remaining + remaining * credits,
                held=grant.held + held * credits,
            )
            if not grant.remaining and not grant.held:
                continue
        changed.append(grant)
    return tuple(changed)
