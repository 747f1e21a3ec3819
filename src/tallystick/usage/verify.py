"""verify: every account recomputed from its journal, and everything stored held against it.

Chain, sums and state: each line's hash, its postings summing to zero, its balances, gapless
seqs, time that never runs back; then the account's document and its holds.
"""

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from msgspec import DecodeError, Struct

from ..core.account import Account, Line, evolve
from ..core.errors import DamagedDatabase
from ..core.holds import Hold, replay
from ..core.journal import GENESIS, JournalLine, usage, write
from ..core.postings import spendable
from ..engine.results import Result
from ..store import Repeated, Store, StoredAccount, Wanted, split_key

MAX_PROBLEMS = 1_000


class Problem(Result, frozen=True, kw_only=True):
    """Something stored that is not what the journal says: where, and what."""

    platform: str
    account: str
    seq: int | None
    what: str
    message: str

    def __str__(self) -> str:
        line = "" if self.seq is None else f", line {self.seq}"
        account = f"account {self.account}{line}: " if self.account else ""
        return f"{self.platform}: {account}{self.message}"


class Progress(Struct, frozen=True):
    """How far verifying has come."""

    accounts: int
    of_accounts: int
    lines: int


class Report(Result, frozen=True, kw_only=True):
    """What verifying found; falsy when something is wrong."""

    ok: bool
    platforms: int
    accounts: int
    lines: int
    problems: tuple[Problem, ...]

    def __bool__(self) -> bool:
        return self.ok


def verify(
    store: Store, platforms: Sequence[str], progress: Callable[[Progress], None] | None = None
) -> Report:
    """Verify every account of `platforms`. Each is read in one consistent view, so it can run
    beside writers."""
    problems: list[Problem] = []
    with store.reading():
        keys = [key for platform in platforms for key in store.accounts(platform)]
        problems += [_of_file(platforms[0], said) for said in store.damage()]
        for platform in platforms:
            problems += _catalogs(store, platform)
            problems += [_lost(key) for key in store.strays(platform)]
    lines = 0
    for done, key in enumerate(keys, start=1):
        checked, found = check_account(store, key)
        lines += checked
        problems += found[: max(0, MAX_PROBLEMS - len(problems))]
        if progress is not None:
            progress(Progress(done, len(keys), lines))
    return Report(
        ok=not problems,
        platforms=len(platforms),
        accounts=len(keys),
        lines=lines,
        problems=tuple(problems),
    )


def check_account(store: Store, key: str) -> tuple[int, list[Problem]]:
    """How many lines an account has, and what is wrong with it."""
    try:
        with store.reading():
            loaded = store.load(Wanted([key]))
            lines = store.lines(key)
            rows = store.holds(key, open_only=False)
            repeated = store.repeated(key)
    except DamagedDatabase as error:
        return 0, [_problem(key, None, "unreadable", str(error))]
    stored = loaded.accounts.get(key)
    found = [
        _problem(key, seq, what, message)
        for seq, what, message in _differences(key, stored, lines, rows, repeated)
    ]
    return len(lines), found


_Difference = tuple[int | None, str, str]


def _differences(
    key: str,
    stored: StoredAccount | None,
    lines: Sequence[JournalLine],
    rows: Sequence[Hold],
    repeated: Repeated,
) -> Iterator[_Difference]:
    account, head = Account(split_key(key)[1]), GENESIS
    for line in lines:
        yield from _order(account, line)
        try:
            after = evolve(account, line.seq, line.at, line.event)
        except Exception as error:  # noqa: BLE001 - whatever evolve cannot follow
            yield line.seq, "event", f"the event cannot follow the lines before it: {error}"
            return
        happened = Line(line.seq, line.at, line.event, account.available, after.available)
        yield from _line(line, write(key, happened, head, line.key, line.request))
        yield from _sums(line, after)
        yield from _columns(line, repeated.usage.get(line.seq))
        account, head = after, line.hash
    yield from _state(stored, account, head, repeated.version)
    yield from _holds(rows, lines, repeated.holds)


def _order(account: Account, line: JournalLine) -> Iterator[_Difference]:
    if line.seq != account.seq + 1:
        yield line.seq, "seq", f"line {account.seq + 1} is missing"
    if line.at < account.at:
        yield line.seq, "time", "it is older than the line before it"


def _line(line: JournalLine, expected: JournalLine) -> Iterator[_Difference]:
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


def _sums(line: JournalLine, after: Account) -> Iterator[_Difference]:
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


def _columns(line: JournalLine, stored: tuple[Any, ...] | None) -> Iterator[_Difference]:
    used = usage(line.event)
    expected = (
        (used.tool, used.model, used.member, used.credits, used.quantity, line.quote)
        if used
        else (None, None, None, None, None, line.quote)
    )
    if stored != expected:
        yield line.seq, "usage", "its usage columns do not repeat its event"


def _state(
    stored: StoredAccount | None, account: Account, head: bytes, version: int | None
) -> Iterator[_Difference]:
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
    if version != account.seq:
        yield None, "version", f"its stored version is {version}, its last line {account.seq}"
    if stored.head != head:
        yield None, "hash", "its stored hash is not the last line's"


def _holds(
    rows: Sequence[Hold], lines: Sequence[JournalLine], columns: dict[int, tuple[Any, ...]]
) -> Iterator[_Difference]:
    try:
        expected = replay((line.seq, line.at, line.event) for line in lines)
    except ValueError as error:
        yield None, "hold", str(error)
        return
    stored = {hold.id: hold for hold in rows}
    for hold_id in sorted(stored.keys() | expected.keys()):
        if stored.get(hold_id) != expected.get(hold_id):
            state = "missing" if hold_id not in stored else "not what the journal gives"
            yield hold_id, "hold", f"the row of hold h{hold_id} is {state}"
    said = {hold.id: (hold.status, hold.expires_at) for hold in rows}
    for hold_id in sorted(columns.keys() | said.keys()):
        if columns.get(hold_id) != said.get(hold_id):
            yield hold_id, "hold", f"the columns of hold h{hold_id} do not repeat its document"


def _catalogs(store: Store, platform: str) -> Iterator[Problem]:
    """Published versions are as they were published, and none is missing."""
    try:
        row, published = store.platform(platform), store.catalogs(platform)
        changed = store.changed_catalogs(platform)
    except DamagedDatabase as error:
        yield _of_file(platform, str(error))
        return
    versions = [each.version for each in published]
    if row is None or versions != list(range(1, row.catalogs + 1)):
        yield _of_file(platform, "a published catalog version is missing")
    for version in changed:
        yield _of_file(platform, f"catalog version {version} is not what was published")


def _lost(key: str) -> Problem:
    return _problem(key, None, "account", "there are journal lines or holds, but no account")


def _of_file(platform: str, message: str) -> Problem:
    return Problem(platform=platform, account="", seq=None, what="database", message=message)


def _problem(key: str, seq: int | None, what: str, message: str) -> Problem:
    platform, account = split_key(key)
    return Problem(platform=platform, account=account, seq=seq, what=what, message=message)


def _short(value: object) -> str:
    text = value.decode(errors="replace") if isinstance(value, bytes) else str(value)
    return text if len(text) <= 60 else f"{text[:57]}..."
