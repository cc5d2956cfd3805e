# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Certificates that a running proxy makes: shown with their route, the same after a restart."""

from __future__ import annotations

import json
import re
import socket
import ssl
import stat
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path
from typing import Any

from running.admin_client import AtSocketFile
from running.browser import browser
from running.service import PATIENCE, Running, running, until

CONFIG = """
listen: [{address: 127.0.0.1:PORT, tls: true}]
metrics: 127.0.0.1:METRICS
tls: {strict_sni: true}
workers: 1
store: FOLDER/store.db
admin: unix:FOLDER/admin.sock
issuing: {provider: local_ca, folder: FOLDER/ca}
log: {level: debug}
routes: [{name: of-file, hosts: file.test, tls: auto, page: {content: served}}]
"""
HOSTS = [f"h{number}.test" for number in range(50)]


class Edge:
    """A proxy that runs, its admin API, and clients that trust its CA."""

    def __init__(self, folder: Path, proxy: Running) -> None:
        self.folder = folder
        self.proxy = proxy
        self.answers: list[str] = []

    def ask(self, method: str, path: str, content: Any = None) -> tuple[int, str]:
        """Return the status and the content of an answer of the API."""
        connection = AtSocketFile(str(self.folder / "admin.sock"), PATIENCE)
        try:
            body = None if content is None else json.dumps(content)
            connection.request(method, path, body, {"Content-Type": "application/json"})
            response = connection.getresponse()
            text = response.read().decode()
        finally:
            connection.close()
        self.answers.append(text)
        return response.status, text

    def route(self, name: str, host: str) -> int:
        document = {"hosts": [host], "tls": "auto", "page": {"content": "served"}}
        return self.ask("PUT", f"/v1/routes/{name}", document)[0]

    def certificate(self, name: str, *names: str, provider: str = "local_ca") -> tuple[int, str]:
        document = {"provider": provider, "names": list(names)}
        return self.ask("PUT", f"/v1/certificates/{name}", document)

    def shown(self, host: str) -> str:
        """Return the fingerprint of what a client is shown that trusts the CA, and nothing else;
        raises ssl.SSLError."""
        context = ssl.create_default_context(cadata=(self.folder / "ca" / "ca.pem").read_text())
        context.verify_flags |= ssl.VERIFY_X509_STRICT
        with (
            socket.create_connection(("127.0.0.1", self.proxy.port), PATIENCE) as plain,
            context.wrap_socket(plain, server_hostname=host) as client,
        ):
            found = client.getpeercert(binary_form=True)
            assert found is not None
            return sha256(found).hexdigest()

    def refuses(self, host: str) -> bool:
        """Whether there is no certificate for a host."""
        try:
            self.shown(host)
        except ssl.SSLError as error:
            return "unrecognized name" in str(error)
        return False

    def status(self) -> dict[str, Any]:
        """Return the certificates of the status by their ids."""
        whole = json.loads(self.ask("GET", "/status")[1])
        return {one["id"]: one for one in whole["certificates"]}


@contextmanager
def edge(folder: Path, config: str = CONFIG) -> Iterator[Edge]:
    with running(folder, config.replace("FOLDER", str(folder)), data_plane=None) as proxy:
        yield Edge(folder, proxy)


def test_a_route_that_asks_is_served_with_a_leaf_of_the_ca_at_once(tmp_path: Path) -> None:
    with edge(tmp_path) as one:
        one.shown("file.test")
        assert one.refuses("api.test")

        assert one.route("api", "api.test") == 201
        fingerprint = one.shown("api.test")
        assert one.status()["auto api.test"]["fingerprint"] == fingerprint
        assert one.ask("GET", "/v1/local-ca")[1] == (tmp_path / "ca" / "ca.pem").read_text()
        assert 396 < one.proxy.number('sluice_certificate_days_left{name="api.test"}') < 397
        assert 3649 < one.proxy.number("sluice_local_ca_days_left") <= 3650

        assert one.ask("DELETE", "/v1/routes/api")[0] == 204
        assert one.refuses("api.test")


def test_a_browser_that_trusts_what_is_exported_is_served(tmp_path: Path) -> None:
    with edge(tmp_path) as one:
        exported = one.ask("GET", "/v1/local-ca")[1].encode()
        with browser(tmp_path, trusts=exported) as page:
            page.open(f"https://api.test:{one.proxy.port}/")
            assert page.value("document.body.innerText") != "served"

            one.route("api", "api.test")
            page.wrong.clear()
            page.open(f"https://api.test:{one.proxy.port}/")
            assert (page.value("document.body.innerText"), page.wrong) == ("served", [])


