# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Completion for zsh. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from .tree import Node, Option, Value

_HEAD = """\
#compdef sluice-proxy
# Completion of sluice-proxy for zsh: put it in a folder of $fpath as _sluice-proxy
"""
_TAIL = """\
_sluice-proxy "$@"
"""


def script(tree: Node) -> str:
    """Return the script for a tree of commands."""
    lines = [line for one in tree.walk() for line in _function(one)]
    return "\n".join((_HEAD, *lines, _TAIL))


def _function(node: Node) -> Iterator[str]:
    """Yield the function of a command; what comes after a subcommand is that one's."""
    yield f"{_name(node)}() {{"
    yield "    local line state state_descr context"
    yield "    typeset -A opt_args"
    specs = [spec for option in node.options for spec in _option(option)]
    if node.commands:
        specs += ["'1: :->command'", "'*:: :->rest'"]
    else:
        specs += [_argument(value) for value in node.arguments]
    yield "    _arguments -C -S \\"
    yield " \\\n".join(f"        {spec}" for spec in specs)
    if node.commands:
        yield "    case $state in"
        yield "    command)"
        yield "        local -a commands=("
        for one in node.commands:
            yield f"            {_quoted(one.words[-1] + ':' + one.says.replace(':', ' -'))}"
        yield "        )"
        yield "        _describe command commands ;;"
        yield "    rest)"
        yield "        case $line[1] in"
        for one in node.commands:
            yield f"        {one.words[-1]}) {_name(one)} ;;"
        yield "        esac ;;"
        yield "    esac"
    yield "}"
    yield ""


def _option(option: Option) -> Iterator[str]:
    says = _plain(option.says)
    for name in option.names:
        yield _quoted(f"*{name}[{says}]" + ("" if option.value is None else _value(option.value)))


def _argument(value: Value) -> str:
    return _quoted(("*" if value.many else "") + _value(value))


def _value(value: Value) -> str:
    if value.choices:
        return f":{value.name}:({' '.join(value.choices)})"
    return f":{value.name}:" + ("_files" if value.file else "")


def _name(node: Node) -> str:
    return "_".join(("_sluice-proxy", *node.words))


def _plain(text: str) -> str:
    """Return a text without what has a meaning within an option's description."""
    return "".join(" " if char in "[]:\\" else char for char in text)


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "'\\''") + "'"
