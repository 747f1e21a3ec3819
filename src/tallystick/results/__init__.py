"""What verbs answer: typed values whose fields are the JSON fields (`docs/reference/answers.md`).

Amounts are whole numbers or exact decimals of credits, instants are aware datetimes in UTC.
"""

from .accounts import (
    AccountView,
    Balance,
    CycleView,
    DueView,
    Entry,
    GrantView,
    MemberChange,
    MemberView,
    PlanChange,
    Posting,
    SourceView,
    SubscriptionView,
)
from .base import Burn, CatalogRef, PricedLine, Result, Written, stamped, to_json
from .charges import (
    Charge,
    Draw,
    Extension,
    Hold,
    HoldView,
    Lease,
    Receipt,
    Refund,
    Release,
    Settlement,
    Spend,
    UsageLine,
)
from .grants import Adjustment, ExpiryChange, Grant, Void
from .platforms import ApiKeyView, CatalogView, ClockView, NewApiKey, Publication, Withdrawal
from .quotes import Quote, Refusal, Way

__all__ = [
    "AccountView",
    "Adjustment",
    "ApiKeyView",
    "Balance",
    "Burn",
    "CatalogRef",
    "CatalogView",
    "Charge",
    "ClockView",
    "CycleView",
    "Draw",
    "DueView",
    "Entry",
    "ExpiryChange",
    "Extension",
    "Grant",
    "GrantView",
    "Hold",
    "HoldView",
    "Lease",
    "MemberChange",
    "MemberView",
    "NewApiKey",
    "PlanChange",
    "Posting",
    "PricedLine",
    "Publication",
    "Quote",
    "Receipt",
    "Refund",
    "Refusal",
    "Release",
    "Result",
    "Settlement",
    "SourceView",
    "Spend",
    "SubscriptionView",
    "UsageLine",
    "Void",
    "Way",
    "Withdrawal",
    "Written",
    "stamped",
    "to_json",
]
