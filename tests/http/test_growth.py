"""Whatever a request carries, answering it takes time in proportion to its length.

Made from the endpoints' table: every part of an address, parameter, header and field, and every
body, is filled with text that doubles. A new endpoint is covered by its row, and by its sample in
`world`. A key of the narrowest scope opens all of these, so none may hold the event loop for long.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from io import StringIO
from typing import Any

import pytest

from tallystick.http import logs
from tallystick.http.dispatch import Incoming
from tallystick.http.settings import ServerSettings
from tallystick.wire.endpoints import COMMANDS, ENDPOINTS, Endpoint
from tallystick.wire.parameters import parameter_types
from tests.growth import faster_than_linear
from tests.http.caller import Caller
from tests.http.world import BY_NAME, SAMPLES, World, body_of, path_of

LONGEST_BODY = 262_144
LONGEST_HEAD = 65_536
Grown = Callable[[int], Any]

# Text that somebody could send, made of about so many bytes


def many_names(size: int, value: str = "1", last: str = "") -> str:
    names = ",".join(f'"n{size}x{at}":{value}' for at in range(size // 14))
    return f"{{{names}{last}}}"


SOUND: Mapping[str, Grown] = {
    "flat brackets": lambda size: "[" + "[]," * (size // 3) + "1]",
    "names": many_names,
    "names of names": lambda size: many_names(size, '{"a":[]}'),
    "numbers": lambda size: "[" + "1.5," * (size // 4) + "1]",
    "long numbers": lambda size: "[" + ("9" * 400 + ",") * (size // 401) + "1]",
    "texts": lambda size: json.dumps([f"t{at}x{size}" for at in range(size // 14)]),
    "a text": lambda size: '"' + "x" * size + '"',
    "a text of words": lambda size: '"' + "x y=1 " * (size // 6) + '"',
    "escaped letters": lambda size: '"' + "\\u00e9" * (size // 6) + '"',
    "a prompt with brackets": lambda size: json.dumps(json.dumps([{"b": "c"}] * (size // 16))),
}
"""JSON: what may stand in a field."""
BROKEN: Mapping[str, Grown] = {
    "brackets": lambda size: "[" * size,
    "closed brackets": lambda size: "[" * (size // 2) + "]" * (size // 2),
    "braces": lambda size: '{"a":' * (size // 5),
    "brackets and quotes": lambda size: "[]" * 33 + '\\"' * (size // 2),
    "brackets in a text that does not end": lambda size: '{"a": "' + '[{\\"' * (size // 4),
    "a prompt that was cut": lambda size: json.dumps(
        {"a": json.dumps([{"b": "c"}] * (size // 16))}
    )[:-2],
    "a text that does not end": lambda size: '"' + "x" * size,
    "escapes that do not end": lambda size: '"' + "\\\\" * (size // 2),
    "quotes": lambda size: '" ' * (size // 2),
    "flat brackets, unended": lambda size: "[" + "[]," * (size // 3),
    "a name twice at the end": lambda size: many_names(size, last=f',"n{size}x{size // 14 - 1}":1'),
    "objects, the last with a name twice": lambda size: (
        "[" + '{"a":1},' * (size // 8) + '{"a":1,"a":1}]'
    ),
    "digits": lambda size: "9" * size,
    "decimals": lambda size: "0." + "3" * size,
    "an exponent": lambda size: "1e" + "9" * size,
    "no numbers": lambda size: "[" + "NaN," * (size // 4) + "1]",
    "half letters": lambda size: '"' + "\\ud800" * (size // 6) + '"',
    "blanks": lambda size: '"a"' + " " * size,
    "lines": lambda size: "\n" * size + "x",
}
"""JSON that no field can hold, and bodies that are none."""
YAML: Mapping[str, Grown] = {
    "keys": lambda size: "".join(f"k{size}x{at}: 1\n" for at in range(size // 12)),
    "anchors": lambda size: f"[{'&a x,' * (size // 5)}]",
    "aliases": lambda size: f"[{'*a,' * (size // 3)}]",
    "questions": lambda size: "? " * (size // 2),
    "dashes": lambda size: "- " * (size // 2),
    "documents": lambda size: "---\n" * (size // 4),
    "a block": lambda size: "a: |\n" + "  x\n" * (size // 4),
    "models": lambda size: (
        "models:\n" + "".join(f"  - {{name: M{at}, tool: x{size}}}\n" for at in range(size // 30))
    ),
}
HEADS: Mapping[str, Grown] = {
    "x": lambda size: "x" * size,
    "percents": lambda size: "%25" * (size // 3),
    "broken percents": lambda size: "%" * size,
    "letters": lambda size: "%C3%A9" * (size // 6),
    "digits": lambda size: "9" * size,
    "pairs": lambda size: "a=b&" * (size // 4),
    "pluses": lambda size: "+" * size,
    "dots": lambda size: "a." * (size // 2),
    "what looks like a password": lambda size: "assword-" + "a" * size,
    "what looks like addresses": lambda size: "%3A%2F%2Fa%3A" * (size // 13),
}
READ = (
    "authorization",
    "content-length",
    "content-type",
    "idempotency-key",
    "tallystick-epoch",
    "x-request-id",
)
"""The headers that are read."""


def repeated(value: Any, size: int) -> Any:
    """A value like one that is granted, only much more of it."""
    if isinstance(value, str):
        return value * (size // max(1, len(value)))
    if isinstance(value, list):
        return value * (size // len(json.dumps(value)))
    if isinstance(value, dict):
        each = list(value.items()) or [("a", 1)]
        return {f"{name}{size}x{at}": held for at in range(size // 24) for name, held in each}
    if isinstance(value, bool) or not isinstance(value, int):
        return value
    return int(str(value).strip("-.") or "1" * 9)


# Requests


@pytest.fixture(scope="module")
def world() -> Iterator[World]:
    """A server that writes its log, for that is told of every request too."""
    settings = ServerSettings(max_body_bytes=LONGEST_BODY * 2)
    with logs.configured("info", "json", StringIO()), World(settings=settings) as world:
        yield world


class Asking:
    """One endpoint's sample, with one of its parts replaced."""

    def __init__(self, world: World, endpoint: Endpoint):
        self.caller: Caller = world.caller
        self.endpoint = endpoint
        self.sample = world.sample(endpoint.name)
        self.path = path_of(endpoint, self.sample)
        self.body = body_of(endpoint, self.sample)
        self.headers = world.headers(endpoint)

    def __call__(
        self,
        path: str | None = None,
        query: str = "",
        headers: tuple[tuple[str, str | bytes], ...] = (),
        body: str | bytes | None = None,
    ) -> Callable[[], Any]:
        given = self.body if body is None else body
        sent = given.encode() if isinstance(given, str) else given
        named = {name for name, _ in headers}
        kept = [each for each in self.headers if each[0] not in named]
        where = path or self.path

        def work() -> None:
            reply = self.caller.ask(self.endpoint.method, where, sent, [*kept, *headers], query)
            assert reply.status < 500, reply.body[:300]

        return work

    def with_field(self, name: str, value: str) -> Callable[[], Any]:
        """The sample's body with one field written as JSON says."""
        others = {key: held for key, held in (self.sample.body or {}).items() if key != name}
        rest = json.dumps(others)[1:-1]
        return self(body=f'{{"{name}": {value}{", " + rest if rest else ""}}}')


