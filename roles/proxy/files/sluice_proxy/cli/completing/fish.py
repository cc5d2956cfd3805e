# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Completion for fish. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from .tree import Node, Option

_HEAD = """\
# Completion of sluice-proxy for fish: put it in ~/.config/fish/completions/sluice-proxy.fish
function __sluice_proxy_at
    # Whether the words so far, without options, begin with these; with "only", are these.
    set -l words (commandline -opc)[2..-1]
    set -l words (string match -v -- '-*' $words)
    if test $argv[1] = only
        set -e argv[1]
        test (count $words) -eq (count $argv); or return 1
    end
    test (count $words) -ge (count $argv); or return 1
    test (count $argv) -eq 0; and return 0
    test "$words[1..$(count $argv)]" = "$argv"
end
complete -c sluice-proxy -f
"""


def script(tree: Node) -> str:
    """Return the script for a tree of commands."""
    return "\n".join((_HEAD, *(line for one in tree.walk() for line in _node(one)), ""))


def _node(node: Node) -> Iterator[str]:
    at = " ".join(("__sluice_proxy_at", *node.words))
    only = " ".join(("__sluice_proxy_at", "only", *node.words))
    for one in node.commands:
        name, says = one.words[-1], _quoted(one.says)
        yield f"complete -c sluice-proxy -n {_quoted(only)} -a {name} -d {says}"
    for option in node.options:
        where = only if node.commands else at
        yield f"complete -c sluice-proxy -n {_quoted(where)}{_option(option)}"
    for value in node.arguments:
        if value.choices:
            yield f"complete -c sluice-proxy -n {_quoted(at)} -a {_quoted(' '.join(value.choices))}"
        elif value.file:
            yield f"complete -c sluice-proxy -n {_quoted(at)} -F"


def _option(option: Option) -> str:
    names = "".join(
        f" -l {name[2:]}" if name.startswith("--") else f" -s {name[1:]}" for name in option.names
    )
    value = ""
    if option.value is not None:
        value = " -r -F" if option.value.file else " -x"
        if option.value.choices:
            value += f" -a {_quoted(' '.join(option.value.choices))}"
    return f"{names}{value} -d {_quoted(option.says)}"


def _quoted(text: str) -> str:
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"
