# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the kernel has, by the tools that come with it: an eye independent of our own."""

from __future__ import annotations

import json
import subprocess
from collections import Counter
from collections.abc import Callable
from functools import partial
from typing import Any, Protocol

from ansible_collections.sluice.edge.tests.kernel.dnat.damages import LEGACY_DAMAGES, NFT_DAMAGES
from ansible_collections.sluice.edge.tests.kernel.namespaces import command

FOREIGN_NFT = """
table ip other {
  set known { type ipv4_addr; elements = { 192.0.2.1, 192.0.2.2 }; }
  chain forwarded { type filter hook forward priority 0; ip saddr @known counter accept; }
  chain translated { type nat hook prerouting priority -50; tcp dport 1 redirect to :2; }
}
table inet sluice_of_another {
  set empty { type inet_service; }
  chain alone { type filter hook input priority 0; tcp dport 1 drop comment "nor this"; }
}
"""
FOREIGN_LEGACY = """
*nat
:PREROUTING ACCEPT
:OUTPUT ACCEPT
:POSTROUTING ACCEPT
:SLUICE-NOT-OURS -
:OTHER -
-A PREROUTING -p tcp -m tcp --dport 1 -m comment --comment "first" -j OTHER
-A OUTPUT -p tcp -m tcp --dport 1 -j OTHER
-A POSTROUTING -o nowhere -j MASQUERADE
-A OTHER -p tcp -m tcp --dport 1 -j REDIRECT --to-ports 2
-A SLUICE-NOT-OURS -j RETURN
COMMIT
*filter
:FORWARD ACCEPT
-A FORWARD -s 192.0.2.1 -j ACCEPT
COMMIT
"""


class Ruleset(Protocol):
    """One backend's rules on a host, as its own tools show them."""

    def clear(self) -> None:
        """Take every rule of the host away."""

    def listing(self) -> Any:
        """Return our rules without counters, and without an order that means nothing."""

    def parts(self) -> list[Any]:
        """Return the same in parts, each of which the kernel can only change as a whole."""

    def everything(self) -> str:
        """Return all rules of the host as text, byte for byte, without counters."""

    def add_foreign(self) -> None:
        """Add rules of somebody else."""

    def track(self) -> None:
        """Let the host track connections, by a rule of somebody else."""

    def add_foreign_rule(self, address: str) -> None:
        """Add one more rule of somebody else that names an address."""

    def remove_foreign(self) -> None:
        """Take the rules of somebody else away."""

    def damages(self) -> dict[str, Callable[[], object]]:
        """Return by name what somebody may do by hand to rules that we have."""

    def foreign(self) -> str:
        """Return these as text, byte for byte."""

    def shares(self) -> list[float]:
        """Return the chances of the destinations of the only profile, as its rules have them."""

    def counters(self) -> int:
        """Return how many packets our rules counted."""


class NftRuleset:
    """nftables, by ``nft``."""

    def __init__(self, host: str) -> None:
        self._host = host

    def nft(self, *words: str) -> str:
        return command("ip", "netns", "exec", self._host, "nft", *words)

    def clear(self) -> None:
        self.nft("flush", "ruleset")

    def listing(self) -> Any:
        tables = json.loads(self.nft("-j", "list", "tables"))["nftables"]
        if not any(entry.get("table", {}).get("name") == "sluice" for entry in tables):
            return []
        objects = json.loads(self.nft("-j", "-s", "list", "table", "inet", "sluice"))["nftables"]
        found = []
        for number, entry in enumerate(objects):
            ((kind, content),) = entry.items()
            content.pop("handle", None)
            elements = content.get("elem")
            if elements is not None:
                content["elem"] = sorted(json.dumps(_lasting(each)) for each in elements)
            # Rules of a chain have an order; chains and sets have none.
            name = content.get("chain", content.get("name", ""))
            found.append((kind, name, number if kind == "rule" else 0, content))
        found.sort(key=lambda each: each[:3])
        return [(kind, name, content) for kind, name, _number, content in found]

    def parts(self) -> list[Any]:
        return [self.listing()]

    def everything(self) -> str:
        return self.nft("-s", "list", "ruleset")

    def add_foreign(self) -> None:
        self.nft(FOREIGN_NFT)

    def track(self) -> None:
        self.nft(
            "add table inet firewall; add chain inet firewall c "
            "{ type filter hook prerouting priority 0; }; "
            "add rule inet firewall c ct state established accept"
        )

    def add_foreign_rule(self, address: str) -> None:
        self.nft("add rule ip other forwarded ip saddr %s accept" % address)

    def remove_foreign(self) -> None:
        self.nft("delete table ip other; delete table inet sluice_of_another")

    def damages(self) -> dict[str, Callable[[], object]]:
        return {name: partial(self._damage, words) for name, words in NFT_DAMAGES.items()}

    def _damage(self, words: str) -> None:
        if "RULE" in words:
            chain = words.split()[4]
            listed = self.nft("-a", "list", "chain", "inet", "sluice", chain)
            handles = [
                line.rsplit(" ", 1)[1]
                for line in listed.splitlines()
                if " vmap " in line or "masquerade" in line.split(" # ")[0].split()
            ]
            words = words.replace("RULE", "handle " + handles[0])
        self.nft(words)

    def foreign(self) -> str:
        return self.nft("-s", "-a", "list", "table", "ip", "other") + self.nft(
            "-s", "-a", "list", "table", "inet", "sluice_of_another"
        )

    def shares(self) -> list[float]:
        objects = json.loads(self.nft("-j", "list", "map", "inet", "sluice", "slots4_proxy_tcp"))
        (found,) = (entry["map"]["elem"] for entry in objects["nftables"] if "map" in entry)
        targets = Counter(json.dumps(target) for _slot, target in found)
        return [slots / len(found) for slots in targets.values()]

    def counters(self) -> int:
        objects = json.loads(self.nft("-j", "list", "table", "inet", "sluice"))["nftables"]
        return sum(
            element["elem"]["counter"]["packets"]
            for entry in objects
            for element in entry.get("set", {}).get("elem", ())
            if isinstance(element, dict) and "counter" in element.get("elem", {})
        )


