# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Several writers at one time, none of which may undo another's work."""

from __future__ import annotations

from functools import partial
from typing import Any

from ansible_collections.sluice.edge.tests.kernel.dnat.edge import SERVERS, Edge, profile
from ansible_collections.sluice.edge.tests.kernel.dnat.processes import Process

PROFILES = 100


def mine(writer: int, number: int) -> dict[str, Any]:
    return profile(
        (4, 6)[number % 2],
        (1, 1 + writer),
        name="w%d-%d" % (writer, number),
        port=1 + number,
        protocol=("tcp", "udp")[writer],
    )


def together(calls: list[Any]) -> None:
    assert [each.wait() for each in [Process(call) for call in calls]] == [""] * len(calls)


def assert_all_there(edge: Edge) -> None:
    found = edge.info()
    wanted = {"w%d-%d" % (writer, number) for writer in (0, 1) for number in range(PROFILES)}
    assert {entry["name"] for entry in found["profiles"]} == wanted
    assert found["damage"] == []
    assert not any(detail["damage"] for detail in found["details"])
    config = [mine(writer, number) for writer in (0, 1) for number in range(PROFILES)]
    assert not edge.run({"config": config, "purge": True})["changed"]


def test_two_lists_of_100_profiles_at_once_are_all_there(edge: Edge) -> None:
    lists = [[mine(writer, number) for number in range(PROFILES)] for writer in (0, 1)]
    together([partial(edge.run, {"config": each}) for each in lists])
    assert_all_there(edge)


def test_two_writers_of_20_lists_of_5_lose_nothing(edge: Edge) -> None:
    def write(writer: int) -> None:
        for first in range(0, PROFILES, 5):
            config = [mine(writer, number) for number in range(first, first + 5)]
            assert edge.run({"config": config})["changed"]

    together([partial(write, writer) for writer in (0, 1)])
    assert_all_there(edge)


def test_a_writer_beside_one_that_removes_loses_nothing(edge: Edge) -> None:
    edge.run({"config": [mine(0, number) for number in range(15)]})

    def remove() -> None:
        for number in range(15):
            edge.run({"name": "w0-%d" % number, "state": "absent"})

    def add() -> None:
        for number in range(15):
            edge.run(mine(1, number))

    together([remove, add])
    assert {entry["name"] for entry in edge.info()["profiles"]} == {
        "w1-%d" % number for number in range(15)
    }


def test_a_writer_beside_the_hosts_own_tools_loses_nothing(edge: Edge) -> None:
    edge.ruleset.add_foreign()

    def theirs() -> None:
        for number in range(40):
            edge.ruleset.add_foreign_rule("192.0.2.%d" % (100 + number))

    def ours() -> None:
        for number in range(40):
            edge.run(mine(0, number))

    together([theirs, ours])
    assert len(edge.info()["profiles"]) == 40
    assert edge.info()["damage"] == []
    foreign = edge.ruleset.foreign()
    assert all("192.0.2.%d" % (100 + number) in foreign for number in range(40))


def test_writers_of_one_profile_leave_one_of_their_versions(edge: Edge) -> None:
    versions = [profile(weights=weights) for weights in ((1, 2, 3), (3, 2), (0, 0, 1))]
    for _turn in range(5):
        together([partial(edge.run, version) for version in versions])
        ends = [
            tuple(entry["weight"] for entry in each["destinations"])
            for each in edge.info()["profiles"]
        ]
        assert ends in [[(1, 2, 3)], [(3, 2)], [(0, 0, 1)]]
        assert edge.info()["details"][0]["damage"] == []
    assert SERVERS[4][0] in edge.ruleset.everything()
