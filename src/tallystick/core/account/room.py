"""The room an account has: nobody ever owns more than the largest amount there is."""

from ..credits import MAX, Micros, text
from ..refusals import Refusal
from .state import Account, owned


def beyond_limit(account: Account, amount: Micros) -> Refusal | None:
    """The refusal of credits for which an account has no room; None where it has."""
    if owned(account) + amount <= MAX:
        return None
    return Refusal(
        "balance_limit",
        f"the account would own more than {text(MAX)} credits, the largest amount there is",
        {"credits": amount, "balance": owned(account), "limit": MAX},
    )
