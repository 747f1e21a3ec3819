"""The set of leases behind a lease buffer: which of them pays, and when a further one is asked for.

A lease cannot grow, so the set is refilled: a further lease is asked for when little is left,
before it is needed. A spend is paid by the first lease that has enough for it; those before it are
drained and returned. `lease_states` says which states a lease and the refill are in; here is what
is done when they change.
"""

from typing import Any

from msgspec import Struct, structs

from .. import results
from ..core import limits, queries
from ..core.commands import Draw, Lease
from ..core.credits import Micros, parse, show, text
from ..core.refusals import HoldClosed, LeaseExhausted, Refused
from ..service.transport import Call, given
from .exchange import with_key
from .lease_answers import refill_event, release_event
from .lease_states import (
    Claim,
    Exhaustion,
    HeldLease,
    LeaseEvent,
    LeaseState,
    Refill,
    RefillState,
)
from .lease_steps import LeaseSteps
from .renewal import LeaseRenewal, RenewalTasks, RenewalThread

_PAYING, _IDLE = LeaseState.PAYING, RefillState.IDLE  # to read a member is slow on Python 3.11
QUIET_SECONDS = 1.0
"""After a refill was refused, none is asked for in this time."""


class FirstLease(Struct, frozen=True):
    """The lease that was asked for, and what came of it.

    `asked` is the command, `answer` its result, and `asked_at` the time of asking by the timing.
    With `may_be_old` the answer may be an earlier one, given again under the caller's key.
    """

    asked: Lease
    answer: results.Lease
    asked_at: float
    may_be_old: bool


