"""`tallystick work`: the scheduler of a database in this process, once or until told to stop."""

import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from typing import Any, NamedTuple

from ..config import load
from ..core.errors import InvalidRequest, installing
from ..scheduler import Sweeper, Swept, Watch, Worker
from .arguments import whole
from .context import Here
from .output import progress
from .startup import open_database

LEAST_SECONDS, MOST_SECONDS = 0.05, 3_600.0
_STOPS = (signal.SIGTERM, signal.SIGINT)


class SchedulerOptions(NamedTuple):
    """How the work is done: how often it looks, and where it answers /metrics, if it does."""

    every: float
    port: int | None
    host: str


def read_options(every: str | None, port: str | None, host: str | None) -> SchedulerOptions:
    """The options as they were typed. Raises `InvalidRequest`, which says what they may be."""
    seconds = 1.0 if every is None else _seconds(every)
    if host is not None and port is None:
        raise InvalidRequest("--metrics-host needs --metrics-port", where="metrics_host")
    number = None if port is None else whole(port, "metrics_port")
    if number is not None and not 0 <= number <= 65_535:
        raise InvalidRequest(
            f"metrics_port must be a whole number from 0 to 65,535, not {number}",
            where="metrics_port",
        )
    return SchedulerOptions(seconds, number, host or "127.0.0.1")


def _seconds(text: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        seconds = -1.0
    if not LEAST_SECONDS <= seconds <= MOST_SECONDS:
        raise InvalidRequest(
            f"every must be a number of seconds from {LEAST_SECONDS} to {MOST_SECONDS:,.0f}",
            where="every",
        )
    return seconds


def check_alone(**others: str | None) -> None:
    """Raise `InvalidRequest` for an option that means nothing with ``--once``."""
    for name, given in others.items():
        if given is not None:
            flag = f"--{name.replace('_', '-')}"
            raise InvalidRequest(f"{flag} means nothing with --once: leave it out", where=name)


# Once


class _Told(Watch):
    """Shows how far it is, and keeps what went wrong."""

    def __init__(self, show: Callable[[int, int | None], None]):
        self._show = show
        self.faults: list[dict[str, str]] = []

    def brought(self, page: Swept, so_far: Swept) -> None:
        self._show(so_far.accounts, None)

    def failed(self, error: Exception, account: str | None = None) -> None:
        platform, _, name = (account or "").partition("/")
        self.faults.append({"platform": platform, "account": name, "why": _why(error)})


def _why(error: Exception) -> str:
    return str(error) or type(error).__name__


def work_once(db: str | None) -> tuple[dict[str, Any], int]:
    """Everything that is due by now, done: what that was, and the exit code. That is 1 when an
    account could not be brought up to date, and a signal's when it ended the work early."""
    stopped: list[int] = []
    with (
        closing(open_database(db)) as engine,
        _on_signals(stopped.append),
        progress("Bringing accounts up to date") as show,
    ):
        told = _Told(show)
        swept = Sweeper(engine).sweep(watch=told, going_on=lambda: not stopped)
    done = {
        "accounts": swept.accounts,
        "lag_seconds": round(swept.lag_seconds, 3),
        "faults": told.faults,
        "finished": not stopped,
    }
    return done, 128 + stopped[0] if stopped else int(bool(told.faults))


# Until told to stop


def work(here: Here, options: SchedulerOptions) -> None:
    """Work on the database until SIGTERM or Ctrl-C; the batch at hand is finished first."""
    _check_installed()
    from prometheus_client import CollectorRegistry

    from ..http.logs import configured, lines
    from ..http.metrics import SchedulerMetrics
    from ..http.scheduler import Watched

    settings = load({"db": here.where.db})
    registry = CollectorRegistry()
    with (
        closing(open_database(settings["db"], settings.clock_limits)) as engine,
        configured(settings["log_level"], settings["log_format"], sys.stderr),
        _answering(registry, options) as port,
    ):
        worker = Worker(engine, options.every, Watched(SchedulerMetrics(registry)))
        with _on_signals(lambda _: worker.end()):
            lines().info("working", every_seconds=options.every, metrics_port=port)
            worker.run()
            worker.stop()
        lines().info("stopped")


def _check_installed() -> None:
    """Raise a clear error when the server's parts are not installed."""
    try:
        import prometheus_client  # noqa: F401
        import structlog  # noqa: F401
    except ImportError as error:
        raise InvalidRequest(
            f"working until stopped requires the server extra ({error.name} is missing): "
            f"{installing('server', ', or use --once')}",
            where="work",
        ) from None


@contextmanager
def _answering(registry: Any, options: SchedulerOptions) -> Iterator[int | None]:
    """A page of metrics on a thread of its own; its port."""
    if options.port is None:
        yield None
        return
    from prometheus_client import start_http_server

    from .server_process import CannotListen, why_not

    try:
        server, thread = start_http_server(options.port, options.host, registry)
    except OSError as error:
        raise CannotListen(
            why_not(error, options.host, options.port, "--metrics-"),
            "metrics_port",
            ("on a free port", ["work", "--metrics-port", "0"]),
        ) from None
    try:
        yield server.server_port
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@contextmanager
def _on_signals(told: Callable[[int], object]) -> Iterator[None]:
    """Tell of a signal to stop instead of ending at once."""
    before = {each: signal.signal(each, lambda number, _: told(number)) for each in _STOPS}
    try:
        yield
    finally:
        for each, handler in before.items():
            signal.signal(each, handler)
