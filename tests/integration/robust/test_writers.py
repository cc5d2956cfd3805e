# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Several writers at one time, none of which may undo another's work."""

from __future__ import annotations

from functools import partial
from typing import Any, Dict

from ansible_collections.sluice.edge.tests.integration.robust.director import Director, Process

SERVICE: Dict[str, Any] = {"address": "192.0.2.100", "port": 80}
WRITES = 40


def server(writer: int, number: int) -> str:
    return "198.51.%d.%d" % (100 + writer, number + 1)


def test_two_processes_writing_different_servers_of_one_service_lose_nothing(
    director: Director,
) -> None:
    director.services(**SERVICE)

    def write(writer: int) -> Dict[str, Any]:
        for number in range(WRITES):
            done = director.servers(service=SERVICE, address=server(writer, number))
            assert done["changed"]
        return {}

    writers = [Process(partial(write, writer)) for writer in range(2)]
    assert [writer.wait().result for writer in writers] == [{}, {}]
    expected = {server(writer, number) for writer in range(2) for number in range(WRITES)}
    assert {line.split()[4].split(":")[0] for line in director.table().splitlines()[1:]} == expected


def test_a_writer_beside_ipvsadm_loses_nothing(director: Director) -> None:
    director.services(**SERVICE)
    script = "; ".join(
        "ipvsadm -a -t 192.0.2.100:80 -r %s:80" % server(1, number) for number in range(WRITES)
    )
    other = Process(lambda: {"printed": director.run("sh", "-c", script)})
    for number in range(WRITES):
        director.servers(service=SERVICE, address=server(0, number))
    assert other.wait().result == {"printed": ""}
    assert len(director.table().splitlines()) == 1 + 2 * WRITES
