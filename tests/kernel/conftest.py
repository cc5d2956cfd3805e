# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Network namespaces on this machine's own kernel, made for one test and removed after it."""

from __future__ import annotations

import itertools
import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from ansible_collections.sluice.edge.tests.kernel.namespaces import Namespace, command

_NUMBERS = itertools.count()


@pytest.fixture(scope="session", autouse=True)
def _may_make_namespaces() -> None:
    if shutil.which("ip") is None:
        pytest.exit("these tests need iproute2: apt-get install iproute2", returncode=2)
    if os.geteuid() != 0:
        pytest.exit(
            "these tests need root; without it, run them under "
            "'unshare --map-root-user --net --mount --'",
            returncode=2,
        )
    # Under unshare, root owns only what it mounts itself.
    if not os.access("/run", os.W_OK) or not _may_write(Path("/run")):
        command("mount", "-t", "tmpfs", "none", "/run")


def _may_write(folder: Path) -> bool:
    probe = folder / ("sluice-test-%d" % os.getpid())
    try:
        probe.mkdir()
        probe.rmdir()
    except OSError:
        return False
    return True


@pytest.fixture
def namespace() -> Iterator[Namespace]:
    """A namespace with eth0, whose other end is eth0 of the namespace's ``neighbour``."""
    stem = "sluice-%d-%d" % (os.getpid(), next(_NUMBERS))
    made = Namespace(stem + "-a"), Namespace(stem + "-b")
    try:
        for one in made:
            command("ip", "netns", "add", one.name)
            one.ip("link", "set", "lo", "up")
        made[0].ip("link", "add", "eth0", "type", "veth", "peer", "eth0", "netns", made[1].name)
        for one in made:
            # Quick detection: what is tested is the answer, not Linux's patience.
            one.set("net/ipv6/conf/eth0/router_solicitation_delay", "0")
            one.set("net/ipv6/neigh/eth0/retrans_time_ms", "200")
            one.ip("link", "set", "eth0", "up")
        for one in made:
            one.wait_until_settled()
        made[0].neighbour = made[1]
        yield made[0]
    finally:
        for one in made:
            subprocess.run(["ip", "netns", "del", one.name], check=False, capture_output=True)
