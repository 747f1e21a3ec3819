"""What a reply leads to: the requests its values fit into, as links of the OpenAPI document."""

from collections.abc import Mapping
from typing import Any

from ..wire.endpoints import ENDPOINTS

LEADS: Mapping[str, str] = {
    "open_account": "account balance subscribe set_member grant hold charge lease entries",
    "subscribe": "balance top_up hold charge change_plan cancel pay end",
    "change_plan": "balance cancel resume",
    "cancel": "resume balance",
    "resume": "cancel",
    "pay": "balance",
    "pause": "resume balance",
    "reset_cycle": "balance",
    "end": "balance",
    "top_up": "balance charge reverse void",
    "grant": "balance charge reverse void set_expiry",
    "adjust": "entries",
    "reverse": "entries",
    "void": "balance entries",
    "set_expiry": "balance",
    "set_member": "remove_member account",
    "quote": "hold charge",
    "hold": "settle release extend increase holds",
    "extend": "settle release",
    "increase": "settle release",
    "set_limits": "account",
    "settle": "receipt refund usage balance",
    "refund": "receipt usage balance",
    "release": "balance",
    "charge": "receipt refund usage balance",
    "lease": "draw release extend holds",
    "draw": "draw receipt release",
    "balance": "entries usage holds",
    "entries": "entries",
    "usage": "usage",
    "accounts": "accounts",
    "publish": "catalog prices",
    "rollback": "catalog prices",
    "withdraw": "rollback",
    "create_api_key": "rotate_api_key revoke_api_key",
    "rotate_api_key": "revoke_api_key",
}
"""From an operation to those that its reply names something of."""

_VALUES: Mapping[str, str] = {"entry": "seq"}
"""Fields of a reply that another request calls by another name."""
_MORE: Mapping[str, Mapping[str, str]] = {
    "entries": {"cursor": "$response.body#/next"},
    "usage": {"cursor": "$response.body#/next"},
    "accounts": {"cursor": "$response.body#/next"},
    "publish": {"version": "$response.body#/version"},
    "rollback": {"version": "$response.body#/version"},
}
"""Query parameters that a link fills."""
_BODIES: Mapping[str, Mapping[str, str]] = {"quote": {"quote": "$response.body#/quote"}}
_IN_PATH = {each.name: each.in_path for each in ENDPOINTS}


def of(name: str) -> dict[str, Any]:
    """The links of an operation's reply, by the operation they lead to."""
    return {to: _link(name, to) for to in LEADS.get(name, "").split()}


def _link(name: str, to: str) -> dict[str, Any]:
    filled = {each: f"$response.body#/{_VALUES.get(each, each)}" for each in _IN_PATH[to]}
    found: dict[str, Any] = {"operationId": to, "parameters": {**filled, **_MORE.get(name, {})}}
    if name in _BODIES:
        found["requestBody"] = dict(_BODIES[name])
    return found
