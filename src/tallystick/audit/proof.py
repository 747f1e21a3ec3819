"""The proof of one account: its lines played from a checkpoint, each written anew and held against
what is stored; then the account's document, its holds, and the columns that repeat them."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

from msgspec import DecodeError

from ..core.account import Account, Line, next_due
from ..core.checkpoint import Checkpoint, Play, closed_until
from ..core.events import ClockRepaired
from ..core.holds import Hold
from ..core.journal import JournalLine, usage_columns, write
from ..core.postings import spendable
from ..core.repair import set_aside, wrongly_set_aside
from ..store import Repeated, StoredAccount, bucket_of

Difference = tuple[int | None, str, str]
"""What is not as the journal says: the line (or the hold), what in a word, and a sentence."""

Columns = tuple[Any, ...]
"""What is stored beside a line: tool, model, member, credits, quantity, quote."""


Again = Callable[[int, int], Iterable[JournalLine]]
"""The lines of the account that come after a seq, up to another, once more."""


class Proof:
    """One account's lines, proven one after the other from `start` on; where one of them sets
    others aside, those are asked for `again`."""

    def __init__(self, key: str, start: Checkpoint, again: Again):
        self._key = key
        self._start = start
        self._again = again
        self._play = Play(start)
        self._lost: str | None = None
        self.broken = False
        """Whether a line could not be followed: nothing after it can be proven."""

    @property
    def seq(self) -> int:
        return self._play.account.seq

    @property
    def head(self) -> bytes:
        return self._play.head

    def checkpoint(self) -> Checkpoint:
        return self._play.checkpoint()

    def line(self, line: JournalLine, columns: Columns | None) -> Iterator[Difference]:
        """What is wrong with the next line; it is played on the way."""
        before, head = self._play.account, self._play.head
        yield from _order(before, line)
        try:
            self._play.follow(line)
        except Exception as error:  # noqa: BLE001 - whatever evolve cannot follow
            self.broken = True
            yield line.seq, "event", f"the event cannot follow the lines before it: {error}"
            return
        after = self._play.account
        happened = Line(
            seq=line.seq,
            at=line.at,
            event=line.event,
            before=before.available,
            after=after.available,
        )
        yield from _line(
            line, write(self._key, happened, head, line.idempotency_key, line.request_hash)
        )
        yield from _sums(line, after)
        yield from _columns(line, columns)
        self._follow_hold(line)
        if isinstance(line.event, ClockRepaired):
            yield from self._repair(line, line.event)

    def _repair(self, line: JournalLine, event: ClockRepaired) -> Iterator[Difference]:
        """What is wrong with a line that sets others aside: played from the start again, they
        have to be lines that fell due by themselves, and give this very event."""
        if not self._start.seq <= event.back_to < line.seq:
            yield (
                line.seq,
                "repair",
                f"it goes back to line {event.back_to}, which is not before it",
            )
            return
        play = Play(self._start)
        for each in self._again(self._start.seq, event.back_to):
            play.follow(each)
            play.follow_hold(each)
        aside = list(self._again(event.back_to, line.seq - 1))
        for each in wrongly_set_aside(aside, line.at):
            yield line.seq, "repair", f"it sets line {each.seq} aside, which did not fall due later"
        if set_aside(play.checkpoint(), aside) != event:
            yield line.seq, "repair", "what it goes back to is not what the lines before it give"

    def _follow_hold(self, line: JournalLine) -> None:
        if self._lost is None:
            try:
                self._play.follow_hold(line)
            except ValueError as error:
                self._lost = str(error)

    def snapshot(self, stored: Account | None) -> Iterator[Difference]:
        """What is wrong with the snapshot of the line played last, if there is one."""
        if stored is not None and stored != self._play.account:
            yield self.seq, "snapshot", "its snapshot is not what the journal gives"

    def state(self, stored: StoredAccount | None, repeated: Repeated) -> Iterator[Difference]:
        """What is wrong with the account's row, once every line was played."""
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
            yield None, "version", f"its stored version is {version}, its last line {account.seq}"
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
            yield None, "hold", f"the rows of holds closed up to line {start.seq} were changed"
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


def _order(account: Account, line: JournalLine) -> Iterator[Difference]:
    if line.seq != account.seq + 1:
        yield line.seq, "seq", f"line {account.seq + 1} is missing"
    if line.at < account.at and not isinstance(line.event, ClockRepaired):
        yield line.seq, "time", "it is older than the line before it"


def _line(line: JournalLine, expected: JournalLine) -> Iterator[Difference]:
    """A stored line against the same line written anew."""
    for what, is_, should in (
        ("event", line.event_json, expected.event_json),
        ("postings", line.postings_json, expected.postings_json),
        ("balance before", line.balance_before, expected.balance_before),
        ("balance after", line.balance_after, expected.balance_after),
    ):
        if is_ != should:
            yield (
                line.seq,
                what,
                f"its {what} is {_short(is_)}, but the journal gives {_short(should)}",
            )
    if line.hash != expected.hash:
        yield line.seq, "hash", "its hash does not prove it: it, or a line before it, was changed"


def _sums(line: JournalLine, after: Account) -> Iterator[Difference]:
    try:
        moved = line.postings
    except DecodeError:
        yield line.seq, "postings", "its postings cannot be read"
        return
    if sum(amount for _, amount in moved) != 0:
        yield line.seq, "postings", "its postings do not sum to zero"
    if spendable(moved) != line.balance_after - line.balance_before:
        yield line.seq, "postings", "its postings do not explain the balance"
    if after.available < 0 or after.held < 0:
        yield line.seq, "balance", "the balance would be negative"
    remaining = sum(grant.remaining for grant in after.grants)
    held = sum(grant.held for grant in after.grants)
    if (remaining, held) != (after.available, after.held):
        yield line.seq, "balance", "the grants do not add up to the balance"
    if any(grant.remaining < 0 or grant.held < 0 for grant in after.grants):
        yield line.seq, "grant", "a grant would be negative: credits were spent twice"


def _columns(line: JournalLine, stored: Columns | None) -> Iterator[Difference]:
    if stored != columns_of(line):
        yield line.seq, "usage", "its usage columns do not repeat its event"


def columns_of(line: JournalLine) -> Columns:
    """The columns that repeat a line's event."""
    return (*usage_columns(line.event), line.quote)


def _short(value: object) -> str:
    text = value.decode(errors="replace") if isinstance(value, bytes) else str(value)
    return text if len(text) <= 60 else f"{text[:57]}..."
