# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Completion for bash. Pure."""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Iterator

from .tree import Node, Value

_HEAD = """\
# Completion of sluice-proxy for bash: source it, or put it in
# /usr/share/bash-completion/completions/sluice-proxy
_sluice_proxy() {
    local current=${COMP_WORDS[COMP_CWORD]} at='' before='' word i
    local options='' words='' files=''
    for ((i = 1; i < COMP_CWORD; i++)); do
        word=${COMP_WORDS[i]}
        if [[ -n $before ]]; then
            before=''
            continue
        fi
        case "$at $word" in"""
_MIDDLE = """\
        esac
    done
    COMPREPLY=()
    if [[ -n $before ]]; then
        case "$at $before" in"""
_WORDS = """\
        esac
    else
        case $at in"""
_TAIL = """\
        esac
    fi
    if [[ $current == -* ]]; then words=$options; fi
    mapfile -t COMPREPLY < <(compgen -W "$words" -- "$current")
    if [[ -n $files && $current != -* ]]; then
        compopt -o filenames 2>/dev/null || true
        mapfile -t -O "${#COMPREPLY[@]}" COMPREPLY < <(compgen -f -- "$current")
    fi
}
complete -F _sluice_proxy sluice-proxy
"""


def script(tree: Node) -> str:
    """Return the script for a tree of commands."""
    parts = (_HEAD, *_walking(tree), _MIDDLE, *_values(tree), _WORDS, *_nodes(tree), _TAIL)
    return "\n".join(parts)


def _walking(tree: Node) -> Iterator[str]:
    """Yield how a word leads to a command, or is an option whose value is next."""
    leading = [one.words for one in tree.walk() if one.words]
    yield f'            {_any(map(_at, leading))}) at="$at $word" ;;'
    taking = [
        f"{_at(one.words)} {name}"
        for one in tree.walk()
        for option in one.options
        if option.value is not None
        for name in option.names
    ]
    yield f"            {_any(taking)}) before=$word ;;"


def _values(tree: Node) -> Iterator[str]:
    for one in tree.walk():
        for option in one.options:
            if option.value is not None and (option.value.choices or option.value.file):
                places = [f"{_at(one.words)} {name}" for name in option.names]
                yield f"            {_any(places)}) {_offers([option.value])} ;;"


def _nodes(tree: Node) -> Iterator[str]:
    for one in tree.walk():
        names = [name for option in one.options for name in option.names]
        offers = _offers(one.arguments, [below.words[-1] for below in one.commands])
        yield (
            f"            {shlex.quote(_at(one.words))})"
            f" options={shlex.quote(' '.join(names))} {offers} ;;"
        )


def _offers(values: tuple[Value, ...] | list[Value], words: list[str] | None = None) -> str:
    words = [*(words or ()), *(choice for value in values for choice in value.choices)]
    files = "yes" if any(value.file for value in values) else ""
    return f"words={shlex.quote(' '.join(words))} files={files}"


def _at(words: tuple[str, ...]) -> str:
    """Return what the script calls the place after some words."""
    return "".join(f" {word}" for word in words)


def _any(places: Iterable[str]) -> str:
    return "|".join(map(shlex.quote, places))
