"""What long histories cost others: `python -m benchmarks.reads`.

A server over a file that has one account of many entries. One client charges other accounts, one
request after the other; beside it first nobody, then four clients that read that account again and
again, kind by kind. What is printed for each: the charges' waits, those of `/readyz`, the reads
that were answered, and the most memory that the server has had by then.
"""

import argparse
import json
import multiprocessing
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

from tallystick import Tallystick, commands
from tallystick.engine import keys
from tallystick.service.local import LocalTransport
from tallystick.service.startup import open_engine
from tallystick.testing import TestClock

PLATFORM = "artlist"
LONG, OTHERS = "long", 20
MODEL = {"model": "Nano Banana Pro", "settings": {"resolution": "1k"}}
BEGIN = datetime(2026, 1, 1, tzinfo=UTC)
READERS = 4
READS = {
    "usage": "usage?limit=1",
    "balances": "balance?as_of=",
    "labels": "usage?label=project%3Dnobody",
    "columns": "usage?member=nobody",
    "entries": "entries?limit=1000",
}
"""What is asked again and again: the last three are the most expensive pages."""


def build(path: Path, entries: int) -> list[str]:
    """An account with so many charges, a minute from one to the next thousand, and some others;
    two API keys."""
    clock = TestClock(BEGIN.isoformat())
    engine, _ = open_engine(path, PLATFORM, clock=clock)
    with Tallystick(LocalTransport(engine, PLATFORM), PLATFORM) as credits:
        for account in (LONG, *(f"other-{number}" for number in range(OTHERS))):
            credits.open_account(account)
            credits.subscribe(account, "AI Suite Starter", 40_000)
            credits.grant(account, 1_000_000_000)
        params = MODEL["settings"]
        charge = commands.Charge(LONG, MODEL["model"], params)
        for start in range(0, entries, 1_000):
            credits.execute([charge] * min(1_000, entries - start))
            clock.advance("1m")
        return [keys.create(engine, PLATFORM, "bench", "all").api_key for _ in range(2)]


@contextmanager
def serving(path: Path) -> Iterator[tuple[int, int]]:
    """A server, by its port and its process id."""
    program = [sys.executable, "-m", "tallystick", "serve", "--db", str(path), "--port", "0",
               "--log-format", "json", "--clockwork", "off"]  # fmt: skip
    with subprocess.Popen(program, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE) as server:
        assert server.stderr is not None
        for line in server.stderr:
            said = json.loads(line) if line.startswith(b"{") else {}
            if said.get("event") == "listening":
                break
        drain = multiprocessing.Process(target=_drain, args=(server.stderr.fileno(),), daemon=True)
        drain.start()
        try:
            yield said["port"], server.pid
        finally:
            server.terminate()
            server.wait(30)
            drain.terminate()


def _drain(stream: int) -> None:
    with open(stream, "rb", closefd=False) as lines:
        for _ in lines:
            pass


class Client:
    """One kept connection."""

    def __init__(self, port: int, api_key: str):
        self._http = HTTPConnection("127.0.0.1", port, timeout=120)
        self._headers = {"authorization": f"Bearer {api_key}", "content-type": "application/json"}

    def ask(self, method: str, path: str, body: Any = None) -> float:
        """Seconds until the whole reply is here."""
        begun = time.perf_counter()
        sent = None if body is None else json.dumps(body)
        self._http.request(method, path, sent, self._headers)
        reply = self._http.getresponse()
        said = reply.read()
        if reply.status >= 300:
            raise RuntimeError(f"{method} {path}: {reply.status} {said[:200]!r}")
        return time.perf_counter() - begun


def read(kind: str, port: int, api_key: str, ended: Any, waits: Any, minutes: int) -> None:
    """Ask again and again until told to end; hand over how long each took."""
    client, chance, found = Client(port, api_key), random.Random(minutes), []
    while not ended.is_set():
        path = f"/v1/accounts/{LONG}/{READS[kind]}"
        if kind == "balances":
            at = BEGIN + timedelta(minutes=chance.randrange(1, minutes))
            path += f"{at:%Y-%m-%dT%H:%M:%SZ}"
        found.append(client.ask("GET", path))
    waits.put(found)


def charged(port: int, api_key: str, seconds: float) -> tuple[list[float], list[float]]:
    """The waits of charges of other accounts, and of readiness after every tenth."""
    client, until = Client(port, api_key), time.perf_counter() + seconds
    charges, ready = [], []
    while time.perf_counter() < until:
        path = f"/v1/accounts/other-{len(charges) % OTHERS}/charges"
        charges.append(client.ask("POST", path, MODEL))
        if len(charges) % 10 == 1:
            ready.append(client.ask("GET", "/readyz"))
    return charges, ready


def beside(
    kind: str, server: tuple[int, int], api_keys: list[str], seconds: float, minutes: int
) -> None:
    """Charge beside readers of a kind, and print what came of it."""
    port, process = server
    ended, waits = multiprocessing.Event(), multiprocessing.Queue()
    given = (kind, port, api_keys[1], ended, waits, minutes)
    readers = [multiprocessing.Process(target=read, args=given) for _ in range(READERS)]
    if kind != "nobody":
        for each in readers:
            each.start()
        time.sleep(0.5)
    charges, ready = charged(port, api_keys[0], seconds)
    ended.set()
    reads = [wait for _ in readers for wait in waits.get(timeout=120)] if kind != "nobody" else []
    peak = next(
        line for line in Path(f"/proc/{process}/status").read_text().splitlines() if "VmHWM" in line
    )
    print(f"beside {kind}: charges {said(charges)}; /readyz {said(ready)}; reads {said(reads)}; "
          f"memory at most {int(peak.split()[1]) // 1024:,} MiB")  # fmt: skip


def said(waits: list[float]) -> str:
    if not waits:
        return "none"
    ordered = sorted(waits)

    def at(share: float) -> str:
        return f"{ordered[min(int(len(ordered) * share), len(ordered) - 1)] * 1_000:,.1f}"

    return f"{len(ordered):,} (ms: p50 {at(0.5)}, p99 {at(0.99)}, most {at(1)})"


def main(arguments: list[str]) -> None:
    parser = argparse.ArgumentParser("python -m benchmarks.reads", description=__doc__)
    parser.add_argument("--entries", type=int, default=200_000)
    parser.add_argument("--seconds", type=float, default=10.0)
    parser.add_argument("--reads", action="append", choices=READS, help="repeatable; all of them")
    asked = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory(prefix="tallystick-reads-") as folder:
        path = Path(folder) / "credits.db"
        api_keys = build(path, asked.entries)
        for kind in ("nobody", *(asked.reads or READS)):
            with serving(path) as server:
                beside(kind, server, api_keys, asked.seconds, asked.entries // 1_000)


if __name__ == "__main__":  # not in the processes that it starts
    main(sys.argv[1:])
