"""Grants: credits with a source and a life, and the order in which they burn (`docs/spec.md` 3)."""

from collections.abc import Callable, Iterable, Sequence
from functools import lru_cache
from typing import TypeAlias

from msgspec import Struct
from msgspec.structs import replace

from .catalog import Money, Policy, Source
from .credits import Micros
from .instants import LATEST, Instant

PRIORITY_STEP = 10
"""Sources stand at priorities 10, 20, ... in burn-down order; a grant's own priority overrides."""
PRIORITY_BY_EXPIRY = 50
"""The priority of every grant that has none of its own, where the catalog burns by expiry."""


class Grant(Struct, frozen=True, omit_defaults=True, gc=False):
    """Credits of one `source`, given by the journal entry `id` (a seq) at `effective_at`.

    Of the `amount` that was given, `remaining` is spendable and `held` is reserved by open holds:
    ``remaining + held <= amount``, all in micros. What remains expires at `expires_at` (None:
    never). `priority` overrides the place of the source in burn order.

    A grant that is bound pays only for generations of its `tools` and `models` (ids): of one that
    is named there. `price` is the money that was paid for it, and `payment` the id of the payment;
    both are the operator's to say. `cycle_ends_at` is the end of the cycle that gave the grant, if
    its expiry was moved away from there.
    """

    id: int
    source: Source
    amount: Micros
    remaining: Micros
    effective_at: Instant
    expires_at: Instant | None = None
    held: Micros = 0
    priority: int | None = None
    tools: tuple[str, ...] = ()
    models: tuple[str, ...] = ()
    price: Money | None = None
    payment: str | None = None
    cycle_ends_at: Instant | None = None

    @property
    def bound(self) -> bool:
        """Whether it pays for some generations only."""
        return bool(self.tools or self.models)

    def of_cycle(self, ends_at: Instant) -> bool:
        """Whether the subscription's cycle that ends then gave it."""
        end = self.expires_at if self.cycle_ends_at is None else self.cycle_ends_at
        return self.source == "subscription" and end == ends_at


Pays: TypeAlias = Callable[[Grant], bool]
"""Whether a grant may pay for something."""


def pays_for(tool: str, model: str) -> Pays:
    """The grants that may pay for a generation: those bound to it, and those bound to nothing."""

    def pays(grant: Grant) -> bool:
        return not grant.bound or tool in grant.tools or model in grant.models

    return pays


def pays_for_anything(grant: Grant) -> bool:
    """The grants that may pay for whatever comes: those bound to nothing."""
    return not grant.bound


def spendable(grants: Iterable[Grant]) -> Micros:
    """What is left of grants, over all of them."""
    return sum([grant.remaining for grant in grants])


class Part(Struct, frozen=True, array_like=True, gc=False):
    """Some `credits` (micros) of one `grant`, which was of this `source` when they were taken."""

    grant: int
    source: Source
    credits: Micros


Parts = tuple[Part, ...]


BurnKey: TypeAlias = Callable[[Grant], tuple[int, ...]]


@lru_cache(maxsize=256)
def burn_key(order: tuple[Source, ...], burn_by: str) -> BurnKey:
    """The sort key of burn-down order: priority, soonest expiry, oldest, id (docs/spec.md 3.1).

    By expiry all sources have one priority, and their order comes after the expiry (3.8).
    """
    rank = {source: PRIORITY_STEP * at for at, source in enumerate(order, start=1)}
    rank.setdefault("rollover", rank["subscription"] - PRIORITY_STEP // 2)

    def by_source(grant: Grant) -> tuple[int, ...]:
        own = grant.priority
        return (
            rank[grant.source] if own is None else own,
            LATEST if grant.expires_at is None else grant.expires_at,
            grant.effective_at,
            grant.id,
        )

    def by_expiry(grant: Grant) -> tuple[int, ...]:
        own = grant.priority
        return (
            PRIORITY_BY_EXPIRY if own is None else own,
            LATEST if grant.expires_at is None else grant.expires_at,
            rank[grant.source],
            grant.effective_at,
            grant.id,
        )

    return by_expiry if burn_by == "expiry" else by_source


def in_burn_order(grants: Sequence[Grant], policy: Policy) -> Sequence[Grant]:
    """The grants in the order in which they are spent, by the catalog's policy."""
    if len(grants) < 2:
        return grants
    return sorted(grants, key=burn_key(policy.burn_order, policy.burn_by))


def take(grants: Iterable[Grant], amount: Micros) -> Parts:
    """The parts of `grants`, in the order given, that make up `amount`, or all there is."""
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
