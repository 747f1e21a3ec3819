"""Charges are found by their labels: the database looks for the text, and nobody else's is read."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tallystick import Tallystick, commands
from tallystick.core import queries
from tallystick.service import lists
from tallystick.testing import TestClock
from tests.databases import KINDS, fresh_database
from tests.store.shop import START, opened

ODD = {
    "quotes": {'a"b': 'c\\"d'},
    "letters": {"город": "Łódź 🎬"},
    "brackets": {"a": '{"b":"c"}'},
    "wildcards": {"share": "100%_of_*"},
    "two": {"project": "owl", "step": "7"},
}


@pytest.fixture(params=KINDS, scope="module")
def shop(request: pytest.FixtureRequest) -> Iterator[Tallystick]:
    with fresh_database(request.param) as url, opened(url, TestClock(START)) as shop:
        shop.open_account("ann")
        shop.grant("ann", 100_000)
        plain = commands.Charge("ann", "Picture", {"images": 1}, labels={"project": "cat"})
        shop.execute([plain] * 50)
        for labels in ODD.values():
            shop.charge("ann", "Picture", images=1, labels=labels)
        shop.execute([plain] * 50)
        yield shop


@pytest.mark.parametrize("odd", ODD)
def test_a_charge_is_found_by_its_labels_whatever_they_say(shop: Tallystick, odd: str):
    (found,) = shop.usage("ann", labels=ODD[odd])
    assert found.labels == ODD[odd]


def test_all_labels_that_are_asked_for_have_to_be_there(shop: Tallystick):
    assert not shop.usage("ann", labels={"project": "owl", "step": "8"})
    (found,) = shop.usage("ann", labels={"step": "7"})
    assert found.labels == ODD["two"]


def test_a_text_that_only_looks_like_the_label_is_not_it(shop: Tallystick):
    assert not shop.usage("ann", labels={"b": "c"})


def test_charges_without_the_label_are_not_read(shop: Tallystick, monkeypatch: pytest.MonkeyPatch):
    store: Any = shop._transport.engine.store  # type: ignore[attr-defined]
    read: list[int] = []
    charges = store.charges

    def counted(*asked: Any) -> Any:
        entries = charges(*asked)
        read.append(len(entries))
        return entries

    monkeypatch.setattr(store, "charges", counted)
    query = queries.UsageOf(account="ann", labels={"project": "owl"}, limit=10)
    page = lists.usage_page(shop._transport.engine, shop.platform, query)  # type: ignore[attr-defined]
    assert len(page.charges) == 1
    assert sum(read) == 1
