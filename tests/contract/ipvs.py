# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What converging IPVS promises, on any kernel: a fake one everywhere, a real one in a machine.

A test class derives from the contract and gives it a ``kernel`` fixture: an empty IPVS, in a
network namespace whose only address is the loopback's.
"""

from __future__ import annotations

import errno
import itertools
import struct
from typing import Any, Dict, Iterable, Iterator, List

import pytest

from ansible_collections.sluice.edge.plugins.module_utils._converge.errors import (
    EdgeError,
    NotConverged,
    Refused,
)
from ansible_collections.sluice.edge.plugins.module_utils._converge.plan import Desired
from ansible_collections.sluice.edge.plugins.module_utils._converge.resource import State
from ansible_collections.sluice.edge.plugins.module_utils._converge.runner import Outcome, converge
from ansible_collections.sluice.edge.plugins.module_utils._inet.address import (
    IPV4,
    IPV6,
    parse_address,
)
from ansible_collections.sluice.edge.plugins.module_utils._ipvs.driver import IpvsDriver
from ansible_collections.sluice.edge.plugins.module_utils._ipvs.model import (
    PROTOCOLS,
    SCHEDULERS,
    Entry,
    Server,
    ServerId,
    Service,
    ServiceId,
    Table,
)
from ansible_collections.sluice.edge.plugins.module_utils._ipvs.plan import arrange
from ansible_collections.sluice.edge.plugins.module_utils._ipvs.wire import attributes as a
from ansible_collections.sluice.edge.tests.contract.bad_input import CASES
from ansible_collections.sluice.edge.tests.contract.bad_input.case import Case
from ansible_collections.sluice.edge.tests.contract.ipvs_requests import (
    dest,
    request,
    service,
)
from ansible_collections.sluice.edge.tests.contract.kernels import IpvsUnderTest

VIP = {IPV4: parse_address("192.0.2.10"), IPV6: parse_address("2001:db8::10")}
REAL = {IPV4: parse_address("10.0.0.1"), IPV6: parse_address("2001:db8:1::1")}
OTHER = {IPV4: IPV6, IPV6: IPV4}

PLACES = [(family, protocol) for family in (IPV4, IPV6) for protocol in (*PROTOCOLS, "fwmark")]


def service_id(family: str, protocol: str, number: int) -> ServiceId:
    """Return one of many services of a kind; ``protocol`` may be ``fwmark``."""
    if protocol == "fwmark":
        return ServiceId(family, "", None, 0, number)
    return ServiceId(family, protocol, VIP[family], number, 0)


def service_settings(
    family: str, protocol: str, schedulers: Iterable[str]
) -> Iterator[Dict[str, Any]]:
    """Yield the settings that a service can have: each scheduler, flag, netmask and engine."""
    datagrams = protocol in ("udp", "fwmark")
    netmasks = ("32", "24", "0", "255.0.255.0") if family == IPV4 else ("128", "64", "1")
    for scheduler in schedulers:
        yield {"scheduler": scheduler}
        own = scheduler if scheduler in ("sh", "mh") else ""
        one, two = (own + "-fallback", own + "-port") if own else ("flag-1", "flag-2")
        yield {"scheduler": scheduler, "flags": (one, two, "flag-3")}
        yield {"scheduler": scheduler, "persistence": 2678400, "netmask": netmasks[0]}
    for flag in ("flag-1", "flag-2", "flag-3"):
        yield {"scheduler": "rr", "flags": (flag,)}
    for netmask in netmasks:
        yield {"scheduler": "wlc", "persistence": 1, "netmask": netmask}
    if datagrams:
        yield {"scheduler": "rr", "flags": ("ops",)}
        yield {"scheduler": "rr", "persistence": 60, "netmask": netmasks[1], "engine": "sip"}


def server_settings(mixed: bool = False) -> Iterator[Dict[str, Any]]:
    """Yield the settings that a server can have; with ``mixed`` families only a tunnel's."""
    if not mixed:
        for method in ("masquerade", "direct", "local", "bypass"):
            yield {"forward_method": method, "weight": 1}
        for weight in (0, 65535, 0x7FFFFFFF):
            yield {"forward_method": "masquerade", "weight": weight}
        for upper, lower in ((1, 0), (1, 1), (0x7FFFFFFF, 0x7FFFFFFF)):
            yield {
                "forward_method": "direct",
                "weight": 1,
                "upper_threshold": upper,
                "lower_threshold": lower,
            }
    for kind, port, checksum in (
        ("ipip", 0, "none"),
        ("gre", 0, "none"),
        ("gre", 0, "csum"),
        ("gue", 6080, "none"),
        ("gue", 1, "csum"),
        ("gue", 65535, "remcsum"),
    ):
        yield {
            "forward_method": "tunnel",
            "weight": 3,
            "tunnel_type": kind,
            "tunnel_port": port,
            "tunnel_checksum": checksum,
        }


