#!/usr/bin/env bash
# Version:   prometheus-client 0.26.0
# Expected:  a counter goes up by what it is told, or says that it cannot.
# Behaviour: values are doubles. At 2^53 a counter takes an increase of 1 without a word and stays where it is; an increase of
#            3 makes it go up by 4. Below that nothing is lost.
# Output seen:
#   before 9.007199254740992e+15, after 1000 increases of 1: 9.007199254740992e+15, after one of 3: 9.007199254740996e+15
# Matters:   who counts credits in millionths reaches 2^53 at 9,007,199,254 credits, which a busy platform burns: from
#            then on small charges are not counted at all, and the dashboard shows that nobody spends. Count whole credits.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check prometheus-client==0.26.0
"$work/venv/bin/python" - <<'PYTHON'
from prometheus_client import CollectorRegistry, Counter, generate_latest

registry = CollectorRegistry()
burned = Counter("micros", "Millionths of a credit that were burned", registry=registry)


def shown() -> str:
    lines = generate_latest(registry).decode().splitlines()
    return next(line.split()[1] for line in lines if line.startswith("micros_total "))


burned.inc(2**53)
before = shown()
for _ in range(1_000):
    burned.inc(1)
after = shown()
burned.inc(3)
last = shown()
print(f"before {before}, after 1000 increases of 1: {after}, after one of 3: {last}")
assert float(before) == float(after) == 2**53
assert float(last) == 2**53 + 4
PYTHON
