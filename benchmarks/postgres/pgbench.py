"""The floor of pgbench: the rows of a charge, written by PostgreSQL's own load generator in C.

One transaction updates an account's row (another version, another stamp, a state of as many bytes)
and inserts a journal line of every column into every index. It decides nothing and reads nothing,
takes the row's lock instead of comparing stamps, and so cannot lose; its texts are one real line.
"""

import re
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple

from tallystick.core.commands import Charge

from ..transports import PLATFORM
from . import ways
from .bench import Bench
from .keeper import programs
from .server import all_of
from .ways import Measured

CLIENTS = (1, 4, 16, 64)
_SAMPLE = 2_000

_SCRIPT = """
\\set number random(0, {most})
\\set stamp random(1, 9000000000000000000)
begin;
update tallystick.accounts set version = version + 1, stamp = :stamp, state = :state, head = :head
where account = '{platform}/acct_' || lpad(:number::text, 6, '0')
returning account as name, version \\gset
insert into tallystick.journal (account, seq, at, event, postings, balance_before, balance_after,
    key, request, quote, tool, model, member, credits, quantity, hash)
values (:name, :version, :at, :event, :postings, :balance_before, :balance_after,
    'bench-' || :version::text || '-' || :stamp::text, :request, null, :tool, :model, null,
    :credits, :quantity, :head);
commit;
"""

_ONE = """
select a.state, '\\x' || encode(a.head, 'hex') as head, j.at, j.event, j.postings,
       j.balance_before, j.balance_after, '\\x' || encode(j.request, 'hex') as request,
       j.tool, j.model, j.credits, j.quantity
from tallystick.journal j join tallystick.accounts a using (account)
where j.tool is not null and j.key is not null
order by abs(length(j.event) + length(j.postings) - (
    select avg(length(event) + length(postings)) from tallystick.journal where tool is not null))
limit 1
"""
_NAMES = ("state", "head", "at", "event", "postings", "balance_before", "balance_after", "request",
          "tool", "model", "credits", "quantity")  # fmt: skip


def program() -> Path | None:
    """pgbench: the wheel's, or one on the path."""
    found = programs()
    if found is not None and (found / "pgbench").exists():
        return found / "pgbench"
    other = shutil.which("pgbench")
    return Path(other) if other else None


class Example(NamedTuple):
    """The texts of one real charge, of average length."""

    values: dict[str, Any]


def example(url: str) -> Example:
    """The charge of a database whose texts are nearest to the average in length."""
    return Example(dict(zip(_NAMES, all_of(url, _ONE)[0], strict=True)))


def example_of(bench: Bench, charges: Sequence[Charge]) -> Example:
    """The same from some of those charges, made on a copy of the database."""
    with bench.server.copy(bench.base) as url:
        ways.batches_of(500)(url, charges[:_SAMPLE], ways.nothing)
        return example(url)


def run(
    url: str, one: Example, accounts: int, clients: int, seconds: int, rate: float | None = None
) -> Measured:
    """Transactions a second over so many accounts for so long, and how long each took: as fast as
    it goes, or begun at random instants, `rate` a second, from which the waits then count."""
    pgbench = program()
    if pgbench is None:
        raise FileNotFoundError("pgbench is not to be had: neither in the wheel nor on the path")
    with TemporaryDirectory() as folder:
        script = Path(folder) / "charge.sql"
        script.write_text(_SCRIPT.format(most=accounts - 1, platform=PLATFORM))
        said = subprocess.run(
            [pgbench, "-n", "-M", "prepared", "-f", script, "-c", str(clients), "-j", "1",
             "-T", str(seconds), "-l", *([f"--rate={rate}"] if rate else []), *_defined(one), url],
            check=True, capture_output=True, text=True, cwd=folder,
        )  # fmt: skip
        return Measured(_rate(said.stdout), _waits(Path(folder)))


def _waits(folder: Path) -> list[float]:
    """The seconds of each transaction, sorted, from the logs: its third column, in microseconds."""
    logs = [log.read_text() for log in folder.glob("pgbench_log.*")]
    lines = [line.split() for log in logs for line in log.splitlines()]
    return sorted(int(columns[2]) / 1e6 for columns in lines)


def _defined(one: Example) -> list[str]:
    return [f"--define={name}={value}" for name, value in one.values.items()]


def _rate(said: str) -> float:
    found = re.search(r"^tps = ([0-9.]+)", said, re.MULTILINE)
    if found is None or "number of failed transactions: 0 " not in said:
        raise RuntimeError(f"pgbench failed: {said}")
    return float(found[1])
