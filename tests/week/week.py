"""The week: clients at work while programs are killed; then their log beside the journals."""

from __future__ import annotations

import random
import threading
import time
from collections import Counter
from typing import Any, NamedTuple

from tests.week.client import PATIENCE, SHORT_SECONDS, Client
from tests.week.log import Asked, Holds, all_asked
from tests.week.programs import Program, Programs
from tests.week.reconcile import Journal, differences
from tests.week.wire import Reply, ask, request

_LONGEST_GAP_SECONDS = 20.0


class Plan(NamedTuple):
    """How much happens."""

    kind: str
    kills: int
    gap: tuple[int, int]
    """The least and the most that clients begin between two kills."""
    repeated: float
    """The share of everything that is asked again at the end."""
    clients: int = 32
    shared: int = 4
    seed: int = 1


class Week(NamedTuple):
    """What it came to."""

    wrong: list[str]
    faults: list[str]
    figures: dict[str, Any]


def live(plan: Plan, broken: str | None = None) -> Week:
    """One week, from the first request to the last difference."""
    shared = tuple(f"shared_{number}" for number in range(plan.shared))
    own = [f"acct_{number}" for number in range(plan.clients)]
    holds = Holds()
    since = time.monotonic()
    with Programs(plan.kind, [*own, *shared], broken) as programs:
        clients = [
            Client(f"c{number}", plan.seed, programs.place, (name, name, *shared), holds)
            for number, name in enumerate(own)
        ]
        for each in clients:
            each.start()
        killed = _kill(plan, programs, clients)
        wrong = _ended(clients)
        programs.wait_until_ready()
        _at_once([lambda each=each: each.repeat(plan.repeated) for each in clients])
        asked = list(all_asked([each.log for each in clients]))
        journals = _settled(programs, [*own, *shared])
        wrong += [said for each in clients for said in each.log.wrong]
        wrong += [*programs.wrong, *differences(asked, journals), *_unsound(programs)]
        for each in clients:
            each.close()
    faults = [said for each in clients for said in each.log.faults]
    return Week(wrong, faults, _figures(clients, asked, journals, killed, since))


def _kill(plan: Plan, programs: Programs, clients: list[Client]) -> Counter[str]:
    """One program after the other, each once before any is killed again."""
    chance = random.Random(plan.seed)
    killed: Counter[str] = Counter()
    turn: list[Program] = []
    _wait_for(clients, plan.gap[0])
    while sum(killed.values()) < plan.kills and not programs.wrong:
        turn = turn or chance.sample(programs.all, len(programs.all))
        victim = turn.pop()
        _wait_for(clients, _begun(clients) + chance.randint(*plan.gap))
        killed[victim.name] += victim.kill(chance)
    _wait_for(clients, _begun(clients) + plan.gap[1])
    return killed


def _begun(clients: list[Client]) -> int:
    return sum(len(each.log.asked) for each in clients)


def _wait_for(clients: list[Client], begun: int) -> None:
    """Until clients have begun so much, or for as long as a program takes to come back."""
    until = time.monotonic() + _LONGEST_GAP_SECONDS
    while _begun(clients) < begun and time.monotonic() < until:
        time.sleep(0.005)


def _ended(clients: list[Client]) -> list[str]:
    for each in clients:
        each.end()
    for each in clients:
        each.join(2 * PATIENCE)
    return [f"{each.name} did not end" for each in clients if each.is_alive()]


def _at_once(work: list[Any]) -> None:
    threads = [threading.Thread(target=each, daemon=True) for each in work]
    for each in threads:
        each.start()
    for each in threads:
        each.join(2 * PATIENCE)


# Afterwards


def _settled(programs: Programs, accounts: list[str]) -> dict[str, Journal]:
    """Every account, once all that was to end by itself has ended."""
    time.sleep(SHORT_SECONDS)
    return {name: _journal(programs, name) for name in accounts}


def _journal(programs: Programs, account: str) -> Journal:
    """An account at one seq; read again when something fell due between two answers."""
    for _ in range(PATIENCE * 10):
        entries = _entries(programs, account)
        balance = _get(programs, f"/v1/accounts/{account}/balance").document
        holds = _get(programs, f"/v1/accounts/{account}/holds").document
        if len(entries) == balance["seq"] == holds["seq"]:
            now = _get(programs, "/v1/clock").document["at"]
            if not _due(holds["holds"], balance["grants"], now):
                begun = programs.begun[account]
                return Journal(account, begun, entries, balance, holds["holds"])
        time.sleep(0.1)
    raise AssertionError(f"{account} does not come to rest")


def _due(holds: list[dict[str, Any]], grants: list[dict[str, Any]], now: str) -> bool:
    """Whether anything that has ended is still there. What a hold has of a grant stays with it."""
    ended = [each for each in grants if each["remaining"] and (each["expires_at"] or "z") <= now]
    return bool(ended) or any(each["expires_at"] <= now for each in holds)


def _entries(programs: Programs, account: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    while True:
        after = found[-1]["seq"] if found else 0
        path = f"/v1/accounts/{account}/entries?after={after}&limit=1000"
        page = _get(programs, path).document["entries"]
        found += page
        if len(page) < 1_000:
            return found


def _get(programs: Programs, path: str) -> Reply:
    wanted = request("GET", path, programs.place.api_key)
    for _ in range(PATIENCE * 10):
        reply = ask(programs.place.ports[0], wanted)
        if reply.status == 200:
            return reply
        time.sleep(0.1)
    raise AssertionError(f"{path}: {reply}")


def _unsound(programs: Programs) -> list[str]:
    """What `verify` finds."""
    reply = ask(programs.place.ports[0], request("POST", "/v1/verify", programs.place.api_key, {}))
    return [] if reply.status == 200 and reply.document["ok"] else [f"verify: {reply.body!r}"]


def _figures(
    clients: list[Client],
    asked: list[Asked],
    journals: dict[str, Journal],
    killed: Counter[str],
    since: float,
) -> dict[str, Any]:
    answers = [each.answer for each in asked if each.answer is not None]
    logs = [each.log for each in clients]
    due = [
        entry
        for each in journals.values()
        for entry in each.entries[each.begun :]
        if entry["key"] is None
    ]
    return {
        "keys": len(asked),
        "effects": sum(each.effect for each in answers),
        "refused": sum(not each.effect for each in answers),
        "requests": sum(each.sent for each in logs),
        "replies lost": sum(each.lost for each in logs),
        "replays": sum(each.replays for each in logs),
        "conflicts": sum(each.conflicts for each in logs),
        "reads": sum(each.reads for each in logs),
        "fell due": len(due),
        "killed": dict(sorted(killed.items())),
        "answered 500": sum(len(each.faults) for each in logs),
        "seconds": round(time.monotonic() - since),
    }
