"""Rows and values: what an entry, an account and a hold look like in the database."""

import hmac
from collections.abc import Callable
from hashlib import sha256
from typing import Any, TypeVar

from msgspec import DecodeError, Struct, json

from ..core.account import Account
from ..core.catalog import Catalog, Published
from ..core.checkpoint import Checkpoint
from ..core.errors import DamagedDatabase
from ..core.holds import Hold
from ..core.instants import Instant
from ..core.journal import JournalEntry, read_event, usage_columns
from .records import RefusedRow
from .refusals import Tally, unpack

T = TypeVar("T")


class _Origin(Struct, frozen=True, omit_defaults=True):
    """Who published a version, and when; at the end of its document, so that old rows have none."""

    published_at: Instant | None = None
    published_by: str | None = None
    published_key: str | None = None


encode = json.Encoder().encode
_account = json.Decoder(Account).decode
_hold = json.Decoder(Hold).decode
_catalog = json.Decoder(Catalog).decode
_origin = json.Decoder(_Origin).decode
_checkpoint = json.Decoder(Checkpoint).decode


def read_account(key: str, state: str) -> Account:
    return _read(_account, state, f"the state of {key}")


def read_hold(key: str, document: str) -> Hold:
    return _read(_hold, document, f"a hold of {key}")


def write_catalog(published: Published) -> str:
    """A published version as its row has it: the catalog, and then who published it and when."""
    catalog = encode(published.catalog)
    origin = encode(
        _Origin(published.published_at, published.published_by, published.published_key)
    )
    return (catalog if origin == b"{}" else catalog[:-1] + b"," + origin[1:]).decode()


def read_catalog(platform: str, version: int, effective_at: Instant, document: str) -> Published:
    catalog = _read(_catalog, document, f"a catalog of {platform}")
    origin = _read(_origin, document, f"a catalog of {platform}")
    return Published(
        version=version,
        effective_at=effective_at,
        catalog=catalog,
        published_at=origin.published_at,
        published_by=origin.published_by,
        published_key=origin.published_key,
    )


def catalog_hash(
    secret: bytes, platform: str, version: int, effective_at: int, document: str, source: str
) -> bytes:
    """What proves a published version: it never changes. It is under the platform's secret, so
    that whoever can write a catalog's row and does not know that cannot make another one."""
    said = encode((platform, version, effective_at, document, source))
    return hmac.digest(secret, said, "sha256")


def withdrawal_hash(secret: bytes, platform: str, version: int, at: int) -> bytes:
    """What proves a withdrawal of a scheduled version: it never changes either."""
    return hmac.digest(secret, encode(("withdrawn", platform, version, at)), "sha256")


def signed_again(secret: bytes, platform: str, row: tuple[int, int, str, str, bytes]) -> bytes:
    """The hash of a version that was published when there was no secret in it. One that was not
    its own then is left as it is, and proves nothing now either."""
    version, at, document, source, digest = row
    if sha256(encode((platform, version, at, document, source))).digest() != digest:
        return digest
    return catalog_hash(secret, platform, version, at, document, source)


def _read(decode: Callable[[str], T], document: str, what: str) -> T:
    try:
        return decode(document)
    except DecodeError as error:
        raise DamagedDatabase(f"{what} cannot be read: {error}") from None


def read_entry(row: tuple[Any, ...]) -> JournalEntry:
    account, seq, at, event, postings, before, after, digest, idempotency_key, request_hash = row
    happened = _read(read_event, event, f"entry {seq} of {account}")
    return JournalEntry(
        seq=seq,
        at=at,
        event=happened,
        event_json=event.encode(),
        postings_json=postings.encode(),
        balance_before=before,
        balance_after=after,
        hash=digest,
        idempotency_key=idempotency_key,
        request_hash=request_hash,
    )


def entry_row(account: str, entry: JournalEntry) -> tuple[Any, ...]:
    return (
        account,
        entry.seq,
        entry.at,
        entry.event_json.decode(),
        entry.postings_json.decode(),
        entry.balance_before,
        entry.balance_after,
        entry.idempotency_key,
        entry.request_hash,
        entry.quote,
        *usage_columns(entry.event),
        entry.hash,
    )


def checkpoint_row(account: str, checkpoint: Checkpoint) -> tuple[str, int, str, bytes]:
    """(account, seq, document, hash)."""
    document = encode(checkpoint).decode()
    return account, checkpoint.seq, document, _checkpoint_hash(account, checkpoint.seq, document)


def read_checkpoint(row: tuple[str, int, str, bytes]) -> Checkpoint:
    """A checkpoint, which proves itself: nothing before it is there to prove it by.

    Raises `DamagedDatabase` if it was changed.
    """
    account, seq, document, digest = row
    found = _read(_checkpoint, document, f"the checkpoint of {account}")
    if found.seq != seq or _checkpoint_hash(account, seq, document) != digest:
        raise DamagedDatabase(f"the checkpoint of {account} is not what was written")
    return found


def _checkpoint_hash(account: str, seq: int, document: str) -> bytes:
    return sha256(encode((account, seq, document))).digest()


def read_refusal(row: tuple[str, str, int, bytes, bytes]) -> tuple[str, RefusedRow]:
    """Whose refusal a row is, and the refusal."""
    account, key, at, request_hash, refusal = row
    return account, RefusedRow(key, at, request_hash, unpack(refusal))


def read_tally(row: tuple[int, bytes | str, int | None] | None) -> Tally:
    """What was counted of an account's refusals. The digest has 128 bits: SQLite keeps it as bytes
    and PostgreSQL as a number, which is read as text."""
    if row is None:
        return Tally()
    count, digest, oldest_at = row
    number = int.from_bytes(digest, "big") if isinstance(digest, bytes) else int(digest)
    return Tally(count, number, oldest_at)
