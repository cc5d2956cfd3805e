# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the role proxy writes of its variables about certificates, as the proxy reads it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from running.declared import play
from sluice_proxy.config.loading import load
from sluice_proxy.config.problems import InvalidConfig
from sluice_proxy.snapshot.fleet import Redis
from sluice_proxy.snapshot.issuing import (
    ChallengeType,
    DnsHook,
    DnsUpdate,
    ExternalAccount,
    Provider,
)
from sluice_proxy.snapshot.snapshot import Snapshot

from ansible_collections.sluice.edge.tests.tooling.places import CHECKOUT

ROLE = CHECKOUT / "roles" / "proxy"
SECRETS = {
    "proxy_acme_account_keys": {"second": "the-key-of-the-account"},
    "proxy_acme_dns_key": "the-key-of-the-dns",
    "proxy_fleet_password": "the-password-of-the-fleet",
    "proxy_fleet_secret": "the-secret-of-the-fleet-has-32-or-more",
}
VARIABLES: dict[str, Any] = {
    "proxy_config": {
        "listen": ["127.0.0.1:80", {"address": "127.0.0.1:443", "tls": True}],
        "issuing": {"automatic": "all", "acme": {"renew_after": 0.5}},
    },
    "proxy_acme_contact": ["ops@example.com"],
    "proxy_acme_terms_agreed": True,
    "proxy_acme_authorities": [
        "letsencrypt",
        {
            "name": "second",
            "directory": "https://acme.example.org/directory",
            "external_account": {"key_id": "edge-1"},
        },
    ],
    "proxy_acme_trust": {"second": "the certificates of the second"},
    "proxy_acme_dns": {"update": {"server": "ns1.example.com", "key_name": "sluice-edge"}},
    "proxy_on_demand": {"names": ["*.sites.example.com"]},
    "proxy_fleet": {"address": "redis.example.com:6379", "tls": True},
    "proxy_fleet_trust": "the certificates of the fleet",
    **SECRETS,
}
HOOK = "#!/bin/sh\nexit 0\n"
PLAIN_AUTHORITY = ["http://no.tls.example.com/directory"]
CASES: dict[str, dict[str, Any]] = {
    "production": {"proxy_issuing_provider": "acme"},
    "laptop": {"proxy_issuing_provider": "local_ca"},
    "self-signed": {"proxy_issuing_provider": "self_signed"},
    "hook": {
        "proxy_issuing_provider": "acme",
        "proxy_acme_dns": {"hook": {"timeout": "30s"}},
        "proxy_acme_dns_hook": HOOK,
    },
    "of the file": {"proxy_config": {"listen": ["127.0.0.1:80"], "issuing": "local_ca"}},
    "mistake": {
        "proxy_issuing_provider": "acme",
        "proxy_acme_authorities": PLAIN_AUTHORITY,
        "proxy_acme_account_keys": {},
        "proxy_acme_trust": {},
    },
    "mistake on a laptop": {
        "proxy_issuing_provider": "local_ca",
        "proxy_acme_authorities": PLAIN_AUTHORITY,
    },
}
"""What is declared besides VARIABLES."""