def table(entries: Iterable[Entry]) -> Table:
    return {entry.key: entry for entry in entries}


def bring(
    kernel: IpvsUnderTest, wanted: Table, purge: bool = False, check: bool = False
) -> Outcome[Entry]:
    """Converge the kernel on a table, and prove that a second run has nothing to do."""

    def declare(_have: State[Entry]) -> Desired[Entry]:
        return Desired(wanted, lambda _entry: purge)

    driver = IpvsDriver(kernel.transport)
    outcome = converge(driver, declare, arrange, check)
    if not check:
        assert not converge(driver, declare, arrange, check=True).changed
    return outcome


class IpvsContract:
    """The promises; ``kernel`` comes from the class that derives from this one."""

    # Every field of services and servers.

    def test_the_kernel_has_every_scheduler_except_perhaps_twos(
        self, kernel: IpvsUnderTest
    ) -> None:
        # Debian 12 builds its cloud kernel without ip_vs_twos.
        assert set(SCHEDULERS) - set(kernel.schedulers) <= {"twos"}

    @pytest.mark.parametrize(("family", "protocol"), PLACES)
    def test_services_of_every_setting_are_made_as_declared(
        self, kernel: IpvsUnderTest, family: str, protocol: str
    ) -> None:
        wanted = table(
            Service(service_id(family, protocol, number), **settings)
            for number, settings in enumerate(
                service_settings(family, protocol, kernel.schedulers), 1
            )
        )
        bring(kernel, wanted)
        assert kernel.read() == wanted

    @pytest.mark.parametrize(("family", "protocol"), PLACES)
    def test_a_service_changes_from_each_setting_to_the_next(
        self, kernel: IpvsUnderTest, family: str, protocol: str
    ) -> None:
        key = service_id(family, protocol, 443)
        keeper = Server(ServerId(key, REAL[family], 443), "masquerade", 1)
        for settings in service_settings(family, protocol, kernel.schedulers):
            wanted = table([Service(key, **settings), keeper])
            bring(kernel, wanted)
            assert kernel.read() == wanted

    @pytest.mark.parametrize(("family", "protocol"), PLACES)
    def test_servers_of_every_setting_are_made_as_declared(
        self, kernel: IpvsUnderTest, family: str, protocol: str
    ) -> None:
        key = service_id(family, protocol, 53)
        entries: List[Entry] = [Service(key, "wrr")]
        for mixed in (False, True):
            address = REAL[OTHER[family] if mixed else family]
            for port, settings in enumerate(server_settings(mixed), 1000):
                entries.append(Server(ServerId(key, address, port), **settings))
        wanted = table(entries)
        bring(kernel, wanted)
        assert kernel.read() == wanted
        bring(kernel, {}, purge=True)
        assert kernel.read() == {}

    @pytest.mark.parametrize(("family", "protocol"), PLACES)
    def test_a_server_changes_from_each_setting_to_the_others(
        self, kernel: IpvsUnderTest, family: str, protocol: str
    ) -> None:
        key = service_id(family, protocol, 53)
        settings = list(server_settings())
        # One server for each ordered pair: half the work of going through them one by one.
        pairs = list(itertools.permutations(settings, 2))
        if protocol != "tcp":
            pairs = list(zip(settings, settings[1:] + settings[:1]))
        for after in (0, 1):
            wanted = table(
                [Service(key, "rr")]
                + [
                    Server(ServerId(key, REAL[family], port), **pair[after])
                    for port, pair in enumerate(pairs, 1)
                ]
            )
            bring(kernel, wanted)
            assert kernel.read() == wanted

    def test_the_same_address_serves_a_firewall_mark_with_several_ports(
        self, kernel: IpvsUnderTest
    ) -> None:
        key = service_id(IPV4, "fwmark", 7)
        wanted = table(
            [Service(key, "rr")]
            + [Server(ServerId(key, REAL[IPV4], port), "masquerade", 1) for port in (0, 80, 81)]
        )
        bring(kernel, wanted)
        assert kernel.read() == wanted

    # What the kernel refuses, and with which number.

    @pytest.mark.parametrize(
        ("name", "sent", "number"),
        [
            ("a service twice", service(1), errno.EEXIST),
            ("a missing service changed", service(2, port=81), errno.ESRCH),
            ("a missing service removed", service(3, port=81), errno.ESRCH),
            ("a mark that is missing removed", service(3, mark=9), errno.ESRCH),
            ("a scheduler that does not exist", service(1, port=81, scheduler="no"), errno.ENOENT),
            ("an engine that does not exist", service(1, port=81, engine="no"), errno.ENOENT),
            ("a change to such a scheduler", service(2, scheduler="no"), errno.ENOENT),
            ("a change to such an engine", service(2, engine="no"), errno.ENOENT),
            ("no scheduler given", service(1, port=81, without=6), errno.EINVAL),
            ("no flags given", service(1, port=81, without=7), errno.EINVAL),
            ("no timeout given", service(1, port=81, without=8), errno.EINVAL),
            ("no netmask given", service(1, port=81, without=9), errno.EINVAL),
            ("a change without netmask", service(2, without=9), errno.EINVAL),
            ("no family", service(1, port=81, without=1), errno.EINVAL),
            ("no protocol", service(1, port=81, without=2), errno.EINVAL),
            ("no address", service(1, port=81, without=3), errno.EINVAL),
            ("no port", service(1, port=81, without=4), errno.EINVAL),
            ("family 1", service(1, family=1), errno.EAFNOSUPPORT),
            ("IPv6 prefix 0", service(1, family=10, netmask=struct.pack("=I", 0)), errno.EINVAL),
            ("prefix 129", service(1, family=10, netmask=struct.pack("=I", 129)), errno.EINVAL),
            ("IPv6 mask", service(1, family=10, netmask=b"\xff\xff\xff\xff"), errno.EINVAL),
            ("a server twice", dest(5), errno.EEXIST),
            ("a missing server changed", dest(6, port=81), errno.ENOENT),
            ("a missing server removed", dest(7, port=81), errno.ENOENT),
            ("a server of a missing service", dest(5, of_port=81), errno.ESRCH),
            ("a server removed from such a service", dest(7, of_port=81), errno.ESRCH),
            ("weight -1", dest(5, port=81, weight=-1), errno.ERANGE),
            ("a change to weight -1", dest(6, weight=-1), errno.ERANGE),
            ("lower above upper", dest(5, port=81, upper=1, lower=2), errno.ERANGE),
            ("upper below zero", dest(5, port=81, upper=0x80000000), errno.EINVAL),
            ("lower without upper", dest(6, upper=0, lower=1), errno.ERANGE),
            ("gue to port 0", dest(5, port=81, forward=2, tunnel=(1, 0, 0)), errno.EINVAL),
            ("a change to gue port 0", dest(6, forward=2, tunnel=(1, 0, 0)), errno.EINVAL),
            ("no method", dest(5, port=81, without=3), errno.EINVAL),
            ("no weight", dest(5, port=81, without=4), errno.EINVAL),
            ("no upper", dest(5, port=81, without=5), errno.EINVAL),
            ("no lower", dest(5, port=81, without=6), errno.EINVAL),
            ("no server address", dest(5, port=81, without=1), errno.EINVAL),
            ("no server port", dest(5, port=81, without=2), errno.EINVAL),
            ("no server at all", service(5), errno.EINVAL),
            ("families mixed by direct", dest(5, address="2001:db8::1", forward=3), errno.EINVAL),
            ("mixed by masquerade", dest(5, address="2001:db8::1", forward=0), errno.EINVAL),
            ("server family 1", dest(5, port=81, family=1), errno.EAFNOSUPPORT),
            ("a multicast server", dest(5, address="224.0.0.1"), errno.EINVAL),
            ("a broadcast server", dest(5, address="255.255.255.255"), errno.EINVAL),
            ("server 0.0.0.0", dest(5, address="0.0.0.0"), errno.EINVAL),
            ("server ::", dest(5, address="::", forward=2), errno.EINVAL),
            ("an IPv6 multicast server", dest(5, address="ff02::1", forward=2), errno.EINVAL),
            ("a link-local server", dest(5, address="fe80::1", forward=2), errno.EINVAL),
            ("a mapped server", dest(5, address="::ffff:10.0.0.1", forward=2), errno.EINVAL),
            ("an unknown command", request(99), errno.EOPNOTSUPP),
        ],
    )
    def test_the_kernel_answers_a_wrong_request_with_this_number(
        self, kernel: IpvsUnderTest, name: str, sent: bytes, number: int
    ) -> None:
        assert kernel.transport.batch([service(1), dest(5)]) == [0, 0], name
        before = kernel.read()
        assert kernel.transport.batch([sent]) == [number]
        assert kernel.read() == before

    def test_requests_after_a_refused_one_are_carried_out(self, kernel: IpvsUnderTest) -> None:
        sent = [service(1), service(1), dest(5), dest(5), dest(5, port=81)]
        assert kernel.transport.batch(sent) == [0, errno.EEXIST, 0, errno.EEXIST, 0]
        assert len(kernel.read()) == 3

    def test_listing_the_servers_of_a_missing_service_gives_nothing(
        self, kernel: IpvsUnderTest
    ) -> None:
        assert kernel.transport.dump(service(a.CMD_GET_DEST)) == []

    def test_getting_a_missing_service_is_an_error(self, kernel: IpvsUnderTest) -> None:
        with pytest.raises(ProcessLookupError):
            kernel.transport.get(service(a.CMD_GET_SERVICE))

    # Traps that our requests must step around.

    def test_changing_a_service_without_engine_removes_the_engine(
        self, kernel: IpvsUnderTest
    ) -> None:
        kernel.transport.batch([service(1, engine="sip"), service(2)])
        assert [entry.engine for entry in services(kernel)] == [""]

    def test_a_flag_outside_the_mask_stays(self, kernel: IpvsUnderTest) -> None:
        kernel.transport.batch([service(1, flags=0x18), service(2, flags=0, mask=0x8)])
        assert [entry.flags for entry in services(kernel)] == [("flag-2",)]

    def test_changing_a_server_without_tunnel_attributes_makes_it_ipip(
        self, kernel: IpvsUnderTest
    ) -> None:
        gue = dest(5, forward=2, tunnel=(1, 6080, 1))
        kernel.transport.batch([service(1), gue, dest(6, forward=2)])
        assert [entry.tunnel_type for entry in servers(kernel)] == ["ipip"]

    def test_removing_a_service_removes_its_servers(self, kernel: IpvsUnderTest) -> None:
        assert kernel.transport.batch([service(1), dest(5), service(3), service(1)]) == [0] * 4
        assert servers(kernel) == []

    def test_a_timeout_without_persistence_is_no_difference(self, kernel: IpvsUnderTest) -> None:
        kernel.transport.batch([service(1, timeout=300, netmask=b"\xff\xff\x00\x00")])
        wanted = table([Service(service_id(IPV4, "tcp", 80), "rr")])
        assert not bring(kernel, wanted).changed

    # Adoption.

    def test_entries_made_by_other_programs_are_adopted_without_a_change(
        self, kernel: IpvsUnderTest
    ) -> None:
        # As ipvsadm of before 2014 does: no family of servers, no tunnel attributes.
        kernel.transport.batch(
            [
                service(1, flags=1, timeout=300),
                dest(5, forward=0, port=8080),
                service(1, mark=7),
                dest(5, mark=7, port=0),
                service(1, family=10, netmask=struct.pack("=I", 128)),
            ]
        )
        config = [
            {
                "address": "192.0.2.10",
                "port": 80,
                "scheduler": "rr",
                "persistence": 300,
                "servers": [{"address": "10.0.0.1", "port": 8080, "forward_method": "masquerade"}],
            },
            {"fwmark": 7, "scheduler": "rr", "servers": [{"address": "10.0.0.1"}]},
            {"address": "2001:db8::10", "port": 80, "scheduler": "rr"},
        ]
        assert kernel.run("services", {"config": config, "purge": True})["operations"] == []

    def test_a_server_of_a_mark_declared_without_port_keeps_its_port(
        self, kernel: IpvsUnderTest
    ) -> None:
        kernel.transport.batch([service(1, mark=7), dest(5, mark=7, port=8080)])
        mark = {"fwmark": 7}
        params = {"service": mark, "address": "10.0.0.1"}
        weighted = dict(params, weight=5, forward_method="masquerade")
        assert len(kernel.run("servers", weighted)["operations"]) == 1
        assert [(entry.key.port, entry.weight) for entry in servers(kernel)] == [(8080, 5)]
        assert len(kernel.run("servers", dict(params, state="absent"))["operations"]) == 1
        assert servers(kernel) == []

    def test_the_complete_list_of_a_marks_servers_removes_a_second_port(
        self, kernel: IpvsUnderTest
    ) -> None:
        kernel.transport.batch(
            [service(1, mark=7), dest(5, mark=7, port=80), dest(5, mark=7, port=81)]
        )
        listed = [{"address": "10.0.0.1", "port": 80}]
        params = {"fwmark": 7, "scheduler": "rr", "servers": listed}
        assert kernel.run("services", params)["operations"] == [
            "delete real server 10.0.0.1:81 of fwmark 7 ipv4"
        ]

    def test_what_only_other_programs_make_is_read_kept_and_restored(
        self, kernel: IpvsUnderTest
    ) -> None:
        kernel.transport.batch(
            [
                service(1, protocol=99),
                service(1),
                dest(5, port=81, forward=5),
                dest(5, port=82, forward=2, tunnel=(3, 9, 255)),
            ]
        )
        before = kernel.read()
        assert len(before) == 4
        listed = {"address": "192.0.2.10", "port": 80, "scheduler": "rr", "servers": []}
        bad = {"address": "2001:db8::1", "port": 80, "servers": [{"address": "fe80::1"}]}
        with pytest.raises(Refused):
            kernel.run("services", {"config": [listed, bad], "purge": True})
        assert kernel.read() == before
        kernel.run("services", {"config": [listed], "purge": True})
        assert len(kernel.read()) == 1

    # All or nothing.

    def test_an_unknown_engine_in_the_last_of_100_leaves_what_was_there(
        self, kernel: IpvsUnderTest
    ) -> None:
        before = self._some_state(kernel)
        entries: List[Entry] = [
            Service(service_id(IPV4, "udp", port), "wlc") for port in range(1000, 1099)
        ]
        last = Service(service_id(IPV4, "udp", 1099), "wlc", (), 60, "32", "gone")
        doomed = next(iter(before.values()))._replace(scheduler="sh")
        with pytest.raises(Refused, match="persistence engine 'gone'") as caught:
            bring(kernel, table([*entries, last, doomed]), purge=True)
        assert kernel.read() == before
        assert caught.value.not_undone == []
        assert len(caught.value.undone) == 100

    def test_a_refusal_after_deletions_restores_what_was_deleted(
        self, kernel: IpvsUnderTest
    ) -> None:
        before = self._some_state(kernel)
        good = service_id(IPV6, "tcp", 443)
        bad = Server(ServerId(good, parse_address("fe80::1"), 443), "direct", 1)
        with pytest.raises(Refused, match="link-local"):
            bring(kernel, table([Service(good, "rr"), bad]), purge=True)
        assert kernel.read() == before

    def test_what_others_change_between_reading_and_writing_is_planned_again(
        self, kernel: IpvsUnderTest
    ) -> None:
        kernel.transport.batch([service(1), dest(5), dest(5, port=81)])
        mine = service_id(IPV4, "tcp", 80)
        wanted = table(
            [Service(mine, "wrr")]
            + [Server(ServerId(mine, REAL[IPV4], port), "masquerade", 7) for port in (80, 82)]
        )
        meddling = iter(
            [
                [dest(5, port=82), dest(7, port=80)],
                [service(3), service(1, scheduler="lc"), dest(5, port=83)],
                [dest(7, port=83)],
            ]
        )

        def declare(_have: State[Entry]) -> Desired[Entry]:
            kernel.transport.batch(next(meddling, []))
            return Desired(wanted, lambda _entry: True)

        converge(IpvsDriver(kernel.transport), declare, arrange)
        assert kernel.read() == wanted

    def test_another_program_that_never_stops_is_reported_and_not_fought_for_ever(
        self, kernel: IpvsUnderTest
    ) -> None:
        kernel.transport.batch([service(1)])
        before = kernel.read()
        key = service_id(IPV4, "tcp", 80)

        def declare(_have: State[Entry]) -> Desired[Entry]:
            kernel.transport.batch([service(2, scheduler="rr")])
            return Desired(table([Service(key, "wrr")]))

        class Meddled(IpvsDriver):
            def read(self) -> Table:
                kernel.transport.batch([service(2, scheduler="rr")])
                return super().read()

        with pytest.raises(NotConverged, match="another program may be changing it"):
            converge(Meddled(kernel.transport), declare, arrange)
        assert kernel.read() == before

    # Check mode, purge.

    def test_check_mode_writes_nothing_and_predicts_the_diff_of_applying(
        self, kernel: IpvsUnderTest
    ) -> None:
        before = self._some_state(kernel)
        params = {
            "config": [
                {"address": "192.0.2.10", "port": 80, "servers": [{"address": "10.0.0.7"}]},
                {"fwmark": 3, "family": "ipv6", "servers": [{"address": "2001:db8::7"}]},
            ],
            "purge": True,
        }
        predicted = kernel.run("services", params, check=True, with_diff=True)
        assert kernel.read() == before
        assert kernel.run("services", params, with_diff=True) == predicted
        assert kernel.run("services", params, with_diff=True)["changed"] is False

    @pytest.mark.parametrize(
        ("limits", "left"),
        [
            ({}, {"192.0.2.10", "203.0.113.1", "2001:db8::10", "mark"}),
            ({"purge": True}, set()),
            ({"purge": True, "purge_scope": ["192.0.2.0/24"]}, {"203.0.113.1", "2001:db8::10"}),
            (
                {"purge": True, "purge_scope": ["0.0.0.0/0"], "purge_ignore": ["192.0.2.10"]},
                {"192.0.2.10", "2001:db8::10"},
            ),
            ({"purge": True, "purge_ignore": ["2001:db8::/32"]}, {"2001:db8::10"}),
        ],
    )
    def test_a_purge_takes_what_is_in_its_scope_and_nothing_else(
        self, kernel: IpvsUnderTest, limits: Dict[str, Any], left: Any
    ) -> None:
        foreign = ["192.0.2.10", "203.0.113.1", "2001:db8::10"]
        config = [{"address": address, "port": 80} for address in foreign] + [{"fwmark": 9}]
        kernel.run("services", {"config": config})
        kernel.run("services", dict({"config": [{"address": "192.0.2.99", "port": 80}]}, **limits))
        found = {str(entry.key.address or "mark") for entry in services(kernel)}
        # A scope of addresses says nothing of marks: they have none.
        if "purge_scope" in limits:
            left = left | {"mark"}
        elif "purge_ignore" in limits:
            found.discard("mark")
        assert found == left | {"192.0.2.99"}

    # Bad input.

    @pytest.mark.parametrize("case", CASES, ids=str)
    def test_bad_input_is_refused_in_one_line_and_changes_nothing(
        self, kernel: IpvsUnderTest, case: Case
    ) -> None:
        present = {"address": "192.0.2.10", "port": 80, "servers": [{"address": "10.0.0.9"}]}
        kernel.run("services", present)
        before = kernel.read()
        for check in (True, False) if case.foreseen else (False,):
            with pytest.raises(EdgeError) as caught:
                kernel.run(case.entry, case.params, check=check)
            assert str(caught.value) == case.message
            assert kernel.read() == before

    @staticmethod
    def _some_state(kernel: IpvsUnderTest) -> Table:
        kernel.transport.batch(
            [
                service(1, flags=0x1, timeout=50),
                dest(5, forward=2, tunnel=(1, 6080, 2), upper=9, lower=3),
                dest(5, port=81, forward=0, weight=0),
                service(1, mark=7, engine="sip"),
                dest(5, mark=7, port=0),
            ]
        )
        before = kernel.read()
        assert len(before) == 5
        return before


def services(kernel: IpvsUnderTest) -> List[Service]:
    return [entry for entry in kernel.read().values() if isinstance(entry, Service)]


def servers(kernel: IpvsUnderTest) -> List[Server]:
    return [entry for entry in kernel.read().values() if isinstance(entry, Server)]
