"""The page about running a server has every metric and every scope, as they are."""

import re

from tallystick.core.api_keys import SCOPES
from tallystick.http.metrics import Metrics
from tests.docs.pages import page, sections

METRIC = re.compile(r"^\| `(tallystick_\w+)` \| (.*?) ?\|", re.MULTILINE)
SERVER = sections(page("operating/server.md"), 2)


def test_every_metric_is_listed_with_its_labels():
    listed = {
        name: tuple(re.findall(r"`(\w+)`", labels))
        for name, labels in re.findall(
            r"^\| `(tallystick_\w+)` \| (.*?) ?\|", SERVER["Health"], re.MULTILINE
        )
    }
    counted = {}
    for each in Metrics().registry._names_to_collectors.values():
        suffix = "_total" if each._type == "counter" else ""
        counted[f"{each._name}{suffix}"] = each._labelnames
    assert listed == counted


def test_every_scope_says_what_it_opens():
    assert tuple(re.findall(r"^\| `(\w+)` \|", SERVER["API keys"], re.MULTILINE)) == SCOPES
