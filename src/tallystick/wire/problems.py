"""Problems (RFC 9457): one table from error to status, encoded and decoded.

A problem's ``type`` is an address on the server itself, where its code is explained.
"""

from collections.abc import Iterable
from typing import Any

from msgspec import Struct, convert, defstruct, structs

from .. import results
from ..core import errors, refusals
from ..core.errors import TallystickError
from ..core.refusals import BY_CODE, Refused

MEDIA_TYPE = "application/problem+json"


class ProblemKind(Struct, frozen=True):
    """A code, its status and its title. With `retry` the same request may succeed later."""

    code: str
    status: int
    title: str
    retry: bool = False


class HttpError(TallystickError):
    """An error that only a server has; `code` is one of `KINDS`."""

    def __init__(self, code: str, message: str, **facts: Any):
        super().__init__(message)
        self.code = code
        self.facts = facts


_STATUS: dict[type[Refused], int] = {
    refusals.AccountNotFound: 404,
    refusals.HoldNotFound: 404,
    refusals.EntryNotFound: 404,
    refusals.GrantNotFound: 404,
    refusals.InsufficientCredits: 402,
    refusals.MemberCapReached: 402,
    refusals.AccountCapReached: 402,
    refusals.HeldLimitReached: 402,
    refusals.FairUseReached: 402,
    refusals.MemberRequired: 403,
    refusals.LeaseExhausted: 402,
    refusals.SubscriptionRequired: 403,
    refusals.ToolNotInPlan: 403,
    refusals.ModelRequiresSubscription: 403,
    refusals.MemberUnknown: 403,
    refusals.QuoteForAnotherAccount: 403,
    refusals.TopUpRequiresSubscription: 403,
    refusals.TopUpsNotSold: 403,
    refusals.SettleOutsideRange: 422,
    refusals.SettleAboveHold: 422,
    refusals.RefundAboveCharge: 422,
}
"""The statuses of refusals. Of the others the account's state has no place for what is asked: 422.
None is 409, which clients send again by themselves: it is kept for what passes by itself."""


def _title(code: str) -> str:
    """A title is the same on every platform, so it says neither credits nor coins."""
    if code == "insufficient_credits":
        return "Insufficient balance"
    return code.replace("_", " ").capitalize()


_REFUSALS = [
    ProblemKind(code, _STATUS.get(kind, 422), _title(code)) for code, kind in BY_CODE.items()
]
_ERRORS: dict[str, type[TallystickError]] = {
    "invalid_request": errors.InvalidRequest,
    "unknown_model": errors.UnknownModel,
    "invalid_catalog": errors.InvalidCatalog,
    "key_conflict": errors.KeyConflict,
    "request_in_flight": errors.StillRunning,
    "database_busy": errors.DatabaseBusy,
    "wrong_clock": errors.WrongClock,
    "database_unusable": errors.StoreError,
}
KINDS: dict[str, ProblemKind] = {
    kind.code: kind
    for kind in (
        ProblemKind("invalid_request", 400, "Invalid request"),
        ProblemKind("unknown_model", 400, "Unknown model"),
        ProblemKind("unauthorized", 401, "API key missing, unknown or revoked"),
        *_REFUSALS,
        ProblemKind("forbidden", 403, "The API key does not allow this"),
        ProblemKind("not_found", 404, "There is nothing at this address"),
        ProblemKind("method_not_allowed", 405, "This address does not take this method"),
        ProblemKind("request_too_slow", 408, "The request did not arrive in time", True),
        ProblemKind(
            "request_in_flight", 409, "The first request under this key is still running", True
        ),
        ProblemKind("seq_not_reached", 409, "The account has not reached this seq", True),
        ProblemKind("body_too_large", 413, "The body is too large"),
        ProblemKind("address_too_long", 414, "The address is too long"),
        ProblemKind("unsupported_media_type", 415, "The server does not read this content type"),
        ProblemKind("epoch_changed", 422, "The ledger was restored"),
        ProblemKind("key_conflict", 422, "The key was used for another request"),
        ProblemKind("invalid_catalog", 422, "The catalog cannot be published"),
        ProblemKind("too_many_commands", 429, "Too many commands of one key are waiting", True),
        ProblemKind("too_many_reads", 429, "Too many reads of one client are waiting", True),
        ProblemKind("headers_too_large", 431, "The headers are too large or too many"),
        ProblemKind("fault", 500, "A fault in the server"),
        ProblemKind("database_busy", 503, "The database is busy", True),
        ProblemKind("wrong_clock", 503, "The server's clock disagrees with the database", True),
        ProblemKind("database_unusable", 503, "The database cannot be used", True),
        ProblemKind("overloaded", 503, "Too many requests are waiting", True),
        ProblemKind("too_many_connections", 503, "There are too many connections", True),
        ProblemKind("stopping", 503, "The server is shutting down", True),
    )
}
"""Every code, by status."""

