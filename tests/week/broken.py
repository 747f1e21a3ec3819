"""Tallystick with a rule broken, so that the week is seen to find it.

``python -m tests.week.broken HOW serve ...`` is the command line of a product that ``forgets`` now
and then that it has answered a key, or ``loses`` now and then a batch that it has answered.
"""

import sys
from itertools import count
from typing import Any

from msgspec import structs

from tallystick.cli import main
from tallystick.engine import engine
from tests.store.decisions import intervene


def forget() -> None:
    """A key that comes for the third time is taken for another one."""
    real, times = engine.ask, dict[str, int]()

    def ask(platform: str, command: Any, open_quote: Any) -> Any:
        times[command.key] = times.get(command.key, 0) + 1
        if command.key is not None and times[command.key] == 3:
            command = structs.replace(command, key=f"{command.key}-again")
        return real(platform, command, open_quote)

    engine.ask = ask  # type: ignore[assignment]


def lose() -> None:
    """Every fortieth batch is answered and not written."""
    real, batches = engine.Engine.__init__, count(1)

    def write(real_write: Any, batch: Any) -> None:
        if not batch.entries or next(batches) % 40:
            real_write(batch)

    def made(self: engine.Engine, *args: Any, **kwargs: Any) -> None:
        real(self, *args, **kwargs)
        intervene(self, write=write)

    engine.Engine.__init__ = made  # type: ignore[method-assign]


if __name__ == "__main__":
    {"forgets": forget, "loses": lose}[sys.argv[1]]()
    sys.exit(main(sys.argv[2:]))