def _lasting(element: Any) -> Any:
    """Return an element without what moves by itself."""
    if isinstance(element, list):
        return [_lasting(part) for part in element]
    if isinstance(element, dict) and "elem" in element:
        inner = {key: part for key, part in element["elem"].items() if key not in _MOVING}
        return {"elem": inner}
    return element


_MOVING = ("counter", "expires")


class LegacyRuleset:
    """Legacy iptables, by ``iptables-legacy-save`` and its kin."""

    def __init__(self, host: str) -> None:
        self._host = host

    def _tool(self, name: str, *words: str, given: str | None = None) -> str:
        words = ("ip", "netns", "exec", self._host, name, *words)
        done = subprocess.run(words, input=given, check=False, capture_output=True, text=True)
        assert done.returncode == 0, "%s: %s" % (" ".join(words), done.stderr)
        return done.stdout

    def iptables(self, *words: str) -> str:
        return self._tool("iptables-legacy", "-w", "-t", "nat", *words)

    def clear(self) -> None:
        for tool in ("iptables-legacy-restore", "ip6tables-legacy-restore"):
            self._tool(tool, "-w", given="*nat\nCOMMIT\n*filter\nCOMMIT\n*mangle\nCOMMIT\n")

    def _saved(self) -> list[str]:
        return [
            "%s %s" % (family, line.split(" [")[0] if line.startswith(":") else line)
            for family, tool in (("4", "iptables-legacy-save"), ("6", "ip6tables-legacy-save"))
            for line in self._tool(tool).splitlines()
            if not line.startswith("#")
        ]

    def listing(self) -> Any:
        chains: dict[str, list[str]] = {}
        table = ""
        for line in self._saved():
            family, text = line.split(" ", 1)
            if text.startswith("*"):
                table = "%s %s" % (family, text[1:])
            elif text.startswith(":"):
                chains["%s %s" % (table, text)] = []
            elif text.startswith("-A"):
                chains.setdefault("%s %s" % (table, text.split(" ")[1]), []).append(text)
        return sorted(chains.items())

    def parts(self) -> list[Any]:
        # The kernel has a table for each family, and no way to change two of them as one.
        listed = self.listing()
        return [[each for each in listed if each[0].startswith(family)] for family in "46"]

    def everything(self) -> str:
        return "\n".join(self._saved())

    def add_foreign(self) -> None:
        for tool in ("iptables-legacy-restore", "ip6tables-legacy-restore"):
            text = FOREIGN_LEGACY
            if tool.startswith("ip6"):
                text = text.replace("192.0.2.1", "2001:db8::1")
            self._tool(tool, "-w", "--noflush", given=text)

    def track(self) -> None:
        for tool in ("iptables-legacy", "ip6tables-legacy"):
            established = ("-m", "conntrack", "--ctstate", "ESTABLISHED", "-j", "ACCEPT")
            self._tool(tool, "-w", "-A", "FORWARD", *established)

    def add_foreign_rule(self, address: str) -> None:
        self._tool("iptables-legacy", "-w", "-t", "nat", "-A", "OTHER", "-s", address)

    def remove_foreign(self) -> None:
        for tool in ("iptables-legacy", "ip6tables-legacy"):
            self._tool(tool, "-w", "-F", "FORWARD")
            for words in _LEGACY_REMOVAL:
                self._tool(tool, "-w", "-t", "nat", *words.split())

    def damages(self) -> dict[str, Callable[[], object]]:
        return {name: partial(self._damage, words) for name, words in LEGACY_DAMAGES.items()}

    def _damage(self, words: str) -> None:
        (chain,) = (
            line.split()[1] for line in self.iptables("-S").splitlines() if "sluice www " in line
        )
        self.iptables(*words.replace("CHAIN", chain).split())

    def foreign(self) -> str:
        return "\n".join(line for line in self._saved() if not _is_ours(line))

    def shares(self) -> list[float]:
        left, found = 1.0, []
        for line in self._tool("iptables-legacy-save", "-t", "nat").splitlines():
            if "-j DNAT" in line:
                words = line.split()
                chance = 1.0
                if "--probability" in words:
                    chance = float(words[words.index("--probability") + 1])
                found.append(left * chance)
                left *= 1 - chance
        return found

    def counters(self) -> int:
        return sum(
            int(line[1:].split(":")[0])
            for tool in ("iptables-legacy-save", "ip6tables-legacy-save")
            for line in self._tool(tool, "-c", "-t", "nat").splitlines()
            if line.startswith("[") and "-j DNAT" in line
        )


_LEGACY_REMOVAL = (
    "-D PREROUTING -p tcp -m tcp --dport 1 -m comment --comment first -j OTHER",
    "-D OUTPUT -p tcp -m tcp --dport 1 -j OTHER",
    "-D POSTROUTING -o nowhere -j MASQUERADE",
    "-F OTHER",
    "-F SLUICE-NOT-OURS",
    "-X OTHER",
    "-X SLUICE-NOT-OURS",
)


def _is_ours(line: str) -> bool:
    return "sluice" in line.replace("SLUICE-NOT-OURS", "").lower()


RULESETS: dict[str, type[NftRuleset] | type[LegacyRuleset]] = {
    "nftables": NftRuleset,
    "iptables": LegacyRuleset,
}
