"""A catalog's file for those who may not know what it costs the operator (`docs/spec.md` 2.15).

It is written anew, as JSON: a comment may say what a rate costs as well as the field `cost` does.
"""

import json
import re

from .reader import ListNode, Node, ObjectNode, ScalarNode, read

_BARE = re.compile(r"-?(0|[1-9][0-9]{0,15})(\.[0-9]{1,15})?|true|false")
_RATES = ("models", None, "rates", None)
"""The place of a rate: names of fields, and None for each place in a list."""


def without_costs(text: str) -> str:
    """The text of a sound catalog, without what its rates cost the operator and its comments."""
    node, _ = read(text, "catalog")
    return "" if node is None else _json(node, ()) + "\n"


def _json(node: Node, place: tuple[str | None, ...]) -> str:
    if isinstance(node, ListNode):
        return f"[{', '.join(_json(each, (*place, None)) for each in node.nodes)}]"
    if isinstance(node, ObjectNode):
        kept = [name for name in node.fields if name != "cost" or place != _RATES]
        fields = (f"{json.dumps(n)}: {_json(node.fields[n].value, (*place, n))}" for n in kept)
        return f"{{{', '.join(fields)}}}"
    if not isinstance(node, ScalarNode):  # a sound catalog has none
        return '""'
    bare = not node.quoted and _BARE.fullmatch(node.text)
    return node.text if bare else json.dumps(node.text, ensure_ascii=False)
