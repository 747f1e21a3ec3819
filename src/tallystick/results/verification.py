"""What verifying a database found, and how far it has come."""

from msgspec import Struct

from . import Result


class Finding(Result, frozen=True, kw_only=True):
    """Something stored that is not what the journal says: where, and what."""

    platform: str
    account: str
    seq: int | None
    what: str
    message: str

    def __str__(self) -> str:
        line = "" if self.seq is None else f", entry {self.seq}"
        account = f"account {self.account}{line}: " if self.account else ""
        return f"{self.platform}: {account}{self.message}"


class Progress(Struct, frozen=True):
    """How far verifying has come."""

    accounts: int
    of_accounts: int
    lines: int


class Report(Result, frozen=True, kw_only=True):
    """What verifying found; falsy when something is wrong. `unseen` entries are archived, and were
    not looked at. `head` stands for all `entries` of the accounts: two ledgers with one head have
    the same entries. `notes` are about what is not wrong and should be known: what else could
    not be looked at, and why."""

    ok: bool
    platforms: int
    accounts: int
    lines: int
    unseen: int = 0
    entries: int = 0
    head: str = ""
    problems: tuple[Finding, ...]
    notes: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return self.ok
