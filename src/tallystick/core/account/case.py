"""The case: the one value that a decider decides about, and what it answers."""

from typing import Generic, TypeAlias, TypeVar

from msgspec import Struct

from .. import limits
from ..caps import Counts
from ..catalog import Wording
from ..commands import Command
from ..dates import read
from ..errors import unknown
from ..events import Charged, Drawn, Event, Settled, SettledLate
from ..grants import Grant, Parts
from ..history import History
from ..holds import Hold
from ..instants import Instant
from ..pricing import RateCard
from ..quotes import Quote
from ..refusals import Refusal
from .state import Account

C = TypeVar("C", bound=Command)

Decision: TypeAlias = list[Event] | Refusal
"""The events that fulfil a command, the last of them its answer; or the refusal of it."""


class ChargeFacts(Struct, frozen=True, gc=False):
    """A charge that is to be given back: its entry's `seq` and `event`, and what became of it.

    `parts` are what it took of each grant, in the order in which it took them. `grants` are those
    grants as they were last, and `void` the ids of the ones that were taken back themselves.
    `cap_period_start` is the start of the period in which a member's cap counted the charge, and
    `counts` what else counted it.
    """

    seq: int
    event: Charged | Drawn | Settled | SettledLate
    parts: Parts
    grants: tuple[Grant, ...] = ()
    void: tuple[int, ...] = ()
    cap_period_start: Instant | None = None
    counts: Counts = ()


class Facts(Struct, frozen=True, gc=False):
    """The rows that a command names, beside the account's own.

    `hold` is the named hold and `entry` the event of the named entry. `quote` is the named quote,
    and `quote_used` the seq of the entry that spent it. `charge` is the charge of the named
    receipt; then `hold` says what was given back of it. What is not there is None. `of_grant` are
    the entries, by seq, that took credits of the named grant otherwise than by spending them.
    """

    hold: Hold | None = None
    quote: Quote | None = None
    quote_used: int | None = None
    entry: Event | None = None
    charge: ChargeFacts | None = None
    of_grant: tuple[tuple[int, Event], ...] = ()


NO_FACTS = Facts()


class Case(Struct, Generic[C], frozen=True, gc=False):
    """A case: the command that is decided, and everything that the decision may look at.

    `account` is the account with everything done that fell due by `now`, the instant of the
    decision in microseconds. `history` holds the catalogs, `card` the one in force at `now`, and
    `facts` the rows that `command` names.
    """

    account: Account
    command: C
    now: Instant
    history: History
    card: RateCard
    facts: Facts = NO_FACTS

    @property
    def wording(self) -> Wording:
        """The words in which the platform speaks of its money at the instant of the case."""
        return self.history.at(self.now).catalog.wording

    def reason(self, value: object) -> str:
        """The reason that an operator gives, by the policy of the catalog: one of its codes, alone
        or before a colon, or any text. Raises `InvalidRequest` for another one."""
        reason = limits.name(value, "reason", limits.REASON_CHARACTERS_MAX)
        policy = self.history.at(self.now).catalog.policy
        code = reason.partition(":")[0].rstrip()
        if policy.other_reasons == "refused" and policy.reasons and code not in policy.reasons:
            raise unknown("reason", reason, policy.reasons)
        return reason

    def instant(self, value: object, where: str) -> Instant:
        """The instant of what the command says: with a zone, as a date where the platform is, or
        as a duration from now. Raises `InvalidRequest` for anything else."""
        return read(value, where, self.now, self.history.at(self.now).catalog.time_zone)
