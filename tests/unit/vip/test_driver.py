# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The driver against the kernel's traps: what it asks, how it waits, what it puts back."""

from __future__ import annotations

import errno
from typing import Any

import pytest

from ansible_collections.sluice.edge.plugins.module_utils._converge.errors import (
    Refused,
    Unavailable,
)
from ansible_collections.sluice.edge.plugins.module_utils._inet.address import parse_address
from ansible_collections.sluice.edge.plugins.module_utils._kernel.rtnetlink import (
    IFA_F_DADFAILED,
    IFA_F_PERMANENT,
    IFA_F_TENTATIVE,
    AddressChange,
    Answer,
    InterfaceAddress,
)
from ansible_collections.sluice.edge.plugins.module_utils._vip import settling
from ansible_collections.sluice.edge.plugins.module_utils._vip.addresses import Host
from ansible_collections.sluice.edge.plugins.module_utils._vip.announce import Announcement
from ansible_collections.sluice.edge.plugins.module_utils._vip.declared import read_declaration
from ansible_collections.sluice.edge.plugins.module_utils._vip.model import AddressKey, observed
from ansible_collections.sluice.edge.tests.fakes.vip import FakeHost, ethernet

UP, NO_ARP, LOWER_UP = 0x1, 0x80, 0x10000
VIP = parse_address("192.0.2.10")
VIP6 = parse_address("2001:db8::10")


@pytest.fixture
def fake() -> FakeHost:
    return FakeHost(
        ethernet(2, "eth0"),
        ethernet(3, "tun0", UP | NO_ARP | LOWER_UP),
        ethernet(4, "dark0", UP),
        ethernet(5, "down0", 0),
    )


def run(fake: FakeHost, *config: dict[str, Any], **task: Any) -> list[str]:
    declaration = read_declaration({"config": list(config), **task})
    host = Host(fake, fake, fake)
    outcome = host.converge(declaration, check=False)
    assert host.announce(declaration, outcome) == []
    return [str(operation) for operation in outcome.plan]


def item(interface: str = "eth0", address: str = "192.0.2.10", **more: Any) -> dict[str, Any]:
    return {"interface": interface, "address": address, **more}


def test_only_interfaces_with_neighbours_are_spoken_on(fake: FakeHost) -> None:
    run(fake, *(item(name) for name in ("lo", "eth0", "tun0", "dark0", "down0")))
    assert [question.link.name for question in fake.asked] == ["eth0"]
    assert [announcement.link.name for announcement in fake.announced] == ["eth0"]


def test_only_what_is_new_is_asked_for_and_announced(fake: FakeHost) -> None:
    run(fake, item())
    fake.asked.clear()
    fake.announced.clear()
    run(fake, item(label="eth0:1", preferred_lifetime=0), item(address="192.0.2.11"))
    assert [str(question.address) for question in fake.asked] == ["192.0.2.11"]
    assert [str(announcement.address) for announcement in fake.announced] == ["192.0.2.11"]


def test_the_declaration_says_how_to_ask_and_announce(fake: FakeHost) -> None:
    manner = {"duplicate_detection_timeout": 5, "announce_count": 7, "announce_interval": 2}
    run(fake, item(**manner))
    assert fake.asked[0].timeout == 5
    assert (fake.announced[0].times, fake.announced[0].interval) == (7, 2)
    quiet = item(address="192.0.2.11", duplicate_detection=False, announce_count=0)
    run(fake, quiet)
    assert len(fake.asked) == len(fake.announced) == 1


@pytest.mark.parametrize(("forwarding", "router"), [("0", False), ("1", True)])
def test_a_router_says_that_it_is_one(fake: FakeHost, forwarding: str, router: bool) -> None:
    fake.parameters["net/ipv6/conf/eth0/forwarding"] = forwarding
    run(fake, item(address="2001:db8::10"))
    assert [announcement.router for announcement in fake.announced] == [router]


