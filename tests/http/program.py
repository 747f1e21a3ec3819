"""`tallystick serve` as a program of its own, on a database, and customers who keep it busy."""

import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Any, NamedTuple, Self

import httpx2

import tallystick
from tallystick import Tallystick
from tallystick.engine import keys
from tallystick.service.startup import open_engine
from tests.patience import PATIENCE_SECONDS, until

SOURCE = Path(tallystick.__file__).parents[1]


def environment() -> dict[str, str]:
    """That of a shell in which nothing is set for us but where this package is."""
    kept = {name: text for name, text in os.environ.items() if not name.startswith("TALLYSTICK")}
    return kept | {"PYTHONPATH": str(SOURCE)}


def prepare(url: str, accounts: int = 0) -> str:
    """A platform with accounts ``acct_0``, ... in a database; the API key that opens it."""
    with Tallystick.open(url, platform="imagineart") as credits:
        for number in range(accounts):
            credits.open_account(f"acct_{number}")
            credits.subscribe(f"acct_{number}", "Ultimate")
    engine, platform = open_engine(url, "imagineart")
    try:
        return keys.create(engine, platform, "test", "all").api_key
    finally:
        engine.close()


def run(*words: str) -> "subprocess.CompletedProcess[str]":
    """`tallystick serve` where it ends by itself."""
    return subprocess.run(
        [sys.executable, "-m", "tallystick", "serve", *words],
        env=environment(),
        capture_output=True,
        text=True,
        timeout=PATIENCE_SECONDS,
        check=False,
    )


class Program:
    """The program, from ``with`` until it is told to end."""

    def __init__(self, db: str, *flags: str):
        self.words = [*flags, "--db", db, "--port", "0", "--log-format", "json"]

    def __enter__(self) -> Self:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tallystick", "serve", *self.words, "--json"],
            env=environment(),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        assert self.process.stdout is not None
        first = self.process.stdout.readline()
        if not first:
            raise AssertionError(self.process.communicate()[1])
        self.said = json.loads(first)
        self.url: str = self.said["url"]
        self._log: list[str] = []
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()
        return self

    def _read(self) -> None:
        assert self.process.stderr is not None
        self._log.extend(self.process.stderr)

    def tell(self, number: int) -> None:
        self.process.send_signal(number)

    def end(self, number: int = signal.SIGTERM) -> int:
        """Tell it to end; its exit code."""
        self.tell(number)
        return self.ended()

    def ended(self) -> int:
        code = self.process.wait(PATIENCE_SECONDS)
        self._reader.join(PATIENCE_SECONDS)
        return code

    def log(self, event: str) -> list[dict[str, Any]]:
        """What it has logged of an event so far."""
        return [line for line in map(json.loads, list(self._log)) if line["event"] == event]

    def wait_for(self, event: str, times: int = 1) -> list[dict[str, Any]]:
        """Until it has logged an event so many times."""
        until(lambda: len(self.log(event)) >= times, lambda: f"no {event!r} in: {self._log}")
        return self.log(event)

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        with suppress(ProcessLookupError):  # its children too, should they have outlived it
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait(PATIENCE_SECONDS)
        self._reader.join(PATIENCE_SECONDS)
        for stream in (self.process.stdout, self.process.stderr):
            assert stream is not None
            stream.close()


class Answered(NamedTuple):
    """A charge that was answered: its account, its key, its seq."""

    account: str
    key: str
    seq: int


class Customer:
    """Charges one account again and again, each time under a new key, until nobody answers."""

    def __init__(self, url: str, api_key: str, account: str):
        self.account = account
        self.answered: list[Answered] = []
        self.asked: list[str] = []
        self.wrong: list[Any] = []
        self._url = url
        self._headers = {"authorization": f"Bearer {api_key}"}
        self._thread = threading.Thread(target=self._work, daemon=True)

    def start(self) -> Self:
        self._thread.start()
        return self

    def join(self) -> None:
        self._thread.join(PATIENCE_SECONDS)
        assert not self._thread.is_alive()

    def _work(self) -> None:
        with httpx2.Client(
            base_url=self._url, headers=self._headers, timeout=PATIENCE_SECONDS
        ) as client:
            try:
                while not self.wrong:
                    self.ask(client, f"job-{len(self.asked)}")
            except httpx2.TransportError:
                return

    def ask(self, client: httpx2.Client, key: str) -> httpx2.Response:
        """Charge under a key, and note what came back."""
        self.asked.append(key)
        reply = client.post(
            f"/v1/accounts/{self.account}/charges",
            json={"model": "Example Image"},
            headers={"idempotency-key": key},
        )
        if reply.status_code == 201:
            self.answered.append(Answered(self.account, key, reply.json()["seq"]))
        else:
            self.wrong.append((key, reply.status_code, reply.text))
        return reply


def busy(url: str, api_key: str, accounts: int, replies: int) -> list[Customer]:
    """As many customers, at work, who have had so many replies together."""
    customers = [Customer(url, api_key, f"acct_{each}").start() for each in range(accounts)]

    def well_answered() -> bool:
        assert not any(each.wrong for each in customers), [each.wrong for each in customers]
        return sum(len(each.answered) for each in customers) >= replies

    until(well_answered)
    return customers


def charges(db: str, accounts: Sequence[str]) -> set[Answered]:
    """Every charge that is in the ledger."""
    with Tallystick.open(db, platform="imagineart") as credits:
        assert credits.verify()
        return {
            Answered(account, str(entry.key), entry.seq)
            for account in accounts
            for entry in _entries(credits, account)
            if entry.kind == "charged"
        }


def _entries(credits: Tallystick, account: str) -> list[Any]:
    found: list[Any] = []
    while page := credits.entries(account, found[-1].seq if found else 0, 1_000):
        found += page
    return found
