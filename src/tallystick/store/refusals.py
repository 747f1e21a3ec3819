"""Refusals that are remembered under their keys: small, few of each account, counted and hashed.

An account has at most 1,000 of them, none older than 30 days: who asks for credits that are not
there, under ever new keys, fills no disk. A tally of each account says how many there are and what
they are, so that one which was changed, removed or added by hand is noticed.
"""

import zlib
from bisect import bisect_left
from collections.abc import Collection, Iterable, Sequence
from hashlib import sha256
from typing import TypeAlias

from msgspec import Struct

from ..core.errors import DamagedDatabase
from ..core.instants import DAY, Instant

KEPT_MICROS = 30 * DAY
"""How long a refusal is remembered under its key: at least as long as a charge."""

REFUSALS_MAX = 1_000
"""The most refusals that are remembered for one account."""

LEFT_REFUSALS = 900
"""How many are left when there were too many: the oldest go, at least a hundred of them."""

STEP_REFUSALS = 2_000
"""The most that go in one transaction."""

RefusalRow: TypeAlias = tuple[str, Instant, bytes, bytes]
"""A refusal as it is stored: key, instant, the hash of the request, the refusal packed."""

_HASHES = 1 << 128


def kept_since(now: Instant) -> Instant:
    """What is older than this at `now` is to be forgotten."""
    return now - KEPT_MICROS


class Tally(Struct, frozen=True, gc=False):
    """The refusals that are remembered for an account: their `count`, the instant of the oldest
    (`oldest_at`, None where there is none), and `digest`, the sum of their hashes modulo 2^128. One
    that comes adds its hash, one that goes subtracts it."""

    count: int = 0
    digest: int = 0
    oldest_at: Instant | None = None

    def also(self, more: "Tally") -> "Tally":
        """With those of another tally."""
        instants = [at for at in (self.oldest_at, more.oldest_at) if at is not None]
        return Tally(
            self.count + more.count,
            (self.digest + more.digest) % _HASHES,
            min(instants, default=None),
        )

    def without(self, gone: "Tally", oldest_at: Instant | None) -> "Tally":
        """Without those of another tally; `oldest_at` is since when the rest is remembered."""
        return Tally(self.count - gone.count, (self.digest - gone.digest) % _HASHES, oldest_at)

    def is_full(self, before: Instant) -> bool:
        """Whether some are to go: there are too many, or some are from before an instant."""
        return self.count > REFUSALS_MAX or (self.oldest_at is not None and self.oldest_at < before)


def tally_of(account: str, rows: Iterable[RefusalRow]) -> Tally:
    """The tally of these refusals of an account."""
    count = digest = 0
    oldest_at: Instant | None = None
    for row in rows:
        count += 1
        digest += _digest(account, row)
        oldest_at = row[1] if oldest_at is None else min(oldest_at, row[1])
    return Tally(count, digest % _HASHES, oldest_at)


def _digest(account: str, row: RefusalRow) -> int:
    key, at, request_hash, refusal = row
    parts = (account.encode(), key.encode(), str(at).encode(), request_hash, refusal)
    lengths = b"".join(len(part).to_bytes(4, "big") for part in parts)
    return int.from_bytes(sha256(lengths + b"".join(parts)).digest()[:16], "big")


def to_forget(
    oldest: Sequence[RefusalRow], count: int, before: Instant, new: Collection[str] = ()
) -> list[RefusalRow]:
    """Which of an account's refusals go: those from before an instant, and the oldest of those
    beyond the most. `oldest` are the oldest ones in order, of `count` in all. The keys that are
    `new` come last, whatever the clock says: nobody is to be forgotten at once."""
    others = [row for row in oldest if row[0] not in new]
    old = bisect_left(others, before, key=lambda row: row[1])
    beyond = count - LEFT_REFUSALS if count > REFUSALS_MAX else 0
    in_order = others + [row for row in oldest if row[0] in new]
    return in_order[: min(max(old, beyond), STEP_REFUSALS)]


# A refusal is packed by what all refusals have in common: some 75 bytes of 500 are left.

_JSON = b"{"
_PACKED = b"\x01"
_COMMON = b"".join(
    (
        b'"settings":{"resolution":"1080p","quality":"high","duration":"',
        b'{"kind":"wait","at":1700000000000000,"available":',
        b'{"kind":"top_up","credits":1000000000,"price":{"amount":"9.99","currency":"USD"}},',
        b'{"kind":"cheaper","credits":24000000,"model":"',
        b'"members":["member":"cap":"used":"balance":"limit":"held":"min":"account":"expired_at":17',
        b'"hold":"h12","how":"settled","how":"released","how":"timed_out","closed_at":17"entry":12',
        b'"code":"quote_used","message":"the quote was spent by entry ',
        b'"code":"quote_expired","message":"the quote expired ',
        b'"code":"hold_closed","message":"hold h',
        b'"code":"lease_exhausted","message":"the lease has ',
        b'"code":"already_subscribed""code":"no_subscription""code":"no_change""code":"entry_final"',
        b'"code":"member_unknown""code":"member_cap_reached","message":"',
        b'"facts":{"tool":"video","model":"Pro","plan":"Free"},"ways_out":[{"kind":"upgrade",',
        b'"available":7500000000,"credits":7500000000,"plan":"Basic","interval":"yearly"},',
        b'{"kind":"upgrade","available":10000000000,"credits":10000000000,"plan":"Standard",',
        b'"interval":"monthly"},{"kind":"upgrade","available":40000000000,"credits":40000000000,',
        b'"plan":"Max Pro","interval":"monthly"}]}',
        b'{"code":"subscription_required","message":" needs a subscription for ',
        b'{"code":"tool_not_in_plan","message":" is not in the plan ',
        b'{"code":"model_requires_subscription","message":" is a Pro model and needs an active ',
        b'subscription","facts":{"tool":"',
        b'{"code":"insufficient_credits","message":"this costs 200 credits and 0 are available: ',
        b'200 are missing","facts":{"credits":200000000,"available":0,"shortfall":200000000},',
        b'"ways_out":[{"kind":"',
    )
)
"""It may never change: what was packed by it is unpacked by it."""
_WINDOW, _MEMORY = -12, 3


def pack(refusal: bytes) -> bytes:
    """A refusal, which is JSON, as it is stored."""
    packer = zlib.compressobj(9, zlib.DEFLATED, _WINDOW, _MEMORY, zlib.Z_DEFAULT_STRATEGY, _COMMON)
    return _PACKED + packer.compress(refusal) + packer.flush()


def unpack(stored: bytes) -> bytes:
    """The refusal that was packed, byte for byte; one of before they were packed is JSON itself.

    Raises `DamagedDatabase`.
    """
    if stored[:1] == _JSON:
        return stored
    try:
        if stored[:1] == _PACKED:
            return zlib.decompressobj(_WINDOW, _COMMON).decompress(stored[1:])
    except zlib.error:
        pass
    raise DamagedDatabase("a refusal that was remembered cannot be read; restore a backup")