def test_an_undo_asks_nobody_for_what_it_puts_back(fake: FakeHost) -> None:
    run(fake, item(address="192.0.2.11"))
    fake.asked.clear()
    fake.held["eth0", parse_address("192.0.2.11")] = bytes(6)
    last = fake.writes + 1
    fake.refuse = lambda number: number == last
    with pytest.raises(Refused):
        run(
            fake,
            item(address="192.0.2.11", state="absent"),
            item("lo", "192.0.2.12", state="absent"),
            item("lo"),
            item("lo", "192.0.2.13"),
        )
    assert fake.asked == []
    assert [str(record.address) for record in fake.table] == ["192.0.2.11"]


def test_an_undo_restores_what_a_declaration_does_not_speak_of(fake: FakeHost) -> None:
    own = InterfaceAddress(
        "eth0",
        2,
        VIP,
        32,
        label="eth0:own",
        broadcast=parse_address("192.0.2.255"),
        scope=253,
        preferred_lifetime=100,
        valid_lifetime=200,
        metric=7,
        flags=0,
    )
    fake.table.append(own)
    fake.held["eth0", VIP6] = bytes.fromhex("020000000099")
    with pytest.raises(Refused, match="another host behind eth0"):
        run(fake, item(), item(address="2001:db8::10"))
    assert fake.table == [own]


def test_an_address_that_failed_detection_is_tried_again(fake: FakeHost) -> None:
    flags = IFA_F_PERMANENT | IFA_F_TENTATIVE | IFA_F_DADFAILED
    fake.table.append(InterfaceAddress("eth0", 2, VIP6, 128, flags=flags))
    assert run(fake, item(address="2001:db8::10")) == [
        "change virtual address 2001:db8::10/128 on eth0"
    ]
    assert not observed(fake.table[0]).duplicate
    assert [announcement.address for announcement in fake.announced] == [VIP6]


def test_an_address_that_fails_detection_again_stays_as_it_was(fake: FakeHost) -> None:
    flags = IFA_F_PERMANENT | IFA_F_TENTATIVE | IFA_F_DADFAILED
    fake.table.append(InterfaceAddress("eth0", 2, VIP6, 128, flags=flags))
    fake.held["eth0", VIP6] = bytes.fromhex("020000000099")
    with pytest.raises(Refused, match="another host behind eth0"):
        run(fake, item(address="2001:db8::10"))
    assert [observed(record).duplicate for record in fake.table] == [True]


def test_without_a_carrier_detection_is_not_waited_for(fake: FakeHost) -> None:
    run(fake, item("dark0", "2001:db8::10"))
    assert len(fake.table) == 1


def test_secondaries_survive_where_the_host_promotes_none(fake: FakeHost) -> None:
    numbers = (1, 2, 3, 4)
    run(fake, *(item(address="192.0.2.%d/24" % number) for number in numbers))
    run(
        fake,
        item(address="192.0.2.1/24", state="absent"),
        item(address="192.0.2.2/24", state="absent"),
    )
    left = {str(record.address): record.secondary for record in fake.table}
    assert left == {"192.0.2.3": False, "192.0.2.4": True}
    assert fake.parameters["net/ipv4/conf/eth0/promote_secondaries"] == "0"


def test_a_running_lifetime_is_renewed_below_half(fake: FakeHost) -> None:
    wanted = item("lo", "2001:db8::10", preferred_lifetime=1000)
    run(fake, wanted)
    for left, renewed in ((1000, False), (500, False), (499, True)):
        fake.table[0] = fake.table[0]._replace(preferred_lifetime=left)
        assert bool(run(fake, wanted)) == renewed
    assert fake.table[0].preferred_lifetime == 1000


def test_a_lifetime_that_runs_out_during_the_run_is_no_failure(fake: FakeHost) -> None:
    submit = fake.submit

    def slow(changes: list[AddressChange]) -> list[Answer]:
        answers = submit(changes)
        fake.table[0] = fake.table[0]._replace(preferred_lifetime=0)
        return answers

    fake.submit = slow  # type: ignore[method-assign]
    assert run(fake, item("lo", "2001:db8::10", preferred_lifetime=1))


