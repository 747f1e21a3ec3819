"""Loads: everything a batch wants, asked in one statement and so seen at one moment."""

from collections.abc import Iterable, Mapping
from typing import Any

from ...core.instants import Instant
from ...core.journal import JournalEntry
from ..records import Loaded, PlatformRow, RefusedRow, StoredAccount, Wanted
from ..refusals import unpack
from ..rows import read_account, read_entry, read_hold
from .arrays import Bigints, Texts
from .pipeline import Values


def statement(
    sql: Mapping[str, bytes], wanted: Wanted, now: Instant | None
) -> tuple[bytes, Values]:
    """The statement that loads what is wanted, put together from those in `sql`; its values."""
    parts = ["load_accounts"]
    values: dict[str, Any] = {"accounts": Texts(wanted.accounts)}
    if wanted.platforms:
        parts.append("load_platforms")
        values["platforms"] = Texts(wanted.platforms)
    if now is not None:
        parts.append("load_due_holds")
        values["now"] = now
    if wanted.keys:
        parts += ("load_keys", "load_refusals")
        values |= {"key_accounts": _first(wanted.keys), "keys": Texts(_second(wanted.keys))}
    if wanted.holds:
        parts.append("load_holds")
        values |= {"hold_accounts": _first(wanted.holds), "holds": Bigints(_second(wanted.holds))}
    if wanted.quotes:
        parts.append("load_quotes")
        values |= {"quote_accounts": _first(wanted.quotes), "quotes": Texts(_second(wanted.quotes))}
    if wanted.entries:
        parts.append("load_entries")
        values |= {
            "entry_accounts": _first(wanted.entries),
            "seqs": Bigints(_second(wanted.entries)),
        }
    if wanted.grants:
        parts.append("load_grants")
        values |= {
            "grant_accounts": _first(wanted.grants),
            "grants": Bigints(_second(wanted.grants)),
        }
    return b"\nunion all\n".join([sql[part] for part in parts]), values


def _first(pairs: Iterable[tuple[str, Any]]) -> Texts:
    return Texts([first for first, _ in pairs])


def _second(pairs: Iterable[tuple[str, Any]]) -> list[Any]:
    return [second for _, second in pairs]


def read(rows: Iterable[tuple[Any, ...]]) -> Loaded:
    """What the rows of that statement say."""
    loaded = Loaded(
        platforms={},
        accounts={},
        stamps={},
        answered={},
        holds={},
        quotes={},
        entries={},
        due={},
        database_at={},
    )
    for row in rows:
        _READ[row[0]](loaded, *row[1:])
    for due in loaded.due.values():
        due.sort(key=lambda hold: (hold.expires_at, hold.id))
    return loaded


def _account(loaded: Loaded, key: str, version: int, stamp: int, state: str, *rest: Any) -> None:
    loaded.stamps[key] = stamp
    loaded.accounts[key] = StoredAccount(read_account(key, state), rest[3])


def _platform(loaded: Loaded, name: str, catalogs: int, clock_at: int | None, *rest: Any) -> None:
    loaded.platforms[name] = PlatformRow(
        platform=name, secret=rest[4], catalogs=catalogs, clock_at=clock_at, epoch=rest[0]
    )
    loaded.database_at[name] = rest[2]


def _due(loaded: Loaded, key: str, hold: int, _: None, document: str, *__: None) -> None:
    loaded.due.setdefault(key, []).append(read_hold(key, document))


def _answer(loaded: Loaded, *row: Any) -> None:
    loaded.answered[row[0], row[8]] = read_entry(row)  # before or after what was refused first


def _refusal(loaded: Loaded, key: str, _: None, at: int, *rest: Any) -> None:
    refusal, request_key, request_hash = rest[-3:]
    row = RefusedRow(request_key, at, request_hash, unpack(refusal))
    if not isinstance(loaded.answered.get((key, request_key)), JournalEntry):  # cured since
        loaded.answered[key, request_key] = row


def _hold(loaded: Loaded, key: str, hold: int, _: None, document: str, *__: None) -> None:
    loaded.holds[key, hold] = read_hold(key, document)


def _quote(loaded: Loaded, key: str, seq: int, _: None, quote: str, *__: None) -> None:
    loaded.quotes[key, quote] = seq


def _entry(loaded: Loaded, *row: Any) -> None:
    loaded.entries[row[0], row[1]] = read_entry(row)


def _of_grant(loaded: Loaded, *row: Any) -> None:
    """The column of the request key has the grant."""
    entry = read_entry((*row[:8], None, row[9]))
    loaded.of_grants.setdefault((row[0], int(row[8])), []).append(entry)


_READ = {
    "account": _account,
    "platform": _platform,
    "due": _due,
    "line": _answer,
    "refusal": _refusal,
    "hold": _hold,
    "quote": _quote,
    "entry": _entry,
    "of_grant": _of_grant,
}
