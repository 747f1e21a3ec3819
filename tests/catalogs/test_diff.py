"""What changes between two catalogs, in a pricing manager's words; and that nothing is missed."""

from collections.abc import Iterator
from decimal import Decimal
from functools import cache
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from tallystick.catalogs import diff, load_text, shipped, shipped_text
from tallystick.core.catalog import Catalog

BASE = """
platform: demo
name: Demo
time_zone: UTC
wording: {credit: coin, credits: coins, top_up: pack, top_ups: packs}
notes: [first note, second note]
tools:
  - {id: video, name: Video, rounding: {to: 0.5, mode: down}}
  - {id: image, name: Image}
  - {id: music, name: Music}
models:
  - name: Veo 3.1
    tool: video
    pro: true
    aliases: [Veo, Veo three]
    unpriced: [frames]
    note: a note
    settings:
      audio: {values: [off, on], default: off}
      resolution: [720p, 1080p]
    rates:
      - {when: {audio: off}, credits: 300, per: second}
      - {when: {audio: on, resolution: [720p, 1080p]}, credits: 500, per: second, note: loud}
  - name: Script
    tool: video
    settings: {kind: [a, b, c, d]}
    rates:
      - {when: {kind: a}, credits: 10, per: minute, at_least: 5, at_most: 20}
      - {when: {kind: b}, credits: 5..10, per: consultation}
      - {when: {kind: c}, table: {by: seconds, 5: 300, 8: 400}}
      - {when: {kind: d}, credits: 500, plans: {pro: {free: true}}}
  - {name: Flux, tool: image, rates: [{credits: 5, per: image}]}
plans:
  - {id: free, name: Free, tools: [image], pro_models: false}
  - id: pro
    name: Pro
    intervals: [monthly, yearly]
    unlimited: [image, video]
    sample: true
    note: a plan
    packages:
      - {credits: 500, tools: [video, image], prices: {monthly: {amount: 9.99, currency: USD}}}
      - {credits: 1000, note: the larger one}
default_plan: free
free_credits:
  - {credits: 100, every: day, note: daily}
  - {credits: 200, every: month, plans: [free, pro]}
top_ups:
  expires_after_days: 365
  note: sold singly
  bundles:
    - {credits: 50, price: {amount: "5", currency: EUR, sample: true}}
    - {credits: 70, sample: true}
upgrades:
  - {from: monthly, to: monthly, credits: add_full_keep_leftover, note: kept}
  - {from: yearly, to: yearly, credits: deduct_used, restart_cycle: false}
policy: {rounding: {to: 2, mode: half_up}, outcomes: {moderated: full}}
"""

