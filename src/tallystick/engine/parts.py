"""Parts: a large batch, cut by its accounts.

While the engine decides one part, the database can load the next and write the one before.
"""

from collections.abc import Sequence
from typing import NamedTuple

from ..store import Wanted
from .applier import Asked, wanted

PART_ACCOUNTS_MIN = 24
"""Accounts of a part: for fewer, the statements around them cost more than the time they save."""


class BatchPart(NamedTuple):
    """The places of some commands in their batch, and the rows they need."""

    places: Sequence[int]
    wanted: Wanted


def cut(asked: Sequence[Asked], most: int) -> list[BatchPart]:
    """A batch in at most so many parts. Those of one account are in one, in their order; accounts
    are in the order of their keys, so that two batches take their rows in the same order. The
    first part wants the platforms of all."""
    if most < 2 or len(asked) < 2 * PART_ACCOUNTS_MIN:
        return [BatchPart(range(len(asked)), wanted(asked))]
    accounts = sorted({each.key for each in asked})
    count = min(most, len(accounts) // PART_ACCOUNTS_MIN)
    if count < 2:
        return [BatchPart(range(len(asked)), wanted(asked))]
    number = {account: at * count // len(accounts) for at, account in enumerate(accounts)}
    places: list[list[int]] = [[] for _ in range(count)]
    for at, each in enumerate(asked):
        places[number[each.key]].append(at)
    parts = [BatchPart(some, wanted([asked[at] for at in some])) for some in places]
    for part in parts[1:]:
        part.wanted.platforms = []
    parts[0].wanted.platforms = list(dict.fromkeys([each.platform for each in asked]))
    return parts
