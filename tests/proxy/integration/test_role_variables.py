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
PLAY = [
    {
        "hosts": "localhost",
        "gather_facts": False,
        "vars_files": [f"{ROLE}/defaults/main.yml", f"{ROLE}/vars/main.yml"],
        "tasks": [
            {
                "ansible.builtin.copy": {
                    "content": "{{ {'config/edge.yml': proxy_config_text}"
                    " | combine(proxy_contents_of_orders if proxy_orders else {}) | to_json }}",
                    "dest": "{{ playbook_dir }}/contents.json",
                    "mode": "0600",
                }
            }
        ],
    }
]


def written(folder: Path, provider: str, **more: Any) -> dict[str, str]:
    """Return the files of a generation that the role writes of VARIABLES, by their names."""
    folder.mkdir(exist_ok=True)
    (folder / "templates").unlink(missing_ok=True)
    (folder / "templates").symlink_to(ROLE / "templates")
    playbook = folder / "play.yml"
    playbook.write_text(yaml.safe_dump(PLAY))
    done = play(playbook, **{**VARIABLES, **more, "proxy_issuing_provider": provider})
    assert done.returncode == 0, done.stdout + done.stderr
    found: dict[str, str] = json.loads((folder / "contents.json").read_text())
    for name, content in found.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content)
    return found


def read(folder: Path) -> Snapshot:
    """Return what the proxy makes of what was written."""
    return load(folder / "config" / "edge.yml")


def test_authorities_secrets_and_a_fleet_are_as_the_proxy_wants_them(tmp_path: Path) -> None:
    contents = written(tmp_path, "acme")
    snapshot = read(tmp_path)
    config = tmp_path / "config"

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


def test_a_laptop_differs_by_one_variable_and_is_told_no_secret(tmp_path: Path) -> None:
    contents = written(tmp_path, "local_ca")
    snapshot = read(tmp_path)

    assert list(contents) == ["config/edge.yml"]
    assert snapshot.issuing.provider is Provider.LOCAL_CA
    assert (snapshot.issuing.acme, snapshot.fleet) == (None, None)
    assert snapshot.issuing.on_demand is not None
    assert not secrets_in(contents["config/edge.yml"])


def test_a_self_signed_one_needs_nothing(tmp_path: Path) -> None:
    written(tmp_path, "self_signed")
    assert read(tmp_path).issuing.provider is Provider.SELF_SIGNED


def test_a_hook_is_a_file_of_the_generation(tmp_path: Path) -> None:
    more = {"proxy_acme_dns": {"hook": {"timeout": "30s"}}}
    contents = written(tmp_path, "acme", **more, proxy_acme_dns_hook="#!/bin/sh\nexit 0\n")
    acme = read(tmp_path).issuing.acme

    assert acme is not None
    assert acme.dns == DnsHook(str(tmp_path / "config/hooks/dns"), 30.0)
    assert contents["config/hooks/dns"] == "#!/bin/sh\nexit 0\n"
    assert contents["config/secrets/dns"] == "the-key-of-the-dns", "it is the hook's to read"


def test_without_a_provider_the_configuration_is_left_as_it_is(tmp_path: Path) -> None:
    config = {"listen": ["127.0.0.1:80"], "issuing": "local_ca"}
    contents = written(tmp_path, "", proxy_config=config)
    assert yaml.safe_load(contents["config/edge.yml"])["issuing"] == "local_ca"


@pytest.mark.parametrize("provider", ["acme", "local_ca"])
def test_a_mistake_of_production_is_found_on_a_laptop_too(tmp_path: Path, provider: str) -> None:
    written(tmp_path, provider, proxy_acme_authorities=["http://no.tls.example.com/directory"])
    with pytest.raises(InvalidConfig, match=r"issuing\.acme\.authorities\[0\]"):
        read(tmp_path)
