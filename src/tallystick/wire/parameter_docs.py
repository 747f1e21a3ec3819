"""Parameter docs: what each parameter of a path or a query string means."""

from collections.abc import Mapping

PARAMETERS: Mapping[str, str] = {
    "account": "The account's id.",
    "member": "The member's id.",
    "hold": "The hold's id, from the reply that placed it.",
    "receipt": "The id of a receipt (`r12`), or of a hold that was settled (`h9`).",
    "entry": "The seq of the ledger entry to reverse, or the id of its grant (`g12`).",
    "grant": "The id of the grant, such as `g12`, or the seq of its entry.",
    "at": "The version in force at this instant, past or future.",
    "id": "The id of the API key, as the list has it.",
    "version": "The version with this number, counted from 1. It takes the place of `at`.",
    "as_of": "Any instant, past or future; now if left out.",
    "preview": "Only say what would happen; nothing is written.",
    "dry_run": "Only check and compare; nothing is published, and the status is 200.",
    "effective_at": "The instant from which the catalog is in force; now if left out.",
    "after": "Begin after this id.",
    "newest": "Show the newest first.",
    "since": "Only charges at or after this instant; `30d` is 30 days ago.",
    "until": "Only charges before this instant; `7d` is 7 days ago.",
    "tool": "Only this tool, by id or name.",
    "model": "Only this model, by id or name.",
    "plan": "A plan, by id or name.",
    "package": "The plan's credits a month, where the plan is sold with several packages.",
}
"""What a parameter of a path or a query string means, by its name."""