@pytest.mark.parametrize(
    ("number", "reason"),
    [
        (errno.EPERM, "needs root"),
        (errno.EACCES, "ipv4 is not enabled on lo"),
        (errno.ENOBUFS, "the kernel says No buffer space available (no room)"),
    ],
)
def test_the_kernels_no_is_explained(fake: FakeHost, number: int, reason: str) -> None:
    fake.submit = lambda changes: [Answer(number, "no room") for _change in changes]  # type: ignore
    with pytest.raises(Refused) as caught:
        run(fake, item("lo"))
    assert str(caught.value).startswith("cannot create virtual address 192.0.2.10/32 on lo: ")
    assert reason in str(caught.value)


def test_what_another_program_adds_meanwhile_is_accepted(fake: FakeHost) -> None:
    submit = fake.submit

    def late(changes: list[AddressChange]) -> list[Answer]:
        if not fake.table:
            submit(changes)
        return submit(changes)

    fake.submit = late  # type: ignore[method-assign]
    assert run(fake, item("lo"))
    assert len(fake.table) == 1


class Clock:
    """Time that passes only in sleep; ``then`` is called after each."""

    def __init__(self) -> None:
        self.now = 0.0
        self.naps = 0

    def sleep(self, seconds: float) -> None:
        self.now += seconds
        self.naps += 1

    def __call__(self) -> float:
        return self.now


@pytest.mark.parametrize(
    ("flags", "verdict"),
    [
        (IFA_F_PERMANENT, settling.UNIQUE),
        (IFA_F_TENTATIVE | IFA_F_DADFAILED, settling.DUPLICATE),
        (IFA_F_TENTATIVE, settling.UNDECIDED),
        (None, settling.GONE),
    ],
)
def test_waiting_ends_with_a_verdict(fake: FakeHost, flags: int | None, verdict: str) -> None:
    if flags is not None:
        fake.table.append(InterfaceAddress("eth0", 2, VIP6, 128, flags=flags))
    fake._settled = lambda record: record  # type: ignore[method-assign]
    clock = Clock()
    key = AddressKey("eth0", VIP6, 128)
    found = settling.verdicts(fake, {key}, 4.0, clock.sleep, clock)
    assert found == {key: verdict}
    assert clock.now == (pytest.approx(4.0, abs=0.2) if verdict == settling.UNDECIDED else 0)
    assert clock.naps < 50


def test_the_bound_grows_with_what_the_host_has_set(fake: FakeHost) -> None:
    assert settling.bound(["eth0"], fake) == 4.0
    fake.parameters["net/ipv6/conf/eth0/dad_transmits"] = "5"
    fake.parameters["net/ipv6/neigh/eth0/retrans_time_ms"] = "2000"
    assert settling.bound(["eth0", "lo"], fake) == 13.0


def test_many_duplicates_are_told_in_one_line(fake: FakeHost) -> None:
    config = [item(address="192.0.2.%d" % number) for number in range(1, 9)]
    for entry in config:
        fake.held["eth0", parse_address(entry["address"])] = bytes.fromhex("020000000099")
    with pytest.raises(Refused) as caught:
        run(fake, *config)
    assert "02:00:00:00:00:99 has 192.0.2.1 behind eth0" in str(caught.value)
    assert "and 3 more" in str(caught.value)
    assert fake.writes == 0


def test_an_announcement_that_fails_is_a_warning_for_the_address_is_there(fake: FakeHost) -> None:
    def fail(announcements: list[Announcement]) -> None:
        raise OSError(errno.ENETDOWN, "Network is down")

    fake.announce = fail  # type: ignore[method-assign]
    declaration = read_declaration(item())
    host = Host(fake, fake, fake)
    outcome = host.converge(declaration, check=False)
    (warning,) = host.announce(declaration, outcome)
    assert "Network is down" in warning
    assert len(fake.table) == 1


def test_a_missing_capability_stops_the_run_before_the_first_write(fake: FakeHost) -> None:
    def refuse() -> None:
        raise Unavailable("needs CAP_NET_RAW")

    fake.require = refuse  # type: ignore[method-assign]
    with pytest.raises(Refused, match="CAP_NET_RAW"):
        run(fake, item())
    assert fake.writes == 0
    run(fake, item(duplicate_detection=False, announce_count=0))
    run(fake, item("lo"))
