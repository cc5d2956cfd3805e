# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The commands and configurations that the documentation shows are ones that the proxy takes."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest
import yaml
from samples.certificates import leaf
from sluice_proxy.cli.command import main, parser

CHECKOUT = Path(__file__).resolve().parents[4]
PAGES = [CHECKOUT / "README.md", *sorted((CHECKOUT / "docs" / "proxy").glob("*.md"))]
DEMO = CHECKOUT / "tests" / "demo" / "inventory" / "group_vars" / "proxies.yml"
WITHOUT_PROXY = {"check-config", "serve", "version"}
SHELL = {">", "|", "||", "&&"}
_FENCE = re.compile(r"^```(\w*)\n(.*?)^```", re.MULTILINE | re.DOTALL)
_COMMAND = re.compile(r"(?:\S*/bin/)?sluice-proxy .*")


def fences(language: str) -> list[str]:
    """Return the examples of all pages in one language."""
    found = [match for page in PAGES for match in _FENCE.findall(page.read_text(encoding="utf-8"))]
    return [text for name, text in found if name == language]


def configurations() -> list[str]:
    """Return the configurations that are shown whole, and that of the demo."""
    shown = [text for text in fences("yaml") if "listen" in yaml.safe_load(text)]
    demo = yaml.safe_load(DEMO.read_text(encoding="utf-8"))["proxy_config"]
    return [*shown, yaml.safe_dump(demo)]


def commands() -> list[list[str]]:
    """Return the words of each command line, without the command."""
    lines = [line for name in ("sh", "ini") for text in fences(name) for line in text.splitlines()]
    return [written(match[0]) for line in lines if (match := _COMMAND.search(line))]


def written(line: str) -> list[str]:
    """Return the words of a command line up to what the shell does with it."""
    words = shlex.split(line, comments=True)[1:]
    end = next((place for place, word in enumerate(words) if word in SHELL), len(words))
    return words[:end]


@pytest.mark.parametrize("text", configurations())
def test_a_configuration_that_is_shown_is_good(
    text: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "edge.yml"
    file.write_text(text)
    for shown in yaml.safe_load(text).get("certificates", ()):
        pair = leaf(shown["chain"].removesuffix(".pem"))
        (tmp_path / shown["chain"]).write_bytes(pair.chain)
        (tmp_path / shown["key"]).write_bytes(pair.key_pem())

    assert main(["check-config", str(file)]) == 0, capsys.readouterr().err


def test_there_is_a_configuration_to_begin_with() -> None:
    assert len(configurations()) == 3


@pytest.mark.parametrize("words", commands(), ids=" ".join)
def test_a_command_that_is_shown_is_one(words: list[str]) -> None:
    assert parser().parse_args(words).run


@pytest.mark.parametrize(
    "words", [one for one in commands() if one[0] in WITHOUT_PROXY], ids=" ".join
)
def test_a_command_that_needs_no_proxy_works(words: list[str], tmp_path: Path) -> None:
    # A file that is not there is the only thing wrong with them; 2 would be the command line.
    missing = [str(tmp_path / "edge.yml") if word.endswith("edge.yml") else word for word in words]
    try:
        status = main(missing)
    except SystemExit as ended:
        status = int(ended.code or 0)

    assert status in ((0,) if words == ["version"] else (1, 78))


def test_commands_are_shown() -> None:
    assert {words[0] for words in commands()} >= WITHOUT_PROXY
