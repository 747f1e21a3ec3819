"""The reference of the command line is whole and true, or a test fails."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
import typer

from tallystick.cli.app import app
from tests.cli import examples

PAGE = examples.PAGE.read_text("utf-8")
SHARED = {"--db", "--server", "--api-key", "--platform", "--key", "--json", "--help", "-h"}


def commands(command: Any, words: tuple[str, ...] = ()) -> Iterator[tuple[str, Any]]:
    """Every command there is, by its full name."""
    below = getattr(command, "commands", None)
    if below is None:
        yield " ".join(words), command
        return
    for name, each in below.items():
        yield from commands(each, (*words, name))


def options(command: Any) -> Iterator[str]:
    for param in command.params:
        if param.param_type_name == "option":
            yield from param.opts


def sections() -> dict[str, str]:
    """What the page says under the heading of each command, by its whole usage line."""
    parts = re.split(r"^### `tallystick (.+)`$", PAGE, flags=re.MULTILINE)
    return dict(zip(parts[1::2], parts[2::2], strict=True))


ROOT = typer.main.get_command(app)
COMMANDS = dict(commands(ROOT))


def usage(name: str, command: Any) -> str:
    arguments = [p.metavar for p in command.params if p.param_type_name == "argument"]
    return " ".join([name, *arguments])


def test_the_page_has_a_section_for_each_command_and_for_nothing_else():
    assert sorted(sections()) == sorted(usage(*each) for each in COMMANDS.items())


@pytest.mark.parametrize("name", COMMANDS)
def test_a_section_names_every_option_of_its_command(name):
    command = COMMANDS[name]
    said = set(re.findall(r"`(--?[\w-]+)", sections()[usage(name, command)].split("```")[0]))
    assert said - SHARED == set(options(command)) - SHARED


@pytest.mark.parametrize("name", COMMANDS)
def test_a_section_has_an_example_of_its_command(name):
    if name == "demo":  # it takes seconds, and has tests of its own
        return
    section = sections()[usage(name, COMMANDS[name])]
    assert f"\n$ tallystick {name}" in section


@pytest.mark.parametrize("option", sorted(SHARED | set(options(ROOT))))
def test_what_commands_share_is_said_once(option):
    assert f"`{option}" in PAGE.partition("## Set up and verify")[0]


@pytest.mark.parametrize("name", COMMANDS)
def test_every_argument_and_option_says_what_it_is(name):
    command = COMMANDS[name]
    assert command.help
    assert [param.name for param in command.params if not param.help] == []


def test_the_examples_print_what_the_page_says():
    with examples.empty_folder():
        for example in examples.examples(PAGE):
            now = examples.printed(example.typed).strip()
            assert now == example.printed.strip(), f"tallystick {example.typed}"
