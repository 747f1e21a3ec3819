"""Verification: every account recomputed from its journal, and everything stored held against it.

Chain, sums and state: each entry's hash, its postings summing to zero, its balances, gapless
seqs, time that never runs back; then the account's document and its holds. What was archived is
proven from the archive, up to the checkpoint; the rest from there on.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import partial
from itertools import chain, islice
from typing import NamedTuple

from ..core.account import Account
from ..core.checkpoint import Checkpoint, beginning
from ..core.errors import DamagedDatabase
from ..core.holds import Hold
from ..core.instants import LATEST, SECOND, Instant
from ..core.journal import JournalEntry
from ..results.verification import Finding, Progress, Report
from ..store import Repeated, Store, StoredAccount, Wanted, remarks, split_key
from ..store.pages import LAST
from .archive_files import Folder
from .expectations import differences
from .heads import AccountHead, Expected, account_heads, head_of
from .proof import Difference, Proof, refusals

PROBLEMS_MAX = 1_000
PAGE_ROWS = 1_000
_LOOKS = 3
_SCHEMA_UNSEEN = (
    "the schema was not compared with the migrations: this database user may not make temporary "
    "tables (grant temporary on the database to it, or verify as the tables' owner)"
)
AHEAD_MICROS = 3_600 * SECOND
"""An account whose last entry is further than this ahead of now was taken along by a clock."""


def verify(
    store: Store,
    platforms: Sequence[str],
    progress: Callable[[Progress], None] | None = None,
    archive: Folder | None = None,
    nows: Mapping[str, Instant] = {},
    expected: Expected | None = None,
) -> Report:
    """Verify every account of `platforms`, with what was archived of it if that is given, and
    against the head that is expected of them. Each is read in one consistent view, so it can run
    beside writers. Accounts that stand ahead of the now of their platform, if `nows` has it, are
    worth a note."""
    changed = store.changed_schema()
    problems = [_of_file(platforms[0], said) for said in changed or ()]
    problems += chain.from_iterable(_counted(store, platform) for platform in platforms)
    with store.reading():
        heads = {each.account: each for name in platforms for each in account_heads(store, name)}
        keys, head = list(heads), head_of(heads.values())
        notes = remarks(store.epochs(), store.unwatched())
        problems += [_of_file(platforms[0], said) for said in store.damage()]
        problems += _beside_accounts(store, platforms)
    if archive is not None:
        problems += [_of_file(platforms[0], said) for said in archive.unsound]
        problems += _without_account(archive, platforms, keys)
    problems += _unexpected(store, platforms, heads, expected)
    entries = unseen = ahead = 0
    for done, key in enumerate(keys, start=1):
        checked = check_account(store, key, archive)
        entries += checked.entries
        unseen += checked.unseen
        ahead += checked.at > nows.get(split_key(key)[0], LATEST) + AHEAD_MICROS
        problems += checked.problems[: max(0, PROBLEMS_MAX - len(problems))]
        if progress is not None:
            progress(Progress(done, len(keys), entries))
    return Report(
        ok=not problems,
        platforms=len(platforms),
        accounts=len(keys),
        lines=entries,
        unseen=unseen,
        entries=head.entries,
        head=str(head),
        notes=(*_notes(changed is not None, ahead, platforms if not keys else ()), *notes),
        problems=tuple(problems),
    )


def _unexpected(
    store: Store,
    platforms: Sequence[str],
    heads: Mapping[str, AccountHead],
    expected: Expected | None,
) -> Iterator[Finding]:
    """What the ledger lacks of the head that is expected of it, if any."""
    if expected is not None:
        wanted = expected.of(platforms)
        yield from islice(differences(store, heads, wanted, platforms[0]), PROBLEMS_MAX)


def _beside_accounts(store: Store, platforms: Sequence[str]) -> Iterator[Finding]:
    """What is wrong with what belongs to no account: catalogs, and rows without an account."""
    for platform in platforms:
        yield from _catalogs(store, platform)
        yield from (_lost(key) for key in store.strays(platform))


def _notes(schema_seen: bool, ahead: int, empty: Sequence[str]) -> Iterator[str]:
    """Notes, which say nothing wrong of the ledger. `empty` are the platforms, if none of
    them has an account."""
    if not schema_seen:
        yield _SCHEMA_UNSEEN
    if ahead:
        yield _ahead(ahead)
    if empty:
        yield f"there is nothing to verify: no account of {', '.join(empty)} was ever opened"


def _ahead(accounts: int) -> str:
    who = "1 account stands" if accounts == 1 else f"{accounts:,} accounts stand"
    return f"{who} ahead of now, where a wrong clock took them: tallystick clock repair"


class Checked(NamedTuple):
    """One account: how many of its entries were read, how many are archived and were not, what is
    wrong with it, and the instant it stands at."""

    entries: int
    unseen: int
    problems: list[Finding]
    at: Instant = 0


def check_account(store: Store, key: str, archive: Folder | None = None) -> Checked:
    """Compare everything that is stored of an account with its entries."""
    try:
        with store.reading():
            loaded = store.load(Wanted([key]))
            checkpoint = store.checkpoint(key)
            entries = _Entries(store, key)
            rows = store.holds(key, open_only=False)
            repeated = store.repeated(key)
            snapshots = store.snapshots(key)
            stored = loaded.accounts.get(key)
            differences: Iterable[Difference] = [
                *_differences(key, stored, checkpoint, entries, rows, repeated, snapshots)
            ]
    except DamagedDatabase as error:
        return Checked(0, 0, [_problem(key, None, "unreadable", str(error))])
    archived = checkpoint.seq if checkpoint else 0
    if archive is not None:
        differences = (*_archived(key, checkpoint, stored, archive), *differences)
    found = [_problem(key, *each) for each in differences]
    seen = archived if archive is not None else 0
    at = stored.account.at if stored else 0
    return Checked(entries.read + seen, archived - seen, found, at)


class _Entries:
    """The entries of an account, a page in memory at a time, and how many were `read`."""

    def __init__(self, store: Store, key: str):
        self._store = store
        self._key = key
        self.read = 0

    def __iter__(self) -> Iterator[JournalEntry]:
        for entry in self.between(0, LAST):
            self.read += 1
            yield entry

    def between(self, after: int, last: int) -> Iterator[JournalEntry]:
        """The entries with ``after < seq <= last``."""
        while page := self._store.entries(self._key, after, PAGE_ROWS):
            for entry in page:
                if entry.seq > last:
                    return
                yield entry
            after = page[-1].seq


def _differences(
    key: str,
    stored: StoredAccount | None,
    checkpoint: Checkpoint | None,
    entries: _Entries,
    rows: Sequence[Hold],
    repeated: Repeated,
    snapshots: Mapping[int, Account],
) -> Iterator[Difference]:
    """What is wrong with the journal, and with what is derived from it."""
    yield from refusals(repeated)
    proof = Proof(key, checkpoint or beginning(split_key(key)[1]), entries.between)
    for entry in entries:
        if checkpoint is not None and entry.seq <= checkpoint.seq:
            yield entry.seq, "archive", "it was archived, and is in the journal all the same"
            continue
        yield from proof.entry(entry, repeated.usage.get(entry.seq))
        if proof.broken:
            return
        yield from proof.snapshot(snapshots.get(entry.seq))
    for seq in (seq for seq in snapshots if seq > proof.seq):
        yield seq, "snapshot", "there is a snapshot of it, but no entry"
    yield from proof.state(stored, repeated)
    yield from proof.holds(rows, repeated.holds)


def _archived(
    key: str, checkpoint: Checkpoint | None, stored: StoredAccount | None, archive: Folder
) -> Iterator[Difference]:
    """What is wrong with the archived entries of an account, and with where they lead."""
    newest, last = archive.last(key), stored.account.seq if stored else 0
    if newest > last:
        yield (
            newest,
            "archive",
            f"the archive has entries up to {newest}, the database up to {last}",
        )
    if checkpoint is None:
        return
    proof = Proof(key, beginning(split_key(key)[1]), partial(archive.entries, key))
    for _, entry, columns in archive.rows(key, 0, checkpoint.seq):
        yield from proof.entry(entry, columns)
        if proof.broken:
            return
    if proof.seq < checkpoint.seq:
        which = f"entries {proof.seq + 1} to {checkpoint.seq}"
        yield proof.seq + 1, "archive", f"{which} are in no sound file of the archive"
    elif proof.checkpoint() != checkpoint:
        yield checkpoint.seq, "archive", "its checkpoint is not what the archived entries give"


def _without_account(
    archive: Folder, platforms: Sequence[str], keys: Sequence[str]
) -> Iterator[Finding]:
    known = set(keys)
    for key in archive.accounts():
        if split_key(key)[0] in platforms and key not in known:
            message = "the archive has entries of it, but there is no account"
            yield _problem(key, None, "archive", message)


def _catalogs(store: Store, platform: str) -> Iterator[Finding]:
    """Published versions are as they were published, and none is missing."""
    try:
        row, published = store.platform(platform), store.catalogs(platform)
        withdrawn, changed = store.withdrawn_catalogs(platform), store.changed_catalogs(platform)
    except DamagedDatabase as error:
        yield _of_file(platform, str(error))
        return
    versions = [each.version for each in published]
    changes = 0 if row is None else row.catalogs
    if versions != list(range(1, changes - len(withdrawn) + 1)):
        yield _of_file(platform, "a published catalog version, or a withdrawal of one, is missing")
    for version in changed:
        yield _of_file(platform, f"catalog version {version} is not what was published")


def _counted(store: Store, platform: str) -> Iterator[Finding]:
    """An account that was removed with all its rows is missed by the count of those opened. A
    database that is spread over machines has no view of all of them at one moment: what is wrong
    must be so each time it is looked at, while others open accounts."""
    for look in range(_LOOKS, 0, -1):
        opened, there = _opened_and_there(store, platform)
        if opened == there:
            return
        if opened is None:
            yield _of_file(platform, "the count of the accounts that were opened is gone")
            return
        if look == 1:
            said = f"{opened} accounts were opened, but {there} are there"
            yield _of_file(platform, f"{said}: accounts were removed, or added by hand")


def _opened_and_there(store: Store, platform: str) -> tuple[int | None, int]:
    with store.reading():
        return store.opened(platform), sum(1 for _ in store.accounts(platform))


def _lost(key: str) -> Finding:
    return _problem(key, None, "account", "there are rows of it, but no account")


def _of_file(platform: str, message: str) -> Finding:
    return Finding(platform=platform, account="", seq=None, what="database", message=message)


def _problem(key: str, seq: int | None, what: str, message: str) -> Finding:
    platform, account = split_key(key)
    return Finding(platform=platform, account=account, seq=seq, what=what, message=message)
