# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Days that certificates have left, as numbers."""

from __future__ import annotations

from sluice_proxy.observe.expiry import MOST_LISTED, expiry_gauges
from sluice_proxy.snapshot.tls import Certificate, Pem
from sluice_proxy.supervisor.numbers import HELPS, supervisor_metrics

NOW = 1_800_000_000.0
DAY = 86400.0


def certificate(*hosts: str, days: float | None) -> Certificate:
    expires = None if days is None else NOW + days * DAY
    return Certificate(Pem(text=b""), Pem(text=b""), hosts=hosts, expires=expires)


def days_left(*certificates: Certificate) -> dict[str, float]:
    return {
        labels[0][1] if labels else "least": value
        for _name, labels, value in expiry_gauges(certificates, NOW)
    }


def test_each_certificate_has_its_days_by_its_first_name() -> None:
    found = days_left(certificate("a.test", "b.test", days=30), certificate("c.test", days=7.5))

    assert found == {"a.test": 30, "c.test": 7.5, "least": 7.5}


def test_one_that_has_expired_has_fewer_than_none() -> None:
    assert days_left(certificate("a.test", days=-2)) == {"a.test": -2, "least": -2}


def test_of_two_with_one_name_the_first_to_expire_counts() -> None:
    both = certificate("a.test", days=30), certificate("a.test", days=3)

    assert days_left(*both) == days_left(*both[::-1]) == {"a.test": 3, "least": 3}


def test_of_thousands_those_that_expire_first_are_listed() -> None:
    found = days_left(*(certificate(f"{n}.test", days=n) for n in range(5000, 0, -1)))

    assert found.pop("least") == 1
    assert found == {f"{n}.test": n for n in range(1, MOST_LISTED + 1)}
    assert f"of the {MOST_LISTED} that" in HELPS["sluice_certificate_days_left"]


def test_without_certificates_there_are_no_days() -> None:
    assert days_left() == {}
    assert days_left(certificate("a.test", days=None)) == {}


def test_the_page_has_them() -> None:
    page = supervisor_metrics(
        workers=1,
        leaving=0,
        deaths=0,
        version=1,
        routes=0,
        certificates=[certificate("a.test", days=30.25), certificate(days=3)],
        now=NOW,
        reloads={},
        targets=[],
        local_ca_days_left=3649.9996,
    ).render({})

    assert 'sluice_certificate_days_left{name="a.test"} 30.25\n' in page
    assert 'sluice_certificate_days_left{name=""} 3\n' in page
    assert "sluice_certificates_least_days_left 3\n" in page
    assert "sluice_certificates 2\n" in page
    assert "sluice_local_ca_days_left 3650\n" in page
    assert "sluice_local_ca_days_left" in HELPS