_FACTS = [
    (each.name, each.type, None)
    for each in structs.fields(results.Refusal)
    if each.name not in ("code", "message", "ways_out")
]
Problem = defstruct(
    "Problem",
    [
        ("type", str),
        ("title", str),
        ("status", int),
        ("detail", str),
        ("code", str),
        ("where", str | None, None),
        ("allowed", tuple[str, ...], ()),
        ("problems", tuple[Any, ...], ()),
        ("scopes", tuple[str, ...], ()),
        ("key", str | None, None),
        ("seq", int | None, None),
        ("epoch", str | None, None),
        *_FACTS,
        ("ways_out", tuple[results.Way, ...], ()),
    ],
    bases=(results.Result,),
    namespace={"__doc__": "An error (RFC 9457). Facts that its code does not have are left out."},
    module=__name__,
    frozen=True,
    kw_only=True,
    omit_defaults=True,
)


def problem_type(code: str) -> str:
    return f"/problems/{code}"


def encode_problem(error: Exception) -> Any:
    """Encode an error as a problem. About the database it says only what is meant for everyone."""
    code, facts = _code(error), _facts(error)
    kind = KINDS[code]
    detail = (
        str(error)
        if code != "fault"
        else "the server failed because of a fault of its own; it was logged"
    )
    if isinstance(error, errors.StoreError):
        detail = error.public
    return Problem(
        type=problem_type(code),
        title=kind.title,
        status=kind.status,
        detail=detail,
        code=code,
        **facts,
    )


def _code(error: Exception) -> str:
    if isinstance(error, (Refused, HttpError)):
        return error.code
    if isinstance(error, errors.AccessDenied):
        return "forbidden" if error.scopes else "unauthorized"
    for code, kind in _ERRORS.items():
        if type(error) is kind:
            return code
    return "database_unusable" if isinstance(error, errors.StoreError) else "fault"


def _facts(error: Exception) -> dict[str, Any]:
    if isinstance(error, Refused):
        return {**error.facts, "ways_out": error.ways_out}
    if isinstance(error, HttpError):
        return error.facts
    if isinstance(error, errors.InvalidRequest):
        found = getattr(error, "problems", ())
        return {"where": error.where, "allowed": error.allowed, "problems": tuple(found)}
    if isinstance(error, errors.KeyConflict):
        return {"account": error.account, "key": error.key}
    if isinstance(error, errors.AccessDenied):
        return {"scopes": error.scopes}
    return {}


# And back


def decode_problem(document: Any, status: int) -> Exception:
    """Decode a problem document as the error it stands for: the class, message and facts that an
    embedded engine would raise. A document that is not a problem is a `ServerError`."""
    code = document.get("code") if isinstance(document, dict) else None
    if code not in KINDS:
        return errors.ServerError(f"the server answered {status} without a problem")
    detail = str(document.get("detail", ""))
    if code in BY_CODE:
        return _refused(code, detail, document)
    where, allowed = document.get("where"), tuple(document.get("allowed", ()))
    if code == "invalid_request":
        return errors.InvalidRequest(detail, where=where, allowed=allowed)
    if code == "unknown_model":
        return errors.UnknownModel(detail, where=where, allowed=allowed)
    if code == "invalid_catalog":
        return errors.InvalidCatalog(detail, _catalog_problems(document.get("problems", ())))
    if code == "key_conflict":
        return errors.KeyConflict(document.get("account"), str(document.get("key")))
    if code in ("unauthorized", "forbidden"):
        return errors.AccessDenied(detail, document.get("scopes", ()))
    if code in ("body_too_large", "unsupported_media_type"):
        return errors.InvalidRequest(detail, where="body")
    if code in ("request_in_flight", "database_busy", "wrong_clock"):
        return _ERRORS[code](detail)
    return errors.ServerError(detail or KINDS[code].title)


def _refused(code: str, detail: str, document: dict[str, Any]) -> Refused:
    said = {name: value for name, value in document.items() if name in _FACT_NAMES}
    typed = convert(
        {**said, "code": code, "message": detail, "ways_out": document.get("ways_out", ())},
        results.Refusal,
    )
    facts = {name: _fact(getattr(typed, name)) for name in said}
    return BY_CODE[code](detail, facts, typed.ways_out)


def _fact(value: Any) -> Any:
    """A fact as a refusal has it: what is several is a list."""
    return list(value) if isinstance(value, tuple) else value


def _catalog_problems(found: Iterable[Any]) -> tuple[Any, ...]:
    from ..results.catalog_problems import CatalogProblem

    return tuple(convert(each, CatalogProblem) for each in found)


_FACT_NAMES = frozenset(name for name, _, _ in _FACTS)
