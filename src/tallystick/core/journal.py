"""The journal: entries that prove themselves (`docs/concepts/ledger.md`).

An entry carries its event, its postings, the balance before and after, and a hash over all of it
and the hash of the entry before. Whoever has the entries has the account.
"""

from hashlib import sha256
from typing import Any

from msgspec import Struct, json

from . import postings as ledger
from .account import DecidedEntry
from .credits import Micros
from .events import AnyEvent, Charged, Drawn, Event, Held, Refunded, Settled, SettledLate
from .instants import Instant

GENESIS = bytes(32)
"""The hash before an account's first entry."""

_encode = json.Encoder().encode
_decode = json.Decoder(AnyEvent).decode
_decode_postings = json.Decoder(ledger.Postings).decode


class JournalEntry(Struct, frozen=True, gc=False):
    """One immutable entry of an account's history: `event` happened at the instant `at`.

    `seq` counts an account's entries from 1, without gaps. `event_json` and `postings_json` are
    the very texts that are hashed and stored. ``balance_after == balance_before +`` what the
    postings add to the grants (micros). `hash` is SHA-256 over all of that and the hash before it.
    The entry that answers a command with an `idempotency_key` carries that, and `request_hash`, the
    hash of the command.
    """

    seq: int
    at: Instant
    event: Event
    event_json: bytes
    postings_json: bytes
    balance_before: Micros
    balance_after: Micros
    hash: bytes
    idempotency_key: str | None = None
    request_hash: bytes | None = None

    @property
    def postings(self) -> ledger.Postings:
        """What the entry moves between ledger accounts."""
        return _decode_postings(self.postings_json)

    @property
    def quote(self) -> str | None:
        """The id of the quote that the entry spends, if it spends one."""
        event = self.event
        return event.quote if isinstance(event, (Charged, Held)) else None


def write(
    row_key: str,
    entry: DecidedEntry,
    head: bytes,
    idempotency_key: str | None = None,
    request_hash: bytes | None = None,
) -> JournalEntry:
    """The journal entry of what happened; `head` is the hash of the entry before it.

    `row_key` is the text that names platform and account in every row. The hash covers `head` and
    all parts of the entry, each on a text line of its own (JSON has no line breaks).
    """
    seq, at, event, before, after = entry.seq, entry.at, entry.event, entry.before, entry.after
    event_json = _encode(event)
    postings_json = _encode(ledger.postings(seq, event))
    facts = _encode((row_key, seq, at, before, after, idempotency_key, request_hash))
    digest = sha256(b"\n".join((head, facts, event_json, postings_json))).digest()
    return JournalEntry(
        seq=seq,
        at=at,
        event=event,
        event_json=event_json,
        postings_json=postings_json,
        balance_before=before,
        balance_after=after,
        hash=digest,
        idempotency_key=idempotency_key,
        request_hash=request_hash,
    )


def read_event(event_json: bytes | str) -> Event:
    """The event of an entry. Raises `msgspec.DecodeError` for a text that is not an event."""
    return _decode(event_json)


class Usage(Struct, frozen=True, gc=False):
    """An entry's columns for analytics: what was made, by whom, for how much (`docs/spec.md` 8.1).

    `tool` and `model` are ids of the catalog, `member` is None where nobody was named. `credits`
    are micros, and `quantity` is the micro-units of all outputs together.
    """

    tool: str
    model: str
    member: str | None
    credits: Micros
    quantity: int


def usage_columns(event: Event) -> tuple[Any, ...]:
    """(tool, model, member, credits, quantity), as they stand beside an entry that says so."""
    used = usage(event)
    if used is None:
        return (None, None, None, None, None)
    return (used.tool, used.model, used.member, used.credits, used.quantity)


def usage(event: Event) -> Usage | None:
    """The usage of an entry that charged something (0 credits included), or gave it back, which
    counts less than nothing; None for the others."""
    if not isinstance(event, (Charged, Drawn, Settled, SettledLate)):
        return _usage_back(event) if isinstance(event, Refunded) else None
    priced = event.priced
    return Usage(
        tool=priced.tool,
        model=priced.model,
        member=event.member,
        credits=event.credits,
        quantity=priced.quantity * priced.outputs,
    )


def _usage_back(event: Refunded) -> Usage:
    return Usage(
        tool=event.priced.tool,
        model=event.priced.model,
        member=event.member,
        credits=-event.credits,
        quantity=-event.quantity,
    )
