# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the supervisor tells about certificates that it makes."""

from __future__ import annotations

import logging
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from samples.config import FilesInMemory
from sluice_proxy.config.loading import parse_base
from sluice_proxy.issuing.authority_folder import CERTIFICATE, KEY
from sluice_proxy.issuing.issuer import Issuer
from sluice_proxy.resources.edition import Edition, edition_of_file
from sluice_proxy.resources.model import Origin
from sluice_proxy.store.memory import MemoryStore
from sluice_proxy.supervisor.made_certificates import MadeCertificates

START = datetime(2026, 5, 1, tzinfo=UTC)


class Clock:
    def __init__(self) -> None:
        self.now = START

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def made(clock: Clock) -> MadeCertificates:
    return MadeCertificates(Issuer({}, "desk"), clock)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "ca"


def edition(folder: Path, *hosts: str) -> Edition:
    routes = [{"hosts": [host], "tls": "auto", "name": host} for host in hosts]
    text = f"issuing: {{provider: local_ca, folder: {folder}}}\nroutes: {routes}"
    return edition_of_file(parse_base(text.encode(), file="edge.yml", files=FilesInMemory()))


def warnings(caplog: pytest.LogCaptureFixture) -> list[str]:
    found = [record.getMessage() for record in caplog.records if record.levelno > logging.INFO]
    assert not any("PRIVATE" in text for text in found)
    caplog.clear()
    return found


def test_what_is_not_in_force_is_not_kept(made: MadeCertificates, folder: Path) -> None:
    first = made.certify(edition(folder, "a.test"))
    second = made.certify(edition(folder, "a.test"))

    assert first.automatic != second.automatic
    made.keep(second)
    assert made.certify(edition(folder, "a.test")).automatic == second.automatic


def test_it_begins_with_what_the_store_has(
    made: MadeCertificates, clock: Clock, folder: Path
) -> None:
    store = MemoryStore()
    certified = made.certify(edition(folder, "a.test"))
    store.apply(certified.changes, {})
    again = MadeCertificates(Issuer({}, "desk"), clock)
    again.open(store.read(None))

    assert again.certify(edition(folder, "a.test")).automatic == certified.automatic


def test_the_ca_can_be_exported_and_has_its_days_as_soon_as_it_is_in_force(
    made: MadeCertificates, clock: Clock, folder: Path
) -> None:
    certified = made.certify(edition(folder))
    assert (made.local_ca(), made.local_ca_days_left()) == (None, None)

    made.keep(certified)
    assert made.local_ca() == (folder / CERTIFICATE).read_bytes()
    clock.now = START + timedelta(days=650)
    days = made.local_ca_days_left()
    assert days is not None
    assert round(days) == 3000


def test_those_of_routes_have_a_status(made: MadeCertificates, clock: Clock, folder: Path) -> None:
    made.keep(made.certify(edition(folder, "a.test", "bank.example.com")))
    clock.now = START + timedelta(days=97)
    good, bad = made.statuses()

    assert (good.id, good.origin, good.provider) == ("auto a.test", Origin.FILE, "local_ca")
    assert (good.names, round(good.days_left), good.said) == (("a.test",), 300, "")
    assert len(good.fingerprint) == 64
    assert (bad.id, bad.names, bad.fingerprint) == (
        "auto bank.example.com",
        ("bank.example.com",),
        "",
    )
    assert "bank.example.com is outside of" in bad.said
    assert made.said == {bad.id: bad.said}


def test_what_cannot_be_made_is_logged_once(
    made: MadeCertificates, folder: Path, caplog: pytest.LogCaptureFixture
) -> None:
    made.keep(made.certify(edition(folder, "a.test", "bank.example.com")))
    (said,) = warnings(caplog)
    assert said.startswith("certificate for bank.example.com: bank.example.com is outside of what")

    made.keep(made.certify(edition(folder, "a.test", "bank.example.com")))
    assert warnings(caplog) == []


def test_a_ca_that_cannot_be_used_is_logged_once_however_many_need_it(
    made: MadeCertificates, folder: Path, caplog: pytest.LogCaptureFixture
) -> None:
    folder.write_text("a file")
    made.keep(made.certify(edition(folder, "a.test", "b.test")))

    assert warnings(caplog) == [
        f"the local CA cannot be used: {folder} cannot be read: Not a directory"
    ]
    made.keep(made.certify(edition(folder, "a.test", "b.test")))
    assert warnings(caplog) == []
    assert made.local_ca() is None
    assert len(list(made.statuses())) == 2


def test_a_leaf_that_cannot_be_renewed_is_shown_on_and_told(
    made: MadeCertificates, clock: Clock, folder: Path, caplog: pytest.LogCaptureFixture
) -> None:
    made.keep(made.certify(edition(folder, "a.test")))
    (folder / KEY).unlink()
    clock.now = START + timedelta(days=300)
    made.keep(made.certify(edition(folder, "a.test")))

    (said,) = warnings(caplog)
    assert said.startswith("the local CA cannot be used: ")
    (status,) = made.statuses()
    assert status.said.endswith("put it back, or check its owner: the former one is shown on")
    assert round(status.days_left) == 97
