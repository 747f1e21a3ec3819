"""The settings of a server: from flags, the environment, a file, or their defaults.

One table, `SETTINGS`, names every setting. A flag is stronger than the environment
(``TALLYSTICK_<NAME>``), which is stronger than the file (``tallystick.toml`` in this folder, or the
one that is named), which is stronger than the default. Nothing here is heavy to import: the
command line makes its flags from the table.
"""

import os
import re
from collections.abc import Mapping
from dataclasses import fields
from pathlib import Path
from typing import Any, NamedTuple

from .core.errors import InvalidRequest, describe, unknown
from .http.masks import masked
from .http.settings import ServerSettings

FILE = "tallystick.toml"
FILE_VARIABLE = "TALLYSTICK_CONFIG"
WORKERS_MAX = 64


class ConfigSetting(NamedTuple):
    """One setting: its name, its default (whose type is its type), what it is for, its bounds."""

    name: str
    default: Any
    said: str
    least: float | None = None
    most: float | None = None
    choices: tuple[str, ...] = ()

    @property
    def kind(self) -> type:
        return type(self.default)

    @property
    def flag(self) -> str:
        return f"--{self.name.replace('_', '-')}"

    @property
    def variable(self) -> str:
        return f"TALLYSTICK_{self.name.upper()}"

    @property
    def allowed(self) -> str:
        """What it may be, in words."""
        if self.choices:
            return f"one of {', '.join(self.choices)}"
        if self.kind is bool:
            return "on or off"
        if self.kind is str:
            return "text"
        kind = "whole number" if self.kind is int else "number"
        return f"a {kind} from {self.least:,} to {self.most:,}"


SETTINGS: tuple[ConfigSetting, ...] = (
    ConfigSetting(
        "db", "tallystick.db", "The database: a file, or postgresql://user@host/database."
    ),
    ConfigSetting(
        "host", "127.0.0.1", "The address to listen on; 0.0.0.0 is every address of this machine."
    ),
    ConfigSetting(
        name="port",
        default=8700,
        said="The port to listen on; 0 takes any free port.",
        least=0,
        most=65_535,
    ),
    ConfigSetting(
        name="workers",
        default=1,
        said="The number of worker processes; more than one needs PostgreSQL.",
        least=1,
        most=WORKERS_MAX,
    ),
    ConfigSetting(
        "log_level",
        "info",
        "The lowest level that is logged.",
        choices=("debug", "info", "warning", "error"),
    ),
    ConfigSetting(
        "log_format",
        "auto",
        "How log lines are written; auto means console on a terminal and json elsewhere.",
        choices=("auto", "json", "console"),
    ),
    ConfigSetting("clockwork", True, "Whether the server also brings due accounts up to date."),
    ConfigSetting(
        name="clock_drift_seconds",
        default=60.0,
        said="How far this machine's clock may differ from that of a PostgreSQL server.",
        least=1,
        most=3_600,
    ),
    ConfigSetting(
        name="clock_ahead_days",
        default=35.0,
        said="How far this machine's clock may be ahead of the newest instant in a SQLite file.",
        least=1,
        most=36_500,
    ),
    *(ConfigSetting(each.name, each.default, **each.metadata) for each in fields(ServerSettings)),
)
BY_NAME = {each.name: each for each in SETTINGS}


class Chosen(NamedTuple):
    """The value of a setting, and where it came from: flag, environment, file or default."""

    setting: ConfigSetting
    value: Any
    source: str
    place: str

    @property
    def shown(self) -> Any:
        """The value without the secrets in it."""
        return masked(self.value) if isinstance(self.value, str) else self.value


class Configuration:
    """Every setting with its value."""

    def __init__(self, chosen: Mapping[str, Chosen], file: str | None):
        self.chosen = chosen
        self.file = file

    def __getitem__(self, name: str) -> Any:
        return self.chosen[name].value

    @property
    def clock_limits(self) -> tuple[float, float]:
        return self["clock_drift_seconds"], self["clock_ahead_days"]

    @property
    def server(self) -> ServerSettings:
        return ServerSettings(**{each.name: self[each.name] for each in fields(ServerSettings)})


def load(flags: Mapping[str, str | None], file: str | None = None) -> Configuration:
    """What is set; raises `InvalidRequest` that says where something is wrong."""
    found_file, told = _file(file)
    chosen = {}
    for setting in SETTINGS:
        name = setting.name
        flag = flags.get(name)
        if flag is not None:
            chosen[name] = _chosen(setting, flag, "flag", setting.flag)
        else:
            chosen[name] = _set(setting, told)
    return Configuration(chosen, found_file)


