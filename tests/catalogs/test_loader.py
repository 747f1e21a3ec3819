"""Reading a catalog file: every problem at once, each at its line and column."""

import json
from pathlib import Path

import pytest
import yaml

from tallystick.catalogs import load_file, load_text, reader, shipped, shipped_text
from tallystick.core.catalog import Flat, PerUnit, Range, Rounding, Setting, Table, TopUps
from tallystick.core.credits import SCALE
from tallystick.core.errors import InvalidCatalog, InvalidRequest
from tests.catalogs.carets import check, completed, found, problems

CASES = {
    "fields that are unknown or missing": """
tools:
  - {id: image, nam: Image}
#   ^ missing_field: a tool needs name
#               ^ unknown_field: no field 'nam'; did you mean 'name'? (it takes id, name, rounding)
models:
  - {name: Flux}
#   ^ missing_field: a model needs tool and rates
""",
    "a field given twice": """
name: Demo
models: [{name: Base, tool: image, rates: [{credits: 1}]}]
name: Other
#< duplicate_field: 'name' is given twice, first at line 2
""",
    "values of the wrong type": """
platform: [demo]
#         ^ wrong_type: platform must be a single value, not a list
name: {en: Demo}
#     ^ wrong_type: name must be a single value, not a set of fields
tools: image
#      ^ wrong_type: tools must be a list, not a single value
models:
  - Flux
#   ^ wrong_type: a model must be a set of fields, not a single value
plans: {pro: {}}
#      ^ wrong_type: plans must be a list, not a set of fields
policy: [refuse]
#       ^ wrong_type: policy must be a set of fields, not a list
""",
    "settings and rates of the wrong type": """
models:
  - name: Flux
    tool: image
    settings: [quality]
#             ^ wrong_type: settings must be a set of fields, not a list
    rates:
      - {when: low, credits: 5}
#              ^ wrong_type: when must be a set of fields, not a single value
      - {credits: [5], plans: [pro]}
#                 ^ wrong_type: credits must be a single value, not a list
#                             ^ wrong_type: plans must be a set of fields, not a list
  - {name: Dev, tool: image, rates: {credits: 5}}
#                                   ^ wrong_type: rates must be a list, not a set of fields
""",
    "values that are left empty": """
name:
#    ^ empty_field: name is empty
notes: [null]
#       ^ empty_field: notes is empty
models:
  - {name: "", tool: image, rates: []}
#          ^ empty_field: name is empty
#                                  ^ empty_field: rates is empty
""",
    "numbers that are none": """
models:
  - name: Flux
    tool: image
    settings: {n: [a, b, c, d, e, f, g, h, i, j]}
    rates:
      - {when: {n: a}, credits: true}
#                               ^ wrong_value: credits must be a number, not 'true'
      - {when: {n: b}, credits: .nan}
#                               ^ wrong_value: credits must be a number, not '.nan'
      - {when: {n: c}, credits: 1e400}
#                               ^ wrong_value: credits is too large
      - {when: {n: d}, credits: -5}
#                               ^ wrong_value: credits must be between 0 and 9007199254, not '-5'
      - {when: {n: e}, credits: 0.0000001}
#                               ^ wrong_value: credits has more than six decimals
      - {when: {n: f}, credits: 9007199255}
#                               ^ wrong_value: credits must be between 0 and 9007199254
      - {when: {n: g}, credits: 1, per: 0 characters}
#                                       ^ wrong_value: characters must be between
      - {when: {n: h}, credits: 1, per: 2.5 characters}
#                                       ^ wrong_value: characters must be a whole number
      - {when: {n: i}, table: {by: seconds, five: 3, 8: four}}
#                                           ^ wrong_value: must be a number, not 'five'
#                                                       ^ wrong_value: must be a number, not 'four'
      - {when: {n: j}, credits: 5..x}
#                               ^ wrong_value: credits must be a number, not 'x'
""",
    "words that are none of the few allowed": """
tools: [{id: image, name: Image, rounding: {to: 0, mode: upp}}]
#                                               ^ wrong_value: to must be between
#                                                        ^ wrong_value: mode must be up, down or
models:
  - name: Flux
    tool: image
    pro: yes
#        ^ wrong_value: pro must be true or false, not 'yes'
    unpriced: [secs]
#              ^ wrong_value: a quantity must be seconds, minutes, characters, images
    rates: [{credits: 1, per: sekond}]
#                             ^ unknown_unit: unknown unit 'sekond'; did you mean 'second'?
plans:
  - {id: pro, name: Pro, intervals: [montly]}
#                                    ^ wrong_value: did you mean 'monthly'?
free_credits:
  - {credits: 0, every: week}
#             ^ wrong_value: credits must be between
#                       ^ wrong_value: every must be day or month, not 'week'
policy:
  burn_order: [fre, carry_over, subscription, promo, adjustment, topup]
#              ^ wrong_value: did you mean 'free'?
  hold_ttl_seconds: 86401
#                   ^ wrong_value: must be a whole number from 1 to 86,400, not '86401'
  quote_ttl_seconds: 0
#                    ^ wrong_value: must be a whole number from 1 to 86,400, not '0'
  settle_above_hold: allow
#                    ^ wrong_value: must be refuse or take_available
  outcomes: {moderated: half}
#                       ^ wrong_value: moderated must be nothing, delivered or full
""",
    "ids, names of settings and their values": """
platform: Demo Platform
#         ^ wrong_value: lower-case letters, digits and hyphens, not 'Demo Platform'
models:
  - {name: 動画, tool: image, rates: [{credits: 1}]}
#          ^ missing_field: give an id: none can be made of
  - {name: Flux, id: Flux!, tool: image, rates: [{credits: 1}]}
#                    ^ wrong_value: lower-case letters, digits, dots and hyphens, not 'Flux!'
  - name: Veo
    tool: image
    settings: {Audio: [on, off], style: [very rich, "a=b"], mode: [a, a]}
#              ^ wrong_value: a setting's name must be lower-case letters, digits and underscores
#                                       ^ wrong_value: single words of at most 64 characters
#                                                                     ^ duplicate_value: mode has
    rates: [{credits: 1}]
""",
    "prices that say too little or too much": """
models:
  - name: Veo
    tool: video
    settings: {n: [a, b, c, d, e, f]}
    rates:
      - {when: {n: a}, per: second}
#       ^ missing_field: a rate needs one of credits, table or free
      - {when: {n: b}, credits: 5, free: true}
#       ^ conflicting_fields: a rate needs one of credits, table or free, not credits and free
      - {when: {n: c}, credits: 5, at_least: 3}
#                                            ^ conflicting_fields: at_least does not go here
      - {when: {n: d}, credits: 5..9, per: 2 seconds, at_most: 3}
#                                          ^ conflicting_fields: a range is per one unit
#                                                              ^ conflicting_fields: at_most
      - {when: {n: e}, table: {5: 1}, per: second}
#                             ^ missing_field: a table needs by
#                                          ^ conflicting_fields: table is the whole price
      - {when: {n: f}, free: false}
#                            ^ wrong_value: free is true or left out
""",
    "money that is none": """
plans:
  - id: pro
    name: Pro
    packages:
      - credits: 500
        prices:
          weekly: {amount: 1, currency: USD}
#         ^ unknown_field: prices has no field 'weekly'
          monthly: {amount: "9,99", currency: usd}
#                           ^ wrong_value: amount must be a number such as 9.99
#                                             ^ wrong_value: currency must be three capital letters
""",
    "texts that are too long or do not print": f"""
name: {"x" * 201}
#     ^ too_long: name has 201 characters; at most 200 are allowed
notes: ["red \\e[31m"]
#       ^ wrong_value: characters that do not print
""",
    "anchors, aliases and tags": """
tools:
  - &tool {id: image, name: Image}
#   ^ alias: the anchor &tool is not read
  - *tool
#   ^ alias: aliases are not read
models:
  - {name: !!python/name:os.system Flux, tool: image, rates: [{credits: !!int 1}]}
#          ^ tag: the tag 'tag:yaml.org,2002:python/name:os.system' is not read
""",
    "YAML that is broken": """
tools: [{id: image, name: Image}
models: []
#< not_yaml: this is not YAML: while parsing a flow sequence from line 2:8, did not find
""",
    "a second document": """
name: Demo
---
#< not_yaml: a second document starts here
name: Other
""",
    "a field's name that is no word": """
? [name]
# ^ wrong_type: a field's name must be a word
: Demo
""",
    "nesting without end": f"""
notes: {"[" * 20}
#                     ^ too_deep: nested deeper than 16 levels
""",
    "what is read wrongly is not reported again": """
tools: [{id: image, nme: Image}]
#       ^ missing_field
#                   ^ unknown_field
models:
  - name: Veo
    tool: image
    pro: true
    settings: {quality: [low, high]}
    rates:
      - {wen: {quality: low}, credits: 5}
#        ^ unknown_field: did you mean 'when'?
      - {when: {quality: high}, credits: ten}
#                                        ^ wrong_value
plans:
  - {id: Pro, name: Pro}
#        ^ wrong_value
default_plan: pro
""",
}


