# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whoever checks a configuration is told what of its certificates by ACME cannot work."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from samples.config import FilesInMemory
from sluice_proxy.cli.command import main
from sluice_proxy.config.loading import parse_base
from sluice_proxy.supervisor.orders_foreseen import foreseen

ISSUING = """
store: /s
issuing:
  provider: acme
  acme:
    terms_agreed: true
    authorities: [{name: one, directory: "https://one.test/d"EAB}]
"""


class Found(FilesInMemory):
    """Finds every file, as they were there a moment ago."""

    def resolved(self, name: str) -> str:
        return name


def said(text: str, eab: str = "") -> list[str]:
    config = ISSUING.replace("EAB", eab) + text
    return list(foreseen(parse_base(config.encode(), file="edge.yml", files=Found())))


@pytest.fixture
def secret(tmp_path: Path) -> Path:
    path = tmp_path / "secret"
    path.write_text("c2VjcmV0")
    path.chmod(0o600)
    return path


def external(path: Path) -> str:
    return f", external_account: {{key_id: k, key_file: {path}}}"


def test_nothing_is_said_of_what_can_work(secret: Path) -> None:
    assert said("routes: [{hosts: a.test, tls: auto}]", external(secret)) == []


def test_a_secret_that_is_open_to_everybody_is_told(secret: Path) -> None:
    secret.chmod(0o644)

    assert said("", external(secret)) == [
        f"external_account of authority one: {secret} is open to everybody: chmod 0600 it"
    ]


def test_so_is_one_that_is_missing(tmp_path: Path) -> None:
    missing = tmp_path / "missing"

    assert said("", external(missing)) == [
        f"external_account of authority one: {missing} cannot be read: No such file or directory"
    ]


def test_secrets_of_updates_and_of_a_fleet_are_looked_at_too(secret: Path) -> None:
    secret.chmod(0o604)
    dns = f"    dns: {{update: {{server: 192.0.2.1, key_name: k, key_file: {secret}}}}}\n"
    fleet = f"fleet: {{redis: {{address: 'redis.test:6379', password_file: {secret}}}}}\n"

    assert [line.partition(":")[0] for line in said(dns + fleet)] == [
        "fleet.redis.password_file",
        "issuing.acme.dns.update",
    ]


def test_a_hook_that_cannot_be_executed_is_told(tmp_path: Path) -> None:
    hook = tmp_path / "hook"
    hook.write_text("#!/bin/sh\n")
    hook.chmod(0o644)
    dns = f"    dns: {{hook: {hook}}}\n"

    assert said(dns) == [f"issuing.acme.dns.hook: {hook} cannot be executed: chmod +x it"]
    hook.chmod(0o755)
    assert said(dns) == []


def test_a_wildcard_that_nobody_can_have_is_told_with_both_ways_out() -> None:
    (line,) = said("routes: [{hosts: '*.a.test', tls: auto}]")

    assert line.startswith("certificate for *.a.test: *.a.test needs dns-01")
    assert "set dns of issuing.acme" in line
    assert "on_demand" in line


def test_check_config_says_it_as_warnings(
    tmp_path: Path, secret: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    secret.chmod(0o666)
    file = tmp_path / "edge.yml"
    listen = "listen: [0.0.0.0:80, {address: '0.0.0.0:443', tls: true}]\n"
    file.write_text(listen + ISSUING.replace("EAB", external(secret)))

    assert main(["check-config", str(file), "--json"]) == 0
    (warning,) = json.loads(capsys.readouterr().out)["warnings"]
    assert warning.endswith("is open to everybody: chmod 0600 it")
