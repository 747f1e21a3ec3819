"""The leases that stand behind one that renews itself: which pays, when the next is asked for.

A lease cannot grow, so it is followed by another: asked for when little is left, before it is
needed. A spend is paid by the first lease that has enough for it; those before it are given back.
"""

from collections.abc import Sequence
from typing import Any, NamedTuple

from msgspec import Struct, structs

from ..core import limits
from ..core.commands import Draw, Lease
from ..core.credits import Credits, Micros, parse, show, text
from ..core.errors import StillRunning, StoreError
from ..core.refusals import HoldClosed, LeaseExhausted, Refused
from ..doors import queries
from ..doors.calls import Call, given
from ..engine import results
from ..engine.results.base import Result
from .exchange import keyed
from .lease_terms import LeaseSteps
from .renewal import HoldRenewal, RenewalTasks, RenewalThread

QUIET = 1.0
"""Seconds after a further lease was refused in which none is asked for."""


class Spent(Result, frozen=True, kw_only=True):
    """What a lease let out: `credits` for `model`, and what is `left` of all it has leased. The
    draw that writes it has this `key`; it was let out of `hold`."""

    account: str
    key: str
    hold: str
    model: str
    credits: Credits
    left: Credits


class LeaseRenewal(HoldRenewal):
    """A lease that is kept open, and until when it is sure to be open."""

    def __init__(self, lease: results.Lease, asked_at: float, again: bool, margin: float):
        super().__init__(lease, asked_at, again)
        self._margin = min(margin, self.ttl / 4)
        self.sure_until = asked_at + self.ttl - self._margin

    def extended(self, extension: results.Extension, asked_at: float) -> None:
        super().extended(extension, asked_at)
        self.sure_until = asked_at + self.ttl - self._margin


class HeldLease:
    """One lease: what is left of it once all that was let out is written."""

    __slots__ = ("hold", "left", "renewal", "retired", "unwritten")

    def __init__(self, hold: str, left: Micros, renewal: LeaseRenewal):
        self.hold = hold
        self.left = left
        self.renewal = renewal
        self.unwritten = 0
        self.retired = False
        """It pays for nothing more, and is given back when all of it is written."""


class BufferedSpend:
    """A spend that was let out at `at` under `key` and is not in the ledger. Without `held`, the
    lease that paid for it is closed, or has not enough, and it needs another."""

    __slots__ = ("at", "cost", "draw", "error", "held", "key", "since")

    def __init__(self, draw: Draw, cost: Micros, at: float, held: HeldLease):
        self.draw = draw
        self.key = draw.key or ""
        self.cost = cost
        self.at = at
        self.held: HeldLease | None = held
        self.error: Exception | None = None
        self.since: int | None = None
        """How many refusals there had been when it first asked for another lease."""

    def move(self, held: HeldLease) -> None:
        """Another lease pays. A refusal uses its key up, so the draw has another one now."""
        self.held = held
        self.draw = keyed(structs.replace(self.draw, hold=held.hold, key=None))


class Refill:
    """A further lease that is wanted; somebody waits for `needed` of it. `after`: what is leased
    already goes back first."""

    __slots__ = ("after", "amount", "command", "needed", "sent")

    def __init__(self, command: Lease, amount: Micros, needed: Micros, after: bool = False):
        self.command = command
        self.amount = amount
        self.needed = needed
        self.after = after
        self.sent = False


class Exhaustion(NamedTuple):
    """A further lease was refused at `at`, with so much there."""

    error: Exception
    at: float
    there: Micros


class First(Struct, frozen=True):
    """The lease that was asked for, and what it was answered. `again`: the answer may be an old
    one, given again under its key."""

    asked: Lease
    answer: results.Lease
    asked_at: float
    again: bool


