# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What docs/proxy/operations.md says is so."""

from __future__ import annotations

import re
import signal
from pathlib import Path

import sluice_proxy
from sluice_proxy.admin import page_view
from sluice_proxy.cli.ending import Exit
from sluice_proxy.observe import access_log, error_log, log_writer
from sluice_proxy.observe.metrics import Metrics
from sluice_proxy.supervisor import (
    backoff,
    changes,
    channel,
    enforcer,
    health_checks,
    health_request,
    metrics_page,
    reserve,
    rotation,
    status_asking,
    successor,
    supervisor,
    worker,
    workers,
)
from sluice_proxy.supervisor.numbers import HELPS
from sluice_proxy.tls import certificates, server_contexts

PACKAGE = Path(str(sluice_proxy.__file__)).parent
TEXT = (Path(__file__).resolve().parents[4] / "docs" / "proxy" / "operations.md").read_text()


def table(heading: str) -> dict[str, str]:
    """Return the first table below a heading: the last column by the first."""
    part = TEXT.split(f"## {heading}\n")[1].split("\n## ")[0]
    rows = [line.strip("|").split("|") for line in part.splitlines() if line.startswith("|")]
    return {row[0].strip().strip("`"): row[-1].strip() for row in rows[2:]}


def of_requests() -> set[str]:
    """Return the names of the numbers that every page has."""
    return set(re.findall(r"^# TYPE (\S+)", Metrics().render({}), re.MULTILINE))


def test_every_number_is_described_as_the_page_describes_it() -> None:
    described = table("Numbers")

    assert set(described) == set(HELPS) | of_requests()
    assert {name: described[name] for name in HELPS} == HELPS


def test_every_number_of_the_program_is_known() -> None:
    found = {
        name
        for path in PACKAGE.rglob("*.py")
        for name in re.findall(r'"(sluice_[a-z_]+)"', path.read_text())
    }
    assert {name for name in found if name != "sluice_proxy"} <= (
        set(HELPS) | of_requests() | {"sluice_target"}
    )


def test_every_signal_is_described() -> None:
    described = {name for row in table("Signals") for name in row.split(", ")}

    assert described == {"SIGHUP", "SIGUSR1", "SIGUSR2", "SIGTERM", "SIGINT"}
    assert {signal.Signals[name] for name in described} == set(supervisor.SIGNALS)


def test_exit_codes_are_those_of_the_command() -> None:
    assert set(table("Exit codes")) == {
        str(int(code)) for code in (Exit.GOOD, Exit.FAILED, Exit.BAD_USAGE, Exit.BAD_CONFIG)
    }
    assert f"RestartPreventExitStatus={Exit.BAD_CONFIG:d}" in TEXT


def test_figures_are_those_of_the_program() -> None:
    limits = list(table("Limits that are not in the file").values())

    # A message has two payloads beside the sockets.
    assert limits[:8] == [
        f"{enforcer.ADOPTION:g} s",
        f"{worker.GRACE:g} s",
        f"{successor.PATIENCE:g} s",
        f"{access_log.PATIENCE:g} s",
        str(health_checks.MOST_AT_ONCE),
        f"{health_request.MOST_CONTENT // 2**20} MiB",
        str(channel.MOST_DESCRIPTORS - 2),
        str(reserve.RESERVED),
    ]
    assert f"up to {changes.MOST_IN_A_TURN} are put in force together" in TEXT
    assert f"have {supervisor.ANSWERING:g} s for answers that are on their way" in TEXT
    assert f"tried again each {supervisor.RETRY:g} s" in TEXT
    assert f"answered within the last {workers.SILENCE:g} s" in TEXT
    assert f"keeps up to {log_writer.MOST_HELD // 2**20} MiB of the access log" in TEXT
    assert f"at most {error_log.MOST_A_SECOND} lines a second" in TEXT
    assert f"answers nothing for {workers.SILENCE:g} s" in TEXT
    assert f"one that starts after {workers.STARTING:g} s" in TEXT
    assert f"again after {backoff.FIRST:g} s, then {2 * backoff.FIRST:g} s" in TEXT
    assert f"up to {backoff.LONGEST:g} s" in TEXT
    assert f"dies {backoff.OFTEN} times within {backoff.WITHIN:g} s" in TEXT
    assert f"replaced after {backoff.PAUSE:g} s each time" in TEXT
    assert f"looks once in {rotation.LOOKED_AT:g} s" in TEXT
    assert f"each worker keeps the {server_contexts.MOST_CONTEXTS} used last" in TEXT
    assert f"RSA key below {certificates.LEAST_RSA_BITS} bits" in TEXT
    assert f"a curve below {certificates.LEAST_CURVE_BITS} bits" in TEXT
    assert f"It answers {metrics_page.MOST_READERS} connections at a time" in TEXT
    assert f"each for {metrics_page.PATIENCE:g} s" in TEXT
    assert f"shows the {page_view.MOST_ROUTES} with the most traffic" in TEXT
    assert f"certificates the {page_view.MOST_CERTIFICATES} that expire first" in TEXT
    assert f"what changed each {page_view.PERIODS[0]} s" in TEXT
    assert {30} < set(page_view.PERIODS)
    assert f"Who asks first waits {status_asking.LEAST:g} s" in TEXT
