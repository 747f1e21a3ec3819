"""What an attack meets: a database with a long past, a server as a program, keys of every scope."""

import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

from tallystick import Tallystick, commands
from tallystick.engine import keys
from tallystick.service.startup import open_engine

from .. import transports
from ..figures import cut
from ..http_load import Target
from ..mix import Mix
from ..postgres.served import free_port, wait_until_ready
from ..transports import PLATFORM, checked

FAIR, LONG, POOR, HOLDER, *_OTHERS = (f"acct_{number:06d}" for number in range(200))
"""The fair client's account; one with a long past; one with little; one with many open holds."""
SCOPES = ("quote", "spend", "read", "grant", "admin")
_OPEN_SECONDS = 86_400


class Past(NamedTuple):
    """How much there was before."""

    entries: int = 200_000
    holds: int = 10_000


class Stage(NamedTuple):
    """A closed database, and what opens a server on it: the fair client's key, which opens
    everything, and a key of each scope alone."""

    base: str
    fair_key: str
    scoped: dict[str, str]
    receipt: str
    """One of the account with a long past."""
    amid: str
    """An instant in the middle of that past."""


def build(url: str, past: Past, tell: Callable[[str], None]) -> Stage:
    """Make the database; nothing may be written to it afterwards, only to copies of it."""
    transports.build(url, 4 + len(_OTHERS))
    with Tallystick.open(url, PLATFORM) as credits:
        mix = Mix(PLATFORM, 7)
        for at, piece in enumerate(cut(mix.charges([LONG], past.entries, "past"), 1_000)):
            tell(f"an account of {past.entries:,} entries: {at * 1_000:,}")
            checked(credits.execute(piece))
        held = [_held(each) for each in mix.holds([HOLDER], past.holds, "held")]
        for piece in cut(held, 1_000):
            checked(credits.execute(piece))
        balance = credits.balance(POOR).available
        credits.adjust(POOR, -balance, "so that it has nothing")
        (newest,) = credits.usage(LONG)[-1:]
        (middle,) = credits.entries(LONG, after=past.entries // 2, limit=1)
    amid = middle.at.strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    scoped = {each: _key(url, each) for each in SCOPES}
    return Stage(url, _key(url, "all"), scoped, newest.receipt, amid)


def _held(hold: commands.PlaceHold) -> commands.PlaceHold:
    """The same for as long as a hold may be open."""
    return commands.PlaceHold(
        hold.account, hold.model, hold.params, hold.outputs, ttl_seconds=_OPEN_SECONDS, key=hold.key
    )


def _key(url: str, scope: str) -> str:
    engine, platform = open_engine(url, PLATFORM)
    with closing(engine):
        return keys.create(engine, platform, scope, scope).api_key


class Server:
    """`tallystick serve` on a copy of the stage's database."""

    def __init__(self, target: Target, process: "subprocess.Popen[bytes]"):
        self.target = target
        self.process = process

    def peak_mib(self) -> float:
        """The most memory it has had so far; not a number where the system does not say."""
        return _memory(self.process.pid)


def _memory(process: int) -> float:
    try:
        lines = Path(f"/proc/{process}/status").read_text("utf-8").splitlines()
    except OSError:
        return float("nan")
    (peak,) = [line for line in lines if line.startswith("VmHWM")]
    return int(peak.split()[1]) / 1_024


@contextmanager
def serving(url: str, stage: Stage, words: Sequence[str] = ()) -> Iterator[Server]:
    """A server until this ends, which does not wait for what it was asked."""
    port = free_port()
    with TemporaryDirectory() as folder, (Path(folder) / "log").open("wb") as log:
        running = subprocess.Popen(
            [sys.executable, "-m", "tallystick", "serve", "--db", url, "--port", str(port),
             "--log-format", "json", *words],
            stdout=log, stderr=log,
        )  # fmt: skip
        try:
            wait_until_ready(port, running)
            yield Server(Target(port, stage.fair_key), running)
        finally:
            running.kill()
            running.wait(timeout=60)
