# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Completion for shells: it offers what the parsers take."""

from __future__ import annotations

import shlex
import subprocess
from pathlib import Path

import pytest
from sluice_proxy.cli.command import main, parser
from sluice_proxy.cli.completing import bash, fish, zsh
from sluice_proxy.cli.completing.tree import Node, tree_of

TREE = tree_of(parser())


def node(*words: str) -> Node:
    return next(one for one in TREE.walk() if one.words == words)


def complete(folder: Path, *words: str) -> list[str]:
    """Return what bash offers for the last of the words."""
    quoted = " ".join(map(shlex.quote, ["sluice-proxy", *words]))
    script = folder.parent / "completion.bash"
    script.write_text(bash.script(TREE))
    lines = f"""
source {shlex.quote(str(script))}
COMP_WORDS=({quoted})
COMP_CWORD={len(words)}
_sluice_proxy
printf '%s\\n' "${{COMPREPLY[@]}}"
"""
    done = subprocess.run(
        ["bash", "--norc", "-eu", "-c", lines],
        capture_output=True, text=True, timeout=30, check=True, cwd=folder,
    )  # fmt: skip
    assert done.stderr == ""
    return done.stdout.split()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "folder"
    made.mkdir()
    (made / "shop.yml").touch()
    return made


def test_the_tree_has_what_the_command_line_has() -> None:
    assert {"serve", "status", "routes", "completion"} <= {one.words[0] for one in TREE.commands}
    assert [one.words[-1] for one in node("routes").commands] == [
        "list", "show", "add", "set", "remove",
    ]  # fmt: skip
    names = {name for option in node("routes", "set").options for name in option.names}
    assert {"--target", "-f", "--file", "--dry-run", "--if-version", "--json"} <= names
    assert "--handover" not in {n for o in node("check-config").options for n in o.names}


@pytest.mark.parametrize(
    ("words", "offered"),
    [
        (["s"], ["serve", "status"]),
        (["routes", ""], ["list", "show", "add", "set", "remove"]),
        (["routes", "r"], ["remove"]),
        (["routes", "add", "shop", "--ta"], ["--target"]),
        (["routes", "add", "--owner", "routes", "--dry"], ["--dry-run"]),
        (["routes", "add", "--tls", ""], ["auto"]),
        (["routes", "add", "--file", "sh"], ["shop.yml"]),
        (["errors", "set", "502", "sh"], ["shop.yml"]),
        (["check-config", ""], ["shop.yml"]),
        (["logs", ""], ["access", "error"]),
        (["logs", "--level", "w"], ["warning"]),
        (["completion", ""], ["bash", "zsh", "fish"]),
        (["log-level", "de"], ["debug"]),
        (["routes", "show", ""], []),
        (["--v"], ["--version"]),
        (["nonsense", "x"], []),
    ],
)
def test_bash_offers_what_can_come_next(words: list[str], offered: list[str], folder: Path) -> None:
    assert complete(folder, *words) == offered


def test_bash_offers_every_option_of_every_command(folder: Path) -> None:
    for one in (node("certs", "add"), node("drain"), node("logs")):
        names = [name for option in one.options for name in option.names]
        assert complete(folder, *one.words, "-") == names


@pytest.mark.parametrize("shell", [bash, zsh, fish])
def test_every_script_names_every_command_and_option(shell: object) -> None:
    script: str = shell.script(TREE)  # type: ignore[attr-defined]

    for one in TREE.walk():
        assert not one.words or one.words[-1] in script
        for option in one.options:
            for name in option.names:
                assert name.lstrip("-") in script


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_the_script_is_printed_as_it_is(shell: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["completion", shell]) == 0

    script = {"bash": bash.script, "zsh": zsh.script, "fish": fish.script}[shell](TREE)
    assert capsys.readouterr().out == script
