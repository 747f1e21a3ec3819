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
from .events import AnyEvent, Charged, Drawn, Event, Held, Settled
from .instants import Instant

GENESIS = bytes(32)
"""The hash before an account's first entry."""

_encode = json.Encoder().encode
_decode = json.Decoder(AnyEvent).decode
_decode_postings = json.Decoder(ledger.Postings).decode


class JournalEntry(Struct, frozen=True, gc=False):
    """One immutable entry of an account's history.

    `event_json` and `postings_json` are the very texts that are hashed and stored. `key` and
    `request` (the hash of the command) stand on the entry that answers a command.
    """

    seq: int
    at: Instant
    event: Event
    event_json: bytes
    postings_json: bytes
    balance_before: Micros
    balance_after: Micros
    hash: bytes
    key: str | None = None
    request: bytes | None = None

    @property
    def postings(self) -> ledger.Postings:
        return _decode_postings(self.postings_json)

    @property
    def quote(self) -> str | None:
        event = self.event
        return event.quote if isinstance(event, (Charged, Held)) else None


def write(
    account_key: str,
    entry: DecidedEntry,
    head: bytes,
    key: str | None = None,
    request: bytes | None = None,
) -> JournalEntry:
    """The journal entry of what happened; `head` is the hash of the entry before it.

    The hash covers all its parts, each on a line of its own (JSON has no line breaks), and `head`.
    """
    seq, at, event, before, after = entry.seq, entry.at, entry.event, entry.before, entry.after
    event_json = _encode(event)
    postings_json = _encode(ledger.postings(seq, event))
    facts = _encode((account_key, seq, at, before, after, key, request))
    digest = sha256(b"\n".join((head, facts, event_json, postings_json))).digest()
    return JournalEntry(
        seq, at, event, event_json, postings_json, before, after, digest, key, request
    )


def read_event(event_json: bytes | str) -> Event:
    return _decode(event_json)


class Usage(Struct, frozen=True, gc=False):
    """An entry's columns for analytics: what was made, by whom and for how many credits
    (`docs/spec.md` 8.1)."""

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
    """The usage of an entry that charged something (0 credits included); None for the others."""
    if not isinstance(event, (Charged, Drawn, Settled)):
        return None
    priced = event.priced
    return Usage(
        priced.tool, priced.model, event.member, event.credits, priced.quantity * priced.outputs
    )
