"""What every part is given: the server, a database of accounts to copy, and how much to measure."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

from tallystick import commands

from .. import transports
from ..figures import Tally
from ..http_load import share
from ..mix import Mix
from .server import Server
from .ways import Measured

ACCOUNTS = 10_000
HOT = "one hot account"
UNIFORM = f"{ACCOUNTS:,} accounts"


class Scale(NamedTuple):
    """How much is measured."""

    single: int = 3_000
    """Charges that come one after another."""
    charges: int = 20_000
    pgbench_seconds: int = 5
    load_seconds: int = 10
    """How long half load, or overload, lasts."""
    lines: int = 10_000_000
    weighed: int = 100_000
    peer_seconds: int = 5
    peer_accounts: int = ACCOUNTS


QUICK = Scale(
    single=500,
    charges=3_000,
    pgbench_seconds=1,
    load_seconds=2,
    lines=100_000,
    weighed=5_000,
    peer_seconds=1,
    peer_accounts=500,
)


class Bench(NamedTuple):
    """`base` is a closed database of `accounts`; nothing may be written to it."""

    server: Server
    base: str
    accounts: Sequence[str]
    scale: Scale
    runs: int
    tell: Callable[[str], None]
    folder: Path | None
    peers: Path | None
    """Where the peers' environments are kept."""

    def loads(self) -> dict[str, Sequence[str]]:
        """The accounts of each load."""
        return {UNIFORM: self.accounts, HOT: self.accounts[:1]}

    def charges(
        self, accounts: Sequence[str], count: int, name: str, seed: int
    ) -> list[commands.Charge]:
        return Mix(transports.PLATFORM, seed).charges([*accounts], count, name)


def keep(tally: Tally, name: str, measured: Measured) -> None:
    """A rate, and the waits that come with it."""
    tally.add(name, measured.rate)
    if measured.waits:
        for percent in (50, 99):
            tally.add(f"{name}, p{percent}", share(measured.waits, percent) * 1_000, "ms")
