"""Quotes a second on one core: `RateCard.price` over the three shipped catalogs."""

from collections.abc import Callable
from time import process_time

from tallystick.catalogs import load_text
from tallystick.core.catalog import Price, Published, Range, Sum, Table
from tallystick.core.pricing import RateCard, Request, unit_of

from .figures import Check, Findings, Tally, per_second
from .mix import PLATFORMS, Mix

AIM = 100_000
_QUOTES, _QUICK = 60_000, 6_000


class Loop:
    """Requests to one rate card, made before the clock starts; no two runs share one."""

    def __init__(self, platform: str, count: int, seed: int):
        mix = Mix(platform, seed)
        self._price = mix.card.price
        self._bare_prices = bare_prices(mix)
        self._requests = mix.requests(count)

    def price(self) -> None:
        price = self._price
        for request in self._requests:
            price(request)

    def floor(self) -> None:
        prices = self._bare_prices
        for request in self._requests:
            bare_price(prices, request)


TERMS = """\
platform: terms
name: Terms
units:
  - {one: input_token, many: input_tokens}
  - {one: cached_token, many: cached_tokens}
  - {one: output_token, many: output_tokens}
tools: [{id: t, name: T}]
models:
  - {name: Simple, tool: t, settings: {audio: [off, on]}, rates: [{credits: 300, per: second}]}
  - name: Sum
    tool: t
    settings: {audio: [off, on]}
    rates:
      - terms:
          - {credits: 1.25, per: 1000 input_tokens}
          - {credits: 0.31, per: 1000 cached_tokens}
          - {credits: 10, per: 1000 output_tokens}
          - {credits: 30, per: image}
"""
SIMPLE, SUM = "one term", "four terms"
MOST_OF_SIMPLE = 1 / 1.3
"""The least share of the speed of a simple price that one of several terms may have."""


def of_terms(name: str, count: int) -> Callable[[], None]:
    """A loop over prices of one term, or of four, from the same catalog."""
    price = RateCard(Published(1, 0, load_text(TERMS))).price
    said = {"audio": "on"}
    if name == SIMPLE:
        requests = [Request("Simple", {**said, "seconds": at + 1}) for at in range(count)]
    else:
        requests = [
            Request("Sum", {**said, "input_tokens": at + 1, "cached_tokens": 9, "output_tokens": 7})
            for at in range(count)
        ]

    def loop() -> None:
        for request in requests:
            price(request)

    return loop


def bare_prices(mix: Mix) -> dict[str, tuple[str, int]]:
    """What the floor looks up: by any name of a model, a quantity and one price of it."""
    return {
        name: (f"{unit_of(model.rates[0].price)}s", _credits(model.rates[0].price))
        for model in mix.catalog.models
        for name in (model.id, model.name)
    }


def _credits(price: Price) -> int:
    if isinstance(price, Table):
        return price.rows[0][1]
    if isinstance(price, Sum):
        return sum(term.credits for term in price.terms)
    return price.maximum if isinstance(price, Range) else price.credits


def bare_price(prices: dict[str, tuple[str, int]], request: Request) -> int:
    quantity, credits = prices[request.model]
    return credits * request.params.get(quantity, 1)


def measure(runs: int, quick: bool, tell: Callable[[str], None]) -> Findings:
    tally = Tally("quotes/s")
    count = _QUICK if quick else _QUOTES
    for run in range(runs):
        for platform in PLATFORMS:
            tell(f"pricing: run {run + 1} of {runs}, {platform}")
            loop = Loop(platform, count, run)
            tally.add(f"{platform}: floor", per_second(count, loop.floor, process_time))
            tally.add(platform, per_second(count, loop.price, process_time))
        for name in (SIMPLE, SUM):
            tally.add(name, per_second(count, of_terms(name, count), process_time))
    checks = [Check(tally.figure(platform), AIM) for platform in PLATFORMS]
    checks.append(tally.ratio(SUM, SIMPLE, f"{SUM} / {SIMPLE}", MOST_OF_SIMPLE))
    shares = [tally.ratio(each, f"{each}: floor", f"{each} / floor") for each in PLATFORMS]
    notes = (
        f"{count:,} requests a run: every rate of every model, by id or display name",
        "settings and quantities are seeded and vary, so that nothing can be cached",
        "seconds are processor time",
        "floor: the same loop, which looks up the model and multiplies once",
    )
    return Findings("Pricing, on one core", tally.figures(), (*checks, *shares), notes)
