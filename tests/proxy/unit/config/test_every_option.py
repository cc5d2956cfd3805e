# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every option of the configuration is read, and has a test that shows its effect.

A new option has to be written down in samples/options.py.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml
from pydantic import BaseModel
from samples.config import snapshot
from samples.options import SHOWN_BY
from sluice_proxy.config.problems import InvalidConfig
from sluice_proxy.config.sections.root import RootSection
from sluice_proxy.snapshot.snapshot import encode

TESTS = Path(__file__).resolve().parents[2]

# What a section needs besides the option.
NEEDED: dict[str, dict[str, Any]] = {
    "": {"issuing": "local_ca"},
    "listen": {"address": "0.0.0.0:80"},
    "admin": {"listen": "unix:/s"},
    "admin.listen": {"address": "unix:/s"},
    "metrics": {"address": "0.0.0.0:9000"},
    "certificates": {"chain": "c", "key": "k"},
    "tls.hosts": {"hosts": "a"},
    "fleet.redis": {"address": "a:1"},
    "pages.no_route": {"content": "x"},
    "issuing.acme": {"authorities": "letsencrypt", "terms_agreed": True},
    "issuing.acme.authorities": {"directory": "letsencrypt"},
    "issuing.acme.authorities.external_account": {"key_id": "a", "key_file": "/k"},
    "issuing.acme.dns.update": {"server": "192.0.2.1"},
    "issuing.acme.dns.hook": {"program": "/p"},
    "routes.targets": {"url": "http://a"},
    "routes.targets.tls": {},
    "routes.redirect": {"location": "/x"},
    "routes.rewrite.replace": {"beginning": "/a", "by": "/b"},
    "routes.balancing.sticky": {"secret": "0123456789abcdef"},
    "routes.health.active": {"endpoint": "/"},
    "routes.rate_limit": {"rate": 1},
    "routes.portal": {"endpoint": "/"},
}
AUTHORITIES = {"client_certificate": "optional", "client_ca": "ca.pem"}
SIGNED = {"server": "192.0.2.1", "key_name": "k", "key_file": "/k"}
# Options that can only be changed along with others: the section without and with the change.
TOGETHER: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "admin.listen.group": ({"address": "unix:/s"}, {"address": "unix:/s", "group": "adm"}),
    "listen.mode": ({"address": "unix:/s"}, {"address": "unix:/s", "mode": "0600"}),
    "tls.client_certificate": (AUTHORITIES, AUTHORITIES | {"client_certificate": "required"}),
    "tls.client_ca": (AUTHORITIES, AUTHORITIES | {"client_ca": "other.pem"}),
    "fleet.redis.trust_file": (
        {"address": "a:1", "tls": True},
        {"address": "a:1", "tls": True, "trust_file": "/ca.pem"},
    ),
    "issuing.acme.dns.update.key_name": (SIGNED, SIGNED | {"key_name": "l"}),
    "issuing.acme.dns.update.key_file": (SIGNED, SIGNED | {"key_file": "/l"}),
    "pages.no_route.file": ({"content": "x"}, {"file": "page.html"}),
    "routes.targets.path": ({"url": "unix:/s"}, {"url": "unix:/s", "path": "/p"}),
    "routes.targets.tls.certificate": ({}, {"certificate": "c", "key": "k"}),
    "routes.targets.tls.key": (
        {"certificate": "c", "key": "k"},
        {"certificate": "c", "key": "other"},
    ),
    "routes.rewrite.strip": ({"forward_path": "/b"}, {"strip": "/a"}),
    "routes.rewrite.forward_path": ({"strip": "/a"}, {"forward_path": "/b"}),
}
# Options without which a configuration is refused: the section that is, and the one that is not.
REFUSED: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "issuing.acme.terms_agreed": (
        {"authorities": "letsencrypt"},
        {"authorities": "letsencrypt", "terms_agreed": True},
    ),
    "issuing.acme.authorities.terms_agreed": (
        {"directory": "letsencrypt", "terms_agreed": False},
        {"directory": "letsencrypt", "terms_agreed": True},
    ),
}
for _place in ("tls.hosts", "routes.tls"):
    for _key in ("client_certificate", "client_ca"):
        _before, _after = TOGETHER[f"tls.{_key}"]
        _hosts = {"hosts": "a"} if _place == "tls.hosts" else {}
        TOGETHER[f"{_place}.{_key}"] = (_before | _hosts, _after | _hosts)


def options(model: type[BaseModel], place: str = "") -> Iterator[str]:
    """Yield every option that is no section itself, of the first place of each kind of section."""
    for name, field in model.model_fields.items():
        here = f"{place}.{name}".removeprefix(".")
        section = section_in(field.annotation)
        if section is None:
            yield here
        elif not (here.startswith("pages.") and here != "pages.no_route") and here not in (
            "admin.certificate",
            "routes.page",
            "routes.portal.page",
            "routes.portal.targets",
        ):
            yield from options(section, here)


def section_in(annotation: Any) -> type[BaseModel] | None:
    """Return the section that an annotation has inside."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    found = map(section_in, getattr(annotation, "__args__", ()))
    return next((section for section in found if section is not None), None)


ALL = list(options(RootSection))


def configuration(place: str, section: dict[str, Any]) -> str:
    """Return a configuration that has ``section`` at ``place``."""
    parts = place.split(".") if place else []
    data: Any = section
    for depth in range(len(parts), 0, -1):
        above = dict(NEEDED.get(".".join(parts[: depth - 1]), {}))
        if ".".join(parts[:depth]) == "routes.targets.tls":
            above = {"url": "https://a"}
        if ".".join(parts[:depth]) == "routes.tls":
            above = {"hosts": "a"}
        if parts[:depth] == ["issuing"]:
            above = {"store": "/s.db"}
        if parts[:depth] == ["issuing", "acme"]:
            above = {"provider": "acme"}
        if parts[:depth] == ["issuing", "on_demand"]:
            above = {"provider": "local_ca"}
        many = ".".join(parts[:depth]) in (
            "listen", "admin.listen", "certificates", "tls.hosts", "routes", "routes.targets",
            "issuing.acme.authorities",
        )  # fmt: skip
        above[parts[depth - 1]] = [data] if many else data
        data = above
    return yaml.safe_dump(data)


@cache
def functions(file: str) -> frozenset[str]:
    """Return the names of the functions of a file."""
    tree = ast.parse((TESTS / file).read_text())
    return frozenset(node.name for node in tree.body if isinstance(node, ast.FunctionDef))


CASES = [
    (file, test, option, value)
    for file, tests in SHOWN_BY.items()
    for test, values in tests.items()
    for option, value in values.items()
]


def test_every_option_has_a_test_of_its_effect() -> None:
    assert sorted(option for _file, _test, option, _value in CASES) == sorted(ALL)
    missing = [(file, test) for file, test, _o, _v in CASES if test not in functions(file)]
    assert missing == []


@pytest.mark.parametrize(("option", "value"), [case[2:] for case in CASES])
def test_an_option_is_read(option: str, value: object) -> None:
    place, _dot, key = option.rpartition(".")
    needed = NEEDED.get(place, {})
    if option in REFUSED:
        refused, accepted = REFUSED[option]
        with pytest.raises(InvalidConfig, match=key):
            snapshot(configuration(place, refused))
        snapshot(configuration(place, accepted))
        return
    before, after = TOGETHER.get(option, (needed, {**needed, key: value}))
    assert key in after
    files = {"page.html": b"<p>"}
    first = snapshot(configuration(place, before), **files)
    second = snapshot(configuration(place, after), **files)
    assert encode(first) != encode(second)
