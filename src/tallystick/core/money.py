"""Money as it comes from outside: an amount with its currency, kept as it was written."""

import re

from .catalog import Money
from .errors import InvalidRequest, describe

_AMOUNT = re.compile(r"[0-9]{1,12}(\.[0-9]{1,4})?")
_CURRENCY = re.compile(r"[A-Z]{3}")


def read_optional(value: object, where: str) -> Money | None:
    """None, or money as `read` takes it."""
    return None if value is None else read(value, where)


def read(value: object, where: str) -> Money:
    """Money from ``9.99 USD``, or from an object with `amount` and `currency`.

    Raises `InvalidRequest` for anything else.
    """
    amount, currency = _parts(value)
    if _AMOUNT.fullmatch(amount) and _CURRENCY.fullmatch(currency):
        return Money(amount, currency)
    raise InvalidRequest(
        f"{where} must be an amount with a currency, such as 9.99 USD, not {describe(value)}",
        where=where,
    )


def _parts(value: object) -> tuple[str, str]:
    if isinstance(value, Money):
        return value.amount, value.currency
    if isinstance(value, str):
        amount, _, currency = value.strip().partition(" ")
        return amount, currency.strip()
    if isinstance(value, dict) and set(value) == {"amount", "currency"}:
        amount = value["amount"]
        written = isinstance(amount, str | int | float) and not isinstance(amount, bool)
        return str(amount) if written else "", str(value["currency"])
    return "", ""