def play_of(case: str) -> dict[str, Any]:
    """Return the play that writes what the role would, into a folder of the case's own."""
    return {
        "hosts": "localhost",
        "gather_facts": False,
        "vars_files": [f"{ROLE}/defaults/main.yml", f"{ROLE}/vars/main.yml", f"{case}.yml"],
        "tasks": [
            {
                "ansible.builtin.copy": {
                    "content": "{{ {'config/edge.yml': proxy_config_text}"
                    " | combine(proxy_contents_of_orders if proxy_orders else {}) | to_json }}",
                    "dest": f"{{{{ playbook_dir }}}}/{case}.json",
                    "mode": "0600",
                }
            }
        ],
    }


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder that has what the role writes, in a folder for each case."""
    folder = tmp_path_factory.mktemp("role")
    (folder / "templates").symlink_to(ROLE / "templates")
    for case, given in CASES.items():
        (folder / f"{case}.yml").write_text(yaml.safe_dump({**VARIABLES, **given}))
    playbook = folder / "play.yml"
    playbook.write_text(yaml.safe_dump([play_of(case) for case in CASES]))
    done = play(playbook)
    assert done.returncode == 0, done.stdout + done.stderr
    for case in CASES:
        for name, content in contents_of(folder / case).items():
            path = folder / case / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(content)
    return folder


def contents_of(case: Path) -> dict[str, str]:
    """Return the files of a case by their names."""
    found: dict[str, str] = json.loads(case.with_suffix(".json").read_text())
    return found


def read(folder: Path) -> Snapshot:
    """Return what the proxy makes of what was written."""
    return load(folder / "config" / "edge.yml")


def test_authorities_secrets_and_a_fleet_are_as_the_proxy_wants_them(written: Path) -> None:
    contents = contents_of(written / "production")
    snapshot = read(written / "production")
    config = written / "production" / "config"

    issuing = snapshot.issuing
    assert (issuing.provider, issuing.all_routes) == (Provider.ACME, True)
    assert issuing.acme is not None
    first, second = issuing.acme.authorities
    assert (first.name, first.contact, first.terms_agreed) == (
        "letsencrypt",
        ("mailto:ops@example.com",),
        True,
    )
    assert second.external_account == ExternalAccount(
        "edge-1", str(config / "secrets/account-second")
    )
    assert second.trust_file == str(config / "trust/authority-second")
    assert issuing.acme.renew_after == 0.5
    assert issuing.acme.challenges[-1] is ChallengeType.DNS_01
    assert issuing.acme.dns == DnsUpdate(
        "ns1.example.com", key_name="sluice-edge", key_file=str(config / "secrets/dns")
    )
    assert issuing.on_demand is not None
    assert snapshot.fleet == Redis(
        "redis.example.com:6379",
        password_file=str(config / "secrets/fleet-password"),
        tls=True,
        trust_file=str(config / "trust/fleet"),
        secret_file=str(config / "secrets/fleet"),
    )
    assert {name: content for name, content in contents.items() if "/secrets/" in name} == {
        "config/secrets/account-second": "the-key-of-the-account",
        "config/secrets/dns": "the-key-of-the-dns",
        "config/secrets/fleet-password": "the-password-of-the-fleet",
        "config/secrets/fleet": "the-secret-of-the-fleet-has-32-or-more",
    }
    assert not secrets_in(contents["config/edge.yml"])


def secrets_in(text: str) -> list[str]:
    """Return the secrets that are in a text."""
    return [
        secret for secret in ("the-key-of", "the-password-of", "the-secret-of") if secret in text
    ]


def test_no_secret_is_in_what_ansible_says_of_arguments_right_or_wrong(tmp_path: Path) -> None:
    (tmp_path / "given.yml").write_text(yaml.safe_dump({**VARIABLES, **CASES["production"]}))
    wrong = {"proxy_acme_account_keys": "the-key-of-the-account in a wrong place"}
    plays = [
        {"hosts": "localhost", "gather_facts": False, "vars_files": ["given.yml"], "vars": more,
         "roles": ["sluice.edge.proxy"]}
        for more in ({}, {"proxy_fleet_password": ["the-password-of-the-fleet"]})
    ]  # fmt: skip
    plays.append({**plays[0], "vars_files": ["wrong.yml"]})
    (tmp_path / "wrong.yml").write_text(yaml.safe_dump({**VARIABLES, **wrong}))
    playbook = tmp_path / "play.yml"
    playbook.write_text(yaml.safe_dump(plays))

    done = play(playbook, "-vvv", "--diff", "--tags", "none-of-its")

    said = done.stdout + done.stderr
    assert said.count("Validating arguments against arg spec") == 3
    assert "'proxy_acme_account_keys' is of type str" in said
    assert not secrets_in(said)


def test_a_laptop_differs_by_one_variable_and_is_told_no_secret(written: Path) -> None:
    contents = contents_of(written / "laptop")
    snapshot = read(written / "laptop")

    assert list(contents) == ["config/edge.yml"]
    assert snapshot.issuing.provider is Provider.LOCAL_CA
    assert (snapshot.issuing.acme, snapshot.fleet) == (None, None)
    assert snapshot.issuing.on_demand is not None
    assert not secrets_in(contents["config/edge.yml"])


def test_a_self_signed_one_needs_nothing(written: Path) -> None:
    assert read(written / "self-signed").issuing.provider is Provider.SELF_SIGNED


def test_a_hook_is_a_file_of_the_generation(written: Path) -> None:
    contents = contents_of(written / "hook")
    acme = read(written / "hook").issuing.acme

    assert acme is not None
    assert acme.dns == DnsHook(str(written / "hook/config/hooks/dns"), 30.0)
    assert contents["config/hooks/dns"] == HOOK
    assert contents["config/secrets/dns"] == "the-key-of-the-dns", "it is the hook's to read"


def test_without_a_provider_the_configuration_is_left_as_it_is(written: Path) -> None:
    text = contents_of(written / "of the file")["config/edge.yml"]
    assert yaml.safe_load(text)["issuing"] == "local_ca"


@pytest.mark.parametrize("case", ["mistake", "mistake on a laptop"])
def test_a_mistake_of_production_is_found_on_a_laptop_too(written: Path, case: str) -> None:
    with pytest.raises(InvalidConfig, match=r"issuing\.acme\.authorities\[0\]"):
        read(written / case)
