"""The start of a platform in this process: its database, the platform, the catalog of a new one."""

from collections.abc import Sequence
from os import PathLike
from pathlib import Path
from typing import Any

from ..catalogs import is_shipped, load_text, shipped, shipped_text
from ..catalogs.shipped_catalogs import SHIPPED
from ..core import dates, limits
from ..core.catalog import Catalog
from ..core.errors import InvalidRequest, describe
from ..core.instants import Clock, Instant
from ..engine import ClockLimits, Engine
from ..store.databases import open_store, read_place

DRIFT_SECONDS, AHEAD_DAYS = ClockLimits()
MOST_DRIFT_SECONDS = 3_600
MOST_AHEAD_DAYS = 36_500


def open_engine(
    url: str | PathLike[str],
    platform: str | None,
    catalog: str | PathLike[str] | None = None,
    clock: Clock | None = None,
    test_clock: Any = None,
    accept_clock: bool = False,
    clock_drift_seconds: float = DRIFT_SECONDS,
    clock_ahead_days: float = AHEAD_DAYS,
) -> tuple[Engine, str]:
    """An engine over a database that has the platform, and the platform's name. With
    `accept_clock` the machine's clock is confirmed first; `ClockLimits` has the last two.
    Raises `InvalidRequest` for a clock without a method `now`."""
    place = read_place(url)
    if platform is not None:
        limits.name(platform, "platform", 64)
    if limits.flag(accept_clock, "accept_clock") and place.new:
        accept_clock = False  # a new database takes the first instant that it is given
    if clock is not None and not callable(getattr(clock, "now", None)):
        raise InvalidRequest(f"a clock has a method now(), {describe(clock)} has none",
                             where="clock")  # fmt: skip
    within = _clock_limits(clock_drift_seconds, clock_ahead_days)
    first = None if catalog is None else _read(catalog, platform)
    start = None
    if test_clock is not None:
        start = _start(test_clock, platform, first)
    if place.new:
        _first_platform((), platform, first)  # before a file is made for nothing
    engine = Engine(open_store(url), clock, within)
    try:
        if accept_clock:
            engine.accept_clock()
        return engine, _platform(engine, platform, first, start)
    except BaseException:
        engine.close()
        raise


def _start(test_clock: object, platform: str | None, first: tuple[Catalog, str] | None) -> Instant:
    """Where a test clock begins; a date is one of the catalog's zone."""
    catalog = first[0] if first else None
    if catalog is None and platform is not None and is_shipped(platform):
        catalog = shipped(platform)
    zone = catalog.time_zone if catalog else "UTC"
    return dates.read_day(test_clock, "test_clock", zone)


def _clock_limits(drift_seconds: object, ahead_days: object) -> ClockLimits:
    return ClockLimits(
        _number(drift_seconds, "clock_drift_seconds", MOST_DRIFT_SECONDS),
        _number(ahead_days, "clock_ahead_days", MOST_AHEAD_DAYS),
    )


def _number(value: object, name: str, most: float) -> float:
    sound = isinstance(value, (int, float)) and not isinstance(value, bool)
    if not sound or not 1 <= value <= most:  # type: ignore[operator]
        raise InvalidRequest(
            f"{name} must be a number from 1 to {most:,}, not {describe(value)}", where=name
        )
    return float(value)  # type: ignore[arg-type]


def _read(catalog: str | PathLike[str], platform: str | None) -> tuple[Catalog, str]:
    name, source = read_source(catalog)
    loaded = load_text(source, name)
    if platform is not None and loaded.platform != platform:
        raise InvalidRequest(
            f"{name} is the catalog of {loaded.platform}, not of {platform}", where="platform"
        )
    return loaded, source


def _platform(
    engine: Engine,
    platform: str | None,
    first: tuple[Catalog, str] | None,
    test_clock: Instant | None,
) -> str:
    """The platform to work with: the one named, the catalog's, or the only one there is."""
    known = engine.platforms.names()
    if platform is None and first is None and len(known) == 1:
        return known[0]
    name = platform or (first[0].platform if first else None)
    if name is None or name not in known:
        published, source = _first_platform(known, platform, first)
        name = published.platform
        now = engine.clock.now() if test_clock is None else test_clock
        engine.platforms.create(published, source, now, test_clock)
    return name


def _first_platform(
    known: Sequence[str], platform: str | None, first: tuple[Catalog, str] | None
) -> tuple[Catalog, str]:
    """The catalog a new platform begins with: the one given, or the shipped one of its name."""
    if first is not None:
        return first
    if platform is None:
        raise InvalidRequest(
            f"say which platform: {', '.join(known or SHIPPED)}",
            where="platform",
            allowed=known or SHIPPED,
        )
    if not is_shipped(platform):
        raise InvalidRequest(
            f"this database has no platform {describe(platform)}; give its catalog (catalog=), or "
            f"use a shipped one: {', '.join(SHIPPED)}",
            where="platform",
            allowed=(*known, *SHIPPED),
        )
    return shipped(platform), shipped_text(platform)


def _is_text(file_or_text: str) -> bool:
    """Whether it is a catalog rather than the name of a file: several lines, or JSON on one."""
    return "\n" in file_or_text or file_or_text.lstrip().startswith("{")


def read_source(file_or_text: "str | PathLike[str]") -> tuple[str, str]:
    """The (name, text) of a catalog given as a path or as its text.

    Raises `InvalidRequest` if the file cannot be read.
    """
    if isinstance(file_or_text, str) and _is_text(file_or_text):
        return "catalog.yaml", file_or_text
    try:
        path = Path(file_or_text)
        return str(path), path.read_text("utf-8")
    except (OSError, ValueError, TypeError) as error:
        why = describe(getattr(error, "strerror", None) or type(error).__name__)
        raise InvalidRequest(
            f"the catalog {describe(file_or_text)} cannot be read: {why}", where="catalog"
        ) from None
