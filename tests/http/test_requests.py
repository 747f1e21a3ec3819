"""What a request says of a generation: settings, quantities, a text counted and forgotten."""

import io
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tallystick.http import logs
from tests.databases import CHOSEN
from tests.http import world as worlds
from tests.http.caller import Reply
from tests.http.live import Live
from tests.http.world import Sample, World

ADA = {"account": "ada"}
FAMILY = "👩‍👩‍👧‍👦"  # one picture, seven code points
SECRET = "Ein Gespräch, das niemand lesen soll: 秘密 " + FAMILY
COUNTED = [
    ("quote", {}, {"account": "ada"}),
    ("hold", ADA, {}),
    ("charge", ADA, {}),
    ("draw", {"account": "ada", "hold": "{lease}"}, {}),
]


def ask(world: World, name: str, path: dict[str, str], body: dict[str, Any]) -> Reply:
    path = {key: value.format(**world.ids) for key, value in path.items()}
    return world.ask(name, Sample(path, {}, body))


@pytest.mark.parametrize(("name", "path", "more"), COUNTED)
@pytest.mark.parametrize(
    ("text", "characters"),
    [("a" * 12, 12), (" . \n", 4), (FAMILY, 7), ("e\u0301", 2), ("é", 1), ("💰" * 5, 5),
     (SECRET, 48)],
    ids=["letters", "spaces", "a family", "combined", "composed", "money", "a secret"],
)  # fmt: skip
def test_a_text_counts_its_code_points(
    fresh: World, name: str, path: Any, more: Any, text: str, characters: int
):
    assert len(text) == characters
    reply = ask(fresh, name, path, {"model": "Voice", "text": text, **more})
    assert reply.status < 300, reply.body
    assert reply.json["lines"][0]["quantity"] == characters
    assert reply.json["credits"] == -(-characters // 5)
    escaped = json.dumps({"model": "Voice", "text": text, **more}).encode()
    raw = json.dumps({"model": "Voice", "text": text, **more}, ensure_ascii=False).encode()
    for body in (escaped, raw):
        again = fresh.ask(name, fresh.sample(name)._replace(path=path_of(fresh, path)), body=body)
        assert again.json["lines"] == reply.json["lines"]


def path_of(world: World, path: dict[str, str]) -> dict[str, str]:
    return {key: value.format(**world.ids) for key, value in path.items()}


def test_a_settlement_counts_a_text_too(fresh: World):
    hold = ask(fresh, "hold", ADA, {"model": "Voice", "text": "x" * 50}).json["hold"]
    reply = ask(fresh, "settle", {"account": "ada", "hold": hold}, {"text": "x" * 12})
    assert (reply.json["credits"], reply.json["returned"]) == (3, 7)


@pytest.mark.skipif(CHOSEN != "sqlite", reason="a server's files are not here to be searched")
def test_a_text_is_nowhere_once_it_is_counted(tmp_path: Path):
    """Not in the database's files while it is open nor after, not in the log, in no reply."""
    to = io.StringIO()
    with logs.configured("debug", "json", to), Live(tmp_path / "credits.db") as live:
        bodies = [{"model": "Voice", "text": SECRET}, {"model": "Nothing", "text": SECRET},
                  {"model": "Voice", "text": SECRET * 900}, {"model": "Dot", "text": SECRET},
                  {"model": "Voice", "text": [SECRET]},
                  {"model": "Voice", "txt": SECRET}]  # fmt: skip
        said = b""
        for name in ("charge", "hold", "draw", "quote"):
            for number, body in enumerate(bodies):
                reply = live.ask(name, Sample({}, {}, body), key=f"{name}-{number}")
                said += reply.content
        files = b"".join(path.read_bytes() for path in sorted(tmp_path.iterdir()))
        assert b"order" not in said
    files += b"".join(path.read_bytes() for path in sorted(tmp_path.iterdir()))
    assert b"charge-0" in files, "the keys are there to be found"
    for part in (SECRET, SECRET[:20], SECRET[24:], "niemand", "秘密"):
        for encoded in (part.encode(), part.encode("utf-16-le"), json.dumps(part)[1:-1].encode()):
            assert encoded not in files
            assert encoded not in to.getvalue().encode()
            assert encoded not in said


@pytest.mark.parametrize(("name", "path", "more"), COUNTED)
def test_what_is_said_twice_is_refused(world: World, name: str, path: Any, more: Any):
    twice = [
        ({"model": "Shot", "settings": {"resolution": "720p", "seconds": "2"},
          "quantities": {"seconds": 2}}, "seconds"),
        ({"model": "Voice", "text": "hello", "quantities": {"characters": 5}}, "text"),
        ({"model": "Voice", "text": "hello", "settings": {"characters": 5}}, "text"),
    ]  # fmt: skip
    for body, where in twice:
        reply = ask(world, name, path, {**body, **more})
        assert (reply.status, reply.json["where"]) == (400, where)


def test_settings_and_quantities_may_stand_on_either_side(world: World):
    sides = [
        {"settings": {"resolution": "720p"}, "quantities": {"seconds": 2}},
        {"settings": {"resolution": "720p", "seconds": 2}},
        {"quantities": {"resolution": "720p", "seconds": 2}},
        {"settings": {"resolution": "720p"}, "quantities": {"seconds": "2.0"}},
    ]
    lines = [
        world.ask("quote", Sample({}, {}, {"model": "Shot", **each})).json["lines"]
        for each in sides
    ]
    assert lines == [lines[0]] * 4


# Estimates


def estimate(world: World, *lines: Any, **more: Any) -> Reply:
    return world.ask("estimate", Sample({}, {}, {"lines": list(lines), **more}))


@pytest.mark.parametrize(
    ("words", "item"),
    [
        ("30 x Dot", {"count": 30, "model": "Dot"}),
        (
            "2 x Shot resolution=720p seconds=8",
            {
                "count": 2,
                "model": "shot",
                "settings": {"resolution": "720p"},
                "quantities": {"seconds": 8},
            },
        ),
        ("5 x Dot outputs=3", {"count": 5, "model": "Dot", "quantities": {"outputs": 3}}),
    ],
    ids=["a count", "settings and quantities", "outputs"],
)
def test_a_line_as_an_object_is_the_line_in_words(world: World, words: str, item: Any):
    assert (
        estimate(world, words, days=22, buffer="20%").json
        == estimate(world, item, days=22, buffer=0.2).json
    )


@pytest.mark.parametrize(
    ("line", "where"),
    [
        ({"model": "Dot"}, "lines[1].count"),
        ({"count": 1}, "lines[1].model"),
        ({"count": 1, "model": "Dot", "colour": "red"}, "lines[1].colour"),
        ({"count": 1, "model": "Dot", "settings": []}, "lines[1].settings"),
        ({"count": 1, "model": "Dot", "quantities": None}, "lines[1].quantities"),
        ({"count": 1, "model": "Dot", "settings": {"a": 1}, "quantities": {"a": 1}}, "lines[1].a"),
        ([1, "Dot"], "lines[1]"),
    ],
)
def test_a_line_that_is_wrong_is_named_by_its_place(world: World, line: Any, where: str):
    reply = estimate(world, "1 x Dot", line)
    assert (reply.status, reply.json["where"]) == (400, where)


@pytest.mark.parametrize("line", [5, None, True, "", "Dot", {"count": 0, "model": "Dot"},
                                  {"count": "2", "model": "Dot"}, {"count": 1, "model": "Nothing"},
                                  {"count": 1, "model": None}])  # fmt: skip
def test_a_line_that_is_none_is_refused(world: World, line: Any):
    reply = estimate(world, "1 x Dot", line)
    assert reply.status == 400
    assert reply.json["where"] in ("lines", "count", "model")


@pytest.fixture
def looping(monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    """The world of the other tests, with a model whose setting is true or false."""
    loop = (
        "models:\n"
        "  - name: Loop\n"
        "    tool: image\n"
        "    settings: {seamless: ['false', 'true']}\n"
        "    rates:\n"
        "      - {when: {seamless: 'false'}, credits: 1, per: image}\n"
        "      - {when: {seamless: 'true'}, credits: 3, per: image}\n"
    )
    monkeypatch.setattr(worlds, "CATALOG", worlds.CATALOG.replace("models:\n", loop))
    with World() as world:
        yield world


def test_a_setting_may_be_a_boolean_of_json(looping: World):
    def cost(value: Any) -> Any:
        body = {"model": "Loop", "settings": {"seamless": value}}
        return looping.ask("quote", Sample({}, {}, body)).json["credits"]

    assert [cost(True), cost("true"), cost(False), cost("false")] == [3, 3, 1, 1]


@pytest.mark.parametrize("written", ["1_000", " 1 ", "\u0663", "1,000"])
def test_a_number_is_written_in_plain_digits(world: World, written: str):
    reply = world.ask("top_up", Sample({"account": "ada"}, {}, {"credits": written}))
    assert (reply.status, reply.json["where"]) == (400, "credits")
    assert "digits 0 to 9" in reply.json["detail"]
