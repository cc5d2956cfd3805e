# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the supervisor tells about certificates that it makes."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from samples.config import FilesInMemory
from sluice_proxy.admin.status import CertificateStatus
from sluice_proxy.config.loading import parse_base
from sluice_proxy.issuing.authority_folder import KEY
from sluice_proxy.issuing.issuer import Issuer, Settled
from sluice_proxy.resources.edition import Edition, edition_of_file
from sluice_proxy.resources.model import Origin
from sluice_proxy.supervisor.composition import composed
from sluice_proxy.supervisor.made_certificates import (
    automatic_statuses,
    local_ca_days_left,
    news,
    said_of,
)

START = datetime(2026, 5, 1, tzinfo=UTC)


class Proxy:
    """What a supervisor does with certificates, without any process."""

    def __init__(self, folder: Path) -> None:
        self.now = START
        self.folder = folder
        self._issuer = Issuer({}, "desk")
        self._settled: Settled | None = None

    @property
    def settled(self) -> Settled:
        assert self._settled is not None
        return self._settled

    def serve(self, *hosts: str) -> list[str]:
        """Make certificates for hosts of the file, and return what is logged."""
        former = self._settled
        held = {} if former is None else former.leaves
        self._edition = edition(self.folder, *hosts)
        self._settled = composed(self._edition, held, self._issuer, self.now).settled
        found = list(news(former, self._settled))
        assert not any("PRIVATE" in line for line in found)
        return found

    def statuses(self, of_file: bool = True) -> list[CertificateStatus]:
        """Return how they are when their routes are of the file, or of the API."""
        routes = self._edition.base.snapshot.routes if of_file else ()
        return list(automatic_statuses(self.settled, self.now, routes))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "ca"


@pytest.fixture
def proxy(folder: Path) -> Proxy:
    return Proxy(folder)


def edition(folder: Path, *hosts: str) -> Edition:
    routes = [{"hosts": [host], "tls": "auto", "name": host} for host in hosts]
    text = f"issuing: {{provider: local_ca, folder: {folder}}}\nroutes: {routes}"
    return edition_of_file(parse_base(text.encode(), file="edge.yml", files=FilesInMemory()))


def test_the_ca_has_its_days(proxy: Proxy) -> None:
    proxy.serve()
    proxy.now = START + timedelta(days=650)

    days = local_ca_days_left(proxy.settled, proxy.now)
    assert days is not None
    assert round(days) == 3000


def test_those_of_routes_have_a_status(proxy: Proxy) -> None:
    proxy.serve("a.test", "bank.example.com")
    proxy.now = START + timedelta(days=97)
    good, bad = proxy.statuses()

    assert (good.id, good.origin, good.provider) == ("auto a.test", Origin.FILE, "local_ca")
    assert (good.names, round(good.days_left), good.said) == (("a.test",), 300, "")
    assert len(good.fingerprint) == 64
    assert (bad.id, bad.names, bad.fingerprint) == (
        "auto bank.example.com",
        ("bank.example.com",),
        "",
    )
    assert "bank.example.com is outside of" in bad.said
    assert said_of(proxy.settled) == {bad.id: bad.said}


def test_those_of_routes_are_of_whom_the_routes_are(proxy: Proxy) -> None:
    proxy.serve("a.test", "bank.example.com")

    assert {one.origin for one in proxy.statuses()} == {Origin.FILE}
    assert {one.origin for one in proxy.statuses(of_file=False)} == {Origin.API}


def test_what_cannot_be_made_is_logged_once(proxy: Proxy) -> None:
    (said,) = proxy.serve("a.test", "bank.example.com")

    assert said.startswith("certificate for bank.example.com: bank.example.com is outside of what")
    assert proxy.serve("a.test", "bank.example.com") == []


def test_a_ca_that_cannot_be_used_is_logged_once_however_many_need_it(
    proxy: Proxy, folder: Path
) -> None:
    folder.write_text("a file")

    assert proxy.serve("a.test", "b.test") == [
        f"the local CA cannot be used: {folder} cannot be read: Not a directory"
    ]
    assert proxy.serve("a.test", "b.test") == []
    assert local_ca_days_left(proxy.settled, START) is None
    assert len(proxy.statuses()) == 2


def test_a_leaf_that_cannot_be_renewed_is_shown_on_and_told(proxy: Proxy, folder: Path) -> None:
    proxy.serve("a.test")
    (folder / KEY).unlink()
    proxy.now = START + timedelta(days=300)

    (said,) = proxy.serve("a.test")
    assert said.startswith("the local CA cannot be used: ")
    (status,) = proxy.statuses()
    assert status.said.endswith("put it back, or check its owner: the former one is shown on")
    assert round(status.days_left) == 97
