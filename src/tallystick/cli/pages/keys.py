"""Pages of API keys: made, listed, revoked. A whole key is on the first of them only."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from ..output import Next, Page, Paragraph, TextTable, Verbatim, dated, instant, moment

if TYPE_CHECKING:
    from ... import results


def made(key: "results.NewApiKey") -> Page:
    yield Paragraph(
        f"An API key of {key.platform}, '{key.name}'. Its scopes are {_opens(key)}.", "good"
    )
    yield Verbatim(f"{key.api_key}\n")
    yield Paragraph("It is shown only once: the database keeps its hash.")
    if key.expires_at is not None:
        yield Paragraph(f"It ends by itself at {instant(key.expires_at)}.")
    if key.replaces is not None:
        yield Paragraph(
            f"It takes the place of {key.replaces}: change your programs over before that one ends."
        )
    yield Next(
        [
            ("all keys", ["keys", "list", key.platform]),
            ("end it", ["keys", "revoke", key.platform, key.id]),
        ]
    )


def listed(keys: "Sequence[results.ApiKeyView]", platform: str) -> Page:
    if not keys:
        yield Paragraph(f"{platform} has no API keys yet.")
        yield Next([("make one", ["keys", "create", platform])])
        return
    yield TextTable(
        (
            "id",
            "name",
            "opens",
            dated("made"),
            "by",
            dated("last used"),
            dated("ends"),
            dated("revoked"),
        ),
        [
            (
                each.id,
                each.name,
                _opens(each),
                moment(each.created_at),
                each.created_by or each.created_key or "",
                moment(each.last_used_at),
                moment(each.expires_at),
                moment(each.revoked_at),
            )
            for each in keys
        ],
        drop=("by", dated("made"), dated("ends"), "opens", "name"),
    )


def revoked(key: "results.ApiKeyView") -> Page:
    yield Paragraph(
        f"The API key {key.id} of {key.platform}, '{key.name}', ended {instant(key.revoked_at)}.",
        "good",
    )
    yield Next([("make another", ["keys", "create", key.platform])])


def _opens(key: "results.ApiKeyView") -> str:
    return ", ".join(key.scopes)
