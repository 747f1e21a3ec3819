"""The HTTP reference is whole: every request and every problem stands in it, and no other."""

import re

from tallystick.core.api_keys import SCOPES
from tallystick.wire import replies
from tallystick.wire.decoders import MAX_COMMANDS
from tallystick.wire.endpoints import ENDPOINTS, CommandBatch, KeyOf
from tests.docs.pages import page, sections
from tests.docs.test_reference import ANSWERS, VERBS

HTTP = sections(page("reference/http.md"), 2)


def rows(section: str) -> list[tuple[str, ...]]:
    """The cells of a section's table, without its head."""
    found = re.findall(r"^\| (.+) \|$", HTTP[section], re.MULTILINE)
    return [tuple(cell.strip() for cell in each.split(" | ")) for each in found[1:]]


def verb(name: str, kind: type) -> str:
    named = "execute" if kind is CommandBatch else name
    return f"[`{named}`](python.md#{named})" if named in VERBS else "none"


def answered(kinds: object) -> str:
    names = re.findall(r"\w+$|(?<=\.)\w+(?= \|)", str(getattr(kinds, "__name__", kinds)))
    return " or ".join(
        f"[{name}](answers.md#{name.lower()})" if name in ANSWERS else f"`{name}`" for name in names
    )


def _or(scopes: tuple[str, ...]) -> str:
    return " or ".join(f"`{scope}`" for scope in scopes)


def expected_requests() -> list[tuple[str, ...]]:
    return [
        (
            f"`{each.name}`: `{each.method} {each.path}`",
            "any" if set(each.scopes) == set(SCOPES) else _or(each.scopes),
            verb(each.name, each.kind),
            answered(each.answers),
        )
        for each in ENDPOINTS
    ]


def test_every_request_is_listed_with_its_scope_its_verb_and_its_answer():
    assert rows("Requests") == expected_requests()


def test_every_verb_that_a_server_can_answer_is_in_the_table():
    named = {each.name for each in ENDPOINTS if each.kind not in (CommandBatch, KeyOf)} | {
        "execute"
    }
    assert named == VERBS.keys()


def test_every_scope_is_explained():
    scopes = {scope for each in ENDPOINTS for scope in each.scopes}
    assert set(re.findall(r"^\| `(\w+)` \|", HTTP["Keys"], re.MULTILINE)) == scopes


def test_the_batch_is_what_it_says():
    assert f"up to {MAX_COMMANDS:,} commands" in HTTP["Batches"]
    for field in replies.BatchAnswer.__struct_fields__:
        assert f"`{field}`" in HTTP["Batches"]
