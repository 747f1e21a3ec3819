"""What is read of an account a page at a time, and the snapshots its past is found from.

Whatever a list is asked for, the database looks at the rows of one page and no others.
"""

from collections.abc import Mapping, Sequence
from typing import Protocol

from msgspec import Struct
from msgspec.json import encode

from ..core.account import Account
from ..core.holds import Hold
from ..core.instants import Instant
from ..core.journal import JournalEntry

FIRST, LAST = -(2**62), 2**62
"""An instant, or a number, before all others, and one after them."""


class Sought(Struct, frozen=True, gc=False):
    """Which charges are looked for: those of a tool, a model, a member; None for those of any.

    `labelled` is a text within the event of a charge that has a certain label, as `label_text`
    gives it. Another charge may have the same text by chance: whoever reads, looks again.
    """

    tool: str | None = None
    model: str | None = None
    member: str | None = None
    labelled: str | None = None


def label_text(labels: Mapping[str, str]) -> str | None:
    """What stands in the event of a charge that has these labels: the longest of them, in JSON."""
    pairs = (encode({name: value})[1:-1].decode() for name, value in labels.items())
    return max(pairs, key=len, default=None)


class Pages(Protocol):
    """Charges and open holds, by their keys."""

    def charges(
        self, account: str, after: int, last: int, sought: Sought, limit: int
    ) -> list[JournalEntry]:
        """The first `limit` entries with ``after < seq <= last`` that charge what is sought, in
        order. The rows between are looked at by the database, and no others."""
        ...

    def open_holds(
        self, account: str, after: tuple[Instant, int], until: Instant, limit: int
    ) -> list[Hold]:
        """The first `limit` open holds by expiry and id that come after an expiry and an id, with
        ``expires_at <= until``."""
        ...


class Snapshots(Protocol):
    """Accounts as they were after some of their entries. A batch writes those that are due."""

    def snapshot(self, account: str, last: int) -> Account | None:
        """The newest one with ``seq <= last``."""
        ...

    def snapshots(self, account: str) -> dict[int, Account]:
        """All of an account by their seq."""
        ...

    def snapshot_seqs(self, account: str) -> list[int]: ...

    def add_snapshots(self, snapshots: Sequence[tuple[str, Account]]) -> None:
        """Write the ones that are missing, in one transaction of its own."""
        ...

    def versions(self, after: str, limit: int) -> list[tuple[str, int]]:
        """The accounts of all platforms that come after a key, each with its last entry's seq."""
        ...
