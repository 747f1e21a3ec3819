"""When two transports have said the same: answers field by field, errors by class, words and facts.

What differs by nature is left out: a quote's token (signed by its platform), the keys that a
client gives its requests, and the hashes that are chained over them.
"""

from typing import Any

from msgspec import Struct, structs

from tallystick import results

OWN_KEY = "auto-"
_BY_NATURE = {"quote", "hash", "head"}


def said(answer: Any) -> Any:
    """An answer or an error as plain values that can be compared."""
    if isinstance(answer, Exception):
        return _error(answer)
    if isinstance(answer, Struct):
        fields = {
            each.name: said(getattr(answer, each.name))
            for each in structs.fields(answer)
            if each.name not in _BY_NATURE
        }
        return {"kind": _kind(answer).__name__, **fields}
    if isinstance(answer, dict):
        return {name: said(each) for name, each in answer.items()}
    if isinstance(answer, (list, tuple)):
        return [type(answer).__name__, *map(said, answer)]
    if isinstance(answer, str) and answer.startswith(OWN_KEY):
        answer = None
    return type(answer).__name__, answer


def _kind(answer: Struct) -> type:
    """The type that a verb says; a hold and a lease are of a type that can close itself."""
    bases = (results.Hold, results.Lease)
    return next((base for base in bases if isinstance(answer, base)), type(answer))


def _error(error: Exception) -> dict[str, Any]:
    """All that an error says, and that nothing is said along with it: no cause, no notes."""
    return {
        "class": type(error),
        "words": str(error),
        "args": said(error.args),
        "attributes": {name: said(each) for name, each in vars(error).items()},
        "cause": error.__cause__,
        "context": None if error.__suppress_context__ else error.__context__,
    }


def outcome(call: Any) -> Any:
    """What a call answers, or the error it raises."""
    try:
        return call()
    except Exception as error:  # noqa: BLE001 - it is compared, whatever it is
        return error
