"""What products ask for: every model of a catalog, valid settings, quantities that vary."""

from random import Random

from tallystick.catalogs import shipped
from tallystick.core.catalog import Catalog, Model, Price, Published, Range, Rate, Table
from tallystick.core.commands import Charge, PlaceHold
from tallystick.core.credits import SCALE
from tallystick.core.pricing import RateCard, Request, unit_of

PLATFORMS = ("artlist", "imagineart", "videodraft")
_MOST = {"second": 60, "minute": 20, "character": 5_000, "image": 8, "scene": 12}
_FEW = 10


class Mix:
    """Seeded requests to one platform's rate card; the same seed gives the same requests."""

    def __init__(self, platform: str, seed: int):
        self.catalog: Catalog = shipped(platform)
        self.card = RateCard(Published(1, 0, self.catalog))
        self._random = Random(seed)

    def requests(self, count: int, *, ranges: bool = True) -> list[Request]:
        """`count` requests; without `ranges` none whose actual price is known only afterwards."""
        rates = [
            (model, rate)
            for model in self.catalog.models
            for rate in model.rates
            if ranges or not isinstance(rate.price, Range)
        ]
        return [self._request(*self._random.choice(rates)) for _ in range(count)]

    def charges(self, accounts: list[str], count: int, name: str) -> list[Charge]:
        """`count` charges to `accounts` at random, each with a key of its own."""
        return [
            Charge(
                self._random.choice(accounts),
                asked.model,
                asked.params,
                asked.outputs,
                key=f"{name}-{number:06d}-{self._random.getrandbits(48):012x}",
            )
            for number, asked in enumerate(self.requests(count, ranges=False))
        ]

    def holds(self, accounts: list[str], count: int, name: str) -> list[PlaceHold]:
        """The same as holds."""
        return [
            PlaceHold(each.account, each.model, each.params, each.outputs, key=each.key)
            for each in self.charges(accounts, count, name)
        ]

    def _request(self, model: Model, rate: Rate) -> Request:
        random = self._random
        params: dict[str, object] = {
            setting.name: random.choice(rate.when.get(setting.name, setting.values))
            for setting in model.settings
        }
        unit = unit_of(rate.price)
        if unit is not None:
            params[unit + "s"] = self._quantity(rate.price, unit)
        name = model.id if self.card.shares_name(model) else model.name
        return Request(random.choice((model.id, name)), params, random.choice((1, 1, 1, 2, 4)))

    def _quantity(self, price: Price, unit: str) -> int:
        if isinstance(price, Table):
            return self._random.choice(price.rows)[0] // SCALE
        return self._random.randint(1, _MOST.get(unit, _FEW))
