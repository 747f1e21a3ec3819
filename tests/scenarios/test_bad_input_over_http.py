"""Bad input over HTTP: refused at the same place as in this process, and nothing is written.

The two platforms stand through all of the table, since nothing in it changes them.
"""

import inspect
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from tallystick import AsyncTallystick, InvalidRequest, Tallystick
from tests.python.transports import OverHttp
from tests.scenarios.bad_input import CONNECT, HTTP, TABLE
from tests.scenarios.test_bad_input import (
    BY_HAND,
    CASES,
    OPENED,
    complaint,
    error_of,
    furnish,
    requests,
    rows,
    shown,
)


class Both(NamedTuple):
    """The same platform, embedded and behind a server; and the file of the second one."""

    embedded: Any
    over_http: Any
    file: Path


@pytest.fixture(scope="module")
def both(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Both]:
    folder = tmp_path_factory.mktemp("both")
    embedded = Tallystick.open(folder / "embedded.db", **OPENED)
    over_http = OverHttp(folder / "served.db", **OPENED)
    for platform in (embedded, over_http):
        furnish(platform)
    yield Both(embedded, over_http, folder / "served.db")
    assert over_http.verify()
    over_http.close()
    embedded.close()


def place(error: Any) -> str:
    """Where an error says it is. In lists the wire also says in which of the items."""
    return str(error.where).partition("[")[0]


@pytest.mark.parametrize(("verb", "parameter"), CASES)
def test_bad_input_is_refused_at_the_same_place(both: Both, verb: str, parameter: str):
    before = rows(str(both.file))
    wrong = []
    for value, request in requests(verb, parameter):
        error = error_of(both.over_http, verb, request)
        said = complaint(error)
        if said is None:
            here = error_of(both.embedded, verb, request)
            if place(error) != place(here):
                said = f"is refused at {place(error)}, embedded at {place(here)}"
        if said is not None:
            wrong.append(f"{shown(value)} {said}")
    assert not wrong, "\n" + "\n".join(wrong)
    assert rows(str(both.file)) == before


@pytest.mark.parametrize("number", range(len(BY_HAND)), ids=lambda number: str(BY_HAND[number]))
def test_a_command_built_by_hand_is_refused_at_the_same_place(both: Both, number: int):
    before = rows(str(both.file))
    (answer,) = both.over_http.execute([BY_HAND[number]])
    assert complaint(answer) is None, answer
    (here,) = both.embedded.execute([BY_HAND[number]])
    assert place(answer) in (place(here), "seconds"), "an object is refused by its own name"
    assert rows(str(both.file)) == before


@pytest.mark.parametrize("verb", TABLE)
def test_the_right_call_is_right_over_http(tmp_path: Path, verb: str):
    """Else the table would prove nothing."""
    opened = OverHttp(tmp_path / "small.db", **OPENED)
    furnish(opened)
    getattr(opened, verb)(**TABLE[verb][0])
    assert opened.verify()
    opened.close()


RIGHT: dict[str, Any] = {"url": "http://127.0.0.1:8700", "api_key": f"tk_small_{'a' * 50}"}


@pytest.mark.parametrize("kind", [Tallystick, AsyncTallystick])
@pytest.mark.parametrize("parameter", CONNECT)
def test_connect_refuses_bad_input_before_it_connects(kind: Any, parameter: str):
    wrong = []
    for value in CONNECT[parameter]:
        error = error_of(kind, "connect", {**RIGHT, parameter: value})
        said = complaint(error)
        if said is None and getattr(error, "where", None) != parameter:
            said = f"is refused at {getattr(error, 'where', None)}"
        if said is not None:
            wrong.append(f"{shown(value)} {said}")
    assert not wrong, "\n" + "\n".join(wrong)


def test_every_parameter_of_connect_has_its_row():
    assert set(inspect.signature(Tallystick.connect).parameters) == CONNECT.keys()
    connected = Tallystick.connect(**RIGHT, timeout=5)
    assert connected.platform == "small"
    connected.close()


def test_an_address_and_a_key_in_the_wrong_order_are_told_apart():
    with pytest.raises(InvalidRequest, match="the server's address comes first") as error:
        Tallystick.connect(RIGHT["api_key"], RIGHT["url"])
    assert error.value.where == "url"


def test_an_error_repeats_neither_a_key_nor_a_password():
    for bad in (
        {**RIGHT, "url": RIGHT["api_key"], "api_key": RIGHT["url"]},
        {**RIGHT, "url": f"{HTTP}ada:pa55word@localhost:8700"},
        {**RIGHT, "url": "localhost/ada:pa55word@x"},
        {**RIGHT, "api_key": f"{RIGHT['api_key']}a"},
    ):
        with pytest.raises(InvalidRequest) as error:
            Tallystick.connect(**bad)
        assert "aaaa" not in str(error.value)
        assert "pa55word" not in str(error.value)
