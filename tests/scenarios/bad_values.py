"""Bad values: for each kind of parameter those that no verb takes."""

from datetime import date, datetime, timedelta, tzinfo
from decimal import Decimal
from typing import Any

NAN, INFINITY = float("nan"), float("inf")
TEN_MEGABYTES = "x" * 10_000_000
NUMBER_OF_5000_DIGITS = 10**5_000


class Odd:
    """Something nobody asked for."""

    def __repr__(self) -> str:
        return "an odd value " * 1_000


class Nowhere(tzinfo):
    """A time zone that knows no offset."""

    def utcoffset(self, moment: datetime | None, /) -> None:
        return None


ODD = Odd()
NOT_TEXT: list[Any] = [0, 5, 1.5, True, b"ada", ["ada"], {"a": 1}, ODD, NUMBER_OF_5000_DIGITS]
NOT_A_NAME = ["", " ", " ada", "ada ", "a\nb", "a\x00b", "a\ud800b", TEN_MEGABYTES]

NAME = [*NOT_TEXT, *NOT_A_NAME, "x" * 129]
REQUIRED_NAME = [None, *NAME]
KEY = [*NOT_TEXT, *NOT_A_NAME, "x" * 256]
REASON = [*NOT_TEXT, *NOT_A_NAME, "x" * 501]
REQUIRED_REASON = [None, *REASON]

NOT_A_NUMBER: list[Any] = [
    *(True, False, "", "ten", "1_000", "0x10", "1 000", "NaN", "Infinity", b"1", [1], {}, ODD, 1j),
    *(" 1 ", "\u0663"),
    *(NAN, INFINITY, -INFINITY, 1e400, Decimal("NaN"), Decimal("sNaN"), Decimal("-Infinity")),
    *("1e400", "1e999999999", Decimal("1e400"), TEN_MEGABYTES, [NUMBER_OF_5000_DIGITS]),
]
TOO_FINE = ["0.0000001", 0.1 + 0.2, Decimal("1.0000001"), "1.00000000000000000000000000000000001"]
TOO_LARGE = [2**53, 2**63, 1e300, NUMBER_OF_5000_DIGITS, 9_007_199_255, "9007199254.000001"]
NEGATIVE = [-1, -0.5, "-1", Decimal("-0.000001"), -(2**63), -NUMBER_OF_5000_DIGITS]
NUMBER = [*NOT_A_NUMBER, *TOO_FINE, *TOO_LARGE, *NEGATIVE]
AMOUNT = [None, 0, 0.0, "0", *NUMBER]
SIGNED = [0, 0.0, "0", -(2**63), -NUMBER_OF_5000_DIGITS, *NOT_A_NUMBER, *TOO_FINE, *TOO_LARGE]
QUANTITY = [None, 0, "0.0", 1_000_000_001, *NUMBER]
CHANGE_PACKAGE = [0, 7, *NUMBER]

NOT_WHOLE = [True, False, "1", 1.0, 1.5, Decimal(1), NAN, INFINITY, [1], b"1", ODD, -1, 2**63]
NOT_WHOLE += [NUMBER_OF_5000_DIGITS, TEN_MEGABYTES, "1e400"]
WHOLE = [0, *NOT_WHOLE]

MOMENT = [
    *("", " ", "now", "yesterday", "2026", "2026-02-30T00:00:00Z", "2026-01-01T25:00:00Z"),
    *("2026-02-30", "2026-3-1", "1969-12-31", "2200-01-02", "30", "30 days", "1.5d", "--1d"),
    *("2026-03-01T10:00:00", "2026-03-01 10:00", "10:00:00Z", "1969-12-31T23:59:59Z", "-99999d"),
    *("2200-01-01T00:00:01Z", "9999-12-31T23:59:59Z", TEN_MEGABYTES, datetime(2026, 3, 1)),
    *(date(1969, 12, 31), timedelta.max, timedelta.min, 0, 1_767_225_600, 1.5, NAN, INFINITY),
    *(True, b"2026", [1], ODD, "9999y"),
    *(NUMBER_OF_5000_DIGITS, datetime(2026, 3, 1, tzinfo=Nowhere())),
]
REQUIRED_MOMENT = [None, *MOMENT]
PAST = ["2026-01-01T00:00:00Z", "2025-06-01T00:00:00Z"]
PAID = [121, *WHOLE]
FLAG = ["yes", "false", "", 0, 1, None, [], ODD]

UNKNOWN_NAME = ["", "nonsense", *NOT_TEXT, TEN_MEGABYTES]
ID = ["", "12", "x12", "h", "r", "h-1", "h1.5", "h 1", "h\u0663", "h" + "9" * 30, *NOT_TEXT]
ID += [None, TEN_MEGABYTES]
GRANT: list[Any] = ["", "x12", "g", "g0", "g-1", "g1.5", "g 1", "g\u0663", "g" + "9" * 30]
GRANT += [0, -1, 2**63, True, 1.5, b"g1", ["g1"], {}, ODD, TEN_MEGABYTES, NUMBER_OF_5000_DIGITS]
NAMES: list[Any] = [None, 5, True, b"video", {}, ODD, [5], [""], "nonsense", ["nonsense"]]
NAMES += [["x"] * 101, [TEN_MEGABYTES], TEN_MEGABYTES]
PRICE: list[Any] = ["", "9.99", "USD", "9.99USD", "9,99 USD", "-1 USD", "9.99 usd", "1e3 USD"]
PRICE += [9.99, 5, True, b"9.99 USD", [], {}, {"amount": "9.99"}, ODD, TEN_MEGABYTES]
PRICE += [{"amount": NAN, "currency": "USD"}, {"amount": "1", "currency": 5}]
LABELS: list[Any] = [
    *("abc", 5, True, [1], ["ab"], b"ab", ODD, {1: "x"}, {"": "x"}, {"a": ""}, {"a": 5}),
    *({"a": None}, {"a": True}, {"x" * 65: "x"}, {"a": "x" * 257}, {"a": TEN_MEGABYTES}),
    *({"a\n": "x"}, {str(number): "x" for number in range(21)}),
]
MEMBERS: list[Any] = [
    *("abc", 5, True, b"abc", ODD, [""], [5], [["x"]], ["x" * 129], {1: 2}, {"mia": -1}),
    *({"mia": NAN}, {"mia": True}, {"mia": "ten"}, {"": 5}, [str(n) for n in range(1_001)], None),
]
TOKEN = ["", "q_", "q_!!", "q_AAAA", "q_" + "A" * 500, *NOT_TEXT, TEN_MEGABYTES]
