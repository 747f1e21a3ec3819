"""The commands of a story's steps, as their words say them (`story`)."""

from __future__ import annotations

from typing import Any

from tallystick.core import commands

_NOT_PARAMS = {"ttl", "member", "credits", "outcome", "outputs", "quote", "ends", "priority"}
_NOT_PARAMS |= {"starts", "paid", "reason", "cap", "account"}
_NOT_PARAMS |= {"held"}


def moment(text: str | None) -> str | None:
    """``2026-02-01/10:00`` or ``2026-02-01`` as a command wants it."""
    if text is None:
        return None
    day, _, time = text.partition("/")
    return f"{day}T{time or '00:00'}:00Z"


def params(named: dict[str, str]) -> dict[str, Any]:
    return {name: value for name, value in named.items() if name not in _NOT_PARAMS}


def delivered(named: dict[str, str]) -> dict[str, Any]:
    """Quantities that were delivered, outputs among them."""
    outputs = {"outputs": int(named["outputs"])} if "outputs" in named else {}
    return params(named) | outputs


def caps(words: list[str]) -> list[dict[str, Any]]:
    """``50/day`` and ``1000/life/video,image`` as caps."""
    found = []
    for word in words:
        credits, every, *tools = word.split("/")
        cap = {"credits": credits, "every": every}
        found.append(cap | ({"tools": tools[0].split(",")} if tools else {}))
    return found


def whole(text: str | None) -> int | None:
    return None if text is None else int(text)


def _generation(args: list[str], named: dict[str, str]) -> dict[str, Any]:
    return {
        "model": None if "quote" in named else args[-1],
        "params": {} if "quote" in named else params(named),
        "outputs": int(named.get("outputs", 1)),
        "quote": named.get("quote"),
        "member": named.get("member"),
    }


def _counts(named: dict[str, str]) -> dict[str, int]:
    return {name: int(value) for name, value in named.items()}


def words(text: str | None) -> list[str]:
    """``video,image`` as a list."""
    return text.split(",") if text else []


def _receipt(story: Any, named: dict[str, str]) -> str | None:
    """The receipt that a step names: an id, or ``last``, that of the last charge."""
    said = named.get("receipt")
    return f"r{story.seqs['receipt']}" if said == "last" else said


COMMANDS: dict[str, Any] = {
    "open": lambda story, account, args, named: commands.OpenAccount(
        account, members=dict.fromkeys(args)
    ),
    "member": lambda story, account, args, named: commands.SetMember(
        account, args[0], named.get("cap"), caps=caps(args[1:]) or None
    ),
    "limits": lambda story, account, args, named: commands.SetLimits(
        account, caps(args), named.get("held")
    ),
    "increase": lambda story, account, args, named: commands.Increase(
        account, args[0], named.get("credits"), delivered(named)
    ),
    "remove_member": lambda story, account, args, named: commands.RemoveMember(account, args[0]),
    "subscribe": lambda story, account, args, named: commands.Subscribe(
        account,
        *args,
        starts_at=moment(named.get("starts")),
        paid_through=moment(named.get("paid")),
        intervals=whole(named.get("intervals")),
        trial=named.get("trial") == "on",
    ),
    "change": lambda story, account, args, named: commands.ChangePlan(
        account,
        *[None if arg == "-" else arg for arg in args],
        paid_through=moment(named.get("through")),
        intervals=whole(named.get("intervals")),
        paid=named.get("paid") == "on",
        later=named.get("later") == "on",
    ),
    "cancel": lambda story, account, args, named: commands.Cancel(account),
    "resume": lambda story, account, args, named: commands.Resume(account),
    "pay": lambda story, account, args, named: commands.Pay(
        account,
        moment(args[0] if args else None),
        cycles=whole(named.get("cycles")),
        intervals=whole(named.get("intervals")),
    ),
    "pause": lambda story, account, args, named: commands.PauseSubscription(
        account, moment(named.get("until")), "now" in args
    ),
    "reset": lambda story, account, args, named: commands.ResetCycle(account, "x", "move" in args),
    "end": lambda story, account, args, named: commands.EndSubscription(
        account, "a reason", named.get("void", "on") == "on"
    ),
    "top_up": lambda story, account, args, named: commands.TopUp(
        account, args[0], custom="bundle" not in args
    ),
    "grant": lambda story, account, args, named: commands.GrantCredits(
        account,
        args[1],
        args[0],
        moment(named.get("ends")),
        whole(named.get("priority")),
        effective_at=moment(named.get("begins")),
        tools=words(named.get("tools")),
        models=words(named.get("models")),
    ),
    "adjust": lambda story, account, args, named: commands.Adjust(
        account,
        args[0] if args and args[0] not in ("used", "full") else None,
        "a reason",
        grant=story.grant(named["grant"]) if "grant" in named else None,
        source=named.get("source"),
        used="used" in args,
        expires_at=moment(named.get("ends")),
        receipt=_receipt(story, named),
        full="full" in args,
    ),
    "reverse": lambda story, account, args, named: commands.Reverse(
        account, story.grant(args[0]) if not args[0].isdigit() else int(args[0]), "a reason"
    ),
    "void": lambda story, account, args, named: commands.Void(
        account, story.grant(args[0]), "a reason", "owe" in args
    ),
    "expiry": lambda story, account, args, named: commands.SetExpiry(
        account, story.grant(args[0]), moment(args[1]) if args[1] != "never" else None, "a reason"
    ),
    "charge": lambda story, account, args, named: commands.Charge(
        account, **_generation(args, named), credits=named.get("credits")
    ),
    "hold": lambda story, account, args, named: commands.PlaceHold(
        account, **_generation(args, named), ttl_seconds=whole(named.get("ttl"))
    ),
    "lease": lambda story, account, args, named: commands.Lease(
        account, args[1], whole(named.get("ttl")), named.get("member")
    ),
    "draw": lambda story, account, args, named: commands.Draw(
        account, *args, params(named), int(named.get("outputs", 1)), named.get("credits")
    ),
    "settle": lambda story, account, args, named: commands.Settle(
        account, args[0], named.get("credits"), delivered(named), named.get("outcome", "succeeded")
    ),
    "refund": lambda story, account, args, named: commands.Refund(
        account,
        args[0] if args else f"r{story.seqs['receipt']}",
        named.get("credits"),
        "a reason",
        delivered(named),
    ),
    "release": lambda story, account, args, named: commands.Release(account, args[0]),
    "extend": lambda story, account, args, named: commands.Extend(account, args[0], int(args[1])),
    "look": lambda story, account, args, named: commands.Advance(account),
}
