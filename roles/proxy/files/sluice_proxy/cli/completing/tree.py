# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What can be written on the command line, read off its parsers. Pure."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from dataclasses import dataclass

_FILES = frozenset(("FILE", "FOLDER", "PAGE", "PATH"))
"""What a value that is a file is called in help."""


@dataclass(frozen=True, slots=True)
class Value:
    """What an option or an argument takes: one of ``choices`` if there are some, a ``file``, or
    any text. ``many`` is for several of them."""

    name: str
    choices: tuple[str, ...] = ()
    file: bool = False
    many: bool = False


@dataclass(frozen=True, slots=True)
class Option:
    """An option with its names, and the value that it takes, if any."""

    names: tuple[str, ...]
    says: str
    value: Value | None = None


@dataclass(frozen=True, slots=True)
class Node:
    """A command with what may come after it; ``words`` lead to it, none to the whole."""

    words: tuple[str, ...]
    says: str
    options: tuple[Option, ...]
    arguments: tuple[Value, ...]
    commands: tuple[Node, ...]

    def walk(self) -> Iterator[Node]:
        """Yield the node and all below it."""
        yield self
        for one in self.commands:
            yield from one.walk()


def tree_of(parser: argparse.ArgumentParser) -> Node:
    """Return the tree of a parser."""
    return _node(parser, (), parser.description or "")


def _node(parser: argparse.ArgumentParser, words: tuple[str, ...], says: str) -> Node:
    options: list[Option] = []
    arguments: list[Value] = []
    commands: list[Node] = []
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            helps = {one.dest: one.help or "" for one in action._choices_actions}
            commands += [
                _node(below, (*words, name), helps.get(name, ""))
                for name, below in action.choices.items()
            ]
        elif action.help == argparse.SUPPRESS:
            continue
        elif action.option_strings:
            value = None if action.nargs == 0 else _value(action)
            options.append(Option(tuple(action.option_strings), action.help or "", value))
        else:
            arguments.append(_value(action))
    return Node(words, says, tuple(options), tuple(arguments), tuple(commands))


def _value(action: argparse.Action) -> Value:
    name = action.metavar if isinstance(action.metavar, str) else action.dest.upper()
    choices = tuple(map(str, action.choices or ()))
    is_file = name in _FILES and not (name == "PATH" and action.dest != "socket")
    return Value(name, choices, is_file, many=action.nargs == "+")
