"""Which shard the rows of an account are on: known here, so that no batch has to ask for it.

A distributed PostgreSQL cuts the hashes of a table's keys into ranges, one a shard. The hash is
PostgreSQL's own (`hashtext`, Bob Jenkins' lookup3), which is the same on every version and machine.
"""

from bisect import bisect_right
from functools import lru_cache
from struct import unpack
from typing import NamedTuple

_LOWEST, _HASHES = -(2**31), 2**32
_MASK = 0xFFFFFFFF
_START = 0x9E3779B9 + 3923095


class Shards(NamedTuple):
    """The lowest hash of each shard, in order; the first is the lowest there is."""

    starts: tuple[int, ...]

    def __len__(self) -> int:
        return len(self.starts)

    def of(self, key: str) -> int:
        """The number of the shard that has an account's rows."""
        if len(self.starts) == 1:
            return 0
        return bisect_right(self.starts, hash_of(key)) - 1


def even(count: int) -> Shards:
    """`count` shards of one size."""
    return Shards(tuple(_LOWEST + _HASHES * each // count for each in range(count)))


@lru_cache(100_000)
def hash_of(key: str) -> int:
    """What PostgreSQL's `hashtext` says of a text, -2**31 to 2**31 - 1."""
    data = key.encode()
    a = b = c = (_START + len(data)) & _MASK
    whole = len(data) - len(data) % 12
    words = unpack(f"<{whole // 4}I", data[:whole])
    for at in range(0, len(words), 3):
        a, b, c = _mix(a + words[at], b + words[at + 1], c + words[at + 2])
    rest = data[whole:].ljust(11, b"\0")
    # The lowest byte of the third word is taken: the length is in it.
    first, second, third = unpack("<III", rest[:8] + b"\0" + rest[8:])
    found = _final(a + first & _MASK, b + second & _MASK, c + third & _MASK)
    return found - _HASHES if found >= -_LOWEST else found


def _rot(word: int, bits: int) -> int:
    return (word << bits | word >> (32 - bits)) & _MASK


def _mix(a: int, b: int, c: int) -> tuple[int, int, int]:
    a, b, c = a & _MASK, b & _MASK, c & _MASK
    a, c = (a - c & _MASK) ^ _rot(c, 4), c + b & _MASK
    b, a = (b - a & _MASK) ^ _rot(a, 6), a + c & _MASK
    c, b = (c - b & _MASK) ^ _rot(b, 8), b + a & _MASK
    a, c = (a - c & _MASK) ^ _rot(c, 16), c + b & _MASK
    b, a = (b - a & _MASK) ^ _rot(a, 19), a + c & _MASK
    c, b = (c - b & _MASK) ^ _rot(b, 4), b + a & _MASK
    return a, b, c


def _final(a: int, b: int, c: int) -> int:
    for bits_c, bits_a, bits_b in ((14, 11, 25), (16, 4, 14)):
        c = (c ^ b) - _rot(b, bits_c) & _MASK
        a = (a ^ c) - _rot(c, bits_a) & _MASK
        b = (b ^ a) - _rot(a, bits_b) & _MASK
    return (c ^ b) - _rot(b, 24) & _MASK
