"""The catalogs a platform has published, and which one is in force when."""

from bisect import bisect_right
from collections.abc import Sequence

from .catalog import Package, Plan, Published, find_package
from .credits import Micros
from .errors import InvalidRequest
from .instants import Instant, words
from .pricing import RateCard


class History:
    """Every published version, in order; the first is in force from the beginning of time."""

    def __init__(
        self, platform: str, published: Sequence[Published], known: Sequence[RateCard] = ()
    ):
        """`known` are the cards of the versions before those that are `published`."""
        self.platform = platform
        self.cards = [*known, *(RateCard(each) for each in published)]
        self._starts = [card.published.effective_at for card in self.cards[1:]]
        self._offers: dict[tuple[str, Micros, int, int], tuple[Plan, Package]] = {}

    def at(self, instant: Instant) -> RateCard:
        """The rate card in force at `instant`."""
        return self.cards[bisect_right(self._starts, instant)]

    def version(self, number: int) -> RateCard:
        """The rate card of a version; versions count from 1.

        Raises `InvalidRequest` for another number.
        """
        if not 1 <= number <= len(self.cards):
            raise InvalidRequest(
                f"there is no catalog version {number}; the newest is {len(self.cards)}",
                where="version",
            )
        return self.cards[number - 1]

    def offered(
        self, plan: str, package: Micros, version: int, at: Instant
    ) -> tuple[Plan, Package]:
        """Plan and package as now published, or as they were when bought if they are gone.

        Raises `LookupError` if no catalog ever had them, which is a bug.
        """
        card = self.at(at)
        key = (plan, package, version, card.version)
        offer = self._offers.get(key)
        if offer is None:
            offer = _offer(card, plan, package) or _offer(self.version(version), plan, package)
            if offer is None:  # a bug: nobody can buy what no catalog has
                raise LookupError(f"plan {plan} is in no catalog at {words(at)}")
            self._offers[key] = offer
        return offer


def _offer(card: RateCard, plan: str, package: Micros) -> tuple[Plan, Package] | None:
    found = next((each for each in card.catalog.plans if each.id == plan), None)
    if found is None or (offer := find_package(found, package)) is None:
        return None
    return found, offer
