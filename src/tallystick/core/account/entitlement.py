"""What an account's plan allows at an instant (`docs/spec.md` 6)."""

from msgspec import Struct

from ..catalog import Catalog, Model, Plan, Tool
from ..history import History
from ..instants import Instant
from ..pricing import Priced, RateCard
from .state import Account


class Entitlement(Struct, frozen=True, gc=False):
    """The `plan` an account is on (None where the platform has none to offer) and its `tools`.

    `tools` are ids; None when the plan unlocks every tool. `subscribed` says whether the plan was
    bought.
    """

    plan: Plan | None
    tools: tuple[str, ...] | None
    subscribed: bool

    def unlocks(self, tool: str) -> bool:
        """Whether the plan unlocks a tool, by its id."""
        return self.plan is not None and (self.tools is None or tool in self.tools)

    def allows(self, model: Model) -> bool:
        """Whether the plan allows a model: it unlocks the tool, and pro models if it is one."""
        plan = self.plan
        if plan is None or (model.pro and not plan.pro_models):
            return False
        return self.tools is None or model.tool in self.tools


class PricedGeneration(Struct, frozen=True, gc=False):
    """A generation that an account asks for.

    `priced` is its price and `model` its model, both by the rate card `card`; `entitled` is what
    the account is entitled to.
    """

    priced: Priced
    model: Model
    card: RateCard
    entitled: Entitlement


def entitlement(account: Account, now: Instant, history: History) -> Entitlement:
    """What `account` is entitled to at `now`, by its subscription or the platform's default."""
    bought = account.subscription
    if bought is not None and account.subscribed:
        plan, package = history.offered(
            bought.terms.plan, bought.terms.package, bought.version, now
        )
        return Entitlement(plan, plan.tools if package.tools is None else package.tools, True)
    return default_entitlement(history.at(now))


def default_entitlement(card: RateCard) -> Entitlement:
    """What an account without a subscription is entitled to."""
    plan = card.default_plan
    return Entitlement(plan, plan.tools if plan else (), False)


def tool_name(catalog: Catalog, tool_id: str) -> str:
    """The display name of a tool, or its id if the catalog does not have it any more."""
    tool: Tool | None = next((each for each in catalog.tools if each.id == tool_id), None)
    return tool.name if tool else tool_id
