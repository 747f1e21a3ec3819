"""The spends of a lease: those that are not in the ledger yet, and the keys that were answered."""

from collections.abc import Sequence
from itertools import islice

from ..core.commands import Draw
from ..core.credits import Credits, Micros
from ..core.errors import KeyConflict, SpendsNotWritten
from ..results.base import Result
from .lease_states import BufferedSpend, HeldLease, SpendState

_ANSWERED_MAX = 10_000
"""So many written spends with a caller's key are remembered, should the key come again."""


class Spent(Result, frozen=True, kw_only=True):
    """The answer to a spend that a lease has let out.

    `account` has spent `credits` for a generation of `model`. The draw that writes the spend has
    this `key`, and was let out of the lease `hold`. `left` credits can be spent without leasing
    more.
    """

    account: str
    key: str
    hold: str
    model: str
    credits: Credits
    left: Credits


class LeaseSpends:
    """The spends that were let out of a lease's buffer.

    `unwritten` are those that are to be written, by key, in the order in which they were let out.
    `rejected` are those that can never be written and whose owner was not told yet. `spent` is what
    all of them cost, in micros: what is written at its price in the ledger, the rest as expected.
    """

    def __init__(self) -> None:
        self.unwritten: dict[str, BufferedSpend] = {}
        self.rejected: list[BufferedSpend] = []
        self.spent: Micros = 0
        self._some_unpaid = False
        self._answered: dict[str, tuple[Draw, Spent]] = {}

    def __len__(self) -> int:
        """The number of spends that are not in the ledger."""
        return len(self.unwritten) + len(self.rejected)

    @property
    def draws(self) -> tuple[Draw, ...]:
        """The commands that would write the spends which are not in the ledger."""
        return tuple(each.draw for each in (*self.rejected, *self.unwritten.values()))

    def add(self, spend: BufferedSpend) -> None:
        """Take in a spend that is let out."""
        self.unwritten[spend.key] = spend
        self.spent += spend.cost

    def oldest(self) -> BufferedSpend | None:
        """Answer the spend that has waited longest to be written."""
        return next(iter(self.unwritten.values()), None)

    def next_paid(self, most: int) -> list[BufferedSpend]:
        """Answer the spends that are written next, at most so many."""
        paid = SpendState.PAID
        return list(islice((each for each in self.unwritten.values() if each.state is paid), most))

    def take_unpaid(self) -> Sequence[BufferedSpend]:
        """Answer the spends that need another lease; ask again until there are none."""
        if not self._some_unpaid:
            return ()
        unpaid = [each for each in self.unwritten.values() if each.state is SpendState.UNPAID]
        self._some_unpaid = bool(unpaid)
        return unpaid

    # What becomes of a spend

    def sent(self, spends: Sequence[BufferedSpend]) -> list[Draw]:
        """Answer the commands that write these spends, and take in that they go out."""
        for each in spends:
            each.was_sent = True
        return [each.draw for each in spends]

    def written(self, spend: BufferedSpend, cost: Micros) -> None:
        """Take in that a spend is in the ledger, at this cost."""
        del self.unwritten[spend.key]
        spend.written(cost)
        self.spent += cost - spend.cost

    def lease_closed(self, spend: BufferedSpend, lease: HeldLease) -> None:
        """Take in the answer to `spend` that its lease is closed: another one has to pay for it,
        and for those of the lease's spends that were not sent yet. One that was sent may be in the
        ledger under its key, and is not drawn under another one before its own answer is there."""
        spend.lease_closed()
        for each in self.unwritten.values():
            if each.lease is lease and not each.was_sent:
                each.lease_closed()
        self._some_unpaid = True

    def repriced(self, spend: BufferedSpend, cost: Micros) -> None:
        """Take in that a spend costs more than its lease has left: another one has to pay."""
        self.spent += cost - spend.cost
        spend.repriced(cost)
        self._some_unpaid = True

    def reject(self, spend: BufferedSpend, error: Exception) -> None:
        """Take in that a spend can never be written: what it cost is not spent."""
        del self.unwritten[spend.key]
        self._answered.pop(spend.key, None)
        spend.reject(error)
        self.spent -= spend.cost
        self.rejected.append(spend)

    def not_written(self, trouble: Exception | None) -> SpendsNotWritten:
        """Make the error that names what is not in the ledger. `trouble` is why the last write
        failed, if it did."""
        errors = [each.error for each in self.rejected if each.error is not None]
        reason = trouble if self.unwritten else None
        reason = reason or (errors[0] if errors else None)
        count = len(self)
        error = SpendsNotWritten(
            f"{count} {'spend is' if count == 1 else 'spends are'} not in the ledger: "
            f"{reason or 'they are still on their way'}",
            self.draws,
        )
        error.__cause__ = reason
        return error

    # Keys

    def answered(self, draw: Draw) -> Spent | None:
        """Answer what a spend under the same key was answered before, None if there was none.
        Raises `KeyConflict` if that spend was another one."""
        found = self._answered.get(draw.key or "")
        if found is None:
            return None
        if found[0] != draw:
            raise KeyConflict(draw.account, draw.key or "")
        return found[1]

    def remember(self, draw: Draw, spent: Spent, unwritten_max: int) -> None:
        """Remember what a spend under a caller's key was answered, and forget old ones."""
        known = self._answered
        known[spent.key] = (draw, spent)
        if len(known) > unwritten_max + _ANSWERED_MAX:
            del known[next(key for key in known if key not in self.unwritten)]
