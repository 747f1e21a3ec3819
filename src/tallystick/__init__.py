"""Tallystick: the credits engine for generative-AI products.

from tallystick import Tallystick

credits = Tallystick.open("credits.db", platform="artlist")
credits.open_account("acct_1")
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .client import AsyncTallystick, OpenHold, Tallystick
    from .core import commands
    from .core.errors import (
        InvalidCatalog,
        InvalidRequest,
        KeyConflict,
        StoreError,
        TallystickError,
        UnknownModel,
    )
    from .core.refusals import InsufficientCredits, Refused
    from .engine import results

__version__ = "0.1.0"

_HOMES = {
    "Tallystick": ".client",
    "AsyncTallystick": ".client",
    "OpenHold": ".client",
    "commands": ".core.commands",
    "results": ".engine.results",
    "refusals": ".core.refusals",
    "errors": ".core.errors",
    "Refused": ".core.refusals",
    "InsufficientCredits": ".core.refusals",
    "TallystickError": ".core.errors",
    "InvalidRequest": ".core.errors",
    "InvalidCatalog": ".core.errors",
    "UnknownModel": ".core.errors",
    "KeyConflict": ".core.errors",
    "StoreError": ".core.errors",
}
_MODULES = frozenset({"commands", "results", "refusals", "errors"})

__all__ = [
    "AsyncTallystick",
    "InsufficientCredits",
    "InvalidCatalog",
    "InvalidRequest",
    "KeyConflict",
    "OpenHold",
    "Refused",
    "StoreError",
    "Tallystick",
    "TallystickError",
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
