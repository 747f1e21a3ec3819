"""Pages of a server: that it serves, and what is set."""

from collections.abc import Mapping
from typing import Any

from ...core.errors import unknown
from ..output import FieldList, Next, Page, Paragraph, TextTable, counted


def served(served: Mapping[str, Any]) -> Page:
    """A server that has just begun to listen."""
    url, platforms = served["url"], served["platforms"]
    workers = f", with {served['workers']} workers" if served["workers"] > 1 else ""
    yield Paragraph(f"Tallystick serves {served['db']} at {url}{workers}.", "good")
    yield FieldList(
        [
            ("the API page", f"{url}/docs"),
            ("its description", f"{url}/openapi.json"),
            ("platforms", "; ".join(_platform(*each) for each in platforms.items()) or "none yet"),
        ]
    )
    without = [name for name, keys in platforms.items() if not keys]
    rows = [(f"a key of {name}", ["keys", "create", name]) for name in without]
    if not platforms:
        rows.append(("a platform", ["init", "NAME"]))
    yield Next(rows)
    yield Paragraph("Ctrl-C stops it; running requests are answered first.", "quiet")


def _platform(name: str, keys: int) -> str:
    return f"{name} ({counted(keys, 'key') if keys else 'no key yet'})"


def configuration(found: Mapping[str, Any]) -> Page:
    yield Paragraph(f"Settings, with {found['file']}" if found["file"] else "Settings", "title")
    yield TextTable(
        ("setting", "value", "from"),
        [(each["name"], _value(each), _source(each)) for each in found["settings"]],
        drop=("from",),
    )
    for name in found["unread"]:
        yield Paragraph(
            f"{name} is not read: there is no such setting{_nearest(name, found)}", "bad"
        )


def _value(setting: Mapping[str, Any]) -> str:
    value = setting["value"]
    if isinstance(value, bool):
        return "on" if value else "off"
    if isinstance(value, float):
        return f"{value:,g}"
    return f"{value:,}" if isinstance(value, int) and setting["name"] != "port" else str(value)


def _source(setting: Mapping[str, Any]) -> str:
    return setting["place"] or "default"


def _nearest(name: str, found: Mapping[str, Any]) -> str:
    known = [f"TALLYSTICK_{each['name'].upper()}" for each in found["settings"]]
    hint = str(unknown("setting", name, known)).partition("; ")[2].partition(" (")[0]
    return f"; {hint}" if hint else ""
