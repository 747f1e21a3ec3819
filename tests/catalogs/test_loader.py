"""Reading a catalog file: every problem at once, each at its line and column."""

import json
from pathlib import Path

import pytest
import yaml

from tallystick.catalogs import load_file, load_text, shipped, shipped_text
from tallystick.core.catalog import Flat, PerUnit, Range, Rounding, Setting, Table, TopUps
from tallystick.core.credits import SCALE
from tallystick.core.errors import InvalidCatalog, InvalidRequest
from tests.catalogs.carets import completed, found, problems


def test_all_problems_are_reported_at_once_in_the_order_of_their_places() -> None:
    text = """
platform: demo
name: Demo
time_zone: Mars/Olympus
tools: [{id: video, name: Video}]
models:
  - name: Veo
    tool: vidio
    settings: {audio: [off, on]}
    rates:
      - {when: {audio: off}, credits: 300, per: sekond}
      - {when: {audio: on}, credits: 500, note: null}
  - name: Kling
    tool: video
    settings: {audio: [off, on]}
    rates:
      - {when: {audio: off}, credits: 300}
default_plan: free
"""
    with pytest.raises(InvalidCatalog) as raised:
        load_text(text, "draft.yaml")
    assert raised.value.message.splitlines() == [
        "draft.yaml has 6 problems:",
        "  draft.yaml:4:12: unknown time zone 'Mars/Olympus', such as Europe/Paris",
        "  draft.yaml:8:11: there is no tool 'vidio'; did you mean 'video'? (there are: video)",
        "  draft.yaml:11:49: unknown unit 'sekond'; did you mean 'second'?",
        "  draft.yaml:12:49: note is empty: give it a value or leave it out",
        "  draft.yaml:16:5: no rate of Kling prices audio=on (1 of 2 combinations)",
        "  draft.yaml:18:15: there is no plan 'free' (there are: none)",
    ]
    assert raised.value.where == "catalog"


@pytest.mark.parametrize(
    ("text", "at"), [("a: [1", "1:6"), ("a:\n b: {c: 1", "2:10"), ("[", "1:2"), ("a: [\n", "2:1")]
)
def test_a_file_that_ends_too_early_is_no_yaml(text: str, at: str) -> None:
    with pytest.raises(InvalidCatalog, match=f"draft.yaml:{at}: this is not YAML"):
        load_text(text, "draft.yaml")


def test_a_long_list_of_problems_is_cut_in_the_message_only() -> None:
    rates = ", ".join("{credits: x}" for _ in range(50))
    text = completed(f"models: [{{name: Veo, tool: video, rates: [{rates}]}}]")
    with pytest.raises(
        InvalidCatalog, match=r"(?s)has 50 problems:.*\.\.\. and 30 more$"
    ) as raised:
        load_text(text)
    assert len(raised.value.problems) == 50


def test_the_other_row_is_named_by_its_line() -> None:
    text = completed(
        "models:\n- name: Veo\n  tool: video\n  rates:\n  - credits: 1\n  - credits: 2\n"
    )
    [problem] = problems(text)
    assert (problem.line, problem.also) == (6, 5)


def test_a_blank_value_is_one_problem() -> None:
    model = "{name: Veo, tool: video, settings: {a: [x]}, rates: [{when: {a: }, credits: 1}]}"
    [problem] = problems(completed(f"models: [{model}]"))
    assert problem.code == "empty_field"


def test_scalars_are_read_as_written() -> None:
    catalog = load_text(
        completed("""
name: on
models:
  - name: 3.10
    tool: image
    settings: {audio: [off, on], size: [720, 1e3, 0x10, no, null-ish, 16:9]}
    rates: [{credits: 1}]
""")
    )
    assert catalog.name == "on"
    assert catalog.models[0].name == "3.10"
    assert catalog.models[0].settings == (
        Setting("audio", ("off", "on")),
        Setting("size", ("720", "1e3", "0x10", "no", "null-ish", "16:9")),
    )