@pytest.mark.parametrize("text", CASES.values(), ids=CASES)
def test_each_problem_stands_at_its_place(text: str) -> None:
    check(text)


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


def test_a_reader_without_the_fast_parser_finds_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    texts = [completed(text) for text in CASES.values()]
    fast = [[each[:3] for each in found(text)] for text in texts]
    monkeypatch.setattr(reader, "_LOADER", yaml.SafeLoader)
    assert [[each[:3] for each in found(text)] for text in texts] == fast
    assert load_text(shipped_text("artlist")) == shipped("artlist")


def test_a_catalog_is_bounded() -> None:
    assert "2,000,000 bytes" in found("#" + "x" * 2_000_000)[0][3]
    model = "- {name: %d, tool: image, rates: [{credits: 1}]}\n"
    models = "".join(model % number for number in range(5_001))
    assert found(completed("models:\n" + models)) == [
        (5_002, 3, "too_many", "models has 5,001 items; at most 5,000 are read")
    ]
    rates = "    - {when: {n: a}, credits: 1}\n" * 1_001
    text = f"models:\n- name: A\n  tool: image\n  settings: {{n: [a]}}\n  rates:\n{rates}"
    assert (1_006, 7, "too_many", "rates has 1,001 items; at most 1,000 are read") in found(
        completed(text)
    )


def test_a_rate_with_a_long_derived_id_needs_one_of_its_own() -> None:
    values = ", ".join(f"value-number-{number}" for number in range(20))
    text = """
models:
  - name: Veo
    tool: video
    settings: {style: [VALUES]}
    rates:
      - {when: {style: [VALUES]}, credits: 1}
#       ^ too_long: give it an id of its own
"""
    check(text.replace("VALUES", values))


@pytest.mark.parametrize(
    ("text", "place", "part"),
    [
        ("", (1, 1), "the catalog is empty"),
        ("a: \x00", (1, 4), "the character U+0000 may not stand in a catalog"),
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
    with pytest.raises(InvalidRequest, match="a catalog is text, not 5"):
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