class LeaseSet:
    """All that is leased, in the order in which it pays."""

    def __init__(
        self, renewals: RenewalThread | RenewalTasks, first: First, low_water: Micros, margin: float
    ):
        self._renewals = renewals
        self._asked = first.asked
        self._size = parse(first.answer.credits, "credits")
        self._labels = first.answer.labels
        self._low_water = low_water
        self._margin = margin
        self._again = first.again
        self._refill: Refill | None = None
        self._exhaustion: Exhaustion | None = None
        self._failures = 0
        self.refusals = 0
        """How often a further lease was refused for good."""
        self.now = renewals.timing.now
        self.account = first.answer.account
        self.held = [self._held(first.answer, first.asked_at, first.again)]

    def _held(self, lease: results.Lease, asked_at: float, again: bool = False) -> HeldLease:
        renewal = LeaseRenewal(lease, asked_at, again, self._margin)
        return HeldLease(lease.hold, parse(lease.credits, "credits"), renewal)

    def look(self) -> LeaseSteps[None]:
        """Keep the first lease open; of one that may be old, learn what is left."""
        (held,) = self.held
        if self._again:
            asked_at = self.now()
            answer = yield Call(held.renewal.extension())
            if isinstance(answer, HoldClosed):
                self.held.clear()
                return
            held.renewal.extended(given(answer), asked_at)
            listed = given((yield Call(queries.HoldsOf(account=self.account))))
            left = [each.credits for each in listed if each.hold == held.hold]
            held.left = parse(left[0], "credits") if left else 0
        self._renewals.start(held.renewal)

    def check(self, draw: Draw) -> None:
        """Raise `InvalidRequest` for a key or labels that no draw of this lease can have."""
        limits.admit(draw)
        limits.labels({**self._labels, **limits.labels(draw.labels)})

    # Paying

    @property
    def left(self) -> Micros:
        """What can be let out, all leases together."""
        return sum(max(each.left, 0) for each in self.held if not each.retired)

    def alive(self) -> bool:
        """Whether any lease is sure to be open."""
        now = self.now()
        return any(not each.retired and now < each.renewal.sure_until for each in self.held)

    def payer(self, cost: Micros) -> HeldLease | None:
        """The first lease that has enough. One that may have timed out pays nothing more."""
        now = self.now()
        for each in self.held:
            if each.retired:
                continue
            if now >= each.renewal.sure_until:
                each.retired = True
            elif each.left >= cost:
                return each
        return None

    def take(self, held: HeldLease, cost: Micros) -> None:
        """It pays so much. Those before it had too little, and are given back."""
        for each in self.held:
            if each is held:
                break
            each.retired = True
        held.left -= cost
        held.unwritten += 1

    def settle(self, spend: BufferedSpend, cost: Micros) -> None:
        """A spend is in the ledger, for this price."""
        if spend.held is not None:
            spend.held.left += spend.cost - cost
            spend.held.unwritten -= 1

    def leave(self, held: HeldLease, cost: Micros, retire: bool = True) -> None:
        """A spend is not paid by this lease after all."""
        held.left += cost
        held.unwritten -= 1
        held.retired = held.retired or retire

    def gone(self, held: HeldLease) -> None:
        """The lease is closed."""
        self._renewals.end(held.renewal)
        if held in self.held:
            self.held.remove(held)

    # Leasing more

    def keep_ahead(self) -> None:
        """Lease more, if little is left and nothing says that there is no more."""
        if self._refill is None and self.left < self._low_water and not self._quiet():
            self._refill = self._further(self._size, 0)

    def _quiet(self) -> bool:
        return self._exhaustion is not None and self.now() < self._exhaustion.at + QUIET

    def _further(self, amount: Micros, needed: Micros, after: bool = False) -> Refill:
        """A further lease, with a key made before it is asked for the first time."""
        command = keyed(structs.replace(self._asked, credits=show(amount), key=None))
        return Refill(command, amount, needed, after)

    def ask_for(self, cost: Micros, since: int | None) -> Exception | None:
        """See to it that a lease comes that pays `cost`. What refused it, if one just was refused:
        a moment ago, or since it was asked for, when there were `since` refusals."""
        exhaustion, refill = self._exhaustion, self._refill
        if exhaustion is not None and cost > exhaustion.there + self.left:
            heard = since is not None and since < self.refusals
            if heard or (refill is None and self._quiet()):
                return exhaustion.error
        if refill is None or (not refill.sent and refill.amount < cost):
            self._refill = self._further(max(self._size, cost), cost)
        else:
            refill.needed = max(refill.needed, cost)
        return None

    def more(self, cost: Micros, since: int | None) -> Exception | None:
        """The same for a spend: the refusal is that of the spend."""
        refused = self.ask_for(cost, since)
        return None if refused is None else self._exhausted(cost, refused)

    @property
    def failures(self) -> int:
        """How often the engine could not be asked."""
        return self._failures

    def failed(self) -> None:
        self._failures += 1

    def urgent(self) -> bool:
        """Whether anything is to be given back or leased at once."""
        return self._refill is not None or bool(self._idle())

    def _idle(self) -> list[HeldLease]:
        return [each for each in self.held if each.retired and not each.unwritten]

    def wishes(self) -> tuple[Sequence[HeldLease], Lease | None]:
        """What is to be given back now, and then the lease to ask for."""
        idle, refill = self._idle(), self._refill
        for each in idle:
            each.renewal.closing = True
        if refill is None or (refill.after and any(each.unwritten for each in self.held)):
            return idle, None
        refill.sent = True
        return idle, refill.command

    def given_back(self, held: HeldLease, answer: Any) -> Exception | None:
        """Take in what a release came to; the error, if it is to be asked again."""
        if isinstance(answer, (StoreError, StillRunning)):
            return answer
        self.gone(held)
        return None

    def heard(self, answer: Any, asked_at: float) -> Exception | None:
        """Take in what a further lease came to; the error, if it is to be asked again."""
        if isinstance(answer, (StoreError, StillRunning)):
            return answer
        refill, self._refill = self._refill, None
        if isinstance(answer, results.Lease):
            held = self._held(answer, asked_at)
            self.held.append(held)
            self._renewals.start(held.renewal)
            self._exhaustion = None
        elif refill is not None:
            self._refused(refill, answer)
        return None

    def _refused(self, refill: Refill, error: Exception) -> None:
        """Less is leased if there is less; if what is leased in parts would do, it goes back to
        be leased in one; otherwise nothing is asked for a while."""
        there = _there(error)
        needed = refill.needed
        if max(needed, 1) <= there < refill.amount:
            self._refill = self._further(there, needed, refill.after)
        elif 0 < needed <= there + self.left and not refill.after:
            self._retire_all()
            self._refill = self._further(max(self._size, needed), needed, after=True)
        else:
            self._exhaustion = Exhaustion(error, self.now(), there)
            self.refusals += 1

    def _exhausted(self, cost: Micros, refused: Exception) -> LeaseExhausted:
        left = self.left
        hold = self.held[-1].hold if self.held else None
        error = LeaseExhausted(
            f"this costs {text(cost)} credits and the lease has {text(left)} left; no more can be "
            f"leased: {refused}",
            {
                "hold": hold,
                "credits": show(cost),
                "held": show(left),
                "shortfall": show(max(cost - left, 0)),
            },
            refused.ways_out if isinstance(refused, Refused) else (),
        )
        error.__cause__ = refused
        return error

    # The end

    def _retire_all(self) -> None:
        for each in self.held:
            each.retired = True

    def give_up(self) -> None:
        """Nothing more is let out: everything goes back, and no more is leased."""
        self._retire_all()
        if self._refill is not None and not self._refill.sent:
            self._refill = None

    def forget(self) -> None:
        """What is not given back comes back when it times out."""
        for each in list(self.held):
            self.gone(each)
        self._refill = None


def _there(error: Exception) -> Micros:
    """What could be leased, by the refusal of more."""
    facts = error.facts if isinstance(error, Refused) else {}
    if "available" in facts:
        return parse(facts["available"], "available")
    if "cap" in facts and "used" in facts:
        return max(parse(facts["cap"], "cap") - parse(facts["used"], "used"), 0)
    return 0
