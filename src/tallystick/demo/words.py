"""How the pages say what the engine answers: amounts, instants, sources, ways out, in the
platform's own words for its money."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from .. import results

_SOURCES = {
    "carry_over": "Carry-over",
    "rollover": "Roll-over",
    "subscription": "Subscription",
    "promo": "Promotion",
    "adjustment": "Adjustment",
}


class WayOutText(NamedTuple):
    """A way out of a refusal: what kind, and what to do."""

    kind: str
    text: str


class PlatformWords:
    """The words of one platform: ``credits`` are credits, ``top_ups`` may be Tokens."""

    def __init__(self, wording: Mapping[str, str]):
        self._words = wording

    def __getitem__(self, name: str) -> str:
        return self._words[name]

    def credits(self, count: Any) -> str:
        """``1 credit``, ``4,000 credits``."""
        return f"{amount(count)} {self['credit' if count == 1 else 'credits']}"

    def source(self, name: str) -> str:
        """A source of credits; top-ups by the platform's own name."""
        if name == "free":
            return f"Free {self['credits']}"
        return _SOURCES.get(name) or capital(self["top_ups"])

    def price(self, quote: results.Quote) -> str:
        """``4,000 credits``; a range as ``5 to 10 credits``."""
        if quote.min == quote.max:
            return self.credits(quote.credits)
        return f"{amount(quote.min)} to {self.credits(quote.max)}"

    def way(self, way: results.Way) -> WayOutText:
        return WayOutText(self._kind(way.kind), self._way(way))

    def _kind(self, kind: str) -> str:
        return capital(self["top_ups"]) if kind == "top_up" else capital(kind)

    def _way(self, way: results.Way) -> str:
        if way.kind == "wait":
            return f"until {instant(way.at)}, when {self.credits(way.available)} will be available"
        if way.kind == "top_up":
            return f"{self.credits(way.credits)}, bought once{_money(way.price)}"
        if way.kind == "upgrade":
            billed = f"{self.credits(way.credits)} a month, billed {way.interval}"
            there = f"{self.credits(way.available)} available at once"
            return f"{way.plan}: {billed}{_money(way.price)}; {there}"
        if way.kind == "less":
            said = {**({"outputs": way.outputs} if way.outputs else {}), **(way.quantities or {})}
            fits = ", ".join(f"{amount(count)} {name}" for name, count in said.items())
            return f"{fits}: {self.credits(way.credits)}"
        chosen = "".join(f", {each}" for each in settings(way.settings or {}))
        return f"{way.model}{chosen}: {self.credits(way.credits)}"


def amount(count: Any) -> str:
    """``4,000``, ``0.5``; nothing for None."""
    return "" if count is None else f"{count:,}"


def signed(count: Any) -> str:
    """``+4,000``, or with a real minus; nothing for 0."""
    if not count:
        return ""
    return f"+{amount(count)}" if count > 0 else f"\N{MINUS SIGN}{amount(-count)}"


def instant(at: datetime | None, zone: str = "UTC") -> str:
    """``2026-06-15 09:49:25 UTC``: to the second, in a zone that is named."""
    return "never" if at is None else f"{at.astimezone(ZoneInfo(zone)):%Y-%m-%d %H:%M:%S} {zone}"


def settings(chosen: Mapping[str, str]) -> list[str]:
    """``["resolution 1080p", "audio on"]``."""
    return [f"{name} {value}" for name, value in chosen.items()]


def quantity(line: results.PricedLine) -> str:
    """``8 seconds``, ``1 generation``."""
    return f"{amount(line.quantity)} {line.unit}{'' if line.quantity == 1 else 's'}"


def listed(names: Sequence[str]) -> str:
    """``image, video and voiceover``."""
    return " and ".join([*([", ".join(names[:-1])] if names[1:] else []), *names[-1:]])


def capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def _money(price: Any) -> str:
    if price is None:
        return ""
    return f" for {price.amount} {price.currency}{' (a sample price)' if price.sample else ''}"
