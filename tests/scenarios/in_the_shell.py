"""The verbs of `Tallystick`, each typed as a command of the shell with ``--json``.

A verb's arguments become the words of its command by their names, and its document is read as the
answer or the refusal that the verb would have given. What no command does is asked beside it.
"""

import io
from collections.abc import Callable, Iterator, Mapping
from contextlib import redirect_stderr, redirect_stdout
from datetime import date
from functools import cache, partial
from inspect import Parameter, signature
from pathlib import Path
from typing import Any, get_origin, get_type_hints

import msgspec
import typer

from tallystick import Tallystick, results
from tallystick.cli import main
from tallystick.cli.app import app
from tallystick.client.exchange import decode_answer
from tallystick.wire.problems import decode_problem

_COMMANDS = {
    "open_account": "account open",
    "account": "account show",
    "accounts": "account list",
    "balance": "account balance",
    "entries": "account entries",
    "receipt": "account receipt",
    "holds": "account holds",
    "set_limits": "account limits",
    "set_member": "account members set",
    "remove_member": "account members remove",
    "publish": "catalog publish",
}
_BESIDE = ("catalog", "clock", "prices", "execute", "verify", "withdraw", "rollback")
_OF_PLATFORM = ("quote", "estimate", "capacity")
_NAMED = {
    "id": "account",
    "members": "member",
    "caps": "cap",
    "labels": "label",
    "lines": "line",
    "tools": "tool",
    "models": "model",
    "as_of": "at",
    "file_or_text": "file",
}
"""What an option or argument of a command is called where its verb has another word."""


class InTheShell:
    """A platform in a database file; ``credits.charge("ada", "Dot")`` types ``charge ada Dot``."""

    def __init__(self, db: str, platform: str | None, catalog: Any, at: str):
        self.db = db
        self._beside = Tallystick.open(db, platform, catalog, test_clock=at)
        self.platform = self._beside.platform

    def __getattr__(self, verb: str) -> Callable[..., Any]:
        return getattr(self._beside, verb) if verb in _BESIDE else partial(self._do, verb)

    def close(self) -> None:
        self._beside.close()

    def hold(self, account: str, *args: Any, **kwargs: Any) -> "HoldInTheShell":
        return HoldInTheShell(self, account, self._do("hold", account, *args, **kwargs))

    def _do(self, verb: str, *args: Any, **kwargs: Any) -> Any:
        bound = signature(getattr(Tallystick, verb)).bind(None, *args, **kwargs)
        given = {name: value for name, value in bound.arguments.items() if name != "self"}
        return self.type(self._words(verb, given), _answers(verb))

    def type(self, words: list[str], answers: Any) -> Any:
        """Type a command; its document as `answers`, or raised as the error that it stands for."""
        out, err = io.TextIOWrapper(io.BytesIO()), io.TextIOWrapper(io.BytesIO())
        with redirect_stdout(out), redirect_stderr(err):
            code = main([*words, "--db", self.db, "--json"])
        said, wrong = _written(out), _written(err)
        assert not wrong, wrong
        if code == 0 and get_origin(answers) is list:
            return msgspec.json.decode(said, type=answers)
        if code == 0:
            return decode_answer(said, answers, "the shell")
        document = msgspec.json.decode(said)
        raise decode_problem({**document, "detail": document["message"]}, 422)

    def _words(self, verb: str, given: dict[str, Any]) -> list[str]:
        """``hold ada Dot images=3 --member mia``: arguments in their order, then options."""
        if verb == "publish":
            given["file_or_text"] = self._file(given["file_or_text"])
        if verb == "end":
            given["keep_credits"] = not given.pop("void", True)
        if verb == "extend":
            given["seconds"] = given.pop("ttl_seconds")
        if verb == "set_expiry" and given["expires_at"] is None:
            given["expires_at"] = "never"
        command = _COMMANDS.get(verb, verb.replace("_", "-"))
        said = dict(_said(verb, given))
        arguments = [self.platform] if verb in _OF_PLATFORM else []
        options: list[str] = []
        for parameter in _parameters(command):
            values = said.pop(parameter.name, [])
            if parameter.param_type_name == "argument":
                arguments += values
                if parameter.nargs == -1:
                    arguments += said.pop(None, [])
            else:
                for value in values:
                    options += [parameter.opts[0], *([] if parameter.is_flag else [value])]
        assert not said, f"{command} has no {list(said)}"
        return [*command.split(), *arguments, *options]

    def _file(self, catalog: str) -> str:
        file = Path(self.db).with_name("published.yaml")
        file.write_text(catalog)
        return str(file)


class HoldInTheShell:
    """A hold that was typed: ``hold.settle(images=2)`` types ``settle ada h4 images=2``."""

    def __init__(self, shell: InTheShell, account: str, hold: results.Hold):
        self._shell, self._account, self._hold = shell, account, hold

    def __getattr__(self, name: str) -> Any:
        if name in ("settle", "release", "extend"):
            return partial(getattr(self._shell, name), self._account, self._hold.hold)
        return getattr(self._hold, name)


class ClockInTheShell:
    """The clock of a test platform, moved by ``clock advance``."""

    def __init__(self, shell: InTheShell):
        self._shell = shell

    def advance_to(self, moment: Any) -> None:
        words = ["clock", "advance", self._shell.platform, _text(moment)]
        self._shell.type(words, results.ClockView)

    def advance(self, by: str = "", **parts: int) -> None:
        """By a duration such as ``1mo``, or ``days=3, hours=2``."""
        self.advance_to(by or "".join(f"{many}{unit[0]}" for unit, many in parts.items()))


def _written(stream: io.TextIOWrapper) -> bytes:
    stream.flush()
    stream.seek(0)
    return stream.buffer.read()


def _said(verb: str, given: Mapping[str, Any]) -> Iterator[tuple[str | None, list[str]]]:
    """Each argument by its name in the command, as the words that say it; settings without one."""
    kinds = signature(getattr(Tallystick, verb)).parameters
    for name, value in given.items():
        if name in kinds and kinds[name].kind is Parameter.VAR_KEYWORD:
            yield None, [f"{each}={_text(said)}" for each, said in value.items()]
        elif name == "tool" and verb in ("quote", "hold", "charge", "draw"):
            yield None, [f"tool={value}"]
        elif value is not None and value is not False:
            yield _NAMED.get(name, name), list(_several(name, value))


def _several(name: str, value: Any) -> Iterator[str]:
    if name == "caps":
        for cap in value:
            tools = f"/{','.join(cap['tools'])}" if cap.get("tools") else ""
            yield f"{cap['credits']}/{cap.get('every', 'cycle')}{tools}"
    elif isinstance(value, Mapping):
        for each, said in value.items():
            yield each if said is None else f"{each}={_text(said)}"
    elif isinstance(value, (list, tuple)):
        yield from map(str, value)
    else:
        yield _text(value)


def _text(value: Any) -> str:
    return value.isoformat() if isinstance(value, date) else str(value)


@cache
def _parameters(command: str) -> list[Any]:
    found: Any = typer.main.get_command(app)
    for word in command.split():
        found = found.commands[word]
    return found.params


@cache
def _answers(verb: str) -> Any:
    """The type that a verb answers with; a hold that was typed has no block."""
    typed = {"hold": results.Hold, "lease": results.Lease}
    return typed.get(verb) or get_type_hints(getattr(Tallystick, verb))["return"]
