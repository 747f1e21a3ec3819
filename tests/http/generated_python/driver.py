"""Makes the calls that are named on standard input, a line each, with the client that was generated
from the document, and prints what came of each. It runs beside that client, not beside us."""

import json
import os
import sys
from importlib import import_module
from io import BytesIO
from pathlib import Path
from typing import Any, get_args, get_type_hints

CLIENT = "tallystick_client"


def operation(name: str) -> Any:
    """The module of an operation, whatever its group is called."""
    package = import_module(f"{CLIENT}.api")
    (found,) = Path(package.__path__[0]).glob(f"*/{name}.py")
    return import_module(f"{CLIENT}.api.{found.parent.name}.{name}")


def body_of(ask: Any, given: Any) -> dict[str, Any]:
    """The body as the client takes it: a model of its own, or a file."""
    if given is None:
        return {}
    if isinstance(given, str):
        file = import_module(f"{CLIENT}.types").File
        return {"body": file(payload=BytesIO(given.encode()))}
    taken = get_type_hints(ask)["body"]
    model = next(each for each in (*get_args(taken), taken) if hasattr(each, "from_dict"))
    return {"body": model.from_dict(given)}


def outcome(client: Any, call: dict[str, Any]) -> dict[str, Any]:
    ask = operation(call["name"]).sync_detailed
    response = ask(client=client, **call["arguments"], **body_of(ask, call["body"]))
    parsed = response.parsed
    return {
        "status": response.status_code,
        "kind": type(parsed).__name__,
        "read": None if parsed is None else parsed.to_dict(),
        "sent": json.loads(response.content),
    }


def main() -> None:
    make = import_module(f"{CLIENT}.client").AuthenticatedClient
    calls = json.loads(Path(os.environ["CALLS"]).read_text("utf-8"))
    with make(base_url=os.environ["URL"], token=os.environ["API_KEY"]) as client:
        for line in sys.stdin:
            print(json.dumps(outcome(client, calls[line.strip()])), flush=True)


if __name__ == "__main__":
    main()
