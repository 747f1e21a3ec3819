"""How every command runs: it reads what it was given, opens the platform, and shows the answer.

A command is a function of a `Here` and its own arguments that returns an `Answer`. What all of them
share (``--db``, ``--server``, ``--platform``, ``--key``, ``--json``) is added by `command`, in one
place.
"""

from collections.abc import Callable, Iterable
from inspect import Parameter, Signature, signature
from typing import Any, NamedTuple

import typer

from . import errors, options, output
from .context import API_KEY, DB, HERE, KEY, PLATFORM, SERVER, TAKES, Here
from .groups import Worded
from .output import Block
from .vocabulary import speaking

WRITES = (*HERE, PLATFORM, KEY)
"""What a command shares with others that writes to an account."""

_SHARED: dict[str, Any] = {
    DB: options.Database,
    SERVER: options.Server,
    API_KEY: options.ApiKey,
    PLATFORM: options.WhichPlatform,
    KEY: options.Key,
}


class Answer(NamedTuple):
    """What a command answers: `result` for programs, `page` of it for people, the exit code."""

    result: Any
    page: Callable[[Any], Iterable[Block]]
    code: int = 0


def command(
    group: typer.Typer,
    name: str,
    *,
    heading: str | None = None,
    shared: tuple[str, ...] = (*HERE, PLATFORM),
    negative_numbers: bool = False,
) -> Callable[[Callable[..., Answer | None]], Callable[..., Answer | None]]:
    """Make a function the command `name` (its full name, ``account open``) of `group`.

    With `negative_numbers` an argument may begin with a minus.
    """
    TAKES[name] = shared

    def register(work: Callable[..., Answer | None]) -> Callable[..., Answer | None]:
        def run(**given: Any) -> None:
            as_json = given.pop("as_json")
            here = Here(name, given, as_json, **{each: given.pop(each) for each in shared})
            _carry_out(work, here)

        run.__doc__ = work.__doc__
        run.__signature__ = _with_shared(work, shared)  # type: ignore[attr-defined]
        group.command(
            name.rpartition(" ")[2],
            cls=Worded,
            rich_help_panel=heading,
            context_settings={"ignore_unknown_options": True} if negative_numbers else None,
        )(run)
        return work

    return register


def _with_shared(work: Callable[..., Answer | None], shared: tuple[str, ...]) -> Signature:
    """The arguments of `work` after its `Here`, and the shared options."""
    own = list(signature(work).parameters.values())[1:]
    options_ = {each: _SHARED[each] for each in shared}
    if API_KEY in options_ and KEY not in options_:
        options_[API_KEY] = options.ApiKeyAsKey
    added = [
        Parameter(each, Parameter.KEYWORD_ONLY, default=None, annotation=annotation)
        for each, annotation in options_.items()
    ]
    as_json = Parameter("as_json", Parameter.KEYWORD_ONLY, default=False, annotation=options.AsJson)
    keywords = [each.replace(kind=Parameter.KEYWORD_ONLY) for each in own]
    return Signature([*keywords, *added, as_json])


def _carry_out(work: Callable[..., Answer | None], here: Here) -> None:
    """Run the command, print its answer or its error, and leave with the exit code."""
    from ..core.errors import TallystickError

    try:
        answer = work(here, **here.given)
        if answer is not None:
            say(answer, here)
        code = answer.code if answer is not None else 0
    except TallystickError as error:
        code = errors.tell(error, here, here.as_json)
    except BrokenPipeError:  # whoever read us has seen enough, as `head` does
        code = errors.hushed()
    finally:
        here.close()
    if code:
        raise typer.Exit(code)


def say(answer: Answer, here: Here) -> None:
    """Print an answer: its JSON document, or its page."""
    if here.as_json:
        output.document(answer.result)
    else:
        with speaking(lambda: here.wording):
            output.page(answer.page(answer.result), here.typed, zone=here.zone)
