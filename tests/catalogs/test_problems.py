"""Every problem of a catalog file that is no matter of the lint, at its line and column."""

import pytest
import yaml

from tallystick.catalogs import load_text, reader, shipped, shipped_text
from tests.catalogs.carets import check, completed, found

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
policy:
#      ^ wrong_type: policy must be a set of fields, not nothing
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
#                                       ^ wrong_value: characters must be more than 0
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
  - {credits: 0, every: wee}
#             ^ wrong_value: credits must be between
#                       ^ wrong_value: or so many of them such as 5 hours, not 'wee'
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
#          ^ missing_field: give an id:
  - {name: Flux, id: Flux!, tool: image, rates: [{credits: 1}]}
#                    ^ wrong_value: lower-case letters, digits, dots and hyphens, not 'Flux!'
  - name: Veo
    tool: image
    settings: {Audio: [on, off], style: [very rich, "a=b"], mode: [a, a]}
#              ^ wrong_value: a setting's name must be lower-case letters, digits and underscores
#                                        ^ wrong_value: single words of at most 64 characters
#                                                   ^ wrong_value: without = , or +, not 'a=b'
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
#       ^ missing_field: a rate needs one of credits, table, free, terms, graduated or volume
      - {when: {n: b}, credits: 5, free: true}
#       ^ conflicting_fields: a rate needs one of credits, table, free, terms, graduated or volume
      - {when: {n: c}, credits: 5, at_least: 3}
#                                            ^ conflicting_fields: at_least does not go here
      - {when: {n: d}, credits: 5..9, per: 2 seconds, at_most: 3}
#                                          ^ conflicting_fields: a range is per one unit
#                                                              ^ conflicting_fields: at_most
      - {when: {n: e}, table: {5: 1}, per: second}
#                             ^ missing_field: a table needs by
#                                          ^ conflicting_fields: table is the whole price
      - {when: {n: f}, free: false}
#                            ^ wrong_value: free must be true or left out
""",
    "sums, tiers and steps that do not fit": """
units: [{one: mesh, many: meshes}, {one: A, many: bs}]
#                                        ^ wrong_value: one must be lower-case letters
models:
  - name: Veo
    tool: video
    until: tomorrow
#          ^ wrong_value: until must be a date and time
    settings: {n: [a, b, c, d, e, f, g, h, i]}
    rates:
      - {when: {n: a}, terms: []}
#                             ^ empty_field: terms is empty
      - {when: {n: b}, terms: [{per: mesh}, {credits: 1, volume: [{credits: 1}], per: mesh}]}
#                              ^ missing_field: a term needs one of credits, graduated or volume
#                                           ^ conflicting_fields: not credits and volume
      - {when: {n: c}, volume: [{credits: 1}]}
#       ^ missing_field: a rate by tiers needs per
      - {when: {n: d}, graduated: [{up_to: 5, credits: 1}], per: mesh}
#                                 ^ tiers: the last tier of graduated must have no up_to
      - {when: {n: e}, volume: [{up_to: 5, credits: 1}, {up_to: 4, credits: 1}, {credits: 2}],
#                              ^ tiers: the tiers of volume must each have a higher up_to
         per: mesh}
      - {when: {n: f}, credits: 1, per: second, step: 6 meshes}
#                                                     ^ conflicting_fields: step counts what
      - {when: {n: g}, credits: 1, step: 6}
#                                        ^ conflicting_fields: there is no per
      - {when: {n: h}, terms: [{credits: 1, per: mesh}], per: mesh}
#                                                             ^ conflicting_fields: each term
      - {when: {n: i}, credits: 1, cost: {amount: five, currency: usd}}
#                                                 ^ wrong_value: amount must be a number
#                                                                 ^ wrong_value: currency
""",
    "settings of a rate that are left empty": """
models:
  - name: Veo
    tool: video
    settings: {a: [x], b: [y]}
    rates:
      - when: {a: ~, b: [""]}
#                 ^ empty_field: a is empty
#                        ^ empty_field: b is empty
        credits: 5
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
#       ^ wrong_value: characters that cannot be printed
""",
    "anchors, aliases and tags": """
tools:
  - &tool {id: image, name: Image}
#   ^ alias: the anchor &tool is not supported
  - *tool
#   ^ alias: aliases are not supported
models:
  - {name: !!python/name:os.system Flux, tool: image, rates: [{credits: !!int 1}]}
#          ^ tag: the tag 'tag:yaml.org,2002:python/name:os.system' is not supported
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


def test_a_reader_without_the_fast_parser_finds_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    texts = [completed(text) for text in CASES.values()]
    fast = [[each[:3] for each in found(text)] for text in texts]
    monkeypatch.setattr(reader, "_LOADER", yaml.SafeLoader)
    assert [[each[:3] for each in found(text)] for text in texts] == fast
    assert load_text(shipped_text("artlist")) == shipped("artlist")
