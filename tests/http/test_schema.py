"""Schemathesis over the whole OpenAPI document: the server keeps every word of it.

First every operation by itself: the document's examples, the borders of every field, and random
requests, sound and spoiled. Then sequences along the document's links, each on a platform as it
began. Every check there is looks at every reply, but for those that `CHECKS` turns off.
"""

import json
from collections import Counter
from collections.abc import Iterator
from hashlib import sha256
from typing import Any, NamedTuple

import hypothesis
import pytest
import schemathesis
from hypothesis import strategies as st
from schemathesis.config import SchemathesisConfig
from schemathesis.engine import events, from_schema
from schemathesis.generation.case import Case
from schemathesis.generation.modes import GenerationMode

from tallystick.core.api_keys import read
from tallystick.http.links import LEADS
from tallystick.http.settings import ServerSettings
from tests.http.world import BY_NAME, SAMPLES, World

LEAST_CASES = 2_000
RANDOM_REQUESTS = 8
"""Of each operation."""
SEQUENCES, STEPS = 90, 20
CHECKS: dict[str, Any] = {
    # Which models, plans and settings there are, and which fields go together, is the catalog's to
    # say: a body that fits every schema may be refused. Instead every operation must succeed.
    "positive_data_acceptance": {"enabled": False},
}
OPERATIONS: list[dict[str, Any]] = [
    # A batch is answered 200, and each command that is wrong with its own problem: see `answered`.
    {"include-operation-id": "batch", "checks": {"negative_data_rejection": {"enabled": False}}},
]
# No run would be like another if it learned: replies have random ids in them, and which modules
# are there to find constants in depends on the tests before.
UNTAUGHT = {"extra-data-sources": {"responses": False}}
PHASES: dict[str, Any] = {
    "examples": UNTAUGHT,
    "coverage": UNTAUGHT,
    "fuzzing": {**UNTAUGHT, "error-feedback": {"enabled": False}},
    "stateful": {"generation": {"mode": "positive"}},
}
LIKELY = {
    "accounts": ["ada", "bob", "eve"],
    "models": ["Dot", "Shot", "Voice", "Consultation", "Clip"],
    "plans": ["Basic", "Studio", "Free"],
    "holds": ["h8", "h9"],
    "receipts": ["r7"],
    "entries": [5],
}
"""Names that exist; what is random names others often enough."""
FIELDS = {
    "path.account": "accounts",
    "path.hold": "holds",
    "path.receipt": "receipts",
    "path.entry": "entries",
    "body.account": "accounts",
    "body.model": "models",
    "query.model": "models",
    "body.plan": "plans",
    "query.plan": "plans",
}

# Instants near the platform's now; the borders of all there are come from the coverage phase.
schemathesis.openapi.format(
    "date-time",
    st.sampled_from(["2026-02-01T00:00:00Z", "2026-03-01T12:30:00+02:00", "2027-03-01T00:00:00Z"]),
)


@schemathesis.serializer("application/octet-stream")
def as_it_is(ctx: Any, value: Any) -> bytes:
    """A catalog's file is a text already; Schemathesis would write it as a scalar of another."""
    return (value if isinstance(value, str) else json.dumps(value)).encode("utf-8", "replace")


class Told(NamedTuple):
    """What a run came to."""

    cases: Counter[str]
    statuses: Counter[tuple[str, int]]
    failures: list[str]


def name_of(case: Case) -> str:
    return case.operation.definition.raw["operationId"]


@schemathesis.check
def answered(ctx: Any, response: Any, case: Case) -> None:
    """A problem says what and where, and no command of a batch meets a fault of the server."""
    if response.status_code >= 400 and name_of(case) != "readyz":
        problem = response.json()
        assert problem["status"] == response.status_code
        assert problem["detail"]
        if problem["code"] in ("invalid_request", "unknown_model"):
            assert "where" in problem
    if response.status_code == 200 and name_of(case) == "batch":
        assert all(each["status"] < 500 for each in response.json()["answers"])


@pytest.fixture(scope="module")
def world() -> Iterator[World]:
    with World(settings=ServerSettings(min_seq_seconds=0, max_body_bytes=100_000)) as world:
        yield world


def schema(world: World, **more: Any) -> Any:
    """The document as the server gives it, and half of all sound bodies as in `SAMPLES`."""
    config = SchemathesisConfig.from_dict(
        {
            "seed": 1,
            "headers": {"Authorization": f"Bearer {world.api_key}"},
            "continue-on-failure": True,
            "generation": {
                "deterministic": True,
                "max-examples": RANDOM_REQUESTS,
                "no-shrink": True,
                "database": "none",
            },
            "dictionaries": {name: {"values": values} for name, values in LIKELY.items()},
            "parameters": {
                field: {"dictionary": name, "probability": 0.8} for field, name in FIELDS.items()
            },
            "checks": CHECKS | more,
            "phases": PHASES,
            "analysis": {"constants": {"enabled": False}},
            "operations": OPERATIONS,
        }
    )
    loaded = schemathesis.openapi.from_asgi("/openapi.json", without_end(world), config=config)

    @loaded.hook
    def map_case(context: Any, case: Case) -> Case:
        sound = case.meta is not None and case.meta.generation.mode == GenerationMode.POSITIVE
        return likely(world, case) if sound else case

    return loaded