# What stands in the file, what takes its place, and what the manager reads.
EDITS = [
    ({"credits: 500, per: second": "credits: 550, per: second"},
     ["Veo 3.1, audio on, 720p or 1080p: 500 -> 550 coins per second (+10 %)"]),
    ({"credits: 300, per: second": "credits: 290, per: second"},
     ["Veo 3.1, audio off: 300 -> 290 coins per second (-3.3 %)"]),
    ({"credits: 300, per: second": "credits: 300, per: 2 seconds"},
     ["Veo 3.1, audio off: 300 coins per second -> 300 coins per 2 seconds (-50 %)"]),
    ({"credits: 300, per: second": "credits: 900"},
     ["Veo 3.1, audio off: 300 coins per second -> 900 coins per generation"]),
    ({"credits: 300, per: second": "free: true"},
     ["Veo 3.1, audio off: 300 coins per second -> free"]),
    ({"- {when: {audio: off}, credits: 300, per: second}":
     "- {when: {audio: off, resolution: 720p}, credits: 300, per: second}\n"
     "      - {when: {audio: off, resolution: 1080p}, credits: 400, per: second}"},
     ["Veo 3.1, audio off, 1080p: 300 -> 400 coins per second (+33.3 %)"]),
    ({"- {when: {audio: off}, credits: 300, per: second}":
     "- {when: {audio: off, resolution: 720p}, credits: 300, per: second}\n"
     "      - {when: {audio: off, resolution: 1080p}, credits: 300, per: second}"},
     ["Veo 3.1: its rates are written differently; no price changes"]),
    ({"resolution: [720p, 1080p]\n": "resolution: [720p, 1080p, 4k]\n",
      "  - name: Script": "      - {when: {audio: on, resolution: 4k}, credits: 700, per: second}\n"
      "  - name: Script"},
     ["Veo 3.1, resolution: now also 4k",
      "Veo 3.1, audio off, 4k: new, 300 coins per second",
      "Veo 3.1, audio on, 4k: new, 700 coins per second"]),
    ({"resolution: [720p, 1080p]\n": "resolution: [720p]\n",
      "resolution: [720p, 1080p]}": "resolution: 720p}"},
     ["Veo 3.1, resolution: no longer 1080p"]),
    ({"default: off": "default: on"}, ["Veo 3.1, audio when none is named: off -> on"]),
    ({"at_most: 20": "at_most: 25"},
     [("Script, kind a: 10 coins per minute, at least 5, at most 20 -> "
       "10 coins per minute, at least 5, at most 25")]),
    ({"credits: 5..10": "credits: 5..12"},
     ["Script, kind b: 5 to 10 coins per consultation -> 5 to 12 coins per consultation"]),
    ({"8: 400": "8: 450"},
     [("Script, kind c: 300 coins for 5 seconds, 400 coins for 8 seconds -> "
       "300 coins for 5 seconds, 450 coins for 8 seconds")]),
    ({"{pro: {free: true}}": "{pro: {credits: 250}}"},
     ["Script, kind d, on plan Pro: free -> 250 coins per generation"]),
    ({", plans: {pro: {free: true}}": ""},
     ["Script, kind d, on plan Pro: free -> the list price"]),
    ({"  - {name: Flux, tool: image, rates: [{credits: 5, per: image}]}\n":
     "  - {name: Kling 3.5, tool: video, rates: [{credits: 120, per: second}]}\n"},
     ["New model: Kling 3.5 (video), 120 coins per second", "Model Flux withdrawn"]),
    ({"pro: true": "pro: false"}, ["Veo 3.1: no longer a pro model"]),
    ({"aliases: [Veo, Veo three]": "aliases: [Veo three, Veo III]"},
     ["Veo 3.1: no longer called Veo", "Veo 3.1: also called Veo III"]),
    ({"note: loud": "note: very loud"}, ["Veo 3.1, audio on, 720p or 1080p: note changed"]),
    ({"{id: music, name: Music}": "{id: sound, name: Sound}"},
     ["New tool: Sound", "Tool Music withdrawn"]),
    ({"mode: down": "mode: up"}, ["Video rounds: down to steps of 0.5 -> up to steps of 0.5"]),
    ({"  - {id: free, name: Free, tools: [image], pro_models: false}\n": "",
      "default_plan: free": "", "plans: [free, pro]": "plans: [pro]"},
     ["Plan Free withdrawn",
      "Plan of accounts without a subscription: free -> none",
      "New free coins: 200 coins a month on pro",
      "No more free coins: 200 coins a month on free and pro"]),
    ({"tools: [image]": "tools: [music]"},
     ["Plan Free: no longer unlocks image", "Plan Free: now unlocks music"]),
    ({", tools: [image]": ""}, ["Plan Free unlocks: image -> every tool"]),
    ({"pro_models: false": "pro_models: true"}, ["Plan Free: now unlocks pro models"]),
    ({"unlimited: [image, video]": "unlimited: [image]"},
     ["Plan Pro: no longer unlimited: video"]),
    ({"      - {credits: 1000, note: the larger one}\n": ""},
     ["Package 1,000 of Pro withdrawn: its subscribers keep it until they change plan"]),
    ({"- {credits: 1000, note: the larger one}": "- {credits: 1500}"},
     ["New package of Pro: 1,500 coins a month",
      "Package 1,000 of Pro withdrawn: its subscribers keep it until they change plan"]),
    ({"amount: 9.99": "amount: 12"}, ["Package 500 of Pro, billed monthly: 9.99 USD -> 12 USD"]),
    ({"{credits: 100, every: day": "{credits: 50, every: day"},
     ["Free coins: 100 -> 50 coins a day"]),
    ({"default_plan: free": "default_plan: pro"},
     ["Plan of accounts without a subscription: free -> pro"]),
    ({"expires_after_days: 365": "expires_after_days: 30"},
     ["Packs expire after: 365 days -> 30 days"]),
    ({"- {credits: 70, sample: true}": "- {credits: 80}"},
     ["Packs, bundle of 80 coins: new", "Packs, bundle of 70 coins: withdrawn"]),
    ({"credits: deduct_used, restart_cycle: false": "credits: add_full_keep_leftover"},
     [("Upgrade yearly to yearly: gives the new coins less what this cycle used; the cycle goes "
       "on -> adds the full coins and keeps the leftover for one cycle; the cycle restarts")]),
    ({"moderated: full": "moderated: full, partial: nothing"},
     ["A partial generation charges: delivered -> nothing"]),
    ({"policy: {": "policy: {hold_ttl_seconds: 3600, "},
     ["A hold times out after: 900 seconds -> 3,600 seconds"]),
    ({"time_zone: UTC": "time_zone: Europe/Paris"}, ["Time zone: UTC -> Europe/Paris"]),
    ({"credits: coins,": "credits: tokens,"}, ["Word for credits: coins -> tokens"]),
    ({"notes: [first note, second note]": "notes: [second note]"},
     ["Notes: no longer first note"]),
]  # fmt: skip


@cache
def rich() -> Catalog:
    return load_text(BASE)


@pytest.mark.parametrize(("edit", "texts"), EDITS, ids=[str(edit) for edit, _ in EDITS])
def test_an_edit_reads_as_a_pricing_manager_would_put_it(
    edit: dict[str, str], texts: list[str]
) -> None:
    edited = BASE
    for old, new in edit.items():
        assert BASE.count(old) == 1
        edited = edited.replace(old, new)
    assert [change.text for change in diff(rich(), load_text(edited))] == texts


