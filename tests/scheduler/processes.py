"""What the processes of `test_processes` do; each opens the database for itself."""

from __future__ import annotations

import os
import sys
import threading
from typing import Any

from tallystick.scheduler import Sweeper, Swept, Watch, Worker
from tallystick.scheduler import worker as workers
from tallystick.service.startup import open_engine
from tests.scheduler.people import CATALOG
from tests.store.decisions import intervene

WORKER_SLOT_SECONDS = 2
"""So that a test need not wait for long until the dead one's slot falls free."""


def say(word: str) -> None:
    sys.stdout.write(f"{word}\n")
    sys.stdout.flush()


def work(url: str, name: str) -> None:
    """Work until our input ends; says when it has a slot."""
    workers.WORKER_SLOT_SECONDS = WORKER_SLOT_SECONDS

    class Told(Watch):
        def failed(self, error: Exception, account: str | None = None) -> None:
            say(f"failed: {error!r}")

        def swept(self, swept: Swept, at: int) -> None:
            say("swept")

    engine, _ = open_engine(url, None, catalog=CATALOG)
    worker = Worker(engine, 0.05, Told(), name)
    worker.start()
    sys.stdin.read()
    worker.stop()
    engine.close()


def stall(url: str, name: str) -> None:
    """Work, and in the midst of the third batch, decided and not written, do nothing more."""
    workers.WORKER_SLOT_SECONDS = WORKER_SLOT_SECONDS
    engine, _ = open_engine(url, None, catalog=CATALOG)
    batches = [0]

    def stalling(write: Any, batch: Any) -> None:
        batches[0] += 1
        if batches[0] == 3:
            say("stalled")
            threading.Event().wait()
        write(batch)

    intervene(engine, write=stalling)
    worker = Worker(engine, 0.05, name=name)
    worker._sweeper = Sweeper(engine, page=2)
    worker.run()


if __name__ == "__main__":
    {"work": work, "stall": stall}[sys.argv[1]](sys.argv[2], f"{sys.argv[1]}-{os.getpid()}")
