"""Quotes a second on one core: `RateCard.price` over the three shipped catalogs."""

from collections.abc import Callable, Iterable

from tallystick.core.catalog import Price, Range, Table
from tallystick.core.pricing import Request, unit_of

from .figures import Check, Findings, Tally, per_second
from .mix import PLATFORMS, Mix

AIM = 100_000
_QUOTES, _QUICK = 200_000, 20_000


def measure(runs: int, quick: bool, tell: Callable[[str], None]) -> Findings:
    """Requests are made before the clock starts; no two runs share one."""
    tally = Tally("quotes/s")
    count = (_QUICK if quick else _QUOTES) // len(PLATFORMS)
    for run in range(runs):
        tell(f"pricing: run {run + 1} of {runs}")
        for platform in PLATFORMS:
            mix = Mix(platform, run)
            requests = mix.requests(count)
            prices = bare_prices(mix)
            tally.add(f"{platform}: floor", per_second(count, lambda: _floor(prices, requests)))
            tally.add(platform, per_second(count, lambda: _price(mix, requests)))
    checks = [Check(tally.figure(platform), AIM) for platform in PLATFORMS]
    shares = [tally.ratio(each, f"{each}: floor", f"{each} / floor") for each in PLATFORMS]
    notes = (
        f"{count:,} requests a catalog and run: every rate of every model, settings and "
        "quantities at random (seeded), by id or display name",
        "floor: the same loop calling a function that looks the model up and multiplies once",
    )
    return Findings("Pricing, on one core", tally.figures(), (*checks, *shares), notes)


def _price(mix: Mix, requests: Iterable[Request]) -> None:
    price = mix.card.price
    for request in requests:
        price(request)


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
    return price.maximum if isinstance(price, Range) else price.credits


def bare_price(prices: dict[str, tuple[str, int]], request: Request) -> int:
    quantity, credits = prices[request.model]
    return credits * request.params.get(quantity, 1)


def _floor(prices: dict[str, tuple[str, int]], requests: Iterable[Request]) -> None:
    for request in requests:
        bare_price(prices, request)
