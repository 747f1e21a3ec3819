"""JSON has two readers, a quick one for long texts and a careful one. Nobody can tell which."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tallystick.core.errors import InvalidRequest
from tallystick.wire import json_text

SPELLED = (
    '"', ":", '"a":', '"a" :', '"a"\n:', '"a:b"', '"\\":"', '"\\ud800"', '"\\ud83d\\ude00"', "é",
    "{", "}", "[", "]", ",", " ", "\t", "0", "-0", "1.5", "1e5", "1E400", "1e99999999999999999999",
    "01", "NaN", "-Infinity", "true", "null", "9" * 25, "9" * 400, "9" * 401, "0." + "3" * 400,
)  # fmt: skip
PAIRED = st.tuples(st.sampled_from(['"a"', '"b"', '"a" ', '"\\u0061"']), st.deferred(lambda: JSON))
JSON: Any = st.deferred(
    lambda: (
        st.sampled_from(SPELLED)
        | st.lists(JSON, max_size=3).map(lambda each: f"[{','.join(each)}]")
        | st.lists(PAIRED, max_size=3).map(
            lambda each: "{" + ",".join(f"{name}:{value}" for name, value in each) + "}"
        )
        | st.integers(28, 36).flatmap(lambda deep: JSON.map(lambda each: _nested(each, deep)))
    )
)


def _nested(text: str, deep: int) -> str:
    return "[" * deep + text + "]" * deep


def told(read: Any, body: bytes) -> str:
    """What a reader makes of a text, with its kinds: the value, or what is wrong and where."""
    try:
        return repr(read(body))
    except InvalidRequest as error:
        return f"{error} at {error.where}"


def both(body: bytes, monkeypatch: pytest.MonkeyPatch) -> tuple[str, str]:
    with monkeypatch.context() as patch:
        patch.setattr(json_text, "LONG_BYTES", 0)
        quick = told(json_text.decode, body)
        patch.setattr(json_text, "LONG_BYTES", len(body))
        return quick, told(json_text.decode, body)


@given(st.lists(JSON | st.sampled_from(SPELLED), min_size=1, max_size=6).map("".join))
def test_both_read_the_same(text: str):
    with pytest.MonkeyPatch.context() as monkeypatch:
        quick, careful = both(text.encode(), monkeypatch)
    assert quick == careful


@pytest.mark.parametrize(
    "body",
    [
        b'{"a": 1, "b": 2, "a": 3}',
        b'{"a": 1, "a" : 2}',
        b'[{"a:b": "c:d"}, {"a": 1, "\\u0061": 2}]',
        b'{"' + b"a" * 9 + b'": "\\":", "b": {"b": 1, "b": 2}}',
        b"[" * 33 + b"]" * 33,
        b'{"a":' * 33 + b"{}" + b"}" * 33,
        b"[" + b"9" * 401 + b"]",
        b'["\\ud800"]',
        b'["\xff"]',
        b"\xef\xbb\xbf[]",
        b"[1e99999999999999999999]",
        b"[0." + b"3" * 400 + b', "\xff"]',
        b"[NaN]",
        b"",
    ],
)
def test_the_quick_reader_lets_nothing_pass(body: bytes, monkeypatch: pytest.MonkeyPatch):
    quick, careful = both(body, monkeypatch)
    assert quick == careful
    assert " at " in quick


def test_numbers_of_long_texts_are_exact():
    body = b'{"credits": [' + b", ".join([b"0.1", b"12345678901234567890", b"1.50"] * 200) + b"]}"
    assert len(body) > json_text.LONG_BYTES
    assert repr(json_text.decode(body)["credits"][:3]) == (
        "[Decimal('0.1'), 12345678901234567890, Decimal('1.50')]"
    )


def test_what_is_nested_too_deeply_is_told_from_brackets_in_strings():
    assert json_text.decode(b'["' + b"[{" * 99 + b'"]') == ["[{" * 99]
    assert json_text.decode(b'"' + b"[" * 99 + b'"') == "[" * 99
    assert json_text.decode(b"[" + b"[]," * 99 + b"1]") == [*([[]] * 99), 1]
    assert json_text.decode(b"[" * 32 + b'"["' + b"]" * 32)
    for deep in (b"[" * 33 + b"]" * 33, b'{"a":' * 33 + b"1" + b"}" * 33):
        with pytest.raises(InvalidRequest, match="nested more than 32 levels deep"):
            json_text.decode(deep)


def test_the_name_that_is_the_first_to_stand_twice_is_named():
    with pytest.raises(InvalidRequest, match="'b' is given twice") as error:
        json_text.decode(b'{"a": 1, "b": 2, "b": 3, "a": 4}')
    assert error.value.where == "b"


def test_more_values_than_a_batch_can_have_are_refused_before_they_are_decoded(
    monkeypatch: pytest.MonkeyPatch,
):
    most = b"[" + b"{}," * (json_text.MAX_VALUES - 1) + b"0]"
    assert len(json_text.decode(most)) == json_text.MAX_VALUES
    for decoder in ("_quick", "_decoder"):
        monkeypatch.setattr(json_text, decoder, None)
    for many in (b"[" + b"[]," * json_text.MAX_VALUES + b"0]", b'",' * 120_000, b"," * 60_000):
        with pytest.raises(InvalidRequest, match="more than 50,000 values"):
            json_text.decode(many)


@pytest.mark.parametrize("text", [",", '\\",', ',"', '"\\', '",'])
def test_commas_in_a_text_are_no_values(text: str):
    said = text * 200_000
    assert json_text.decode(json_text.encode({"prompt": said})) == {"prompt": said}


def test_an_object_wider_than_any_is_refused_before_its_names_are_compared(
    monkeypatch: pytest.MonkeyPatch,
):
    def names(count: int) -> bytes:
        return b"{%b}" % b",".join(b'"n%d":0' % at for at in range(count))

    assert len(json_text.decode(names(json_text.MAX_FIELDS))) == json_text.MAX_FIELDS
    monkeypatch.setattr(json_text, "_decoder", None)
    wide = names(json_text.MAX_FIELDS + 1)
    for body, where in ((wide, "body"), (b'{"settings":%b}' % wide, "settings")):
        with pytest.raises(
            InvalidRequest, match="at most 1,000 fields, and this one has 1,001"
        ) as told:
            json_text.decode(body)
        assert told.value.where == where