def test_a_restart_an_upgrade_and_a_reload_show_the_same(tmp_path: Path) -> None:
    def all_shown(one: Edge) -> list[str]:
        return [one.shown(host) for host in ("file.test", "api.test", "declared.test")]

    with edge(tmp_path) as one:
        one.route("api", "api.test")
        one.ask("PUT", "/v1/routes/plain", {"hosts": "declared.test", "page": {"content": "x"}})
        assert one.certificate("web", "declared.test")[0] == 201
        before = all_shown(one)
        one.proxy.reload()
        assert all_shown(one) == before
        one.proxy.upgrade()
        assert all_shown(one) == before
        one.proxy.stop()
    (tmp_path / "notify").unlink()
    with edge(tmp_path) as one:
        assert all_shown(one) == before
        assert one.status()["web"]["fingerprint"] == before[2]


def test_a_name_that_nobody_registered_gets_no_certificate(tmp_path: Path) -> None:
    with edge(tmp_path) as one:
        for name in ("bank.test", "*.file.test", "bank.example.com", "10.0.0.1"):
            status, text = one.certificate("bad", "file.test", name)
            assert status == 422
            assert f"{name} is of no route: declare one for it first" in text
        assert one.refuses("bank.test")
        assert one.refuses("www.file.test")
        document = {"hosts": ["bank.example.com"], "tls": "auto", "page": "x"}
        for path in ("/v1/routes/bank?dry_run=true", "/v1/routes/bank"):
            status, text = one.ask("PUT", path, document)
            assert status == 422
            assert "bank.example.com is outside of what" in text
        assert one.ask("GET", "/v1/certificates/bad")[0] == 404


def test_all_who_ask_at_once_get_the_same_certificate_of_one_ca(tmp_path: Path) -> None:
    with edge(tmp_path) as one, ThreadPoolExecutor(50) as pool:
        same = list(pool.map(lambda _n: one.route("same", "same.test"), range(50)))
        assert sorted(same) == [200] * 49 + [201]
        assert len(set(pool.map(lambda _n: one.shown("same.test"), range(50)))) == 1

        others = pool.map(lambda host: one.route(host, host), HOSTS)
        assert set(others) == {201}
        assert len(set(pool.map(one.shown, HOSTS))) == 50


def test_keys_are_for_their_owner_alone_and_are_told_to_nobody(tmp_path: Path) -> None:
    with edge(tmp_path) as one:
        one.route("api", "api.test")
        one.certificate("own", "own.test", provider="self_signed")
        one.certificate("bad", "bank.test")
        for path in ("routes", "certificates", "certificates/own", "local-ca"):
            one.ask("GET", f"/v1/{path}")
        for path in ("/v1", "/openapi.json", "/status", "/metrics", "/certs"):
            one.ask("GET", path)
        one.ask(
            "PUT",
            "/v1/certificates/own?dry_run=true",
            {"provider": "self_signed", "names": ["other.test"]},
        )
        ca = tmp_path / "ca"
        secrets = {line for line in (ca / "ca-key.pem").read_text().splitlines() if "-" not in line}
        kept = b"".join(path.read_bytes() for path in tmp_path.glob("store.db*"))
        secrets |= keys_in(kept.decode("latin-1"))
        assert len(secrets) > 9
        processes = [one.proxy.process.pid, *one.proxy.workers()]
        told = [*one.answers, one.proxy.said, one.proxy.page()[1]]
        for pid in processes:
            told += [
                Path(f"/proc/{pid}/{name}").read_text() for name in ("cmdline", "environ", "comm")
            ]
        assert [secret for secret in secrets if any(secret in text for text in told)] == []
        assert not any("PRIVATE KEY" in text for text in told)

        for path in (ca / "ca-key.pem", *tmp_path.glob("store.db*")):
            assert stat.S_IMODE(path.stat().st_mode) == 0o600, path
        assert stat.S_IMODE(ca.stat().st_mode) == 0o700


def keys_in(text: str) -> set[str]:
    """Return the lines of all private keys that documents have."""
    keys = re.findall(r"BEGIN PRIVATE KEY-----\\n(.*?)\\n-----END", text)
    return {line for key in keys for line in key.split("\\n")}


def test_a_folder_that_cannot_be_used_stops_only_what_needs_it(tmp_path: Path) -> None:
    (tmp_path / "ca").write_text("no folder")
    with edge(tmp_path) as one:
        assert "the local CA cannot be used: " in one.proxy.said
        status, text = one.ask(
            "PUT", "/v1/routes/api", {"hosts": ["api.test"], "tls": "auto", "page": "x"}
        )
        assert status == 422
        assert "cannot be read: Not a directory" in text
        assert one.certificate("own", "own.test", provider="self_signed")[0] == 201
        said = one.status()["auto file.test"]["said"]
        assert "cannot be read: Not a directory" in said

        (tmp_path / "ca").unlink()
        one.proxy.reload()
        one.shown("file.test")
        until(lambda: one.status()["auto file.test"]["said"] == "", "the trouble to be over")
