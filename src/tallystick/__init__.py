"""Tallystick: the credits engine for generative-AI products.

from tallystick import Tallystick

credits = Tallystick.open("credits.db", platform="artlist")
credits.open_account("acct_1")
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from . import results
    from .client import AsyncTallystick, OpenHold, OpenLease, Tallystick
    from .core import commands
    from .core.errors import (
        InvalidCatalog,
        InvalidRequest,
        KeyConflict,
        SpendsNotWritten,
        StoreError,
        TallystickError,
        UnknownModel,
    )
    from .core.refusals import (
        AccountExists,
        AccountNotFound,
        AlreadySubscribed,
        BalanceLimit,
        ClockBackwards,
        ClockNotTest,
        EntryFinal,
        EntryNotFound,
        GrantNotFound,
        HoldClosed,
        HoldNotFound,
        InsufficientCredits,
        LeaseExhausted,
        MemberCapReached,
        MemberUnknown,
        ModelRequiresSubscription,
        NoChange,
        NoSubscription,
        NothingLeft,
        NothingScheduled,
        QuoteExpired,
        QuoteForAnotherAccount,
        QuoteUsed,
        Refused,
        SettleAboveHold,
        SettleOutsideRange,
        SubscriptionRequired,
        ToolNotInPlan,
        TopUpRequiresSubscription,
        TopUpsNotSold,
    )

__version__ = "0.1.0"

_HOMES = {
    "Tallystick": ".client",
    "AsyncTallystick": ".client",
    "OpenHold": ".client",
    "OpenLease": ".client",
    "commands": ".core.commands",
    "results": ".results",
    "refusals": ".core.refusals",
    "errors": ".core.errors",
    "AccountExists": ".core.refusals",
    "AccountNotFound": ".core.refusals",
    "AlreadySubscribed": ".core.refusals",
    "BalanceLimit": ".core.refusals",
    "ClockBackwards": ".core.refusals",
    "ClockNotTest": ".core.refusals",
    "EntryFinal": ".core.refusals",
    "GrantNotFound": ".core.refusals",
    "NothingLeft": ".core.refusals",
    "EntryNotFound": ".core.refusals",
    "HoldClosed": ".core.refusals",
    "HoldNotFound": ".core.refusals",
    "InsufficientCredits": ".core.refusals",
    "LeaseExhausted": ".core.refusals",
    "MemberCapReached": ".core.refusals",
    "MemberUnknown": ".core.refusals",
    "ModelRequiresSubscription": ".core.refusals",
    "NoChange": ".core.refusals",
    "NoSubscription": ".core.refusals",
    "NothingScheduled": ".core.refusals",
    "QuoteExpired": ".core.refusals",
    "QuoteForAnotherAccount": ".core.refusals",
    "QuoteUsed": ".core.refusals",
    "Refused": ".core.refusals",
    "SettleAboveHold": ".core.refusals",
    "SettleOutsideRange": ".core.refusals",
    "SubscriptionRequired": ".core.refusals",
    "ToolNotInPlan": ".core.refusals",
    "TopUpRequiresSubscription": ".core.refusals",
    "TopUpsNotSold": ".core.refusals",
    "TallystickError": ".core.errors",
    "InvalidRequest": ".core.errors",
    "InvalidCatalog": ".core.errors",
    "UnknownModel": ".core.errors",
    "KeyConflict": ".core.errors",
    "SpendsNotWritten": ".core.errors",
    "StoreError": ".core.errors",
}
_MODULES = frozenset({"commands", "results", "refusals", "errors"})

__all__ = [
    "AccountExists",
    "AccountNotFound",
    "AlreadySubscribed",
    "AsyncTallystick",
    "BalanceLimit",
    "ClockBackwards",
    "ClockNotTest",
    "EntryFinal",
    "EntryNotFound",
    "GrantNotFound",
    "HoldClosed",
    "HoldNotFound",
    "InsufficientCredits",
    "InvalidCatalog",
    "InvalidRequest",
    "KeyConflict",
    "LeaseExhausted",
    "MemberCapReached",
    "MemberUnknown",
    "ModelRequiresSubscription",
    "NoChange",
    "NoSubscription",
    "NothingLeft",
    "NothingScheduled",
    "OpenHold",
    "OpenLease",
    "QuoteExpired",
    "QuoteForAnotherAccount",
    "QuoteUsed",
    "Refused",
    "SettleAboveHold",
    "SettleOutsideRange",
    "SpendsNotWritten",
    "StoreError",
    "SubscriptionRequired",
    "Tallystick",
    "TallystickError",
    "ToolNotInPlan",
    "TopUpRequiresSubscription",
    "TopUpsNotSold",
    "UnknownModel",
    "__version__",
    "commands",
    "errors",
    "refusals",
    "results",
]


def __getattr__(name: str) -> Any:
    """Names load when they are first used, so that importing the package costs nothing."""
    home = _HOMES.get(name)
    if home is None:
        raise AttributeError(f"module 'tallystick' has no attribute '{name}'")
    module = import_module(home, __name__)
    return module if name in _MODULES else getattr(module, name)
