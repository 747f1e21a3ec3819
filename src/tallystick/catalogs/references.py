"""Names that stand for two things, and names that stand for nothing."""

from collections.abc import Collection, Iterable, Iterator
from itertools import islice
from typing import NamedTuple

from ..core.errors import describe
from ..results.catalog_problems import CatalogProblem, Code
from .places import Places
from .problems import FilePlace


class Named(NamedTuple):
    """A name, what it names, and where it is given."""

    name: str
    what: object
    at: FilePlace


def doubled(
    places: Places, code: Code, kind: str, named: Iterable[Named]
) -> Iterator[CatalogProblem]:
    """Two things with one name, any case: each pair once. `kind` says what they are."""
    seen: dict[str, Named] = {}
    pairs: set[tuple[int, int]] = set()
    for each in named:
        first = seen.setdefault(each.name.casefold(), each)
        pair = id(first.what), id(each.what)
        if each.name and first.what is not each.what and pair not in pairs:
            pairs.add(pair)
            message = f"two {kind} are called {describe(each.name)}, one at line {first.at.line}"
            yield places.problem(code, message, each.at, first.at)


def dangling(names: Iterable[str], known: Collection[str]) -> list[str]:
    """The names that nothing has. None are, while a known name could not be read.
    `known` is asked for each: a set, or the keys of a dict."""
    return [] if "" in known else [name for name in names if name and name not in known]


def no_such(places: Places, kind: str, name: str, known: Collection[str]) -> str:
    """A message: there is no such tool or plan."""
    said = f"there is no {kind} {describe(name)}{places.nearest(name, known)}"
    return f"{said} (there are: {some_of(known) or 'none'})"


def some_of(known: Iterable[str]) -> str:
    """The first twenty of what is there: every one in every message would take too long."""
    return ", ".join(islice(known, 20))
