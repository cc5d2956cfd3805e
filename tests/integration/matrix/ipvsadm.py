# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A state in the words of ipvsadm: what it restores from, and what it prints afterwards.

Written from ipvsadm's manual and output, not from the collection's own code: two readings of the
same declaration, which have to agree.
"""

from __future__ import annotations

import re
from ipaddress import ip_network
from typing import Any

Entry = dict[str, Any]

PROTOCOLS = {"tcp": "-t", "udp": "-u", "sctp": "--sctp-service"}
METHODS = {"masquerade": "-m", "direct": "-g", "tunnel": "-i"}
CHECKSUMS = {"none": "--tun-nocsum", "csum": "--tun-csum", "remcsum": "--tun-remcsum"}
FLAG_ORDER = ("sh-fallback", "mh-fallback", "flag-1", "sh-port", "mh-port", "flag-2", "flag-3")

_SERVICE = re.compile(r"(TCP|UDP|SCTP|FWM)\s+(\S+)( IPv6)?\s")
_SERVER = re.compile(r"\s+->\s+(\S+)\s+(\d+)\s+(\d+)\s+\d+\s+\d+")


def saved(state: list[Entry]) -> list[str]:
    """Return what ``ipvsadm -Sn`` prints of a state, sorted."""
    lines = []
    for entry in state:
        lines.append("-A %s%s" % (_service(entry), _settings(entry)))
        lines += [
            "-a %s -r %s%s" % (_service(entry), _server(entry, server), _forwarding(server))
            for server in entry["servers"]
        ]
    return sorted(lines)


def restorable(state: list[Entry]) -> list[str]:
    """Return input of ``ipvsadm -R`` that makes a state: as saved, with the thresholds."""
    lines = []
    for entry in state:
        lines.append("-A %s%s" % (_service(entry), _settings(entry)))
        lines += [
            "-a %s -r %s%s -x %d -y %d"
            % (
                _service(entry),
                _server(entry, server),
                _forwarding(server),
                *_thresholds(server),
            )
            for server in entry["servers"]
        ]
    return lines


def thresholds(state: list[Entry]) -> list[str]:
    """Return a line for each server with its upper and lower threshold, sorted."""
    return sorted(
        "%s %s %d %d" % (_heading(entry), _server(entry, server), *_thresholds(server))
        for entry in state
        for server in entry["servers"]
    )


def read_thresholds(listed: list[str]) -> list[str]:
    """Return the same from the lines that ``ipvsadm -Ln --thresholds`` prints."""
    lines, heading = [], ""
    for line in listed:
        service, server = _SERVICE.match(line), _SERVER.match(line)
        if service:
            heading = "%s %s%s" % (service[1], service[2], service[3] or "")
        elif server:
            lines.append("%s %s %s %s" % (heading, *server.groups()))
    return sorted(lines)


def _thresholds(server: Entry) -> tuple[int, int]:
    return server.get("upper_threshold", 0), server.get("lower_threshold", 0)


def _heading(entry: Entry) -> str:
    if "fwmark" in entry:
        return "FWM %d%s" % (entry["fwmark"], " IPv6" if entry["family"] == "ipv6" else "")
    return "%s %s" % (entry["protocol"].upper(), _place(entry["address"], entry["port"]))


def _service(entry: Entry) -> str:
    if "fwmark" in entry:
        return "-f %d%s" % (entry["fwmark"], " -6" if entry["family"] == "ipv6" else "")
    return "%s %s" % (PROTOCOLS[entry["protocol"]], _place(entry["address"], entry["port"]))


def _settings(entry: Entry) -> str:
    words = " -s %s" % entry["scheduler"]
    if entry.get("persistence"):
        words += " -p %d%s" % (entry["persistence"], _netmask(entry))
    if entry.get("persistence_engine"):
        words += " --pe %s" % entry["persistence_engine"]
    flags = entry.get("flags", [])
    if "ops" in flags:
        words += " -o"
    others = [flag for flag in FLAG_ORDER if flag in flags]
    return words + (" -b %s" % ",".join(others) if others else "")


def _netmask(entry: Entry) -> str:
    given = str(entry.get("netmask", ""))
    if not given:
        return ""
    if ":" in entry.get("address", "") or entry.get("family") == "ipv6" or "." in given:
        return " -M %s" % given
    return " -M %s" % ip_network("0.0.0.0/%s" % given).netmask


def _server(entry: Entry, server: Entry) -> str:
    return _place(server["address"], server["port"] if "port" in server else entry["port"])


def _forwarding(server: Entry) -> str:
    words = " %s -w %d" % (METHODS[server["forward_method"]], server["weight"])
    if server["forward_method"] != "tunnel":
        return words
    kind = server.get("tunnel_type", "ipip")
    words += " --tun-type %s" % kind
    if kind == "gue":
        words += " --tun-port %d" % server["tunnel_port"]
    if kind != "ipip":
        words += " %s" % CHECKSUMS[server.get("tunnel_checksum", "none")]
    return words


def _place(address: str, port: int) -> str:
    return "[%s]:%d" % (address, port) if ":" in address else "%s:%d" % (address, port)
