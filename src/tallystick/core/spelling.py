"""Spelling: the known names that a misspelt one may have meant.

The caller chooses how much is compared: a long word, or a thousand different ones at once. So every
search is bounded. A few names are compared one by one. Of many names, only those that share the
most pairs of letters with the word are compared; an index finds them. Results are remembered.
"""

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from difflib import get_close_matches
from functools import cached_property, lru_cache
from heapq import nlargest
from itertools import accumulate

WORD_CHARACTERS_MAX = 48
"""Characters of a word, and of a name, that are compared."""
COMPARED_NAMES_MAX = 12
"""Names that a word is compared with letter by letter."""
COUNTED_NAMES_MAX = 2_000
"""Names whose shared pairs are counted, those of rare pairs first, until there are so many."""
REMEMBERED_WORDS_MAX = 1_000
"""How many words keep their result; the oldest are dropped."""


class Names:
    """Names that can be found again when they are misspelt. Case counts: fold before."""

    def __init__(self, names: Iterable[str]):
        self._names = tuple(dict.fromkeys(names))
        self._lengths = [len(name) + WORD_CHARACTERS_MAX for name in self._names]
        self.near = lru_cache(REMEMBERED_WORDS_MAX)(self._near)

    def _near(self, word: str, count: int, likeness: float) -> tuple[str, ...]:
        """Up to `count` names at least so alike (0 to 1), the nearest first."""
        cut = word[:WORD_CHARACTERS_MAX]
        compared = {name[:WORD_CHARACTERS_MAX]: name for name in self._candidates(cut)}
        near = get_close_matches(cut, compared, n=count, cutoff=likeness)
        return tuple(compared[each] for each in near)

    def containing(self, word: str, count: int) -> tuple[str, ...]:
        """Up to `count` names that `word` is a part of, in their order."""
        found: list[str] = []
        at = self._joined.find(word)
        while at >= 0 and len(found) < count:
            place = bisect_right(self._starts, at) - 1
            found.append(self._names[place])
            at = self._joined.find(word, self._starts[place] + len(self._names[place]))
        return tuple(found)

    def _candidates(self, word: str) -> Sequence[str]:
        if len(self._names) <= COMPARED_NAMES_MAX:
            return self._names
        shared: dict[int, int] = {}
        left = COUNTED_NAMES_MAX
        for places in sorted([self._having.get(pair, ()) for pair in _pairs(word)], key=len):
            for at in places[:left]:
                shared[at] = shared.get(at, 0) + 1
            left -= len(places)
            if left <= 0:
                break
        best = nlargest(
            COMPARED_NAMES_MAX, shared, key=lambda at: shared[at] * 1_000 // self._lengths[at]
        )
        return [self._names[at] for at in best]

    @cached_property
    def _having(self) -> dict[str, list[int]]:
        """For each pair of letters the places of the names that have it."""
        found: dict[str, list[int]] = {}
        for at, name in enumerate(self._names):
            for pair in _pairs(name[:WORD_CHARACTERS_MAX]):
                found.setdefault(pair, []).append(at)
        return found

    @cached_property
    def _joined(self) -> str:
        return "\n".join(self._names)

    @cached_property
    def _starts(self) -> list[int]:
        """Where each name begins in all of them together."""
        return list(accumulate((len(name) + 1 for name in self._names[:-1]), initial=0))


def _pairs(word: str) -> list[str]:
    """The pairs of letters of a word, each once, its ends counted as letters."""
    ended = f"\n{word}\n"
    return list(dict.fromkeys([ended[at : at + 2] for at in range(len(ended) - 1)]))


@lru_cache(64)
def _kept(names: tuple[str, ...]) -> Names:
    return Names(names)


def near(word: str, names: Iterable[str], count: int, likeness: float) -> tuple[str, ...]:
    """`Names.near` of a few names that belong to nobody: fields, settings, plans."""
    return _kept(tuple(names)).near(word[:WORD_CHARACTERS_MAX], count, likeness)
