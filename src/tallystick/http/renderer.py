"""The pages about the API, drawn from its OpenAPI document by templates."""

import json
import re
from functools import cache
from http import HTTPStatus
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup, escape

from ..core.spelling import near
from ..wire import field_docs
from ..wire.endpoints import ENDPOINTS
from ..wire.problem_docs import PROBLEM_DOCS
from ..wire.problems import KINDS
from . import examples
from .api_page import COMMON, FieldRow, ProblemEntry, errors, groups, shown
from .assets import asset
from .openapi import codes, document

TEMPLATES = Path(__file__).with_name("templates")
_TOKEN = re.compile(
    r'("(?:[^"\\]|\\.)*")(\s*:)?|\b(?:true|false|null)\b|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?'
)


def api_page() -> str:
    """The API page: everything that can be asked."""
    of = document()
    return _drawn(
        "docs.html",
        here="docs",
        title=of["info"]["title"],
        version=of["info"]["version"],
        summary=of["info"]["summary"],
        about=of["info"]["description"],
        groups=groups(of),
        common=errors(of, COMMON),
    )


def problem_list() -> str:
    """Every code on one page, by status."""
    found = errors(document(), list(KINDS))
    statuses = sorted({each.status for each in found})
    return _drawn(
        "problems.html",
        here="problems",
        statuses={status: [e for e in found if e.status == status] for status in statuses},
        phrases={status: HTTPStatus(status).phrase for status in statuses},
    )


def problem_page(code: str) -> str:
    """One code: what it means, what to do, its facts, an example, and where it comes from."""
    kind, explained = KINDS[code], PROBLEM_DOCS[code]
    exchange = examples.recorded().problems.get(code)
    example = exchange.reply if exchange else None
    return _drawn(
        "problem.html",
        here="problem",
        each=ProblemEntry(
            code=code,
            status=kind.status,
            title=kind.title,
            means=explained.means,
            remedy=explained.remedy,
            example=example,
        ),
        retry=kind.retry,
        facts=[
            FieldRow(
                name=name,
                type="" if name in explained.facts else "sometimes",
                required=True,
                bounds="",
                description=field_docs.of("Problem", name),
            )
            for name in (*explained.facts, *explained.sometimes)
        ],
        shown=shown(exchange) if exchange else None,
        operations=[] if code in COMMON else [e.name for e in ENDPOINTS if code in codes(e)],
    )


def no_problem(code: str) -> str:
    """What is said of a code that does not exist."""
    meant = near(code, KINDS, 2, 0.6)
    return _drawn("no_problem.html", here="problem", code=code[:80], near=meant)


def _drawn(template: str, **content: Any) -> str:
    return _environment().get_template(template).render(**content)


@cache
def _environment() -> Environment:
    made = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=StrictUndefined,
    )
    made.filters |= {
        "asset": asset,
        "said": said,
        "paragraphs": paragraphs,
        "path": _path,
        "coloured": coloured,
    }
    return made


def said(text: str) -> Markup:
    """A sentence whose back quotes are code and whose double stars are weight."""
    found = re.sub(r"`([^`]+)`", r"<code>\1</code>", str(escape(text)))
    found = re.sub(r"\*\*([^*]+)\*\*", r"<b>\1</b>", found)
    return Markup(found)  # noqa: S704 - escaped above


def paragraphs(text: str) -> Markup:
    return Markup("\n").join(Markup("<p>{}</p>").format(said(each)) for each in text.split("\n\n"))


def _path(path: str) -> Markup:
    """An address whose names in braces stand out."""
    found = re.sub(r"(\{\w+\})", r"<var>\1</var>", str(escape(path)))
    return Markup(found)  # noqa: S704 - escaped above


def coloured(value: Any) -> Markup:
    """A JSON document, indented, with its names, texts and numbers told apart."""
    text = json.dumps(value, indent=2, ensure_ascii=False)
    parts, at = [], 0
    for found in _TOKEN.finditer(text):
        token = found[1] or found[0]
        kind = "k" if found[2] else "s" if found[1] else "n"
        parts += [
            escape(text[at : found.start()]),
            Markup("<span class={}>{}</span>").format(kind, token),
        ]
        at = found.start() + len(token)
    return Markup("").join([*parts, escape(text[at:])])
