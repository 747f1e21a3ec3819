"""The head of a ledger: one line of text that stands for every entry of every account.

It counts the accounts and their entries, and ends in a hash over what `verify` proves of each: the
account's key, the seq of its last entry, and that entry's hash, which is a hash over all entries
before it. Two ledgers with one head have the same entries. A head file has, below the head, the
same three values of each account: held against it, a ledger tells what it lacks.
"""

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from hashlib import sha256
from os import PathLike
from pathlib import Path
from typing import IO, Any, NamedTuple

from ..core import limits
from ..core.errors import InvalidRequest, describe
from ..store import Store, split_key

PAGE_ACCOUNTS = 1_000
FORMAT = "tallystick-head-1"
SUFFIX = ".head"
"""The name of a head file is that of its backup, with this behind it."""


class AccountHead(NamedTuple):
    """The last entry of an account: the account's key, the entry's seq and its hash."""

    account: str
    seq: int
    hash: bytes


class Head(NamedTuple):
    """The head of a ledger: how many accounts and entries it has, and the hash over all."""

    accounts: int
    entries: int
    digest: str

    def __str__(self) -> str:
        return f"{self.accounts}:{self.entries}:{self.digest}"


class Expected(NamedTuple):
    """The head that a ledger is compared with; with its accounts, where a head file names them."""

    head: Head
    accounts: Mapping[str, AccountHead] | None = None

    def of(self, platforms: Iterable[str]) -> "Expected":
        """What of it is about these platforms; a head without its file cannot be divided."""
        if self.accounts is None:
            return self
        names = {*platforms}
        kept = {key: each for key, each in self.accounts.items() if split_key(key)[0] in names}
        return Expected(head_of(kept.values()), kept)


def account_heads(store: Store, platform: str) -> Iterator[AccountHead]:
    """The last entry of each account of a platform, in the order of their keys; inside one block
    of `reading`, if nobody may write in between."""
    after = ""
    while True:
        with store.reading():
            page = store.heads(platform, after, PAGE_ACCOUNTS)
        yield from (AccountHead(*each) for each in page)
        if len(page) < PAGE_ACCOUNTS:
            return
        after = page[-1][0]


def head_of(accounts: Iterable[AccountHead]) -> Head:
    """The head over accounts that come in the order of their keys."""
    digest, count, entries = sha256(), 0, 0
    for each in accounts:
        digest.update(f"{each.account}\n{each.seq}\n{each.hash.hex()}\n".encode())
        count, entries = count + 1, entries + each.seq
    return Head(count, entries, digest.hexdigest())


# Head files


def write_file(path: Path, facts: Mapping[str, Any], accounts: Iterable[AccountHead]) -> None:
    """Write a head file: a line of facts, `head` among them, and a line for each account."""
    with path.open("x", encoding="utf-8") as file:
        _line(file, {"format": FORMAT, **facts})
        for each in accounts:
            _line(file, [each.account, each.seq, each.hash.hex()])


def _line(file: IO[str], value: Any) -> None:
    file.write(json.dumps(value, ensure_ascii=False, separators=(",", ":")) + "\n")


def read_facts(path: Path) -> dict[str, Any]:
    """The first line of a head file."""
    with _opened(path) as file:
        return _facts(path, file)


def _opened(path: Path) -> IO[str]:
    try:
        if not path.is_file():
            raise _unusable(f"there is no head file {path}")
        return path.open(encoding="utf-8")
    except OSError as error:
        raise _unusable(f"{path} cannot be read: {error.strerror or error}") from None


def _facts(path: Path, file: IO[str]) -> dict[str, Any]:
    try:
        facts = json.loads(file.readline(100_000))
    except ValueError:
        facts = None
    if not isinstance(facts, dict) or facts.get("format") != FORMAT:
        raise _unusable(f"{path} is not a head file")
    return facts


def read_file(path: Path) -> Expected:
    """A head file, whole: raises `InvalidRequest` when its accounts do not give its head."""
    with _opened(path) as file:
        facts = _facts(path, file)
        try:
            accounts = {each.account: each for each in map(_account, file)}
        except (ValueError, TypeError):
            raise _unusable(f"{path} is damaged: a line of it is not an account's") from None
    head = head_of(accounts.values())
    if str(head) != facts.get("head"):
        raise _unusable(f"{path} is damaged: its accounts do not give its head")
    return Expected(head, accounts)


def _account(line: str) -> AccountHead:
    account, seq, digest = json.loads(line)
    return AccountHead(str(account), int(seq), bytes.fromhex(digest))


def read_expected(given: object) -> Expected:
    """The head that was given: as its text, or as the path of a head file.

    Raises `InvalidRequest` for anything else, and for a head file that cannot be used.
    """
    if isinstance(given, str) and re.fullmatch(limits.HEAD, given.strip()):
        return Expected(Head(*limits.head(given, "expect")))
    if not isinstance(given, (str, PathLike)) or not given or "\x00" in str(given):
        raise _unusable(f"expect must be a head, or the path of a head file, not {describe(given)}")
    return read_file(Path(given))


def _unusable(message: str) -> InvalidRequest:
    return InvalidRequest(message, where="expect")
