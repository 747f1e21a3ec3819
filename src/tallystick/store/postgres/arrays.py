"""Columns of a batch, packed as PostgreSQL's own binary arrays.

A batch goes to the server as one array per column. Packing them here, with one pass per column,
takes a tenth of what the driver's general way takes, which quotes and escapes each value.
"""

from collections.abc import Callable, Sequence
from functools import lru_cache
from struct import pack
from typing import Any, NamedTuple

_NULL = b"\xff\xff\xff\xff"


class Texts(tuple[str | bytes | None, ...]):
    """An array of texts; an array of bytes is one of texts that are encoded already."""

    __slots__ = ()


class Blobs(tuple[bytes | None, ...]):
    """An array of bytes."""

    __slots__ = ()


class Bigints(tuple[int | None, ...]):
    """An array of whole numbers of 64 bits."""

    __slots__ = ()


class Kind(NamedTuple):
    """The numbers of an array's type and of its elements', and how elements are packed that are
    all there."""

    array: int
    element: int
    packed: Callable[[Sequence[Any]], bytes]

    def pack(self, values: Sequence[Any]) -> bytes:
        """A column as it is sent. One pass in C where all its values are there, as they mostly
        are, or none is."""
        count = len(values)
        if not count:
            return pack("!iiI", 0, 0, self.element)  # an empty array has no dimension
        nulls = values.count(None)
        header = _header(nulls > 0, self.element, count)
        if not nulls:
            return header + self.packed(values)
        if nulls == count:
            return header + _NULL * count
        some = [_NULL if each is None else self.packed((each,)) for each in values]
        return header + b"".join(some)


@lru_cache(1_024)
def _header(nulls: bool, element: int, count: int) -> bytes:
    """Dimensions, whether there are nulls, the elements' type, their number, the first index."""
    return pack("!iiIii", 1, nulls, element, count, 1)


def _blobs(values: Sequence[bytes]) -> bytes:
    parts = [b""] * (2 * len(values))
    parts[::2] = map(_length, map(len, values))
    parts[1::2] = values
    return b"".join(parts)


def _texts(values: Sequence[Any]) -> bytes:
    return _blobs([*map(str.encode, values)] if type(values[0]) is str else values)


def _bigints(values: Sequence[int]) -> bytes:
    parts = [8] * (2 * len(values))
    parts[1::2] = values
    return pack("!" + "iq" * len(values), *parts)


@lru_cache(4_096)
def _length(count: int) -> bytes:
    return count.to_bytes(4, "big")


KINDS: dict[type, Kind] = {
    Texts: Kind(1009, 25, _texts),
    Blobs: Kind(1001, 17, _blobs),
    Bigints: Kind(1016, 20, _bigints),
}