class LeaseSet:
    """The leases that are open, in the order in which they pay, and the refill.

    `account` is whose they are, `now` the timing's clock. `margin_seconds` is how long before its
    time is over a lease pays for nothing more. With less than `low_water` micros left more is
    leased.
    """

    def __init__(
        self,
        renewals: RenewalThread | RenewalTasks,
        first: FirstLease,
        low_water: Micros,
        margin_seconds: float,
    ):
        self._renewals = renewals
        self._first = first
        self._size = parse(first.answer.credits, "credits")
        self._low_water = low_water
        self._margin_seconds = margin_seconds
        self._refill = Refill()
        self._exhaustion: Exhaustion | None = None
        self.now = renewals.timing.now
        self.account = first.answer.account
        self._open = [self._held(first.answer, first.asked_at, first.may_be_old)]

    def _held(self, lease: results.Lease, asked_at: float, may_be_old: bool = False) -> HeldLease:
        renewal = LeaseRenewal(lease, asked_at, may_be_old, self._margin_seconds)
        return HeldLease(lease.hold, parse(lease.credits, "credits"), renewal)

    def open_steps(self) -> LeaseSteps[None]:
        """Begin to renew the first lease. If it may be an old one, learn what is left of it."""
        first = self._open[0]
        if self._first.may_be_old:
            asked_at = self.now()
            extension = yield Call(first.renewal.extension())
            if isinstance(extension, HoldClosed):
                self.close(first, LeaseEvent.LEASE_CLOSED)
                return
            first.renewal.extended(given(extension), asked_at)
            listed = given((yield Call(queries.HoldsOf(account=self.account))))
            left = [each.credits for each in listed if each.hold == first.hold]
            first.left = parse(left[0], "credits") if left else 0
        self._renewals.start(first.renewal)

    def check(self, draw: Draw) -> None:
        """Raise `InvalidRequest` for a key or labels that no draw of these leases can have."""
        limits.admit(draw)
        limits.labels({**self._first.answer.labels, **limits.labels(draw.labels)})

    # Paying

    @property
    def left(self) -> Micros:
        """What can be let out, all leases together."""
        left = 0
        for each in self._open:
            if each.left > 0 and each.state is _PAYING:
                left += each.left
        return left

    @property
    def is_empty(self) -> bool:
        """Whether no lease is open."""
        return not self._open

    def is_alive(self) -> bool:
        """Answer whether some lease that pays is sure to be open."""
        now = self.now()
        return any(each.state is _PAYING and now < each.renewal.sure_until for each in self._open)

    def payer(self, cost: Micros) -> HeldLease | None:
        """Answer the first lease that has enough. One that may have timed out is drained."""
        now = self.now()
        for each in self._open:
            if each.state is not _PAYING:
                continue
            if now >= each.renewal.sure_until:
                each.on(LeaseEvent.DOUBTED)
            elif each.left >= cost:
                return each
        return None

    def pay(self, payer: HeldLease, cost: Micros) -> None:
        """Have a lease pay so much. Those before it had too little, and are drained."""
        for each in self._open:
            if each is payer:
                break
            each.on(LeaseEvent.PASSED_OVER)
        payer.take(cost)

    def close(self, lease: HeldLease, event: LeaseEvent) -> None:
        """Take in that a lease is closed, or that it is left alone."""
        lease.on(event)
        self._renewals.end(lease.renewal)
        if lease in self._open:
            self._open.remove(lease)

    def _recall(self) -> None:
        for each in self._open:
            each.on(LeaseEvent.RECALLED)

    # The refill

    def refill_ahead(self) -> None:
        """Want a refill if little is left, unless one was refused a moment ago."""
        if self._refill.state is not _IDLE:
            return
        if self.left < self._low_water and not self._is_quiet():
            self._want(self._size, 0)

    def _is_quiet(self) -> bool:
        exhaustion = self._exhaustion
        return exhaustion is not None and self.now() < exhaustion.at + QUIET_SECONDS

    def _want(self, amount: Micros, needed: Micros, returns_first: bool = False) -> None:
        command = structs.replace(self._first.asked, credits=show(amount), key=None)
        self._refill.want(with_key(command), amount, needed, returns_first)

    def claim(self) -> Claim:
        """Note the last refusal there was when a spend begins to wait for a refill."""
        return Claim(self._exhaustion)

    def ask_for(self, cost: Micros, claim: Claim | None) -> Exception | None:
        """See to it that a refill is wanted that pays `cost`.

        Answers the refusal instead if one stands in the way: it came since the spend waits by its
        `claim`, or a moment ago, and there is too little for this cost.
        """
        exhaustion, refill = self._exhaustion, self._refill
        idle = refill.state is _IDLE
        if exhaustion is not None and cost > exhaustion.there + self.left:
            met = claim is not None and claim.known is not exhaustion
            if met or (idle and self._is_quiet()):
                return exhaustion.error
        if idle or (refill.state is RefillState.WANTED and refill.amount < cost):
            self._want(max(self._size, cost), cost)
        else:
            refill.needed = max(refill.needed, cost)
        return None

    def refill_for(self, cost: Micros, claim: Claim | None) -> None:
        """See to it, for a spend, that a refill is wanted. Raises `LeaseExhausted` if one was
        refused."""
        refused = self.ask_for(cost, claim)
        if refused is not None:
            raise self._exhausted(cost, refused)

    def _exhausted(self, cost: Micros, refused: Exception) -> LeaseExhausted:
        left = self.left
        error = LeaseExhausted(
            f"this costs {text(cost)} and the lease has {text(left)} left; no more can be leased: "
            f"{refused}",
            {
                "hold": self._open[-1].hold if self._open else None,
                "credits": show(cost),
                "held": show(left),
                "shortfall": show(max(cost - left, 0)),
            },
            refused.ways_out if isinstance(refused, Refused) else (),
        )
        error.__cause__ = refused
        return error

    # What the flusher asks the engine for

    @property
    def is_urgent(self) -> bool:
        """Whether a lease is to be returned, or a refill to be asked for, at once."""
        return self._refill.state is not _IDLE or bool(self._returnable())

    def _returnable(self) -> list[HeldLease]:
        return [each for each in self._open if each.is_drained]

    def returns(self) -> list[HeldLease]:
        """Answer the leases that the next batch releases; it is about to be sent."""
        returnable = self._returnable()
        for each in returnable:
            each.release_sent()
        return returnable

    def refill(self) -> Lease | None:
        """Answer the command that asks for a further lease, if the next batch is to ask."""
        if self._refill.state is _IDLE:
            return None
        if self._refill.returns_first and any(each.unwritten for each in self._open):
            return None
        return self._refill.send()

    def returned(self, lease: HeldLease, answer: Any) -> Exception | None:
        """Take in the answer to a release. Returns the error if it must be asked again."""
        if release_event(answer) is LeaseEvent.UNKNOWN:
            return answer
        self.close(lease, LeaseEvent.RELEASED)
        return None

    def refilled(self, answer: Any, asked_at: float) -> Exception | None:
        """Take in the answer about a further lease. Returns the error if it must be asked again."""
        event = refill_event(answer)
        if event is LeaseEvent.UNKNOWN:
            return answer
        was_sent = self._refill.state is RefillState.SENT
        if was_sent:
            self._refill.on(event)
        if event is LeaseEvent.LEASED:
            self._add(answer, asked_at)
        elif was_sent:
            self._refused(answer)
        return None

    def _add(self, lease: results.Lease, asked_at: float) -> None:
        held = self._held(lease, asked_at)
        self._open.append(held)
        self._renewals.start(held.renewal)
        self._exhaustion = None

    def _refused(self, error: Exception) -> None:
        """Want less if there is less. If what is leased in parts would do, take it back to lease
        it in one. Otherwise want nothing for a while."""
        there = _available(error)
        needed, after_returns = self._refill.needed, self._refill.returns_first
        if max(needed, 1) <= there < self._refill.amount:
            self._want(there, needed, after_returns)
        elif 0 < needed <= there + self.left and not after_returns:
            self._recall()
            self._want(max(self._size, needed), needed, returns_first=True)
        else:
            self._exhaustion = Exhaustion(error, self.now(), there)

    # The end

    def give_up(self) -> None:
        """Return all leases and want no refill: nothing more will be spent."""
        self._recall()
        self._refill.on(LeaseEvent.GIVEN_UP)

    def forget(self) -> None:
        """Leave alone what could not be returned: it comes back when it times out."""
        for each in list(self._open):
            self.close(each, LeaseEvent.FORGOTTEN)
        self._refill.on(LeaseEvent.FORGOTTEN)


def _available(error: Exception) -> Micros:
    """Answer how much could be leased, by the refusal of more."""
    facts = error.facts if isinstance(error, Refused) else {}
    if "available" in facts:
        return parse(facts["available"], "available")
    if "cap" in facts and "used" in facts:
        return max(parse(facts["cap"], "cap") - parse(facts["used"], "used"), 0)
    return 0
