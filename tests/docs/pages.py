"""The pages of the documentation, cut at their headings."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"


def page(name: str) -> str:
    return (DOCS / name).read_text("utf-8")


def sections(text: str, level: int) -> dict[str, str]:
    """What stands under each heading of a level, by the heading."""
    parts = re.split(rf"^{'#' * level} (.+)$", text, flags=re.MULTILINE)
    return {
        title: re.split(rf"^#{{1,{level}}} ", below, maxsplit=1, flags=re.MULTILINE)[0]
        for title, below in zip(parts[1::2], parts[2::2], strict=True)
    }


def words_in_code(text: str) -> set[str]:
    """Every word that stands in back quotes."""
    return {word for code in re.findall(r"`([^`\n]+)`", text) for word in re.findall(r"\w+", code)}
