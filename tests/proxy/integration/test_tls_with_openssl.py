# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Hosts with TLS policies of their own, as openssl's client meets them over the wire."""

from __future__ import annotations

import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest
from running.command import command
from running.proxy import Proxy
from samples.certificates import Pair, authority, leaf, usual_authority
from sluice_proxy.snapshot.listening import Listener, TcpAddress
from sluice_proxy.snapshot.snapshot import Snapshot
from sluice_proxy.tls.choosing import PROTOCOLS, ContextChooser
from sluice_proxy.tls.reading import with_tls_read
from sluice_proxy.tls.server_contexts import ServerContexts
from sluice_proxy.tls.server_side import Choose
from sluice_proxy.tls.upstream_contexts import upstream_context
from sluice_proxy.worker.tls_contexts import TlsContexts

STAFF = authority("Staff")
OVER_TLS = Listener(TcpAddress("127.0.0.1", 0), tls=True)
BOTH = pytest.mark.parametrize("version", ["-tls1_2", "-tls1_3"])
PATIENCE = 30
GET = "GET / HTTP/1.1\r\nHost: {}\r\n\r\n"
LAST = "GET / HTTP/1.1\r\nHost: {}\r\nConnection: close\r\n\r\n"


def choose(snapshot: Snapshot) -> Choose:
    """Return what chooses among the certificates of a snapshot, as workers do."""
    read, complaints = with_tls_read(snapshot)
    assert complaints == []
    return ContextChooser(read, ServerContexts(PROTOCOLS)).context_for


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the files of clients and of the proxy are."""
    made = tmp_path_factory.mktemp("openssl")
    (made / "authority.pem").write_bytes(usual_authority().pem)
    (made / "staff.pem").write_bytes(STAFF.pem)
    return made


def in_file(folder: Path, pair: Pair, name: str) -> str:
    """Write a certificate with its key, and return the file."""
    file = folder / f"{name}.pem"
    file.write_bytes(pair.chain + pair.key_pem())
    return str(file)


@pytest.fixture(scope="module")
def proxy(folder: Path) -> Iterator[Proxy]:
    """A proxy with an ordinary host, one of TLS 1.3, and one for staff."""
    shown = in_file(folder, leaf("plain.test", "new.test", "closed.test"), "shown")
    address = in_file(folder, leaf("127.0.0.1"), "address")
    config = (
        "listen: ['127.0.0.1:1']\n"
        "routes: [{name: page, page: {content: served}}]\n"
        "certificates:\n"
        f"  - {{chain: {shown}, key: {shown}}}\n"
        f"  - {{chain: {address}, key: {address}}}\n"
        "tls:\n"
        "  strict_sni: true\n"
        "  hosts:\n"
        "    - {hosts: new.test, min_version: '1.3'}\n"
        "    - hosts: closed.test\n"
        "      client_certificate: required\n"
        f"      client_ca: {folder / 'staff.pem'}\n"
    )
    with Proxy(config, listener=OVER_TLS, contexts=TlsContexts(choose, upstream_context)) as made:
        yield made


class OpenSsl:
    """A running ``openssl s_client``: what it is told, and all that it says."""

    def __init__(self, process: subprocess.Popen[bytes]) -> None:
        self._process = process
        self._said = ""
        self._more = threading.Condition()
        self._ended = False
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        assert self._process.stdout is not None
        while piece := self._process.stdout.read(65_536):
            with self._more:
                self._said += piece.decode("latin-1")
                self._more.notify_all()
        with self._more:
            self._ended = True
            self._more.notify_all()

    def tell(self, text: str) -> None:
        """Type something; letters of its own it takes for commands."""
        assert self._process.stdin is not None
        # It may have ended already, and what it says tells why.
        with suppress(BrokenPipeError):
            self._process.stdin.write(text.encode())

    def hear(self, text: str, times: int = 1) -> None:
        """Wait until it has said something that often."""
        with self._more:
            self._more.wait_for(lambda: self._ended or self._said.count(text) >= times, PATIENCE)
            assert self._said.count(text) >= times, self._said

    def all_said(self) -> str:
        """Return everything that it says up to its end."""
        with self._more:
            assert self._more.wait_for(lambda: self._ended, PATIENCE), self._said
            return self._said


@contextmanager
def s_client(proxy: Proxy, folder: Path, name: str, *options: str) -> Iterator[OpenSsl]:
    """Connect and ask for a name."""
    words = [
        command("openssl"), "s_client", "-connect", f"127.0.0.1:{proxy.port}",
        *(("-servername", name) if name else ()),
        "-CAfile", str(folder / "authority.pem"), "-verify_return_error", *options,
    ]  # fmt: skip
    pipe = subprocess.PIPE
    with subprocess.Popen(
        words, stdin=pipe, stdout=pipe, stderr=subprocess.STDOUT, bufsize=0
    ) as process:
        client = OpenSsl(process)
        try:
            yield client
        finally:
            process.kill()
            client.all_said()


@BOTH
def test_a_host_without_a_policy_of_its_own_is_served(
    proxy: Proxy, folder: Path, version: str
) -> None:
    with s_client(proxy, folder, "plain.test", version, "-alpn", "h2,http/1.1") as client:
        client.tell(LAST.format("plain.test"))
        said = client.all_said()

    assert "\nserved" in said
    assert "ALPN protocol: http/1.1" in said
    assert "closed\n" in said


def test_a_host_of_tls_1_3_refuses_1_2_by_protocol_version(proxy: Proxy, folder: Path) -> None:
    with s_client(proxy, folder, "new.test", "-tls1_2") as client:
        assert "alert protocol version" in client.all_said()
    with s_client(proxy, folder, "new.test") as client:
        client.tell(LAST.format("new.test"))
        assert "\nserved" in client.all_said()


@pytest.mark.parametrize("version", ["-tls1", "-tls1_1"])
def test_versions_before_1_2_are_refused_everywhere(
    proxy: Proxy, folder: Path, version: str
) -> None:
    weak = ("-cipher", "DEFAULT:@SECLEVEL=0")
    with s_client(proxy, folder, "plain.test", version, *weak) as client:
        assert "alert protocol version" in client.all_said()


def test_a_client_without_a_name_gets_the_certificate_of_the_address(
    proxy: Proxy, folder: Path
) -> None:
    with s_client(proxy, folder, "", "-noservername", "-verify_ip", "127.0.0.1") as client:
        client.tell(LAST.format("127.0.0.1"))
        assert "\nserved" in client.all_said()


@BOTH
def test_a_host_for_staff_refuses_who_shows_no_certificate_or_a_strangers(
    proxy: Proxy, folder: Path, version: str
) -> None:
    stranger = in_file(folder, leaf("stranger", issuer=authority("Strangers")), "stranger")
    for options in ((), ("-cert", stranger)):
        with s_client(proxy, folder, "closed.test", version, *options) as client:
            client.tell(LAST.format("closed.test"))
            said = client.all_said()
        assert "served" not in said
        assert "alert" in said


@BOTH
def test_a_host_for_staff_serves_staff(proxy: Proxy, folder: Path, version: str) -> None:
    own = in_file(folder, leaf("somebody", issuer=STAFF), "somebody")
    with s_client(proxy, folder, "closed.test", version, "-cert", own) as client:
        client.tell(LAST.format("closed.test"))
        assert "\nserved" in client.all_said()


@BOTH
def test_a_session_of_an_open_host_is_not_resumed_at_the_host_for_staff(
    proxy: Proxy, folder: Path, version: str
) -> None:
    session = str(folder / f"session{version}")
    with s_client(proxy, folder, "plain.test", version, "-sess_out", session) as client:
        client.tell(LAST.format("plain.test"))
        client.all_said()
    with s_client(proxy, folder, "plain.test", version, "-sess_in", session) as client:
        client.tell(LAST.format("plain.test"))
        assert "\nReused, " in client.all_said()

    with s_client(proxy, folder, "closed.test", version, "-sess_in", session) as client:
        client.tell(LAST.format("closed.test"))
        said = client.all_said()
    assert "served" not in said
    assert "alert" in said


def test_a_host_for_staff_is_not_served_by_an_open_hosts_connection(
    proxy: Proxy, folder: Path
) -> None:
    with s_client(proxy, folder, "plain.test") as client:
        client.tell(LAST.format("closed.test"))
        assert "HTTP/1.1 421 " in client.all_said()


def test_strict_sni_says_so_of_a_name_without_certificate(proxy: Proxy, folder: Path) -> None:
    with s_client(proxy, folder, "other.test") as client:
        assert "unrecognized name" in client.all_said()


def test_a_client_that_speaks_only_h2_is_told_so(proxy: Proxy, folder: Path) -> None:
    with s_client(proxy, folder, "plain.test", "-alpn", "h2") as client:
        assert "no application protocol" in client.all_said()


def test_keys_are_renewed_by_either_wish_in_the_middle_of_a_connection(
    proxy: Proxy, folder: Path
) -> None:
    with s_client(proxy, folder, "plain.test", "-tls1_3", "-msg") as client:
        client.tell(GET.format("plain.test"))
        client.hear("\nserved")
        # K asks for the proxy's new keys as well, k does not.
        client.tell("K\n")
        client.hear(">>> TLS 1.3, Handshake [length 0005], KeyUpdate")
        client.tell(GET.format("plain.test"))
        client.hear("\nserved", 2)
        client.hear("<<< TLS 1.3, Handshake [length 0005], KeyUpdate")
        client.tell("k\n")
        client.hear(">>> TLS 1.3, Handshake [length 0005], KeyUpdate", 2)
        client.tell(LAST.format("plain.test"))
        client.hear("\nserved", 3)


def test_renegotiation_is_refused(proxy: Proxy, folder: Path) -> None:
    with s_client(proxy, folder, "plain.test", "-tls1_2") as client:
        client.tell(GET.format("plain.test"))
        client.hear("\nserved")
        client.tell("R\n")
        assert "no renegotiation" in client.all_said()
