"""Checkpoints: where an account's journal begins once its older entries were archived.

A checkpoint is the account after an entry, as its entries up to there give it. Playing on from it
comes to the same account, the same holds and the same hashes as from the first entry on.
"""

from collections.abc import Iterable
from hashlib import sha256

from msgspec import Struct, json

from . import holds as rules
from .account import Account, evolve
from .events import ClockRepaired
from .holds import Hold
from .instants import Instant
from .journal import GENESIS, JournalEntry

_encode = json.Encoder().encode


class Checkpoint(Struct, frozen=True, kw_only=True):
    """An `account` after one of its entries, and `head`, the hash of that entry.

    `holds` are those that were open then, by id, and what was given back of charges; `closed` is a
    hash over every hold that was closed by then, one after the other.
    """

    account: Account
    head: bytes = GENESIS
    holds: tuple[Hold, ...] = ()
    closed: bytes = GENESIS

    @property
    def seq(self) -> int:
        """The seq of the entry."""
        return self.account.seq

    @property
    def at(self) -> Instant:
        """The instant of the entry."""
        return self.account.at


def beginning(account_id: str) -> Checkpoint:
    """An account before its first entry."""
    return Checkpoint(account=Account(account_id))


def closing(closed: bytes, hold: Hold) -> bytes:
    """The hash over closed holds once another one has closed."""
    return sha256(closed + _encode(hold)).digest()


def closed_until(seq: int, holds: Iterable[Hold]) -> bytes:
    """The hash over those of `holds` that the entries up to `seq` closed."""
    past = [(hold.closed_seq, hold) for hold in holds if hold.closed_seq and hold.closed_seq <= seq]
    closed = GENESIS
    for _, hold in sorted(past, key=lambda each: each[0]):
        closed = closing(closed, hold)
    return closed


class Play:
    """An account played from a checkpoint on, entry after entry."""

    def __init__(self, start: Checkpoint):
        self.account = start.account
        self.head = start.head
        self.holds = {hold.id: hold for hold in start.holds}
        """Every hold that was open at the start or opened since, as it is by now."""
        self._closed = start.closed

    def follow(self, entry: JournalEntry) -> None:
        """Play an entry. Raises whatever keeps its event from following those before it."""
        self.account = evolve(self.account, entry.seq, entry.at, entry.event)
        self.head = entry.hash

    def follow_hold(self, entry: JournalEntry) -> None:
        """Play what an entry says of holds; raises `ValueError` where it names none."""
        if isinstance(entry.event, ClockRepaired):
            self.holds |= {hold.id: hold for hold in rules.opened_again(entry.event)}
            self._closed = entry.event.closed
            return
        if not rules.concerned(entry.event):
            return
        before = self.holds.get(rules.named_by(entry.event) or 0)
        hold = rules.evolve(before, entry.seq, entry.at, entry.event)
        self.holds[hold.id] = hold
        if hold.closed_seq is not None:
            self._closed = closing(self._closed, hold)

    def checkpoint(self) -> Checkpoint:
        """Where it stands now."""
        still_open = [hold for hold in self.holds.values() if hold.closed_seq is None]
        return Checkpoint(
            account=self.account,
            head=self.head,
            holds=tuple(sorted(still_open, key=lambda hold: hold.id)),
            closed=self._closed,
        )
