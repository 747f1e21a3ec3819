"""A platform that sells coins and refills; and whether a text speaks of anything else."""

import json
import re
from collections.abc import Iterator
from typing import Any

from tallystick import results
from tests.scenarios.small import small

COINS = """
wording: {credit: coin, top_up: refill}
free_credits: [{credits: 20, every: day, plans: [free]}]
upgrades:
  - {from: monthly, to: monthly, credits: add_full_keep_leftover}
  - {from: yearly, to: yearly, credits: deduct_used}
"""
CATALOG = small(COINS)
_FOREIGN = re.compile(r"\b(credits?|top-?ups?)\b", re.IGNORECASE)


def foreign(*answers: Any) -> list[str]:
    """The sentences of answers that speak of credits or top-ups."""
    return [text for answer in answers for text in _texts(answer) if speaks_of_credits(text)]


def speaks_of_credits(text: str) -> bool:
    return bool(_FOREIGN.search(text))


def _texts(answer: Any) -> Iterator[str]:
    """Every sentence of an answer. What has no blank is a word of the interface: a code, a kind."""
    if isinstance(answer, results.Result) or (
        isinstance(answer, list) and answer and isinstance(answer[0], results.Result)
    ):
        answer = json.loads(results.to_json(answer))
    if isinstance(answer, dict):
        for value in answer.values():
            yield from _texts(value)
    elif isinstance(answer, (list, tuple)):
        for each in answer:
            yield from _texts(each)
    elif isinstance(answer, str) and " " in answer:
        yield answer
