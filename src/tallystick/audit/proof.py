"""The proof of one account: its entries played from a checkpoint, each written again and held
against what is stored; then the account's document, its holds, and the columns that repeat them."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

from msgspec import DecodeError

from ..core.account import Account, DecidedEntry, next_due
from ..core.checkpoint import Checkpoint, Play, closed_until
from ..core.events import ClockRepaired
from ..core.holds import Hold
from ..core.journal import JournalEntry, usage_columns, write
from ..core.postings import spendable
from ..core.repair import set_aside, wrongly_set_aside
from ..store import Repeated, StoredAccount, bucket_of

Difference = tuple[int | None, str, str]
"""What is not as the journal says: the entry (or the hold), what in a word, and a sentence."""

Columns = tuple[Any, ...]
"""What is stored beside an entry: tool, model, member, credits, quantity, quote."""


Again = Callable[[int, int], Iterable[JournalEntry]]
"""The entries of the account that come after a seq, up to another, once more."""


class Proof:
    """One account's entries, proven one after the other from `start` on; where one of them sets
    others aside, those are asked for `again`."""

    def __init__(self, key: str, start: Checkpoint, again: Again):
        self._key = key
        self._start = start
        self._again = again
        self._play = Play(start)
        self._lost: str | None = None
        self.broken = False
        """Whether an entry could not be followed: nothing after it can be proven."""

    @property
    def seq(self) -> int:
        return self._play.account.seq

    @property
    def head(self) -> bytes:
        return self._play.head

    def checkpoint(self) -> Checkpoint:
        return self._play.checkpoint()

    def entry(self, entry: JournalEntry, columns: Columns | None) -> Iterator[Difference]:
        """What is wrong with the next entry; it is played on the way."""
        before, head = self._play.account, self._play.head
        yield from _order(before, entry)
        try:
            self._play.follow(entry)
        except Exception as error:  # noqa: BLE001 - whatever evolve cannot follow
            self.broken = True
            yield entry.seq, "event", f"the event cannot follow the entries before it: {error}"
            return
        after = self._play.account
        happened = DecidedEntry(
            seq=entry.seq,
            at=entry.at,
            event=entry.event,
            before=before.available,
            after=after.available,
        )
        yield from _entry(
            entry, write(self._key, happened, head, entry.idempotency_key, entry.request_hash)
        )
        yield from _sums(entry, after)
        yield from _columns(entry, columns)
        self._follow_hold(entry)
        if isinstance(entry.event, ClockRepaired):
            yield from self._repair(entry, entry.event)

    def _repair(self, entry: JournalEntry, event: ClockRepaired) -> Iterator[Difference]:
        """What is wrong with an entry that sets others aside: played from the start again, they
        have to be entries that fell due by themselves, and give this very event."""
        if not self._start.seq <= event.back_to < entry.seq:
            yield (
                entry.seq,
                "repair",
                f"it goes back to entry {event.back_to}, which is not before it",
            )
            return
        play = Play(self._start)
        for each in self._again(self._start.seq, event.back_to):
            play.follow(each)
            play.follow_hold(each)
        aside = list(self._again(event.back_to, entry.seq - 1))
        for each in wrongly_set_aside(aside, entry.at):
            yield (
                entry.seq,
                "repair",
                f"it sets entry {each.seq} aside, which did not fall due later",
            )
        if set_aside(play.checkpoint(), aside) != event:
            yield entry.seq, "repair", "what it goes back to is not what the entries before it give"

    def _follow_hold(self, entry: JournalEntry) -> None:
        if self._lost is None:
            try:
                self._play.follow_hold(entry)
            except ValueError as error:
                self._lost = str(error)

    def snapshot(self, stored: Account | None) -> Iterator[Difference]:
        """What is wrong with the snapshot of the entry played last, if there is one."""
        if stored is not None and stored != self._play.account:
            yield self.seq, "snapshot", "its snapshot is not what the journal gives"

    def state(self, stored: StoredAccount | None, repeated: Repeated) -> Iterator[Difference]:
        """What is wrong with the account's row, once every entry was played."""
        account = self._play.account
        if stored is None:
            yield None, "account", "the account's row cannot be read"
            return
        if stored.account != account:
            fields = [
                name
                for name in account.__struct_fields__
                if getattr(stored.account, name) != getattr(account, name)
            ]
            yield None, "state", f"its stored {', '.join(fields)} is not what the journal gives"
        yield from self._repeated(repeated)
        if stored.head != self._play.head:
            yield None, "hash", "its stored hash is not the last line's"

    def _repeated(self, repeated: Repeated) -> Iterator[Difference]:
        account = self._play.account
        version, due_at, bucket = repeated.columns or (None, None, None)
        if version != account.seq:
            yield None, "version", f"its stored version is {version}, its last entry {account.seq}"
        if due_at != next_due(account):
            yield None, "due", "it is not stored as due when the journal says that it is"
        if bucket != bucket_of(self._key):
            yield None, "bucket", f"its stored bucket is {bucket}, but it is {bucket_of(self._key)}"

    def holds(self, rows: Sequence[Hold], columns: Mapping[int, Columns]) -> Iterator[Difference]:
        """What is wrong with its holds. Those that were closed before the start are proven all
        together, by the hash that the checkpoint keeps of them."""
        if self._lost is not None:
            yield None, "hold", self._lost
            return
        stored, expected = {hold.id: hold for hold in rows}, self._play.holds
        start = self._start
        if closed_until(start.seq, rows) != start.closed:
            yield None, "hold", f"the rows of holds closed up to entry {start.seq} were changed"
        past = {hold.id for hold in rows if hold.closed_seq and hold.closed_seq <= start.seq}
        for hold_id in sorted(stored.keys() - past | expected.keys()):
            if stored.get(hold_id) != expected.get(hold_id):
                state = "missing" if hold_id not in stored else "not what the journal gives"
                yield hold_id, "hold", f"the row of hold h{hold_id} is {state}"
        said = {hold.id: (hold.status, hold.expires_at) for hold in rows}
        for hold_id in sorted(columns.keys() | said.keys()):
            if columns.get(hold_id) != said.get(hold_id):
                yield hold_id, "hold", f"the columns of hold h{hold_id} do not repeat its document"


