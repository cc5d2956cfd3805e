# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The commands and configurations that the documentation shows are ones that the proxy takes."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from samples.certificates import leaf
from sluice_proxy.cli.command import main, parser
from sluice_proxy.issuing.constraints import DEVELOPMENT

CHECKOUT = Path(__file__).resolve().parents[4]
PAGES = [CHECKOUT / "README.md", *sorted((CHECKOUT / "docs" / "proxy").glob("*.md"))]
GUIDES = [CHECKOUT / "docs" / "operations.md", CHECKOUT / "roles" / "proxy" / "README.md"]
DEMO = CHECKOUT / "tests" / "demo" / "inventory" / "group_vars" / "proxies.yml"
WITHOUT_PROXY = {"check-config", "serve", "version"}
STORE = "/var/lib/sluice-proxy/store.sqlite"
"""What the role adds."""
SHELL = {">", "|", "||", "&&"}
_FENCE = re.compile(r"^```(\w*)\n(.*?)^```", re.MULTILINE | re.DOTALL)
_TEMPLATE = re.compile(r'"\{\{.*?\}\}"')
_COMMAND = re.compile(r"(?:\S*/bin/)?sluice-proxy .*")


def fences(language: str, pages: list[Path] = PAGES) -> list[str]:
    """Return the examples of pages in one language."""
    found = [match for page in pages for match in _FENCE.findall(page.read_text(encoding="utf-8"))]
    return [text for name, text in found if name == language]


def configurations() -> list[str]:
    """Return the configurations that are shown whole, and those of the role's variables: with the
    routes that are declared beside them, which have the same keys."""
    shown = [text for text in fences("yaml") if "listen" in yaml.safe_load(text)]
    variables = [yaml.safe_load(text) for text in fences("yaml", [*PAGES, *GUIDES])]
    variables.append(yaml.safe_load(_TEMPLATE.sub("http://10.0.0.1", DEMO.read_text("utf-8"))))
    for one in variables:
        if "proxy_config" in one:
            config = one["proxy_config"]
            routes = [*config.get("routes", ()), *one.get("proxy_routes", ())]
            if "proxy_issuing_provider" in one:
                config = {
                    "store": "/var/lib/sluice-proxy/store/edge.db",
                    **config,
                    "issuing": issuing_of(one),
                }
            shown.append(yaml.safe_dump({**config, "routes": routes}))
    return shown


def issuing_of(variables: dict[str, Any]) -> dict[str, Any]:
    """Return what the role makes of its variables about authorities, without files."""
    prefix = "proxy_acme_"
    acme = {name.removeprefix(prefix): variables[name] for name in variables if prefix in name}
    return {"provider": variables["proxy_issuing_provider"], **({"acme": acme} if acme else {})}


def commands() -> list[list[str]]:
    """Return the words of each command line, without the command."""
    lines = [line for name in ("sh", "ini") for text in fences(name) for line in text.splitlines()]
    return [written(match[0]) for line in lines if (match := _COMMAND.search(line))]


def written(line: str) -> list[str]:
    """Return the words of a command line up to what the shell does with it."""
    words = shlex.split(line, comments=True)[1:]
    end = next((place for place, word in enumerate(words) if word in SHELL), len(words))
    return words[:end]


def named_files(value: Any) -> Iterator[str]:
    """Yield the files that the orders of certificates within a configuration name."""
    if isinstance(value, list):
        for one in value:
            yield from named_files(one)
    elif isinstance(value, dict):
        for key, one in value.items():
            if key in ("key_file", "trust_file", "program", "hook") and isinstance(one, str):
                yield one
            yield from named_files(one)


def asked_of_the_authority(value: Any) -> Iterator[str]:
    """Yield the names that routes and certificates within an example are to be certified for by the
    development authority."""
    if is_ordered(value):
        return
    if isinstance(value, list):
        for one in value:
            yield from asked_of_the_authority(one)
    elif isinstance(value, dict):
        if value.get("provider") == "local_ca":
            yield from value.get("names", ())
        if value.get("tls") == "auto":
            hosts = value["hosts"]
            yield from [hosts] if isinstance(hosts, str) else hosts
        for one in value.values():
            yield from asked_of_the_authority(one)


def is_ordered(value: Any) -> bool:
    """Say whether an example is one of certificates that authorities issue."""
    if not isinstance(value, dict):
        return False
    issuing = value.get("issuing")
    provider = issuing.get("provider") if isinstance(issuing, dict) else issuing
    return "acme" in (provider, value.get("proxy_issuing_provider"))


@pytest.mark.parametrize("text", configurations())
def test_a_configuration_that_is_shown_is_good(
    text: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in named_files(yaml.safe_load(text).get("issuing")):
        place = tmp_path / name.replace("/", "_")
        place.write_text("")
        text = text.replace(name, str(place))
    file = tmp_path / "edge.yml"
    file.write_text(text)
    for shown in yaml.safe_load(text).get("certificates", ()):
        pair = leaf(Path(shown["chain"]).stem)
        (tmp_path / shown["chain"]).parent.mkdir(exist_ok=True)
        (tmp_path / shown["chain"]).write_bytes(pair.chain)
        (tmp_path / shown["key"]).write_bytes(pair.key_pem())

    assert main(["check-config", str(file)]) == 0, capsys.readouterr().err


def test_there_is_a_configuration_to_begin_with() -> None:
    assert len(configurations()) >= 7


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


def test_the_development_authority_may_issue_for_the_names_of_examples() -> None:
    asked = [parser().parse_args(words) for words in commands()]
    names = [name for one in asked for name in getattr(one, "local_ca", None) or ()]
    for text in fences("yaml", [*PAGES, *GUIDES]):
        names += asked_of_the_authority(yaml.safe_load(text))

    assert len(names) >= 5
    assert [name for name in names if not DEVELOPMENT.allow(name.removeprefix("."))] == []


def test_commands_are_shown() -> None:
    assert {words[0] for words in commands()} >= WITHOUT_PROXY
