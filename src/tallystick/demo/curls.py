"""Lines to paste into a shell: the key as a variable, then requests with what was picked."""

from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from hashlib import sha256
from shlex import quote as quoted
from typing import Any, NamedTuple
from urllib.parse import quote as escaped

from .. import results
from ..core.catalog import Model
from .picks import Pick

VARIABLE = "TALLYSTICK_API_KEY"
_BEARER = f'-H "Authorization: Bearer ${VARIABLE}"'
_NEXT = " \\\n  "
"""A command that goes on in the next line."""

_JSON = '-H "Content-Type: application/json"'


class CurlCommand(NamedTuple):
    """A command, and what it does."""

    what: str
    command: str


class Caller:
    """Writes the requests of one platform, for a server at `address`."""

    def __init__(self, address: str, key: str):
        self.address = address
        self.key = key

    def export(self) -> CurlCommand:
        return CurlCommand("Set the key for this shell", f"export {VARIABLE}={quoted(self.key)}")

    def prices(self) -> CurlCommand:
        return CurlCommand("The price list", self._get("/v1/prices"))

    def quote(self, body: Mapping[str, Any], on_one_line: bool = False) -> CurlCommand:
        command = self._post("/v1/quotes", body)
        said = command.replace(_NEXT, " ") if on_one_line else command
        return CurlCommand("Quote the price; this writes nothing", said)

    def balance(self, account: str) -> CurlCommand:
        return CurlCommand(f"Balance of {account}", self._get(f"{_of(account)}/balance"))

    def charge(self, account: str, body: Mapping[str, Any], seq: int) -> CurlCommand:
        """`seq` is the account's: after every new entry the idempotency key is another one."""
        digest = sha256(results.to_json([account, body])).hexdigest()
        what = "Charge it; pasted twice, it charges once and answers the same"
        key = f"-H 'Idempotency-Key: try-{seq}-{digest[:8]}'"
        return CurlCommand(what, self._post(f"{_of(account)}/charges", body, key))

    def _get(self, path: str) -> str:
        return f"curl -sS {quoted(self.address + path)} {_BEARER}"

    def _post(self, path: str, body: Mapping[str, Any], *more: str) -> str:
        sent = quoted(results.to_json(body).decode())
        parts = [f"curl -sS {quoted(self.address + path)}", _BEARER, _JSON, *more, f"-d {sent}"]
        return _NEXT.join(parts)


def request(pick: Pick, model: Model) -> dict[str, Any]:
    """The body of a request for what was picked, settings and quantities apart."""
    names = {each.name for each in model.settings}
    given = {name: value for name, value in pick.params.items() if value}
    body = {
        "model": model.name,
        "settings": {name: value for name, value in given.items() if name in names},
        "quantities": {name: _number(given[name]) for name in given if name not in names},
        "outputs": int(pick.outputs) if int(pick.outputs) > 1 else None,
    }
    return {name: value for name, value in body.items() if value}


def _of(account: str) -> str:
    return f"/v1/accounts/{escaped(account, safe='')}"


def _number(text: str) -> Any:
    """A number as JSON has it, whole where it is."""
    try:
        number = Decimal(text)
    except InvalidOperation:
        return text
    return int(number) if number == number.to_integral_value() else number