def heads(asking: Asking) -> Iterator[tuple[str, Grown]]:
    """Each part of an address and each header that is read, with every text."""
    endpoint = asking.endpoint
    for text, grown in HEADS.items():
        for part in endpoint.in_path:
            path = path_of(endpoint, asking.sample._replace(
                path={**asking.sample.path, part: "PLACE"}
            ))  # fmt: skip
            yield (
                f"{part} in the path: {text}",
                lambda size, path=path, grown=grown: asking(path.replace("PLACE", grown(size))),
            )
        for name in (*parameter_types(endpoint), "nonsense"):
            yield (
                f"parameter {name}: {text}",
                lambda size, name=name, grown=grown: asking(query=f"{name}={grown(size)}"),
            )
        yield f"query: {text}", lambda size, grown=grown: asking(query=grown(size))
        for name in (*READ, "x-anything"):
            prefix = "Bearer tk_small_" if name == "authorization" else ""
            yield (
                f"{name}: {text}",
                lambda size, name=name, prefix=prefix, grown=grown: asking(
                    headers=((name, prefix + grown(size)),)
                ),
            )


def lists(asking: Asking) -> Iterator[tuple[str, Grown]]:
    """Very many parameters, and very many headers."""
    for name in (*parameter_types(asking.endpoint), "nonsense"):
        yield (
            f"parameter {name}, many times",
            lambda size, name=name: asking(
                query="&".join(f"{name}=a{at}%3Db" for at in range(size // 16))
            ),
        )
    yield (
        "headers",
        lambda size: asking(headers=tuple((f"x-{at}", "1") for at in range(size // 32))),
    )


def bodies(asking: Asking) -> Iterator[tuple[str, Grown]]:
    """The whole body as every text."""
    for text, grown in (SOUND | BROKEN | (YAML if asking.endpoint.catalog_body else {})).items():
        yield f"body: {text}", lambda size, grown=grown: asking(body=grown(size))


def fields(asking: Asking) -> Iterator[tuple[str, Grown]]:
    """Each field of the body as every text that it can hold, and more of what is granted."""
    for name in asking.endpoint.body.__struct_fields__ if asking.endpoint.body else ():
        granted = (asking.sample.body or {}).get(name)
        more = {"more": lambda size, granted=granted: json.dumps(repeated(granted, size))}
        for text, grown in (SOUND | more).items():
            yield (
                f"field {name}: {text}",
                lambda size, name=name, grown=grown: asking.with_field(name, grown(size)),
            )


def too_fast(cases: Iterator[tuple[str, Grown]], sizes: list[int]) -> list[str]:
    """The cases whose cost grows faster than their size."""
    found = ((name, faster_than_linear(sized, sizes)) for name, sized in cases)
    return [f"{name}: {grew}" for name, grew in found if grew is not None]


ALL = [each.name for each in ENDPOINTS]
WITH_BODIES = [each.name for each in ENDPOINTS if each.method == "POST"]


@pytest.mark.parametrize("name", ALL)
def test_addresses_and_headers_take_time_in_proportion(world: World, name: str):
    asking = Asking(world, BY_NAME[name])
    sizes = [LONGEST_HEAD // 8, LONGEST_HEAD]
    assert not too_fast(heads(asking), sizes)
    assert not too_fast(lists(asking), sizes)


def test_every_header_that_is_read_is_among_them(fresh: World, monkeypatch: pytest.MonkeyPatch):
    asked: set[str] = set()
    real = Incoming.header

    def noted(incoming: Incoming, name: str) -> str | None:
        asked.add(name.lower())
        return real(incoming, name)

    monkeypatch.setattr(Incoming, "header", noted)
    for name in ALL:
        Asking(fresh, BY_NAME[name])()()
    assert asked
    assert asked <= set(READ)


@pytest.mark.parametrize("path", ["/nowhere/PLACE", "/problems/PLACE", "/docs/PLACE", "/healthz"])
def test_addresses_outside_the_table_take_time_in_proportion(world: World, path: str):
    def sized(size: int, grown: Grown) -> Callable[[], Any]:
        where, query = path.replace("PLACE", grown(size)), grown(size)
        return lambda: world.caller.ask("GET", where, query=query)

    cases = ((text, partial(sized, grown=grown)) for text, grown in HEADS.items())
    assert not too_fast(cases, [LONGEST_HEAD // 8, LONGEST_HEAD])


@pytest.mark.parametrize("name", WITH_BODIES)
def test_bodies_take_time_in_proportion(world: World, name: str):
    asking = Asking(world, BY_NAME[name])
    sizes = [LONGEST_BODY // 64, LONGEST_BODY // 8, LONGEST_BODY]
    assert not too_fast(bodies(asking), sizes)
    assert not too_fast(fields(asking), sizes)


# Batches


def many_commands(word: str, changed: str | None, count: int) -> str:
    """So many commands as the sample of one, each with a key, one of its fields misspelt."""
    sample = SAMPLES[COMMANDS[word].name]
    fields = {"account": "ada", **sample.path, **(sample.body or {})}
    fields.pop("id", None)
    commands = [{"do": word, **fields, "key": f"{count}x{at}"} for at in range(count)]
    for at, each in enumerate(commands):
        if changed is not None:
            each[changed] = f"{each[changed]}{count}x{at}"
    return json.dumps({"commands": commands})


def batches(asking: Asking, world: World, word: str) -> Iterator[tuple[str, Grown]]:
    sample = world.sample(COMMANDS[word].name)
    yield word, lambda count: asking(body=many_commands(word, None, count).replace(
        "{hold}", world.ids["hold"]).replace("{lease}", world.ids["lease"]))  # fmt: skip
    for name, value in {"account": "ada", **(sample.body or {})}.items():
        if isinstance(value, str) and name != "id":
            yield (
                f"{word}, {name} misspelt",
                lambda count, name=name: asking(body=many_commands(word, name, count)),
            )


@pytest.mark.parametrize("word", COMMANDS)
def test_batches_take_time_in_proportion(fresh: World, word: str):
    asking = Asking(fresh, BY_NAME["batch"])
    assert not too_fast(batches(asking, fresh, word), [250, 1_000])


def test_others_have_their_turn_while_a_batch_is_read_and_answered(fresh: World):
    asking = Asking(fresh, BY_NAME["batch"])
    wrong = json.dumps({"commands": [{"do": f"chrage{at}"} for at in range(1_000)]}).encode()
    turns: list[int] = []

    async def others() -> None:
        while True:
            turns.append(1)
            await asyncio.sleep(0)

    async def beside() -> int:
        other = asyncio.ensure_future(others())
        reply = await fresh.caller.asking("POST", asking.path, wrong, asking.headers)
        other.cancel()
        return reply.status

    fresh.caller.run(beside())  # the key is looked up once
    turns.clear()
    assert fresh.caller.run(beside()) == 200
    assert len(turns) >= 2 * 1_000 // 50


def test_a_body_in_many_pieces_is_put_together_once(world: World):
    def pieces(count: int) -> Callable[[], Any]:
        asking = Asking(world, BY_NAME["charge"])
        parts = [b'{"model": "', *[b"x" * 8] * count, b'"}']
        return lambda: asking.caller.ask("POST", asking.path, parts, asking.headers)

    assert faster_than_linear(pieces, [15_360, 61_440]) is None