def test_a_change_of_price_carries_its_numbers() -> None:
    [change] = diff(rich(), load_text(BASE.replace("credits: 300, per", "credits: 290, per")))
    assert change.kind == "price"
    assert change.subject == "Veo 3.1, audio off"
    assert (change.before, change.after) == ("300 coins per second", "290 coins per second")
    assert change.percent == Decimal("-3.3")


def test_equal_catalogs_have_no_changes() -> None:
    assert diff(rich(), rich()) == []
    for name in ("artlist", "imagineart", "videodraft"):
        assert diff(shipped(name), load_text(shipped_text(name))) == []


def test_changes_come_in_the_order_of_the_sections() -> None:
    edited = (
        BASE.replace("UTC", "Asia/Tokyo")
        .replace("5, per: image", "6, per: image")
        .replace("name: Pro\n", "name: Plus\n")
        .replace("every: day, note: daily", "every: day")
        .replace("credits: 50,", "credits: 60,")
        .replace("moderated: full", "moderated: delivered")
    )
    kinds = [change.kind for change in diff(rich(), load_text(edited))]
    assert kinds == ["time_zone", "price", "plan", "note", "bundle", "bundle", "policy"]


def other(value: Any, kind: msgspec.inspect.Type) -> Iterator[Any]:
    """Values of the same type that differ from `value` in exactly one place."""
    if isinstance(kind, msgspec.inspect.UnionType):
        yield from _other_of_union(value, kind)
    elif isinstance(kind, msgspec.inspect.StructType):
        for field in msgspec.inspect.type_info(type(value)).fields:  # type: ignore[attr-defined]
            for each in other(getattr(value, field.name), field.type):
                yield replace(value, **{field.name: each})
    elif isinstance(kind, msgspec.inspect.VarTupleType):
        yield from _other_of_tuple(value, kind.item_type)
    elif isinstance(kind, msgspec.inspect.TupleType):
        for at, (each, inner) in enumerate(zip(value, kind.item_types, strict=True)):
            for changed in other(each, inner):
                yield (*value[:at], changed, *value[at + 1 :])
    elif isinstance(kind, msgspec.inspect.DictType):
        yield from _other_of_dict(value, kind.value_type)
    elif isinstance(kind, msgspec.inspect.LiteralType):
        yield from (each for each in kind.values if each != value)
    elif isinstance(kind, msgspec.inspect.BoolType):
        yield not value
    else:
        yield value + 1 if isinstance(value, int) else f"{value} too"


def _other_of_union(value: Any, kind: msgspec.inspect.UnionType) -> Iterator[Any]:
    for each in kind.types:
        if isinstance(each, msgspec.inspect.NoneType):
            if value is not None:
                yield None
        elif value is None or getattr(each, "cls", type(value)) is not type(value):
            yield sample(each)
        else:
            yield from other(value, each)


def _other_of_tuple(value: tuple[Any, ...], item: msgspec.inspect.Type) -> Iterator[Any]:
    yield (*value, sample(item))
    if len(value) > 1:
        yield (value[1], value[0], *value[2:])
    for at, each in enumerate(value):
        yield value[:at] + value[at + 1 :]
        for changed in other(each, item):
            yield (*value[:at], changed, *value[at + 1 :])


def _other_of_dict(value: dict[str, Any], item: msgspec.inspect.Type) -> Iterator[Any]:
    yield {**value, "another": sample(item)}
    for name, each in value.items():
        yield {key: kept for key, kept in value.items() if key != name}
        for changed in other(each, item):
            yield {**value, name: changed}


def sample(kind: msgspec.inspect.Type) -> Any:
    """Some value of a type."""
    if isinstance(kind, msgspec.inspect.UnionType):
        return sample(kind.types[0])
    if isinstance(kind, msgspec.inspect.StructType):
        given = {each.name: sample(each.type) for each in kind.fields if each.required}
        return kind.cls(**given)
    if isinstance(kind, msgspec.inspect.TupleType):
        return tuple(sample(each) for each in kind.item_types)
    if isinstance(kind, msgspec.inspect.VarTupleType):
        return ("some",) if isinstance(kind.item_type, msgspec.inspect.StrType) else ()
    if isinstance(kind, msgspec.inspect.LiteralType):
        return kind.values[0]
    return 7 if isinstance(kind, msgspec.inspect.IntType) else "some"


CATALOG = msgspec.inspect.type_info(Catalog)
OTHERS = tuple(other(rich(), CATALOG))


def test_no_difference_goes_unnoticed() -> None:
    assert len(OTHERS) > 400
    for changed in OTHERS:
        assert changed != rich()
        for before, after in ((rich(), changed), (changed, rich())):
            found = diff(before, after)
            assert found, after
            assert all(change.text and change.subject for change in found)


@given(st.sampled_from(OTHERS), st.data())
def test_nor_do_several_at_once(changed: Catalog, data: st.DataObject) -> None:
    again = data.draw(st.sampled_from(list(other(changed, CATALOG))))
    for one, two in ((again, rich()), (rich(), again), (again, changed)):
        assert bool(diff(one, two)) == (one != two)
