"""The two checkouts: each runs its own code, in processes of its own."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from ..http_load import Target
from ..http_server import LOAD_CORE, SERVER_CORE, pin, processor_seconds
from ..postgres.served import free_port, wait_until_ready
from ..transports import PLATFORM

HERE = Path(__file__).parents[2]


class Side:
    """One checkout: its code, run by the Python of its own environment if it has one."""

    def __init__(self, name: str, root: Path):
        self.name = name
        self.source = root.resolve() / "src"
        own = root.resolve() / ".venv/bin/python"
        self._python = str(own) if own.exists() else sys.executable
        if not (self.source / "tallystick").is_dir():
            raise RuntimeError(f"{root} is not a checkout of Tallystick: it has no src/tallystick")

    def start(self, *words: str, **more: Any) -> "subprocess.Popen[bytes]":
        """A program of this checkout's Python."""
        return subprocess.Popen([self._python, *words], env=self._environment(), **more)

    def _environment(self) -> dict[str, str]:
        kept = {k: text for k, text in os.environ.items() if not k.startswith("TALLYSTICK")}
        return {**kept, "PYTHONPATH": str(self.source)}

    @contextmanager
    def serving(self, url: str) -> "Iterator[Served]":
        """`tallystick serve` on a database, on a core of its own, until this ends."""
        api_key = self._answer("keys", "create", PLATFORM, "--scope", "all", "--db", url, "--json")
        port = free_port()
        pin(SERVER_CORE)  # which the program inherits
        running = self.start(
            *("-m", "tallystick", "serve", "--db", url, "--port", str(port)),
            *("--log-format", "json"),
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        pin(LOAD_CORE)
        try:
            wait_until_ready(port, running)
            yield Served(Target(port, api_key["api_key"]), running)
        finally:
            running.terminate()
            running.wait(timeout=60)

    def _answer(self, *words: str) -> Any:
        """What a command of this checkout says."""
        program = self.start("-m", "tallystick", *words, stdout=subprocess.PIPE)
        said, _ = program.communicate(timeout=60)
        if program.returncode:
            raise RuntimeError(f"tallystick {words[0]} of {self.source}: {said.decode()}")
        return json.loads(said)


class Served:
    """A server that runs."""

    def __init__(self, target: Target, process: "subprocess.Popen[bytes]"):
        self.target = target
        self._process = process

    def processor_seconds(self) -> float:
        """What it has used of its core so far."""
        return processor_seconds(self._process.pid)


class Driven:
    """The driver of a side, which has one database open at a time."""

    def __init__(self, side: Side):
        self.side = side
        driver = Path(__file__).with_name("driver.py")
        self._process = side.start(str(driver), stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        said = self._hear()
        self.version: str = said["version"]
        package = Path(said["tallystick"])
        if not package.is_relative_to(side.source):
            self.end()
            raise RuntimeError(f"the driver of {side.source} found {package}")

    def ask(self, do: str, **more: Any) -> dict[str, Any]:
        if self._process.stdin is None:
            raise RuntimeError("the driver has ended")
        self._process.stdin.write(json.dumps({"do": do, **more}).encode() + b"\n")
        self._process.stdin.flush()
        return self._hear()

    def _hear(self) -> dict[str, Any]:
        line = self._process.stdout.readline() if self._process.stdout else b""
        if not line:
            raise RuntimeError(f"the driver of {self.side.source} ended; it says why above")
        said: dict[str, Any] = json.loads(line)
        return said

    def end(self) -> None:
        self._process.communicate(timeout=60)
