# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The bytes of settings on the wire, against attributes written out by hand."""

from __future__ import annotations

import sys

import pytest

from ansible_collections.sluice.edge.plugins.module_utils._inet.address import parse_address
from ansible_collections.sluice.edge.plugins.module_utils._ipvs.settings import codec
from ansible_collections.sluice.edge.plugins.module_utils._ipvs.settings.model import (
    BACKUP,
    MASTER,
    SyncDaemon,
    Timeouts,
)

pytestmark = pytest.mark.skipif(sys.byteorder != "little", reason="golden bytes are little-endian")

DEFAULTS = Timeouts(900, 120, 300)
V4 = SyncDaemon(MASTER, "eth0", 7, 1472, parse_address("224.0.0.81"), 8848, 1)
V6 = SyncDaemon(BACKUP, "eth1.100", 255, 9000, parse_address("ff02::81"), 9000, 64)

NEW_V4 = bytes.fromhex(
    "09"
    "40000300"  # IPVS_CMD_ATTR_DAEMON, 64 bytes
    "0800010001000000"  # state master
    "09000200657468300000 0000"  # interface eth0, its NUL, padding
    "0800030007000000"  # sync id
    "06000400c0050000"  # max length 1472
    "08000500e0000051"  # group 224.0.0.81
    "0600070090220000"  # port 8848 in the host's byte order
    "0500080001000000"  # ttl
)
NEW_V6 = bytes.fromhex(
    "09"
    "50000300"
    "0800010002000000"
    "0d000200657468312e313030 00000000"
    "08000300ff000000"
    "0600040028230000"
    "14000600ff020000000000000000000000000081"
    "0600070028230000"
    "0500080040000000"
)
GOLDEN = [pytest.param(V4, NEW_V4, id="ipv4 master"), pytest.param(V6, NEW_V6, id="ipv6 backup")]


def test_set_config_carries_all_that_changes():
    assert codec.encode_timeouts(DEFAULTS, Timeouts(1, 2, 3)) == bytes.fromhex(
        "0c 0800040001000000 0800050002000000 0800060003000000"
    )


def test_set_config_leaves_out_what_stays():
    assert codec.encode_timeouts(DEFAULTS, Timeouts(900, 30, 300)) == bytes.fromhex(
        "0c 080005001e000000"
    )


@pytest.mark.parametrize(("daemon", "golden"), GOLDEN)
def test_new_daemon_is_encoded_byte_for_byte(daemon, golden):
    assert codec.encode_daemon(daemon).hex(" ", 4) == golden.hex(" ", 4)


@pytest.mark.parametrize(("daemon", "golden"), GOLDEN)
def test_a_dumped_daemon_is_decoded(daemon, golden):
    assert codec.decode_daemon(golden[1:]) == daemon


def test_del_daemon_names_the_role():
    assert codec.encode_daemon_removal(V4) == bytes.fromhex(
        "0a 20000300 0800010001000000 090002006574683000000000 0800030007000000"
    )


def test_a_kernel_before_4_3_tells_less_and_means_the_defaults():
    entry = bytes.fromhex("20000300 0800010001000000 090002006574683000000000 0800030007000000")
    assert codec.decode_daemon(entry) == V4


def test_timeouts_are_decoded_in_whatever_order_they_come():
    answer = bytes.fromhex("080006002c010000 0800040084030000 0800050078000000")
    assert codec.decode_timeouts(answer) == DEFAULTS


def test_a_kernel_without_udp_has_no_udp_timeout():
    answer = bytes.fromhex("0800040084030000 0800050078000000")
    assert codec.decode_timeouts(answer) == Timeouts(900, 120, None)


def test_the_version_is_three_numbers_in_one():
    answer = bytes.fromhex("0800010001020100 0800020000100000")
    assert codec.decode_information(answer) == ("1.2.1", 4096)


@pytest.mark.parametrize(
    ("role", "group", "mtu", "length"),
    [
        (MASTER, "224.0.0.81", 9000, 1472),
        (MASTER, "ff02::81", 9000, 1452),
        (BACKUP, "224.0.0.81", 9000, 8972),
        (BACKUP, "224.0.0.81", 1280, 1472),
        (BACKUP, "ff02::81", 65536, 65487),
    ],
)
def test_a_master_fills_an_ethernet_frame_and_a_backup_takes_what_the_interface_does(
    role, group, mtu, length
):
    assert codec.default_length(role, parse_address(group), mtu) == length
