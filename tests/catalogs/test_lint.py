"""Each rule of the lint: what it refuses, where it points, and what it says (docs/spec.md 2.2)."""

import pytest

from tallystick.catalogs import lint
from tallystick.catalogs.lint import Rule
from tests.catalogs.carets import check

CASES = {
    "two rates for one request": """
models:
  - name: Veo
    tool: video
    settings: {resolution: [720p, 1080p], audio: [off, on]}
    rates:
      - {when: {resolution: 720p}, credits: 300, per: second}
      - {when: {resolution: 1080p, audio: off}, credits: 400, per: second}
      - {when: {audio: on}, credits: 500, per: second}
#       ^ overlap: the one at line 7 (300 credits per second) both price resolution=720p, audio=on
""",
    "two rates without settings": """
models:
  - name: Veo
    tool: video
    rates:
      - {credits: 300, per: second}
      - {credits: 400}
#       ^ overlap: this rate (400 credits per generation) and the one at line 6
""",
    "a hole between rates": """
models:
  - name: Veo
    tool: video
    settings: {resolution: [720p, 1080p, 4k], audio: [off, on], style: [plain, rich]}
    rates:
#   ^ hole: no rate of Veo prices resolution=1080p, audio=on (2 of 6 combinations)
      - {when: {resolution: 720p}, credits: 300}
      - {when: {resolution: [1080p, 4k], audio: off}, credits: 400}
""",
    "more combinations than can be checked": """
models:
  - name: Veo
    tool: video
    settings:
#   ^ too_many_combinations: 160,000 combinations (20 a x 20 b x 20 c x 20 d)
      a: [a0, a1, a2, a3, a4, a5, a6, a7, a8, a9, b0, b1, b2, b3, b4, b5, b6, b7, b8, b9]
      b: [a0, a1, a2, a3, a4, a5, a6, a7, a8, a9, b0, b1, b2, b3, b4, b5, b6, b7, b8, b9]
      c: [a0, a1, a2, a3, a4, a5, a6, a7, a8, a9, b0, b1, b2, b3, b4, b5, b6, b7, b8, b9]
      d: [a0, a1, a2, a3, a4, a5, a6, a7, a8, a9, b0, b1, b2, b3, b4, b5, b6, b7, b8, b9]
    rates:
      - {when: {a: a0, b: a0, c: a0, d: a0}, credits: 1}
""",
    "an unknown setting": """
models:
  - name: GPT Image
    tool: image
    settings: {quality: [low, high]}
    rates:
      - {when: {qualty: low}, credits: 1}
#               ^ unknown_setting: GPT Image has no setting 'qualty'; did you mean 'quality'?
      - {when: {quality: high}, credits: 2}
""",
    "a setting of a model that has none": """
models:
  - name: GPT Image
    tool: image
    rates:
      - {when: {quality: low}, credits: 1}
#               ^ unknown_setting: GPT Image has no setting 'quality' (it has none)
""",
    "an unknown value": """
models:
  - name: GPT Image
    tool: image
    settings: {quality: [low, high]}
    rates:
      - {when: {quality: [low, hihg]}, credits: 1}
#                              ^ unknown_value: is never 'hihg'; did you mean 'high'?
""",
    "a default that is no value": """
models:
  - name: GPT Image
    tool: image
    settings: {quality: {values: [low, high], default: medium}}
#                                                      ^ unknown_value: 'medium' is not one
    rates: [{credits: 1}]
""",
    "a setting without values": """
models:
  - name: GPT Image
    tool: image
    settings: {quality: []}
#                       ^ empty_field: quality has no values
    rates: [{credits: 1}]
""",
    "two values that are one in any case": """
models:
  - name: GPT Image
    tool: image
    settings: {quality: [low, high, LOW]}
#                                   ^ duplicate_value: two values of quality are called 'LOW'
    rates: [{credits: 1}]
""",
    "settings with names that requests use": """
models:
  - name: GPT Image
    tool: image
    settings:
      seconds: [a, b]
#     ^ reserved_setting: cannot be called seconds
      outputs: [a, b]
#     ^ reserved_setting
      ttl_seconds: [a, b]
#     ^ reserved_setting
    rates: [{credits: 1}]
""",
    "a when that names no value": """
models:
  - name: GPT Image
    tool: image
    settings: {quality: [low, high]}
    rates:
      - {when: {quality: []}, credits: 1}
#                        ^ empty_when: no value of quality is named
""",
    "one id for two rates": """
models:
  - name: GPT Image
    tool: image
    settings: {quality: [low, high]}
    rates:
      - {id: row, when: {quality: low}, credits: 1}
      - {id: row, when: {quality: high}, credits: 1}
#            ^ duplicate_rate: two rates have the id 'row', one at line 7
""",
    "ranges that nothing can lie in": """
models:
  - name: Script
    tool: video
    settings: {kind: [a, b, c]}
    rates:
      - {when: {kind: a}, credits: 10..5}
#       ^ unreachable_range: the least, 10, is above the most, 5
      - {when: {kind: b}, credits: 10, per: minute, at_least: 20, at_most: 5.5}
#       ^ unreachable_range: the least, 20, is above the most, 5.5
      - {when: {kind: c}, credits: 10, per: minute, at_least: 5, at_most: 5}
""",
    "a table without rows": """
models:
  - name: Veo
    tool: video
    rates:
      - table: {by: seconds}
#       ^ empty_table: no number of seconds has a price
""",
    "a table with one quantity twice": """
models:
  - name: Veo
    tool: video
    rates:
      - table: {by: seconds, 5: 300, 8: 400, 5.0: 500}
#       ^ duplicate_table_row: the table has 2 rows for 5 seconds
""",
    "a price on a plan that is not there": """
models:
  - name: Speech
    tool: video
    rates:
      - {credits: 1, plans: {visionery: {free: true}}}
#                            ^ missing_plan: there is no plan 'visionery'; did you mean 'visionary'?
plans:
  - {id: visionary, name: Visionary}
""",
    "a plan's price that counts something else": """
models:
  - name: Speech
    tool: video
    settings: {kind: [a, b, c, d, e]}
    rates:
      - {when: {kind: a}, credits: 1, per: 5 characters, plans: {pro: {credits: 1, per: second}}}
#                                                                     ^ plan_price_unit
      - {when: {kind: b}, credits: 1, per: second, plans: {pro: {table: {by: seconds, 5: 1}}}}
#                                                               ^ plan_price_unit
      - {when: {kind: c}, credits: 1, per: second, plans: {pro: {credits: 0.5, per: 2 seconds}}}
      - {when: {kind: d}, table: {by: seconds, 5: 2}, plans: {pro: {table: {by: seconds, 5: 1}}}}
      - {when: {kind: e}, credits: 1, per: second, plans: {pro: {credits: 5..9}}}
plans:
  - {id: pro, name: Pro}
""",
    "two tools with one id": """
tools:
  - {id: image, name: Image}
  - {id: video, name: Video}
  - {id: image, name: Pictures}
#        ^ duplicate_tool: two tools are called 'image', one at line 3
""",
    "two models with one name": """
models:
  - {name: Veo 3.1, tool: video, rates: [{credits: 1}]}
  - {name: VEO  3.1, tool: video, rates: [{credits: 1}]}
#          ^ duplicate_model: two models are called 'VEO 3.1', one at line 3
  - {name: Veo-3.1, tool: video, rates: [{credits: 1}]}
#          ^ duplicate_model: two models are called 'Veo-3.1', one at line 3
  - {name: Other, id: veo-3.1, tool: video, rates: [{credits: 1}]}
#                     ^ duplicate_model: two models are called 'veo-3.1'
  - {name: Another, tool: video, aliases: [veo 3.1], rates: [{credits: 1}]}
#                                          ^ duplicate_model: two models are called 'veo 3.1'
""",
    "an id that is a name in another tool": """
models:
  - {name: Muse, tool: video, rates: [{credits: 1}]}
  - {name: muse, id: muse-still, tool: image, rates: [{credits: 1}]}
#          ^ duplicate_model: the model of video at line 3 has the id 'muse': give one of them
  - {name: Owl, id: owl-film, tool: video, rates: [{credits: 1}]}
  - {name: Owl, id: owl-still, tool: image, rates: [{credits: 1}]}
""",
    "units that are there already": """
units:
  - {one: second, many: secs}
#         ^ duplicate_unit: the unit 'second' is built in
  - {one: mesh, many: meshes}
  - {one: meshes, many: lots}
#         ^ duplicate_unit: the unit 'meshes' is named already
  - {one: sheep, many: sheep}
""",
    "a setting that is called like a unit of the catalog": """
units: [{one: mesh, many: meshes}]
models:
  - {name: A, tool: image, settings: {meshes: [few]}, rates: [{credits: 1}]}
#                                     ^ reserved_setting: a setting cannot be called meshes
""",
    "a model of a tool that is not there": """
models:
  - {name: Veo, tool: vidio, rates: [{credits: 1}]}
#                     ^ missing_tool: there is no tool 'vidio'; did you mean 'video'?
""",
    "two plans with one name": """
plans:
  - {id: pro, name: Pro}
  - {id: max, name: Max}
  - {id: pro, name: Other}
#        ^ duplicate_plan: two plans are called 'pro', one at line 3
  - {id: great, name: MAX}
#                     ^ duplicate_plan: two plans are called 'MAX', one at line 4
""",
    "two packages of one size": """
plans:
  - id: pro
    name: Pro
    packages:
      - {credits: 500}
      - {credits: 500.0}
#       ^ duplicate_package: two packages of Pro have 500 credits, one at line 6
""",
    "two bundles of one size": """
top_ups:
  bundles:
    - {credits: 500}
    - {credits: 500}
#     ^ duplicate_bundle: two bundles have 500 credits, one at line 4
""",
    "a plan naming a missing tool": """
plans:
  - id: pro
    name: Pro
    tools: [image, musik]
#                  ^ missing_tool: there is no tool 'musik'
    packages:
      - {credits: 5, tools: [vdeo]}
#                            ^ missing_tool: there is no tool 'vdeo'; did you mean 'video'?
""",
    "unlimited tools that a plan does not have": """
plans:
  - {id: pro, name: Pro, unlimited: [speech]}
#                                    ^ missing_tool: there is no tool 'speech'
  - {id: max, name: Max, tools: [image], unlimited: [image, video]}
#                                                           ^ unlimited_not_unlocked: not unlock
  - id: all
    name: All
    tools: [image]
    unlimited: [video]
    packages: [{credits: 1, tools: [video]}]
""",
    "a pro model that no plan unlocks": """
models:
  - {name: Veo, tool: video, pro: true, rates: [{credits: 1}]}
#                            ^ locked_pro_model: Veo is pro, and no plan with pro models
  - {name: Flux, tool: image, pro: true, rates: [{credits: 1}]}
plans:
  - {id: free, name: Free, pro_models: false}
  - {id: pro, name: Pro, packages: [{credits: 5, tools: [image]}]}
""",
    "a default plan that is not there": """
default_plan: starter
#             ^ missing_plan: there is no plan 'starter' (there are: none)
""",
    "free credits on a plan that is not there": """
plans: [{id: free, name: Free}]
free_credits:
  - {credits: 5, every: day, plans: [free, fre]}
#                                          ^ missing_plan: no plan 'fre'; did you mean 'free'?
""",
    "a plan that is billed no way": """
plans:
  - {id: pro, name: Pro, intervals: []}
#                                   ^ empty_field: intervals is empty
""",
    "a price for an interval that is not sold": """
plans:
  - id: pro
    name: Pro
    packages:
      - {credits: 5, prices: {yearly: {amount: 9.99, currency: USD, sample: true}}}
#                             ^ price_without_interval: Pro is not billed yearly
""",
    "a burn order without a source": """
policy:
  burn_order: [free, subscription, promo, adjustment, topup, free]
#             ^ burn_order: leaves out carry_over and names free twice; it takes each source once
""",
    "two rules for one upgrade": """
upgrades:
  - {from: monthly, to: yearly, credits: deduct_used}
  - {from: monthly, to: monthly, credits: deduct_used}
  - {from: monthly, to: yearly, credits: add_full_keep_leftover}
#   ^ duplicate_upgrade: two rules for upgrades from monthly to yearly, one at line 3
""",
    "a leftover without a new cycle": """
upgrades:
  - {from: monthly, to: yearly, restart_cycle: false, credits: add_full_keep_leftover}
#                                              ^ leftover_without_restart
""",
    "an unknown time zone": """
time_zone: Europe/Pari
#          ^ unknown_time_zone: unknown time zone 'Europe/Pari'; did you mean 'Europe/Paris'?
""",
}


@pytest.mark.parametrize("text", CASES.values(), ids=CASES)
def test_the_lint_finds_exactly_what_the_comments_say(text: str) -> None:
    check(text)


@pytest.mark.parametrize("rule", lint.RULES, ids=lambda rule: rule.__name__)
def test_without_a_rule_some_case_fails(rule: Rule, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lint, "RULES", tuple(each for each in lint.RULES if each is not rule))
    assert any(_fails(text) for text in CASES.values())


def _fails(text: str) -> bool:
    try:
        check(text)
    except AssertionError:
        return True
    return False
