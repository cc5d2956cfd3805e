# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Wrong declarations of ipvs_settings, each with the one line that refuses it.

The kernel they are refused on is Linux 6.1.0; none of them needs a kernel to be seen as wrong.
"""

from __future__ import annotations

ETH0 = {"interface": "eth0"}

BAD_INPUT = [
    ({}, "nothing is declared: give timeouts, sync_master or another setting"),
    ({"timeouts": {}}, "timeouts: is empty: give tcp, tcp_fin, udp"),
    ({"timeouts": 60}, "timeouts must be a dictionary, not 60"),
    (
        {"timeouts": {"tcp": 0}},
        "timeouts: tcp 0 would change nothing, the kernel takes 0 as keep: give 1 or more, or "
        "leave it out",
    ),
    ({"timeouts": {"tcp": -1}}, "timeouts: tcp must be 0 to 21474836, not -1"),
    ({"timeouts": {"udp": 21474837}}, "timeouts: udp must be 0 to 21474836, not 21474837"),
    ({"timeouts": {"tcp_fin": "2m"}}, "timeouts: tcp_fin must be a whole number, not '2m'"),
    ({"timeouts": {"udp": True}}, "timeouts: udp must be a whole number, not True"),
    (
        {"timeouts": {"tcpfin": 1}},
        "timeouts: unknown option 'tcpfin'; did you mean tcp_fin?",
    ),
    ({"sync_master": "eth0"}, "sync_master must be a dictionary, not 'eth0'"),
    (
        {"sync_master": {}},
        "sync_master: interface is missing: give the interface that sync messages pass",
    ),
    (
        {"sync_backup": {"sync_id": 1}},
        "sync_backup: interface is missing: give the interface that sync messages pass",
    ),
    ({"sync_master": {"interface": ""}}, "sync_master: interface is empty"),
    (
        {"sync_master": {"interface": "an-interface-too-long"}},
        "sync_master: interface 'an-interface-too-long' is not a name that an interface can have",
    ),
    (
        {"sync_master": {"interface": "eth0:1"}},
        "sync_master: interface 'eth0:1' is not a name that an interface can have",
    ),
    (
        {"sync_master": {"interface": "../eth0"}},
        "sync_master: interface '../eth0' is not a name that an interface can have",
    ),
    (
        {"sync_master": dict(ETH0, state="started")},
        "sync_master: state must be one of present, absent, not 'started'",
    ),
    ({"sync_master": dict(ETH0, sync_id=256)}, "sync_master: sync_id must be 0 to 255, not 256"),
    ({"sync_backup": dict(ETH0, sync_id=-1)}, "sync_backup: sync_id must be 0 to 255, not -1"),
    (
        {"sync_master": dict(ETH0, max_length=0)},
        "sync_master: max_length must be 1 to 65507, not 0",
    ),
    (
        {"sync_backup": dict(ETH0, max_length=1023)},
        "sync_backup: max_length must be 1024 to 65507, not 1023",
    ),
    (
        {"sync_backup": dict(ETH0, max_length=65488, multicast_group="ff02::81")},
        "sync_backup: max_length must be 1024 to 65487, not 65488",
    ),
    (
        {"sync_master": dict(ETH0, multicast_group="192.0.2.1")},
        "sync_master: multicast_group 192.0.2.1 is not a multicast address",
    ),
    (
        {"sync_master": dict(ETH0, multicast_group="2001:db8::1")},
        "sync_master: multicast_group 2001:db8::1 is not a multicast address",
    ),
    (
        {"sync_master": dict(ETH0, multicast_group="224.0.0.300")},
        "sync_master: multicast_group: '224.0.0.300' is not an IPv4 or IPv6 address",
    ),
    (
        {"sync_master": dict(ETH0, multicast_port=0)},
        "sync_master: multicast_port must be 1 to 65535, not 0",
    ),
    (
        {"sync_master": dict(ETH0, multicast_port=65536)},
        "sync_master: multicast_port must be 1 to 65535, not 65536",
    ),
    (
        {"sync_backup": dict(ETH0, multicast_ttl=256)},
        "sync_backup: multicast_ttl must be 1 to 255, not 256",
    ),
    (
        {"sync_master": dict(ETH0, syncid=1)},
        "sync_master: unknown option 'syncid'; did you mean sync_id?",
    ),
    (
        {"sync_backup": {"state": "absent", "sync_id": 300}},
        "sync_backup: sync_id must be 0 to 255, not 300",
    ),
    ({"conntrack": "maybe"}, "conntrack must be true or false, not 'maybe'"),
    ({"sloppy_tcp": 2}, "sloppy_tcp must be true or false, not 2"),
    (
        {"conn_reuse_mode": "never"},
        "conn_reuse_mode must be one of auto, 0, 1, 2, 3, not 'never'",
    ),
    ({"conn_reuse_mode": 4}, "conn_reuse_mode must be one of auto, 0, 1, 2, 3, not '4'"),
    (
        {"conn_reuse_mode": 0},
        "conn_reuse_mode 0 helps only on Linux 4.1 to 5.8; on 6.1.0 it would keep sending reused "
        "ports to real servers that are drained or gone: use auto",
    ),
    (
        {"sync_threshold": [3]},
        "sync_threshold must be two numbers, threshold and period, for example [3, 50]",
    ),
    (
        {"sync_threshold": "three fifty"},
        "sync_threshold must be two numbers, threshold and period, for example [3, 50]",
    ),
    (
        {"sync_threshold": [-1, 50]},
        "sync_threshold must be two numbers, threshold and period, for example [3, 50]",
    ),
    (
        {"sync_threshold": [50, 50]},
        "sync_threshold: the threshold 50 must be below the period 50",
    ),
    ({"sync_threshold": [3, 2147483648]}, "sync_threshold must be at most 2147483647"),
    ({"sync_retries": 4}, "sync_retries must be 0 to 3, not 4"),
    ({"sync_refresh_period": 3601}, "sync_refresh_period must be 0 to 3600, not 3601"),
    ({"sync_refresh_period": "1.5"}, "sync_refresh_period must be a whole number, not '1.5'"),
]
