"""The steps of a call to a server: the requests that it takes, and the answer they make.

The steps are those of `exchange`, and the generator returns the answer to the call.
"""

from typing import Any

from msgspec import structs

from ..core import limits, queries
from ..core.commands import Command
from ..core.errors import InvalidRequest
from ..results.verification import Progress, Report
from ..service.transport import Call, Whole
from ..wire import replies
from ..wire.encoders import EncodedRequest, encode_request
from ..wire.endpoints import BY_KIND
from .batches import execute, execute_one, execute_whole
from .exchange import RequestSteps, send_until_answered, with_key


def request_steps(call: Call[Any], server: str) -> RequestSteps:
    """Make the steps of a call to the server at an address. They return the call's answer."""
    request = call.asked
    if isinstance(request, Whole):
        return execute_whole(request, server)
    if isinstance(request, tuple):
        return execute(request, server)
    if isinstance(request, Command) and not _fits_a_header(request):
        return execute_one(request, server)
    if isinstance(request, queries.Publish):
        return _publish(request, server)
    if isinstance(request, queries.UsageOf):
        return _every_charge(request, server)
    if isinstance(request, queries.HoldsOf):
        return _every_page(encode_request(request), replies.HoldPage, server)
    if isinstance(request, queries.Verify):
        return _verify(request, server)
    return _one(request, server)


def _one(request: Any, server: str) -> RequestSteps:
    answer = yield from send_until_answered(
        encode_request(with_key(request)), _answers(request), server
    )
    return _without_page(answer)


def _publish(request: queries.Publish, server: str) -> RequestSteps:
    """The body of this request is the catalog, and what is wrong with it is said of that."""
    try:
        return (yield from _one(request, server))
    except InvalidRequest as error:
        if error.where == "body":
            error.where = "catalog"
        raise


def _fits_a_header(command: Command) -> bool:
    key = getattr(command, "key", None)
    return not isinstance(key, str) or key.isascii()


def _answers(request: Any) -> Any:
    kind = type(request.command) if isinstance(request, queries.Preview) else type(request)
    return BY_KIND[kind].answers


def _without_page(answer: Any) -> Any:
    """The list that a page carries: the verbs answer lists."""
    if isinstance(answer, replies.EntryPage):
        return list(answer.entries)
    if isinstance(answer, replies.AccountPage):
        return list(answer.accounts)
    if isinstance(answer, replies.HoldPage):
        return list(answer.holds)
    if isinstance(answer, replies.UsagePage):
        return list(answer.charges)
    if isinstance(answer, replies.KeyList):
        return list(answer.keys)
    return answer


def _every_charge(request: queries.UsageOf, server: str) -> RequestSteps:
    """All pages of a usage list."""
    labels = limits.labels(request.labels)
    # An address writes a label as name=text, so a name with = in it is looked for here.
    here = {name: text for name, text in labels.items() if "=" in name}
    there = {name: text for name, text in labels.items() if name not in here}
    sent = encode_request(structs.replace(request, labels=there))
    found = yield from _every_page(sent, replies.UsagePage, server)
    return [line for line in found if here.items() <= line.labels.items()]


def _every_page(sent: EncodedRequest, answers: Any, server: str) -> RequestSteps:
    """All pages of a list, from the first to the one that names no next."""
    found: list[Any] = []
    path = sent.path
    while True:
        page = yield from send_until_answered(structs.replace(sent, path=path), answers, server)
        found += _without_page(page)
        if page.next is None:
            return found
        path = f"{sent.path}{'&' if '?' in sent.path else '?'}cursor={page.next}"


def _verify(request: queries.Verify, server: str) -> RequestSteps:
    """The server verifies the platform of the key, and tells of its progress at the end."""
    if limits.flag(request.every_platform, "every_platform"):
        raise InvalidRequest(
            "an API key is for one platform; verify them all where the database is",
            where="every_platform",
        )
    if request.archive is not None:
        raise InvalidRequest(
            "a server cannot read an archive; verify it where the database is", where="archive"
        )
    if request.expect is not None:
        limits.head(request.expect, "expect")  # a head file is where the database is, not there
    if request.progress is not None and not callable(request.progress):
        raise InvalidRequest("progress must be a function", where="progress")
    report: Report = yield from send_until_answered(
        encode_request(request), Report, server, even_late=False
    )
    if request.progress is not None:
        request.progress(Progress(report.accounts, report.accounts, report.lines))
    return report