def test_every_way_to_state_a_price() -> None:
    catalog = load_text(
        completed("""
models:
  - name: All
    tool: image
    settings: {n: [a, b, c, d, e, f]}
    rates:
      - {when: {n: a}, credits: 0.5}
      - {when: {n: b}, credits: 1, per: 5 characters}
      - {when: {n: c}, credits: 10, per: minute, at_least: 5, at_most: 20}
      - {when: {n: d}, table: {by: seconds, 5: 300, 7.5: 400}}
      - {when: {n: e}, credits: 5 .. 10, per: consultation}
      - {when: {n: f}, free: true, note: a note, plans: {pro: {credits: 3}}}
plans: [{id: pro, name: Pro}]
""")
    )
    rates = catalog.models[0].rates
    assert [rate.price for rate in rates] == [
        Flat(SCALE // 2),
        PerUnit(SCALE, "character", 5 * SCALE),
        PerUnit(10 * SCALE, "minute", at_least=5 * SCALE, at_most=20 * SCALE),
        Table("second", ((5 * SCALE, 300 * SCALE), (7_500_000, 400 * SCALE))),
        Range(5 * SCALE, 10 * SCALE, "consultation"),
        Flat(0),
    ]
    assert rates[0].id == "all/n=a"
    assert rates[5].note == "a note"
    assert rates[5].plan_prices == {"pro": Flat(3 * SCALE)}


def test_what_is_left_out_takes_its_usual_value() -> None:
    catalog = load_text(completed("top_ups: {}"))
    assert catalog.top_ups == TopUps()
    assert catalog.policy.rounding == Rounding()
    assert catalog.time_zone == "UTC"
    assert catalog.models[0].id == "base"
    assert catalog.models[0].rates[0].id == "base"


def test_json_is_read_too() -> None:
    for name in ("artlist", "imagineart", "videodraft"):
        as_json = json.dumps(yaml.load(shipped_text(name), Loader=yaml.BaseLoader), indent=1)
        assert load_text(as_json, "catalog.json") == shipped(name)


def test_a_catalog_is_bounded() -> None:
    assert "2,000,000 bytes" in found("#" + "x" * 2_000_000)[0][3]
    model = "- {name: %d, tool: image, rates: [{credits: 1}]}\n"
    models = "".join(model % number for number in range(5_001))
    assert found(completed("models:\n" + models)) == [
        (5_002, 3, "too_many", "models has 5,001 items; at most 5,000 are allowed")
    ]
    rates = "    - {when: {n: a}, credits: 1}\n" * 1_001
    text = f"models:\n- name: A\n  tool: image\n  settings: {{n: [a]}}\n  rates:\n{rates}"
    assert (1_006, 7, "too_many", "rates has 1,001 items; at most 1,000 are allowed") in found(
        completed(text)
    )


@pytest.mark.parametrize(
    ("text", "place", "part"),
    [
        ("", (1, 1), "the catalog is empty"),
        ("a: \x00", (1, 4), "the character U+0000 is not allowed in a catalog"),
        ("a: 1\nb: x\ud800", (2, 5), "the character U+D800"),
        ("a:\n\tb: 1", (2, 1), "indent with spaces, not tabs"),
        ("just a text", (1, 1), "a catalog must be a set of fields"),
    ],
)
def test_what_is_no_catalog_at_all(text: str, place: tuple[int, int], part: str) -> None:
    line, column, _, message = found(text)[0]
    assert (line, column) == place
    assert part in message


def test_a_catalog_is_text() -> None:
    with pytest.raises(InvalidRequest, match="a catalog must be text, not 5"):
        load_text(5)  # type: ignore[arg-type]


def test_a_file_is_read_under_its_own_name(tmp_path: Path) -> None:
    path = tmp_path / "demo.yaml"
    path.write_text("\ufeff" + completed(""), "utf-8")
    assert load_file(path) == load_text(completed(""))
    path.write_text("name: ]", "utf-8")
    with pytest.raises(InvalidCatalog) as raised:
        load_file(str(path))
    assert str(raised.value.problems[0]).startswith(f"{path}:1:7: this is not YAML")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (None, ":1:1: the catalog cannot be read: No such file or directory"),
        ("folder", ":1:1: the catalog cannot be read: Is a directory"),
        (b"name: D\xe9mo", ":1:8: the catalog is not UTF-8 text from here on"),
        (b"#" * 2_000_001, ":1:1: the catalog has more than 2,000,000 bytes"),
    ],
)
def test_a_file_that_cannot_be_read(
    tmp_path: Path, content: bytes | str | None, message: str
) -> None:
    path = tmp_path / "demo.yaml"
    if isinstance(content, bytes):
        path.write_bytes(content)
    elif content == "folder":
        path.mkdir()
    with pytest.raises(InvalidCatalog) as raised:
        load_file(path)
    assert [str(problem) for problem in raised.value.problems] == [f"{path}{message}"]
