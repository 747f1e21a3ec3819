"""Prices of several terms, in tiers, in steps, in units of the catalog's own, and with an end."""

from fractions import Fraction

import pytest

from tallystick import InvalidRequest
from tests.scenarios.places import everywhere
from tests.scenarios.story import Story, Tell

CATALOG = """\
platform: studio
name: Studio
time_zone: Europe/Berlin
units:
  - {one: input_token, many: input_tokens}
  - {one: cached_token, many: cached_tokens}
  - {one: output_token, many: output_tokens}
  - {one: mesh, many: meshes, counted: true}
  - {one: gpu_hour, many: gpu_hours, fractions: true}
tools:
  - {id: chat, name: Chat}
  - {id: video, name: Video}
  - {id: image, name: Image, rounding: {to: 0.5}}
models:
  - name: Omni
    tool: chat
    rates:
      - terms:
          - {volume: [{up_to: 200000, credits: 1.25}, {credits: 2.5}], per: 1000 input_tokens}
          - {credits: 0.31, per: 1000 cached_tokens}
          - volume: [{up_to: 200000, credits: 10}, {credits: 15}]
            per: 1000 output_tokens
            by: [input_tokens, cached_tokens]
          - {credits: 30, per: image}
        cost:
          - {amount: 0.00125, currency: USD, per: 1000 input_tokens, source: "a price list"}
          - {amount: 0.04, currency: USD, per: image}
  - {name: Base, tool: chat, rates: [{terms: [{credits: 5}, {credits: 1, per: 3 tokens}], at_most: 9}]}
  - {name: Tiers, tool: chat, rates: [{graduated: [{up_to: 10, credits: 5}, {up_to: 20, credits: 3}, {credits: 1}], per: word}]}
  - {name: Steps, tool: video, rates: [{credits: 10, per: second, step: 6 seconds}]}
  - {name: Minutes, tool: video, rates: [{credits: 7, per: minute, step: 1}]}
  - {name: Reader, tool: chat, rates: [{credits: 1, per: 10 bytes}]}
  - {name: Writer, tool: chat, rates: [{credits: 1, per: 10 characters}]}
  - {name: Half, tool: image, settings: {resolution: [1K, 2K]}, rates: [{when: {resolution: 1k}, credits: 49}, {when: {resolution: 2k}, credits: 73.5}]}
  - {name: Shape, tool: image, rates: [{credits: 12, per: mesh}]}
  - {name: Farm, tool: video, rates: [{credits: 100, per: gpu_hour}]}
  - {name: Gone, tool: video, until: 2026-09-24, rates: [{credits: 1}]}
  - name: Going
    tool: video
    settings: {quality: [low, high]}
    rates:
      - {when: {quality: low}, credits: 1}
      - {when: {quality: high}, credits: 2, until: 2026-09-24T12:00:00Z}
plans:
  - {id: pro, name: Pro, packages: [{credits: 10000}]}
"""  # noqa: E501


@pytest.fixture
def story(tell: Tell) -> Story:
    story = tell(catalog=CATALOG, at="2026-09-01T10:00:00Z")
    story.subscribe("Pro")
    return story


def omni(tokens: int, cached: int, output: int, images: int) -> Fraction:
    """What Omni costs before the one rounding."""
    first = tokens * (Fraction("1.25") if tokens <= 200_000 else Fraction("2.5"))
    last = output * (Fraction(10) if tokens + cached <= 200_000 else Fraction(15))
    return (first + cached * Fraction("0.31") + last) / 1_000 + 30 * images


