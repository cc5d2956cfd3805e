# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""nftables of paper: takes the words of our transactions, gives back nft's JSON listing.

It knows what the transactions use, and refuses as a whole what the kernel refuses: elements and
chains that are there already or missing, and chains and sets that something still refers to.
"""

from __future__ import annotations

import copy
import re
from typing import Any, Callable, Dict, List, Optional, Tuple

from ansible_collections.sluice.edge.plugins.module_utils._kernel.conntrack import Flow
from ansible_collections.sluice.edge.plugins.module_utils._kernel.nftables import NftablesRefused

Key = Tuple[str, ...]
_COMMENT = re.compile(r' comment "([^"]*)"')
_COUNTER = re.compile(r" counter packets (\d+) bytes (\d+)")
_HOOK = re.compile(r"type (\w+) hook (\w+) priority (-?\d+); policy (\w+)")
_REFERENCE = re.compile(r"@(\w+)")


class FakeSet:
    def __init__(self, keyword: str, definition: str) -> None:
        self.keyword = keyword
        self.definition = definition
        self.elements: Dict[
            Key, Tuple[Optional[str], Optional[str], Optional[Tuple[int, int]]]
        ] = {}


class FakeChain:
    def __init__(self, header: Optional[Tuple[str, str, int, str]]) -> None:
        self.header = header
        self.rules: List[str] = []


class FakeTables:
    """Tables, kernel parameters and connections of one host."""

    def __init__(self) -> None:
        self.sets: Dict[str, FakeSet] = {}
        self.chains: Dict[str, FakeChain] = {}
        self.exists = False
        self.parameters = {
            "net.ipv4.ip_forward": "0",
            "net.ipv6.conf.all.forwarding": "0",
            "net.ipv4.conf.all.route_localnet": "0",
        }
        self.tracked: List[Flow] = []
        self.commits = 0
        self.refuse: Callable[[int], bool] = lambda _number: False

    def read(self, name: str) -> Optional[str]:
        return self.parameters.get(name)

    def write(self, name: str, value: str) -> None:
        self.parameters[name] = value

    def __enter__(self) -> FakeTables:
        return self

    def __exit__(self, *_exception: object) -> None:
        """Nothing to close."""

    def flows(self, family: str) -> List[Flow]:
        return [flow for flow in self.tracked if flow.called[0].family == family]

    def delete(self, flow: Flow) -> bool:
        self.tracked.remove(flow)
        return True

    def run(self, commands: str) -> None:
        before = copy.deepcopy((self.exists, self.sets, self.chains))
        try:
            self.commits += 1
            if self.refuse(self.commits):
                raise NftablesRefused("Error: Could not process rule: Cannot allocate memory")
            for line in commands.splitlines():
                self._command(line)
            self._check_references()
        except NftablesRefused:
            self.exists, self.sets, self.chains = before
            raise

    def _command(self, line: str) -> None:
        verb, what, rest = line.split(" ", 2)
        assert rest.startswith("inet sluice"), line
        rest = rest[len("inet sluice") :].strip()
        if what == "table":
            if verb == "delete" and not self.exists:
                raise NftablesRefused("Error: No such file or directory")
            if verb == "delete":
                self.sets.clear()
                self.chains.clear()
            self.exists = verb == "add"
            return
        if not self.exists:
            raise NftablesRefused("Error: No such file or directory")
        name, _blank, body = rest.partition(" ")
        getattr(self, "_%s_%s" % (verb, "set" if what == "map" else what))(name, body, what)

    def _add_set(self, name: str, body: str, what: str) -> None:
        self.sets.setdefault(name, FakeSet(what, body))

    def _delete_set(self, name: str, _body: str, what: str) -> None:
        if self._get(self.sets, name).keyword != what:
            raise NftablesRefused("Error: No such file or directory")
        del self.sets[name]

    def _add_chain(self, name: str, body: str, _what: str) -> None:
        match = _HOOK.search(body)
        header = (match[1], match[2], int(match[3]), match[4]) if match else None
        self.chains.setdefault(name, FakeChain(header))

    def _delete_chain(self, name: str, _body: str, _what: str) -> None:
        if self._get(self.chains, name).rules:
            raise NftablesRefused("Error: Device or resource busy")
        del self.chains[name]

    def _flush_chain(self, name: str, _body: str, _what: str) -> None:
        self._get(self.chains, name).rules.clear()

    def _add_rule(self, name: str, body: str, _what: str) -> None:
        self._get(self.chains, name).rules.append(body)

    def _add_element(self, name: str, body: str, _what: str) -> None:
        elements = self._get(self.sets, name).elements
        for text in body.strip("{ }").split(", "):
            comment, counter = _COMMENT.search(text), _COUNTER.search(text)
            bare = _COUNTER.sub("", _COMMENT.sub("", text))
            key, _colon, value = bare.partition(" : ")
            counted = (int(counter[1]), int(counter[2])) if counter else None
            new = (value or None, comment[1] if comment else None, counted)
            if elements.setdefault(tuple(key.split(" . ")), new) != new:
                raise NftablesRefused("Error: Could not process rule: File exists")

    def _delete_element(self, name: str, body: str, _what: str) -> None:
        elements = self._get(self.sets, name).elements
        for text in body.strip("{ }").split(", "):
            if elements.pop(tuple(text.split(" . ")), None) is None:
                raise NftablesRefused("Error: Could not process rule: No such file or directory")

    def _get(self, found: Dict[str, Any], name: str) -> Any:
        if name not in found:
            raise NftablesRefused("Error: No such file or directory")
        return found[name]

    def _check_references(self) -> None:
        for chain in self.chains.values():
            for rule in chain.rules:
                for name in _REFERENCE.findall(rule):
                    self._get(self.sets, name)
        for each in self.sets.values():
            for value, _comment, _counter in each.elements.values():
                if value is not None and value.startswith("goto "):
                    self._get(self.chains, value[len("goto ") :])

    def table(self, family: str, name: str) -> Optional[List[Dict[str, Any]]]:
        assert (family, name) == ("inet", "sluice")
        if not self.exists:
            return None
        found: List[Dict[str, Any]] = [{"metainfo": {}}, {"table": {"name": name}}]
        for set_name, each in self.sets.items():
            content: Dict[str, Any] = {"name": set_name}
            if each.keyword == "map":
                content["map"] = "anything"
            content["elem"] = [_listed(key, each.keyword, *rest) for key, *rest in _flat(each)]
            found.append({each.keyword: content})
        for chain_name, chain in self.chains.items():
            content = {"name": chain_name}
            if chain.header:
                content.update(zip(("type", "hook", "prio", "policy"), chain.header))
            found.append({"chain": content})
        for chain_name, chain in self.chains.items():
            found += [{"rule": _listed_rule(chain_name, rule)} for rule in chain.rules]
        return found


def _flat(each: FakeSet) -> List[Tuple[Any, ...]]:
    return [(key, *rest) for key, rest in each.elements.items()]


def _number(text: str) -> Any:
    return int(text) if text.isdigit() else text


def _part(text: str) -> Any:
    address, slash, length = text.partition("/")
    if not slash:
        return _number(text)
    if int(length) == (128 if ":" in address else 32):
        return address
    return {"prefix": {"addr": address, "len": int(length)}}


def _listed(
    key: Key,
    keyword: str,
    value: Optional[str],
    comment: Optional[str],
    counter: Optional[Tuple[int, int]],
) -> Any:
    shown: Dict[str, Any] = {"concat": [_part(part) for part in key]}
    if comment is not None or counter is not None:
        inner: Dict[str, Any] = {"val": shown}
        if comment is not None:
            inner["comment"] = comment
        if counter is not None:
            inner["counter"] = {"packets": counter[0], "bytes": counter[1]}
        shown = {"elem": inner}
    if keyword == "set":
        return shown
    assert value is not None
    if value.startswith("goto "):
        return [shown, {"goto": {"target": value[len("goto ") :]}}]
    return [shown, {"concat": [_number(part) for part in value.split(" . ")]}]


def _listed_rule(chain: str, rule: str) -> Dict[str, Any]:
    listed: Dict[str, Any] = {"chain": chain, "expr": []}
    comment = re.search(r' comment "([^"]*)"$', rule)
    if comment:
        listed["comment"] = comment[1]
    log = re.search(r'limit rate (\d+)/(\w+) log prefix "([^"]*)" level (\w+)', rule)
    if log:
        shown = {"prefix": log[3], "level": log[4]}
        if log[4] == "warn":
            del shown["level"]  # the kernel's default is not listed
        listed["expr"] = [{"limit": {"rate": int(log[1]), "per": log[2]}}, {"log": shown}]
    return listed
