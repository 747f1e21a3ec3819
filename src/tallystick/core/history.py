"""The catalogs a platform has published, and which one is in force when."""

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from typing import Literal, TypeAlias

from .catalog import Package, Plan, Published, find_package
from .credits import Micros
from .errors import InvalidRequest
from .instants import Instant, words
from .pricing import RateCard

Standing: TypeAlias = Literal["past", "in_force", "scheduled", "withdrawn"]
"""How a version stands at an instant."""


class History:
    """Every published version, in order; the first is in force from the beginning of time.

    Versions come into force in the order of their instants, which need not be that of their
    numbers; of two at one instant the later number is in force. A scheduled version that was
    `withdrawn` (by its number, and when) never comes into force.
    """

    def __init__(
        self,
        platform: str,
        published: Sequence[Published],
        known: Sequence[RateCard] = (),
        withdrawn: Mapping[int, Instant] | None = None,
    ):
        """`known` are the cards of the versions before those that are `published`."""
        self.platform = platform
        self.cards = [*known, *(RateCard(each) for each in published)]
        self.withdrawn = dict(withdrawn or {})
        later = [card for card in self.cards[1:] if card.version not in self.withdrawn]
        later.sort(key=lambda card: card.published.effective_at)
        self._in_order = [*self.cards[:1], *later]
        self._starts = [card.published.effective_at for card in later]
        self._offers: dict[tuple[str, Micros, int, int], tuple[Plan, Package]] = {}

    @property
    def changes(self) -> int:
        """How many versions were published and withdrawn: another number with each change."""
        return len(self.cards) + len(self.withdrawn)

    def at(self, instant: Instant) -> RateCard:
        """The rate card in force at `instant`."""
        return self._in_order[bisect_right(self._starts, instant)]

    def scheduled(self, now: Instant) -> list[RateCard]:
        """The versions that come into force after `now`, in the order in which they do."""
        return self._in_order[bisect_right(self._starts, now) + 1 :]

    def standing(self, number: int, now: Instant) -> Standing:
        """How a version stands at `now`. Raises `InvalidRequest` for a number that is not there."""
        card = self.version(number)
        if number in self.withdrawn:
            return "withdrawn"
        if card is self.at(now):
            return "in_force"
        return "scheduled" if card.published.effective_at > now else "past"

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
        """Plan and package as now published, or as they were when bought if they are gone or the
        catalog in force has them so.

        Raises `LookupError` if no catalog ever had them, which is a bug.
        """
        card = self.at(at)
        key = (plan, package, version, card.version)
        offer = self._offers.get(key)
        if offer is None:
            sold = self.version(version)
            keeps = card.catalog.policy.plan_terms == "as_bought"
            first, second = (sold, card) if keeps else (card, sold)
            offer = _offer(first, plan, package) or _offer(second, plan, package)
            if offer is None:  # a bug: nobody can buy what no catalog has
                raise LookupError(f"plan {plan} is in no catalog at {words(at)}")
            self._offers[key] = offer
        return offer


def _offer(card: RateCard, plan: str, package: Micros) -> tuple[Plan, Package] | None:
    found = next((each for each in card.catalog.plans if each.id == plan), None)
    if found is None or (offer := find_package(found, package)) is None:
        return None
    return found, offer