@pytest.mark.parametrize(
    ("tokens", "cached", "output", "images", "credits"),
    [
        (1_000, 0, 100, 1, 33),
        (200_000, 0, 1_000, 1, 290),
        (200_001, 0, 1_000, 1, 546),
        (150_000, 60_000, 2_000, 2, 297),
        (1, 1, 1, 0, 1),
        (0, 0, 1, 0, 1),
    ],
)
@everywhere
def test_tokens_and_an_image_with_a_threshold(
    story: Story, tokens: int, cached: int, output: int, images: int, credits: int
):
    asked = {"input_tokens": tokens, "cached_tokens": cached, "output_tokens": output}
    quote = story.quote("Omni", **asked, images=images)
    exact = omni(tokens, cached, output, images)
    assert quote.credits == credits == -(-exact.numerator // exact.denominator)
    terms = {term.unit: Fraction(term.exact) for term in quote.lines[0].terms}
    assert sum(terms.values()) == exact
    assert list(terms) == ["input_token", "cached_token", "output_token", "image"]


@everywhere
def test_what_is_not_said_of_a_sum_is_none_and_an_image_one(story: Story):
    assert story.quote("Omni", input_tokens=8_000).credits == 40
    assert story.quote("Omni", input_tokens=8_000, images=0).credits == 10
    with pytest.raises(InvalidRequest, match="priced by input_tokens, cached_tokens, output_"):
        story.quote("Omni")
    with pytest.raises(InvalidRequest, match="input_tokens must be a whole number"):
        story.quote("Omni", input_tokens=1.5)


@everywhere
def test_a_sum_is_rounded_once_for_all_outputs(story: Story):
    assert story.quote("Base", tokens=1).credits == 6
    assert story.quote("Base", tokens=1, outputs=3).credits == 16, "3 x 5 1/3"
    assert story.quote("Base", tokens=100).credits == 9, "at most"


@everywhere
def test_a_hold_of_a_sum_is_settled_by_what_it_really_took(story: Story):
    hold = story.hold("Omni", input_tokens=10_000, output_tokens=5_000)
    assert hold.credits == 93
    settled = story.settle(hold.hold, output_tokens=1_000)
    assert (settled.credits, settled.returned) == (53, 40)
    receipt = story.receipt(settled.receipt)
    assert receipt.exact == "52.5"
    assert [(term.unit, term.quantity, term.exact) for term in receipt.lines[0].terms] == [
        ("input_token", 10_000, "12.5"),
        ("cached_token", 0, "0"),
        ("output_token", 1_000, "10"),
        ("image", 1, "30"),
    ]
    assert receipt.price == (
        "1.25 credits per 1,000 input tokens (2.5 for all above 200,000) + "
        "0.31 credits per 1,000 cached tokens + 10 credits per 1,000 output tokens "
        "(15 above 200,000 input tokens and cached tokens) + 30 credits per image"
    )
    assert story.ledger()[-1].text.startswith("Omni, 10,000 input tokens, 1,000 output tokens, 1")


@pytest.mark.parametrize(
    ("words", "credits"), [(1, 5), (10, 50), (11, 53), (20, 80), (21, 81), (100, 160)]
)
@everywhere
def test_graduated_tiers_each_have_their_own_rate(story: Story, words: int, credits: int):
    assert story.quote("Tiers", words=words).credits == credits


@pytest.mark.parametrize(
    ("seconds", "counted", "credits"),
    [(6, 6, 60), (7, 12, 120), (0.5, 6, 60), (12.000001, 18, 180)],
)
@everywhere
def test_each_begun_step_counts_in_full(story: Story, seconds: float, counted: int, credits: int):
    (line,) = story.quote("Steps", seconds=seconds).lines
    assert (line.credits, line.quantity) == (credits, counted)
    assert float(line.stated) == seconds


@everywhere
def test_steps_of_minutes_count_seconds_too(story: Story):
    assert story.quote("Minutes", seconds=61).credits == 14
    assert story.quote("Minutes", minutes=2).credits == 14
    hold = story.hold("Steps", seconds=30)
    assert story.settle(hold.hold, seconds=13).credits == 180


@everywhere
def test_bytes_of_a_text_are_counted_where_a_model_is_priced_by_them(story: Story):
    text = "grüße, 世界"
    assert (len(text), len(text.encode())) == (9, 15)
    assert story.quote("Reader", text=text).lines[0].quantity == 15
    assert story.quote("Reader", text=text).credits == 2
    assert story.quote("Writer", text=text).lines[0].quantity == 9
    assert story.quote("Reader", bytes=11).credits == 2
    with pytest.raises(InvalidRequest, match="no setting or quantity 'characters'"):
        story.quote("Reader", characters=9)
    with pytest.raises(InvalidRequest, match="give text or bytes, not both"):
        story.quote("Reader", text="a", bytes=1)
    first = story.charge("Reader", text=text, key="t1")
    assert story.charge("Reader", text=text, key="t1") == first


@everywhere
def test_half_credits(story: Story):
    before = story.available()
    assert story.quote("Half", resolution="2K").credits == 73.5
    assert story.quote("half", resolution="1k").credits == 49, "matched in any case"
    assert story.charge("Half", resolution="2k", outputs=3).credits == 220.5
    assert before - story.available() == 220.5


@everywhere
def test_units_of_the_catalogs_own(story: Story):
    assert story.quote("Shape").credits == 12, "one mesh, unless it says otherwise"
    assert story.quote("Shape", meshes=2).lines[0].units == "meshes"
    assert story.quote("Farm", gpu_hours=0.25).credits == 25
    story.charge("Shape", meshes=2)
    assert story.ledger()[-1].text == "Shape, 2 meshes"
    with pytest.raises(InvalidRequest, match="meshes must be a whole number"):
        story.quote("Shape", meshes=0.5)


def test_the_cost_to_the_operator_is_shown_to_nobody(story: Story):
    quote = story.quote("Omni", input_tokens=4_000, output_tokens=1, images=2)
    shown = quote.to_json() + story.credits.prices().to_json()
    assert b"0.00125" not in shown
    assert b"price list" not in shown
    history = story.credits._transport.engine.platforms.histories["studio"]
    card = history.at(2**50).by_id("omni")
    priced = history.at(2**50).price(_request(4_000, 2))
    assert card.costs(priced) == {"USD": Fraction("0.085")}


def _request(tokens: int, images: int):
    from tallystick.core.pricing import Request

    return Request("Omni", {"input_tokens": tokens, "images": images})


@everywhere
def test_a_model_has_an_end_and_quotes_after_it_say_so(story: Story):
    story.until("2026-09-23T21:59:59Z")
    last = story.quote("Gone")
    assert last.credits == 1
    story.until("2026-09-23T22:00:00Z")
    with pytest.raises(InvalidRequest, match="Gone ended at 2026-09-23 22:00:00 UTC"):
        story.quote("Gone")
    with pytest.raises(InvalidRequest, match="Gone ended at"):
        story.charge("Gone")
    with pytest.raises(InvalidRequest, match="Gone ended at"):
        story.credits.estimate(["1 x Gone"])
    assert "gone" not in {line.model for line in story.credits.capacity("Pro").lines}
    assert story.charge(quote=last.quote).credits == 1, "a quote is honoured until it expires"


@everywhere
def test_a_rate_has_an_end_and_the_others_go_on(story: Story):
    story.until("2026-09-24T12:00:00Z")
    assert story.quote("Going", quality="low").credits == 1
    with pytest.raises(InvalidRequest, match="Going with quality=high ended at 2026-09-24 12:00"):
        story.quote("Going", quality="high")
    (going,) = [m for t in story.credits.prices().tools for m in t.models if m.id == "going"]
    assert [row.until for row in going.rows] == [None, "2026-09-24T12:00:00Z"]


@everywhere
def test_what_was_held_before_the_end_is_settled_after_it(story: Story):
    story.until("2026-09-24T11:50:00Z")
    hold = story.hold("Going", quality="high", outputs=4)
    story.until("2026-09-24T12:01:00Z")
    assert story.settle(hold.hold, outputs=2).credits == 4
