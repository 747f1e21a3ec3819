"""Ways out of a cap or a limit: wait for the next window, something cheaper, or less of it
(`docs/spec.md` 6.2).

A generation may count against several caps at once. What is offered here fits all of them, and what
the account can pay with.
"""

from typing import Any, NamedTuple

from msgspec import Struct
from msgspec.structs import replace

from ..commands import ANYONE, Lease, PlaceHold
from ..credits import Micros
from ..grants import pays_for, pays_for_anything, spendable
from ..history import History
from ..holds import Hold
from ..instants import Instant
from ..refusals import Refusal, WayOut
from . import ways_out
from .advance import advance
from .case import Case
from .entitlement import PricedGeneration
from .free_credits import with_free
from .member_caps import open_caps, running_cap
from .state import Account

_CAPS = frozenset({"member_cap_reached", "account_cap_reached"})
_LIMITS = frozenset({*_CAPS, "held_limit_reached"})


class Spending(Struct, frozen=True, gc=False):
    """Who spends what: the `member` (None: nobody in particular), the `cost` (micros), and the
    generation that is `asked` for (None: a lease). Of a draw, the `lease` that pays for it."""

    member: str | None
    cost: Micros
    asked: PricedGeneration | None = None
    lease: Hold | None = None


def with_ways(case: Case[Any], refusal: Refusal, spending: Spending) -> Refusal:
    """A refusal with what can be done about it, if it is one for a cap or a limit."""
    if refusal.code not in _LIMITS:
        return refusal
    waits = refusal.code in _CAPS and spending.lease is None
    ways = (*(_wait(case, spending) if waits else ()), *_that_fits(case, spending))
    return replace(refusal, ways_out=ways)


def _that_fits(case: Case[Any], spending: Spending) -> tuple[WayOut, ...]:
    """Something cheaper of the same tool, and less of the same, that fits now."""
    account = with_free(case.account, case.now, case.history)
    fits = _fits(case, account, spending)
    asked = spending.asked
    if asked is not None:
        return ways_out.cheaper_or_less(asked.priced, fits, asked.entitled, asked.card)
    return ways_out.less_to_lease(fits) if isinstance(case.command, Lease) else ()


def _fits(case: Case[Any], account: Account, spending: Spending) -> Micros:
    """How much may be spent now, by all caps and limits (micros)."""
    left = [each.left for each in _counting(account, spending, case.now, case.history)]
    if spending.lease is None:
        left.append(_there(account, spending))
    else:
        left.append(spending.lease.credits)
    if account.held_limit is not None and isinstance(case.command, (PlaceHold, Lease)):
        left.append(account.held_limit - account.held)
    return max(0, min(left))


def _wait(case: Case[Any], spending: Spending) -> tuple[WayOut, ...]:
    """The first instant at which windows have started again that leave room for the cost, and the
    account can pay it."""
    account, now, history = case.account, case.now, case.history
    ends = {each.ends_at for each in _counting(account, spending, now, history)}
    for at in sorted(end for end in ends if end is not None and end > now):
        later, _ = advance(account, at)
        later = with_free(later, at, history)
        left = [each.left for each in _counting(later, spending, at, history)]
        fits = min(_there(later, spending), *left)
        if fits >= spending.cost:
            return (WayOut("wait", at=at, available=fits),)
    return ()


class _OpenLimit(NamedTuple):
    """What a cap leaves in its running window (micros), and when that ends (None: never)."""

    left: Micros
    ends_at: Instant | None


def _counting(
    account: Account, spending: Spending, now: Instant, history: History
) -> list[_OpenLimit]:
    """Every cap that counts what is asked for. A draw counts against those for some tools only, as
    its lease was counted as a whole."""
    named, drawn = spending.member, spending.lease is not None
    member = account.member(named) if named is not None and named is not ANYONE else None
    tool = spending.asked.priced.tool if spending.asked else None
    running = running_cap(account, member.id, now, history) if member else None
    found: list[_OpenLimit] = []
    if running is not None and running.member.cap is not None and not drawn:
        found.append(_OpenLimit(running.member.cap - running.used, running.ends_at))
    for caps in (member.caps if member else (), account.caps):
        found += [
            _OpenLimit(each.cap.credits - each.used, each.ends_at)
            for each in open_caps(account, caps, tool, now, history)
            if each.cap.credits is not None and not (drawn and each.cap.tools is None)
        ]
    return found


def _there(account: Account, spending: Spending) -> Micros:
    """What the account can pay with (micros)."""
    asked = spending.asked
    pays = pays_for(asked.priced.tool, asked.priced.model) if asked else pays_for_anything
    return spendable(grant for grant in account.grants if pays(grant))
