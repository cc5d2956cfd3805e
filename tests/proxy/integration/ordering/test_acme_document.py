# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What docs/proxy/acme.md says is so, and its examples work."""

from __future__ import annotations

import asyncio
import json
import re
import subprocess
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest
import yaml
from running import dns_server
from running.dns_server import DnsServer
from samples.config import snapshot
from sluice_proxy.ordering.answering import hook
from sluice_proxy.ordering.answering.dns_updates.updating import UpdatedRecords
from sluice_proxy.ordering.answering.hook import HookRecords
from sluice_proxy.ordering.policies import backing_off, renewal, resting
from sluice_proxy.ordering.validating import NotAnswered
from sluice_proxy.snapshot.issuing import Acme, DnsHook, DnsUpdate, Issuing, Provider
from sluice_proxy.supervisor import demand_rules

TEXT = (Path(__file__).resolve().parents[4] / "docs" / "proxy" / "acme.md").read_text()
WORDS = " ".join(TEXT.split())
_FENCE = re.compile(r"^```(\w+)\n(.*?)^```", re.MULTILINE | re.DOTALL)
NAME = "_acme-challenge.example.com"
DAY, HOUR, MINUTE = 86_400, 3600, 60


def examples(language: str) -> list[str]:
    return [text for name, text in _FENCE.findall(TEXT) if name == language]


def issuing(containing: str) -> Issuing:
    """Return what the only configuration with a text says of issuing."""
    (found,) = [text for text in examples("yaml") if containing in text]
    return snapshot(found).issuing


def acme(containing: str) -> Acme:
    found = issuing(containing).acme
    assert found is not None
    return found


# The DNS server that takes updates