def without_end(world: World) -> Any:
    """The application, which goes on when Schemathesis has ended."""

    async def app(scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "lifespan":
            raise NotImplementedError
        await world.app(scope, receive, send)

    return app


def spare_own_key(world: World, case: Case) -> None:
    """Whoever ends the key that they ask with is told nothing more."""
    own = read(world.api_key)
    path = case.path_parameters
    if name_of(case) == "revoke_api_key" and own is not None and path and path["id"] == own.id:
        path["id"] = world.ids["api_key"]


def likely(world: World, case: Case) -> Case:
    """A sound request made likely to be granted, by chances that hang on nothing but itself: half
    of the bodies are those of `SAMPLES`, three keys in four are nobody else's."""
    name = name_of(case)
    said = dict(case.body) if isinstance(case.body, dict) else {"text": str(case.body)[:9]}
    quoted = said.pop("quote", None) is not None  # a token is never the same twice
    chance = sha256(repr((name, case.path_parameters, case.query, said)).encode()).digest()
    sample = world.sample(name).body if name in SAMPLES else None
    if type(sample) is type(case.body) and not quoted and chance[0] % 2:
        case.body = sample
    if "Idempotency-Key" in (case.headers or {}) and chance[1] % 4:
        case.headers["Idempotency-Key"] = chance.hex()
    if "Tallystick-Epoch" in (case.headers or {}) and chance[2] % 8:
        case.headers["Tallystick-Epoch"] = "e1"
    return case


@pytest.fixture(scope="module")
def alone(world: World) -> Told:
    """Every operation by itself."""
    loaded, told = schema(world), Told(Counter(), Counter(), [])
    loaded.config.phases.stateful.enabled = False  # its sequences would disturb one another
    for event in from_schema(loaded).execute():
        if isinstance(event, events.NonFatalError):
            told.failures.append(f"{event.label}: {event.value}")
        elif isinstance(event, events.ScenarioFinished):
            note(told, event.phase.value, event.recorder)
    assert world.open("small").verify()
    return told


def note(told: Told, phase: str, recorder: Any) -> None:
    for case_id, interaction in recorder.interactions.items():
        told.cases[phase] += 1
        name = name_of(recorder.cases[case_id].value)
        told.statuses[name, interaction.response.status_code] += 1
    for checks in recorder.checks.values():
        for check in checks:
            if check.failure_info is not None:
                failure = check.failure_info.failure
                told.failures.append(
                    f"{check.name}: {failure.message}\n{check.failure_info.code_sample}"
                )


class Walked(NamedTuple):
    """What sequences came to: how long they were, and which links led to a granted request."""

    lengths: Counter[int]
    granted: Counter[tuple[str, str]]
    statuses: Counter[tuple[str, int]]


@pytest.fixture(scope="module")
def sequences(world: World) -> Walked:
    """Along the links, from a reply to the requests that its values fit into."""
    walked = Walked(Counter(), Counter(), Counter())

    class Sequence(schema(world, ignored_auth={"enabled": False}).as_state_machine()):  # type: ignore[misc]
        def setup(self) -> None:
            world.begin_again()

        def get_call_kwargs(self, case: Case) -> dict[str, Any]:
            spare_own_key(world, case)
            return {"headers": {"Authorization": f"Bearer {world.api_key}"}}

        def teardown(self) -> None:
            walked.lengths[len(self.recorder.interactions)] += 1
            for case_id, interaction in self.recorder.interactions.items():
                node, status = self.recorder.cases[case_id], interaction.response.status_code
                walked.statuses[name_of(node.value), status] += 1
                if node.parent_id is not None and status < 300:
                    parent = name_of(self.recorder.cases[node.parent_id].value)
                    walked.granted[parent, name_of(node.value)] += 1
            assert world.open("small").verify()

    Sequence.run(
        settings=hypothesis.settings(
            derandomize=True,
            database=None,
            deadline=None,
            max_examples=SEQUENCES,
            stateful_step_count=STEPS,
            phases=[hypothesis.Phase.generate],
            suppress_health_check=list(hypothesis.HealthCheck),
        )
    )
    return walked


def test_every_operation_keeps_what_the_document_says(alone: Told):
    assert alone.failures == [], "\n\n".join(alone.failures[:5])
    assert set(alone.cases) == {"examples", "coverage", "fuzzing"}


def test_sequences_keep_what_the_document_says(sequences: Walked):
    """A breach fails the sequence that made it."""
    assert sum(sequences.lengths.values()) >= SEQUENCES


def test_there_are_cases_enough(alone: Told, sequences: Walked):
    steps = sum(length * times for length, times in sequences.lengths.items())
    assert steps >= 300
    assert sum(alone.cases.values()) + steps >= LEAST_CASES


@pytest.mark.parametrize("name", [*BY_NAME, "healthz", "readyz"])
def test_every_operation_was_granted_and_refused(
    alone: Told, sequences: Walked, fresh: World, name: str
):
    """What chance never led to, such as a draw on a lease that is open, is asked by its sample."""
    seen = {status for asked, status in [*alone.statuses, *sequences.statuses] if asked == name}
    if name in BY_NAME and not seen & {200, 201}:
        seen.add(fresh.ask(name).status)
    assert seen & {200, 201}, f"{name} never succeeded: {sorted(seen)}"
    if name in BY_NAME:
        assert seen >= ({401} if name in ("clock", "key", "api_keys") else {400, 401})


def test_the_links_led_deep(sequences: Walked):
    links = {(source, to) for source, targets in LEADS.items() for to in targets.split()}
    assert len(sequences.granted.keys() & links) >= 25, sorted(sequences.granted)
    assert max(sequences.lengths) >= 10