def _set(setting: ConfigSetting, told: Mapping[str, "Chosen"]) -> "Chosen":
    """A setting without its flag: from the environment, from what the file told, or its default."""
    variable = os.environ.get(setting.variable)
    if variable:
        return _chosen(setting, variable, "environment", setting.variable)
    return told.get(setting.name) or Chosen(setting, setting.default, "default", "")


def database() -> str:
    """The database where none is named: the file's, or ``tallystick.db``."""
    told = _file(None)[1].get("db")
    return told.value if told else BY_NAME["db"].default


def clock_limits() -> tuple[float, float]:
    """`clock_drift_seconds` and `clock_ahead_days`, where no flag can set them."""
    told = _file(None)[1]
    found = [_set(BY_NAME[name], told) for name in ("clock_drift_seconds", "clock_ahead_days")]
    return found[0].value, found[1].value


def unread() -> list[str]:
    """Variables of the environment that look like settings and are not."""
    return [
        name for name in sorted(os.environ) if name.startswith("TALLYSTICK_") and name not in _READ
    ]


_READ = {
    FILE_VARIABLE,
    "TALLYSTICK_API_KEY",
    "TALLYSTICK_PLATFORM",
    "TALLYSTICK_SERVER",
    "TALLYSTICK_TRACEBACK",
    *(each.variable for each in SETTINGS),
}


def _chosen(setting: ConfigSetting, text: str, source: str, place: str) -> Chosen:
    """A value that was written as text."""
    return Chosen(setting, _within(setting, _from_text(setting, text), text, place), source, place)


_WORDS = {
    "on": True, "true": True, "yes": True, "1": True,
    "off": False, "false": False, "no": False, "0": False,
}  # fmt: skip


def _from_text(setting: ConfigSetting, text: str) -> Any:
    """The value that a text stands for, or None where it stands for none."""
    if setting.kind is bool:
        return _WORDS.get(text.strip().lower())
    if setting.kind is str:
        return text
    plain = re.fullmatch(r"[0-9]{1,15}(\.[0-9]{1,15})?", text.strip())
    if plain is None or (plain[1] and setting.kind is int):
        return None
    return setting.kind(text)


def _within(setting: ConfigSetting, value: Any, written: Any, place: str) -> Any:
    """The value if it is one of this setting."""
    sound = value is not None
    if setting.choices:
        sound = value in setting.choices
    elif setting.kind is str:
        sound = bool(value) and value.isprintable()
    elif setting.kind is not bool:
        sound = sound and setting.least <= value <= setting.most
    if not sound:
        said = masked(describe(written))
        raise InvalidRequest(
            f"{place}: {setting.name} must be {setting.allowed}, not {said}",
            where=setting.name,
            allowed=setting.choices,
        )
    return value


# The file


def _file(named: str | None) -> tuple[str | None, dict[str, Chosen]]:
    """The file that is read, if there is one, and what it sets."""
    asked = named or os.environ.get(FILE_VARIABLE)
    if asked is None and not Path(FILE).is_file():
        return None, {}
    path = Path(asked or FILE)
    text = _text(path)
    written = _tables(path, text)
    return str(path), {name: _from_file(path, text, name, value) for name, value in written.items()}


def _text(path: Path) -> str:
    try:
        return path.read_text("utf-8")
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", None) or type(error).__name__
        raise InvalidRequest(
            f"the configuration {describe(str(path))} cannot be read: {why}", where="config"
        ) from None


def _tables(path: Path, text: str) -> dict[str, Any]:
    import tomllib

    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise InvalidRequest(f"{path}: this is not TOML: {error}", where="config") from None


def _from_file(path: Path, text: str, name: str, value: Any) -> Chosen:
    place = f"{path}:{_line(text, name)}"
    setting = BY_NAME.get(name)
    if setting is None:
        error = unknown("setting", name, BY_NAME)
        raise InvalidRequest(f"{place}: {error}", where=name, allowed=error.allowed)
    if setting.kind is float and type(value) is int:
        value = float(value)
    right = type(value) is setting.kind
    value = _within(setting, value if right else None, value, place)
    return Chosen(setting, _beside(path, value) if name == "db" else value, "file", place)


def _line(text: str, name: str) -> int:
    """The line on which a name is set; 1 where it is written in a way of its own."""
    found = re.search(rf"^\s*\[?\s*[\"']?{re.escape(name)}\b", text, re.MULTILINE)
    return text.count("\n", 0, found.end()) + 1 if found else 1


def _beside(path: Path, db: str) -> str:
    """A database's file is named from the folder that the configuration is in."""
    if "://" in db or db == ":memory:":
        return db
    return str(path.parent / db)