def test_what_named_is_told_and_what_the_proxy_is_told_go_together(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """The server here has the key and the zone of ``named.conf``, our side those of the file."""
    named, key_file = examples("text")
    (name,) = re.findall(r'^key "(.*)"', named, re.MULTILINE)
    (algorithm,) = re.findall(r"algorithm (.*);", named)
    (secret,) = re.findall(r'secret "(.*)";', named)
    (zone,) = re.findall(r'^zone "(.*)"', named, re.MULTILINE)
    (grantee, granted) = re.findall(r"grant (\S+) name (\S+) TXT;", named)[0]
    monkeypatch.setattr(dns_server, "KEY_NAME", name)
    monkeypatch.setattr(dns_server, "SECRET", secret)
    wanted = acme("update:").dns
    assert isinstance(wanted, DnsUpdate)
    assert (grantee, granted) == (name, f"_acme-challenge.{zone}")

    file = tmp_path / "key"
    file.write_text(key_file)
    file.chmod(0o600)
    with DnsServer([zone], algorithm=algorithm) as server:
        ours = DnsUpdate(
            "127.0.0.1", server.port, wanted.key_name, str(file), wanted.algorithm, wanted.zone
        )
        asyncio.run(UpdatedRecords(ours, 60).set(granted, "value"))
        assert server.txt(granted) == {"value"}


# The program


class DnsProvider(ThreadingHTTPServer):
    """The API of the provider that the program is for."""

    daemon_threads = True

    def __init__(self) -> None:
        self.records: list[tuple[str, str]] = []
        self.tokens: list[str | None] = []
        self.status = 204
        super().__init__(("127.0.0.1", 0), _Request)


class _Request(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        self._change(lambda records, record: records.append(record))

    def do_DELETE(self) -> None:
        self._change(lambda records, record: records.remove(record))

    def _change(self, change) -> None:  # type: ignore[no-untyped-def]
        assert isinstance(self.server, DnsProvider)
        said = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.server.tokens.append(self.headers["Authorization"])
        change(self.server.records, (said["name"], said["value"]))
        self.send_response(self.server.status)
        self.end_headers()

    def log_message(self, *_arguments: object) -> None:
        """Say nothing."""


@pytest.fixture
def provider() -> Iterator[DnsProvider]:
    with DnsProvider() as server:
        thread = Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def program(folder: Path, port: int) -> str:
    """Return the path of the program of the page, which asks an API of ours."""
    (text,) = [one for one in examples("sh") if one.startswith("#!/bin/sh")]
    header = folder / "header"
    header.write_text("Authorization: Bearer secret\n")
    for theirs, ours in (
        ("https://dns.example.net/v1/txt", f"http://127.0.0.1:{port}/v1/txt"),
        ("/etc/sluice-proxy/dns-api.header", str(header)),
    ):
        assert theirs in text
        text = text.replace(theirs, ours)
    file = folder / "dns-hook"
    file.write_text(text)
    file.chmod(0o755)
    return str(file)


def test_the_program_sets_and_removes_one_value(provider: DnsProvider, tmp_path: Path) -> None:
    records = HookRecords(DnsHook(program(tmp_path, provider.server_port)))

    async def run() -> None:
        await asyncio.gather(records.set(NAME, "one"), records.set(NAME, "two"))
        assert sorted(provider.records) == [(NAME, "one"), (NAME, "two")]
        await records.unset(NAME, "one")

    asyncio.run(run())
    assert provider.records == [(NAME, "two")]
    assert set(provider.tokens) == {"Bearer secret"}


def test_the_program_says_why_it_failed(provider: DnsProvider, tmp_path: Path) -> None:
    path = program(tmp_path, provider.server_port)
    provider.status = 403

    with pytest.raises(NotAnswered) as error:
        asyncio.run(HookRecords(DnsHook(path)).set(NAME, "value"))
    assert str(error.value).startswith(f"{path} set {NAME} ended with 22: curl: (22) ")
    assert "403" in str(error.value)


def test_the_program_is_one_that_a_shell_reads() -> None:
    (text,) = [one for one in examples("sh") if one.startswith("#!/bin/sh")]
    subprocess.run(["sh", "-n"], input=text, text=True, check=True)


# The rest of the page


def test_the_configurations_say_what_the_page_says_of_them() -> None:
    first, *_rest = examples("yaml")
    assert snapshot(first).issuing.provider is Provider.ACME
    assert [one.name for one in acme("key_type").authorities] == [
        "letsencrypt",
        "other",
        "inside",
        "letsencrypt-staging",
    ]
    assert [one.staging for one in acme("key_type").authorities] == [False, False, False, True]
    assert acme("hook:").dns == DnsHook("/etc/sluice-proxy/dns-hook")
    demand = issuing("on_demand").on_demand
    assert demand is not None
    assert f"`GET {demand.ask}?domain=NAME`" in TEXT


@pytest.mark.parametrize("number", range(len(examples("yaml"))))
def test_a_laptop_needs_another_provider_and_nothing_else(number: int) -> None:
    whole = yaml.safe_load(examples("yaml")[number])
    whole["issuing"]["provider"] = "local_ca"

    found = snapshot(yaml.safe_dump(whole)).issuing
    assert (found.provider, found.acme) == (Provider.LOCAL_CA, None)


def test_the_figures_of_the_page_are_those_of_the_program() -> None:
    minutes = [wait / MINUTE for wait in backing_off.WAITS]
    assert minutes == [1, 5, 30, 60, 6 * 60, 12 * 60, 24 * 60]
    assert (
        "after 1 minute, 5 minutes, 30 minutes, 1 hour, 6 hours, 12 hours, and then every 24 hours,"
        " each a fifth more or less" in WORDS
    )
    assert backing_off.SPREAD == 1 / 5
    assert (backing_off.URGENT, backing_off.LEAST_URGENT) == (1 / 10, 15 * MINUTE)
    assert "in a tenth of what is left, but none sooner than after 15 minutes" in WORDS
    assert f"for {backing_off.MOST_ASKED_FOR / DAY:g} days at most" in WORDS
    assert (
        f"for {resting.FIRST:g} seconds at first, later {resting.LONGEST / MINUTE:g} min" in WORDS
    )
    assert f"is asked every {renewal.LOOK_USUAL / HOUR:g} hours" in WORDS
    assert renewal.SPREAD == 1 / 30
    assert "up to a thirtieth of its lifetime earlier" in WORDS
    usual = Acme(authorities=())
    assert usual.renew_after == 2 / 3
    assert "two thirds by default: day 60 of 90, day 4 of 6" in WORDS
    assert f"At most {hook.AT_ONCE} run at once" in WORDS


def test_the_figures_of_names_on_demand_are_those_of_the_program() -> None:
    refused = demand_rules.AGAIN[demand_rules.Why.NOT_PERMITTED]
    failed = demand_rules.AGAIN[demand_rules.Why.ASK_FAILED]
    assert f"refused for the next {refused / MINUTE:g} minutes without a question" in WORDS
    assert f"for which there was no answer for {failed:g} seconds" in WORDS