def refusals(repeated: Repeated) -> Iterator[Difference]:
    """What is wrong with the refusals an account is remembered."""
    tally, there = repeated.tally, repeated.refusals
    if there.count != tally.count:
        said = f"{there.count} refusals are remembered, but {tally.count} were counted"
        yield None, "refusals", f"{said}: some were removed, or added by hand"
    elif there.digest != tally.digest:
        yield None, "refusals", "a remembered refusal is not the one that was given"
    elif there.oldest_at != tally.oldest_at:
        yield None, "refusals", "its oldest refusal is not remembered since when it was counted"


def _order(account: Account, entry: JournalEntry) -> Iterator[Difference]:
    if entry.seq != account.seq + 1:
        yield entry.seq, "seq", f"entry {account.seq + 1} is missing"
    if entry.at < account.at and not isinstance(entry.event, ClockRepaired):
        yield entry.seq, "time", "it is older than the entry before it"


def _entry(entry: JournalEntry, expected: JournalEntry) -> Iterator[Difference]:
    """Compare a stored entry with the same entry, written again."""
    for what, is_, should in (
        ("event", entry.event_json, expected.event_json),
        ("postings", entry.postings_json, expected.postings_json),
        ("balance before", entry.balance_before, expected.balance_before),
        ("balance after", entry.balance_after, expected.balance_after),
    ):
        if is_ != should:
            yield (
                entry.seq,
                what,
                f"its {what} is {_short(is_)}, but the journal gives {_short(should)}",
            )
    if entry.hash != expected.hash:
        yield (
            entry.seq,
            "hash",
            "its hash does not prove it: it, or an entry before it, was changed",
        )


def _sums(entry: JournalEntry, after: Account) -> Iterator[Difference]:
    try:
        moved = entry.postings
    except DecodeError:
        yield entry.seq, "postings", "its postings cannot be read"
        return
    if sum(amount for _, amount in moved) != 0:
        yield entry.seq, "postings", "its postings do not sum to zero"
    if spendable(moved) != entry.balance_after - entry.balance_before:
        yield entry.seq, "postings", "its postings do not explain the balance"
    if after.available < 0 or after.held < 0:
        yield entry.seq, "balance", "the balance would be negative"
    remaining = sum(grant.remaining for grant in after.grants)
    held = sum(grant.held for grant in after.grants)
    if (remaining, held) != (after.available, after.held):
        yield entry.seq, "balance", "the grants do not add up to the balance"
    if any(grant.remaining < 0 or grant.held < 0 for grant in after.grants):
        yield entry.seq, "grant", "a grant would be negative: it was spent twice"


def _columns(entry: JournalEntry, stored: Columns | None) -> Iterator[Difference]:
    if stored != columns_of(entry):
        yield entry.seq, "usage", "its usage columns do not repeat its event"


def columns_of(entry: JournalEntry) -> Columns:
    """The columns that repeat an entry's event."""
    return (*usage_columns(entry.event), entry.quote)


def _short(value: object) -> str:
    text = value.decode(errors="replace") if isinstance(value, bytes) else str(value)
    return text if len(text) <= 60 else f"{text[:57]}..."
