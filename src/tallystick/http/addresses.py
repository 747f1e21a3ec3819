"""The endpoints' table as addresses: what stands at a path, and what the path names."""

from collections.abc import Iterable
from typing import Any, NamedTuple

from ..wire.endpoints import Endpoint


class MatchedPath(NamedTuple):
    """A path of the table: its endpoints by method, and what it names, as it was sent."""

    endpoints: dict[str, Endpoint]
    named: dict[str, str]

    @property
    def methods(self) -> str:
        return ", ".join(sorted((*self.endpoints, "OPTIONS")))


class Addresses:
    """Endpoints as a tree with one step a segment. What stands in braces matches any segment."""

    def __init__(self, endpoints: Iterable[Endpoint]):
        self._root: dict[Any, Any] = {}
        for each in endpoints:
            node = self._root
            for segment in each.path.split("/"):
                node = node.setdefault(_ANY if segment.startswith("{") else segment, {})
            _, by_method = node.setdefault(_END, (each.in_path, {}))
            by_method[each.method] = each

    def find(self, path: str) -> MatchedPath | None:
        """What stands at a path; None if nothing of the table does."""
        node = self._root
        values: list[str] = []
        for segment in path.split("/"):
            below = node.get(segment)
            if below is None:
                below = node.get(_ANY)
                values.append(segment)
            if below is None:
                return None
            node = below
        found = node.get(_END)
        if found is None:
            return None
        names, endpoints = found
        return MatchedPath(endpoints, dict(zip(names, values, strict=True)))


_ANY, _END = object(), object()
"""Steps that no segment can be mistaken for."""
