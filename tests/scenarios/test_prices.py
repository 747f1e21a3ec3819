"""Every price on the pages, one line of the table per row, quoted through the public API."""

import csv
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from tallystick import Tallystick
from tests.catalogs.test_shipped import ROWS_ON_THE_PAGES

TABLE = Path(__file__).parents[1] / "catalogs" / "prices.tsv"
PLATFORMS = ("artlist", "imagineart", "videodraft")


class Row(NamedTuple):
    """One line of the table: what is asked for, and what the page says it costs."""

    platform: str
    model: str
    request: dict[str, Any]
    outputs: int
    least: int
    most: int
    page: str


def read_table() -> Iterator[Row]:
    with TABLE.open(encoding="utf-8", newline="") as lines:
        for line in csv.DictReader(lines, delimiter="\t"):
            least, _, most = line["credits"].partition("..")
            request: dict[str, Any] = named(line["settings"])
            request |= {name: int(value) for name, value in named(line["quantities"]).items()}
            if line["platform"] == "artlist":  # whose pages are each of one tool
                request["tool"] = line["page"].split()[1]
            yield Row(
                line["platform"],
                line["model"],
                request,
                int(line["outputs"]),
                int(least),
                int(most or least),
                line["page"],
            )


def named(words: str) -> dict[str, str]:
    return dict(word.split("=") for word in words.split(",") if word)


ROWS = list(read_table())


@pytest.fixture(scope="module")
def shipped() -> Iterator[dict[str, Tallystick]]:
    opened = {name: Tallystick.open(":memory:", platform=name) for name in PLATFORMS}
    yield opened
    for each in opened.values():
        each.close()


def said(row: Row) -> str:
    settings = " ".join(f"{name}={value}" for name, value in row.request.items())
    return f"{row.page}: {row.model} {settings}".strip()


@pytest.mark.parametrize("row", ROWS, ids=said)
def test_a_row_of_the_pages_costs_what_the_page_says(shipped: dict[str, Tallystick], row: Row):
    quote = shipped[row.platform].quote(row.model, outputs=row.outputs, **row.request)
    assert (quote.min, quote.max, quote.credits) == (row.least, row.most, row.most)
    assert quote.lines[0].name == row.model
    assert quote.lines[0].credits == row.most


def test_the_table_has_every_row_of_every_page():
    assert Counter(row.page for row in ROWS) == ROWS_ON_THE_PAGES


@pytest.mark.parametrize("platform", PLATFORMS)
def test_the_catalog_has_no_row_that_is_on_no_page(shipped: dict[str, Tallystick], platform: str):
    """But for ImagineArt's samples, which say of themselves that they are none."""
    quoted = {
        shipped[platform].quote(row.model, outputs=row.outputs, **row.request).lines[0].rate
        for row in ROWS
        if row.platform == platform
    }
    made_up = [
        (row.rate, model.note)
        for tool in shipped[platform].prices().tools
        for model in tool.models
        for row in model.rows
        if row.rate not in quoted
    ]
    assert all("sample" in (note or "") for _, note in made_up), made_up


BOTH_RESOLUTIONS = {
    ("Kling 1.6 Pro", ("720p", "1080p"), ""): 160,
    ("Kling 2.1 Master", ("720p", "1080p"), ""): 300,
    ("Veo 3.1", ("720p", "1080p"), "off"): 300,
    ("Veo 3.1", ("720p", "1080p"), "on"): 500,
    ("Veo 3.1 Fast", ("720p", "1080p"), "off"): 175,
    ("Veo 3.1 Fast", ("720p", "1080p"), "on"): 280,
    ("grok-imagine", ("480p", "720p"), ""): 175,
}


@pytest.mark.parametrize(("said", "credits"), BOTH_RESOLUTIONS.items(), ids=str)
def test_a_row_for_two_resolutions_is_one_price_for_both(
    shipped: dict[str, Tallystick], said: tuple[str, tuple[str, ...], str], credits: int
):
    model, resolutions, audio = said
    settings: dict[str, Any] = {"audio": audio} if audio else {}
    for resolution in resolutions:
        quote = shipped["artlist"].quote(model, seconds=1, resolution=resolution, **settings)
        assert quote.credits == credits


# What the pages say beside their tables


@pytest.mark.parametrize(("characters", "credits"), [(1, 1), (5, 1), (6, 2), (12, 3), (600, 120)])
def test_an_artlist_voiceover_is_rounded_up_once(
    shipped: dict[str, Tallystick], characters: int, credits: int
):
    assert shipped["artlist"].quote("Eleven v2", characters=characters).credits == credits


def test_characters_are_those_of_the_text_as_sent(shipped: dict[str, Tallystick]):
    """Spaces and punctuation included; an emoji of several code points counts as such."""
    artlist = shipped["artlist"]
    for text, characters in (
        ("Hello, wörld!", 13),
        ("  a  ", 5),
        ("\n\n", 2),
        ("👩\u200d🚀", 3),
        ("e\u0301", 2),
    ):
        quote = artlist.quote("Eleven v2", text=text)
        assert quote.lines[0].quantity == characters == len(text)
        assert quote.credits == -(-characters // 5)


@pytest.mark.parametrize(("seconds", "credits"), [("0.4", 1), ("10.4", 21), ("10.5", 21), (10, 20)])
def test_speech_to_speech_counts_fractions_of_a_second(
    shipped: dict[str, Tallystick], seconds: Any, credits: int
):
    assert shipped["artlist"].quote("Speech to Speech", seconds=seconds).credits == credits


def test_outputs_multiply_before_the_rounding(shipped: dict[str, Tallystick]):
    """Two takes of 6 characters are 12 characters: 2.4 credits, so 3 and not 2 + 2."""
    assert shipped["artlist"].quote("Eleven v2", characters=6, outputs=2).credits == 3
    assert shipped["artlist"].quote("Nano Banana", outputs=4).credits == 400


@pytest.mark.parametrize(
    ("minutes", "credits"), [("0.1", 5), ("0.5", 5), (1, 10), ("1.25", 13), (2, 20), (3, 20)]
)
def test_a_videodraft_script_costs_5_to_20_by_the_length_of_the_film(
    shipped: dict[str, Tallystick], minutes: Any, credits: int
):
    assert shipped["videodraft"].quote("Script", minutes=minutes).credits == credits


def test_a_script_is_asked_for_in_seconds_as_well(shipped: dict[str, Tallystick]):
    assert shipped["videodraft"].quote("Script", seconds=60).credits == 10
    assert shipped["videodraft"].quote("Script", seconds=180).credits == 20


@pytest.mark.parametrize("seconds", [5, 8, 60])
def test_veo3_costs_the_same_whatever_its_length(shipped: dict[str, Tallystick], seconds: int):
    assert shipped["videodraft"].quote("Google Veo3", seconds=seconds).credits == 600
    assert shipped["videodraft"].quote("Google Veo3 Fast", seconds=seconds).credits == 320


@pytest.mark.parametrize("name", ["Veo 3.1", "veo-3.1", "VEO 3.1", "veo 3.1", " Veo  3.1 ".strip()])
def test_a_model_is_named_by_id_or_display_name_in_any_case(
    shipped: dict[str, Tallystick], name: str
):
    quote = shipped["artlist"].quote(name, resolution="1080p", audio="on", seconds=8)
    assert (quote.credits, quote.lines[0].model) == (4000, "veo-3.1")
    assert quote.catalog.platform == "artlist"
    assert quote.catalog.version == 1
