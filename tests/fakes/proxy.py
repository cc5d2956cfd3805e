# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A proxy's admin socket, with the semantics of the real API, on any Python of a managed host.

What documents say is checked by the real proxy only. Here a test says what the proxy finds wrong
with one (`refuse`); tests/proxy/integration has the same tables of mistakes told by the real one.
"""

from __future__ import annotations

import hashlib
import json
import socketserver
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler
from typing import Any, Callable, Dict, Iterator, List, NamedTuple, Optional, Tuple
from urllib.parse import parse_qs, unquote, urlsplit

from ansible_collections.sluice.edge.tests.fakes.authority import FakeAuthority

KINDS = ("route", "certificate", "page")
FOLDERS = {"/v1/routes": "route", "/v1/certificates": "certificate", "/v1/pages": "page"}
Key = Tuple[str, str]
Value = Dict[str, Any]


class Kept(NamedTuple):
    """A resource as the fake keeps it, keys of certificates included."""

    kind: str
    id: str
    document: Value
    owner: str
    version: int
    origin: str = "api"


class Refusal(Exception):
    """An answer other than 200."""

    def __init__(self, status: int, detail: str, problems: Tuple[Value, ...] = ()) -> None:
        super().__init__(detail)
        self.status = status
        self.problems = list(problems)


class FakeProxy:
    """The resources of a proxy, and what clients asked of it."""

    def __init__(self) -> None:
        self.revision = 0
        self.kept: Dict[Key, Kept] = {}
        self.changed = dict.fromkeys(KINDS, 0)
        self.in_flight: Dict[Tuple[str, str], int] = {}
        self.requests: List[str] = []
        self.sent: List[Value] = []
        self.writes = 0
        self.before_plan: Callable[[], None] = lambda: None
        self.before_write: Callable[[], None] = lambda: None
        self.after_write: Callable[[], None] = lambda: None
        self.authority = FakeAuthority()
        self.broken: Optional[Tuple[int, str]] = None
        self._wrong: Dict[Key, Tuple[str, str]] = {}
        self._unasked: Dict[str, Tuple[int, str]] = {}

    def refuse(self, kind: str, name: str, field: str, message: str) -> None:
        """Find this wrong with any document of that name."""
        self._wrong[kind, name] = (field, message)

    def refuse_asking(self, name: str, status: int, said: str) -> None:
        """Have nobody renew or revoke a certificate."""
        self._unasked[name] = (status, said)

    def have(
        self, kind: str, name: str, document: Value, owner: str = "", origin: str = "api"
    ) -> None:
        """Have a resource that somebody else declared."""
        self.revision += 1
        self.changed[kind] = self.revision
        version = 0 if origin == "file" else self.revision
        self.kept[kind, name] = Kept(kind, name, document, owner, version, origin)

    def remove(self, kind: str, name: str) -> None:
        """Have somebody else remove a resource."""
        self.revision += 1
        self.changed[kind] = self.revision
        del self.kept[kind, name]

    def state(self) -> Dict[Key, Kept]:
        """Return all that there is, for comparisons."""
        return dict(self.kept)

    def answer(self, method: str, target: str, content: bytes) -> Tuple[int, Value]:
        """Return the answer to a request."""
        self.requests.append("%s %s" % (method, target))
        parts = urlsplit(target)
        query = parse_qs(parts.query, keep_blank_values=True)
        try:
            return 200, self._answer(method, parts.path, query, content)
        except Refusal as refusal:
            return refusal.status, {
                "type": "about:blank",
                "title": "Refused",
                "status": refusal.status,
                "detail": str(refusal),
                "problems": refusal.problems,
            }

    def _answer(self, method: str, path: str, query: Dict[str, List[str]], content: bytes) -> Value:
        if method == "GET" and path in FOLDERS:
            return self._listed(FOLDERS[path], query)
        if method == "GET" and path == "/status":
            return {"routes": [self._status(each) for each in self._of_kind("route")]}
        if method == "POST" and path == "/v1/changes":
            return self._change(json.loads(content.decode()), query.get("dry_run") == ["true"])
        if method == "POST" and path.startswith("/v1/certificates/"):
            name, _slash, what = path[len("/v1/certificates/") :].rpartition("/")
            return self._ask(unquote(name), what, json.loads(content.decode()))
        raise Refusal(404, "there is no such path: GET /v1 tells them all")

    def _ask(self, name: str, what: str, body: Value) -> Value:
        kept = self.kept.get(("certificate", name))
        if kept is None:
            raise Refusal(404, "there is no certificate %s" % name)
        if name in self._unasked:
            raise Refusal(*self._unasked[name])
        if what == "renew":
            if not self.authority.renew(name):
                raise Refusal(409, "no authority issues it")
            return self._told(kept)
        said = self.authority.revoke(name, body["reason"])
        if said:
            raise Refusal(409 if said.startswith("no certificate") else 502, said)
        return self._told(kept)

    def _told(self, kept: Kept) -> Value:
        shown = _shown(kept)
        if is_ordered(kept):
            shown.update(self.authority.told(kept.id, kept.document))
        return shown

    def _listed(self, kind: str, query: Dict[str, List[str]]) -> Value:
        owner, ids = query.get("owner"), query.get("id")
        items = [
            self._told(each)
            for each in self._of_kind(kind)
            if (owner is None or each.owner == owner[0]) and (ids is None or each.id in ids)
        ]
        return {"revision": self.revision, "items": items}

    def _of_kind(self, kind: str) -> List[Kept]:
        return [each for key, each in sorted(self.kept.items()) if key[0] == kind]

    def _status(self, route: Kept) -> Value:
        holder = route.document.get("portal", route.document)
        targets = []
        for target in _targets(holder.get("targets")):
            count = self.in_flight.get((route.id, target["url"]), 0)
            targets.append(
                {
                    "name": target["url"],
                    "weight": target["weight"],
                    "state": target["state"],
                    "health": "unchecked",
                    "traffic": {"in_flight": count, "total": 0},
                }
            )
        return {"name": route.id, "origin": route.origin, "action": "targets", "targets": targets}

    def _change(self, body: Value, dry_run: bool) -> Value:
        self.sent.append(body)
        if dry_run:
            self.before_plan()
        else:
            self.before_write()
        following, operations = self._planned(body)
        if self.broken is not None and operations and not dry_run:
            raise Refusal(*self.broken)
        if operations and not dry_run:
            self.revision += 1
            self.writes += 1
            for operation in operations:
                self.changed[operation["kind"]] = self.revision
                self._order(following.get((operation["kind"], operation["id"])), operation)
                if operation["after"] is not None:
                    operation["after"]["version"] = self.revision
            self.kept = {
                key: each
                if each.version or each.origin == "file"
                else each._replace(version=self.revision)
                for key, each in following.items()
            }
            self.after_write()
        return {
            "revision": self.revision,
            "changed": bool(operations),
            "unchanged": len(body["changes"]) - len(operations),
            "operations": operations,
        }

    def _order(self, kept: Optional[Kept], operation: Value) -> None:
        before = operation["before"]
        if kept is None or not is_ordered(kept):
            self.authority.withdrawn(operation["id"])
        elif before is None or before["document"] != kept.document:
            self.authority.declared(kept.id)

    def _planned(self, body: Value) -> Tuple[Dict[Key, Kept], List[Value]]:
        self._refuse_all(body)
        following = dict(self.kept)
        operations: List[Value] = []
        declared = set()
        for change in body["changes"]:
            key = (change["kind"], change["id"])
            declared.add(key)
            before = self.kept.get(key)
            if change.get("remove"):
                if before is not None:
                    del following[key]
                    operations.append(_operation(before, None))
                continue
            owner = change.get("owner")
            if owner is None:
                owner = before.owner if before is not None else ""
            after = Kept(*key, _stored(change["document"]), owner, 0)
            if before is not None and _meaning(before) == _meaning(after):
                continue
            following[key] = after
            operations.append(_operation(before, after))
        for purge in body["purges"]:
            for each in self._of_kind(purge["kind"]):
                key = (each.kind, each.id)
                mine = each.origin == "api" and each.owner == purge.get("owner", each.owner)
                if mine and key not in declared and each.id not in purge.get("ignore", ()):
                    del following[key]
                    operations.append(_operation(each, None))
        return following, operations

    def _refuse_all(self, body: Value) -> None:
        changes = [(change["kind"], change["id"], change) for change in body["changes"]]
        kept = [
            _problem(kind, name, "", "the configuration file has it: change it there")
            for kind, name, _change in changes
            if (kind, name) in self.kept and self.kept[kind, name].origin == "file"
        ]
        _raise(409, kept)
        outdated = [
            _problem(kind, "", "", "changed with revision %d" % self.changed[kind])
            for kind, read_at in body.get("unchanged", {}).items()
            if not self.changed[kind] <= read_at <= self.revision
        ]
        for kind, name, change in changes:
            found = self.kept[kind, name].version if (kind, name) in self.kept else 0
            if change.get("expected", found) != found:
                outdated.append(_problem(kind, name, "", "it has version %d" % found))
        _raise(412, outdated)
        _raise(
            422,
            [
                _problem(kind, name, *self._wrong[kind, name])
                for kind, name, change in changes
                if (kind, name) in self._wrong and not change.get("remove")
            ],
        )


def _raise(status: int, problems: List[Value]) -> None:
    if problems:
        raise Refusal(status, "%(kind)s %(id)s: %(message)s" % problems[0], tuple(problems))


def _problem(kind: str, name: str, field: str, message: str) -> Value:
    return {"kind": kind, "id": name, "field": field, "message": message}


def is_ordered(kept: Kept) -> bool:
    """Tell whether a resource is a certificate that an authority issues."""
    return kept.kind == "certificate" and kept.document.get("provider") == "acme"


def _operation(before: Optional[Kept], after: Optional[Kept]) -> Value:
    subject = after or before
    assert subject is not None
    verb = "create" if before is None else "remove" if after is None else "replace"
    return {
        "operation": verb,
        "kind": subject.kind,
        "id": subject.id,
        "before": None if before is None else _shown(before),
        "after": None if after is None else _shown(after),
    }


def _shown(kept: Kept) -> Value:
    shown = {
        "kind": kept.kind,
        "id": kept.id,
        "origin": kept.origin,
        "owner": kept.owner,
        "version": kept.version,
        "document": dict(kept.document),
    }
    if kept.kind == "certificate":
        shown["document"] = {
            name: value for name, value in kept.document.items() if name not in ("key", "password")
        }
        made = kept.document.get("provider") == "given" or kept.version
        made = made and not is_ordered(kept)
        shown["order"] = None
        shown["certificate"] = _leaf(kept.document) if made else None
        if "key" in kept.document:
            shown["document"]["key_fingerprint"] = _digest(kept.document["key"])
    return shown


def _leaf(document: Value) -> Value:
    return {
        "provider": document["provider"],
        "names": document.get("names", ["www.example.com"]),
        "fingerprint": _digest(document.get("chain", json.dumps(document, sort_keys=True))),
        "not_before": 1767225600.0,
        "not_after": 1775001600.0,
        "days_left": 90.0,
        "issuer": "CN=somebody",
        "serial": "1",
    }


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def _stored(document: Value) -> Value:
    return {name: value for name, value in document.items() if name != "password"}


def _meaning(kept: Kept) -> Any:
    document = dict(kept.document)
    holder = dict(document.get("portal", document))
    if "targets" in holder:
        holder["targets"] = _targets(holder["targets"])
    if "portal" in document:
        holder = {"portal": holder}
    for name, usual in (("hosts", ["*"]), ("paths", ["/"])):
        value = holder.get(name, usual)
        holder[name] = [value] if isinstance(value, str) else value
    holder.setdefault("keep_host", True)
    return kept.owner, holder


def _targets(written: Any) -> List[Value]:
    listed = [] if written is None else written if isinstance(written, list) else [written]
    usual = {"weight": 1, "state": "active"}
    return [
        dict(usual, **(target if isinstance(target, dict) else {"url": target}))
        for target in listed
    ]


class _Handler(BaseHTTPRequestHandler):
    server: _Server
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        self._answer()

    def do_POST(self) -> None:
        self._answer()

    def _answer(self) -> None:
        content = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        with self.server.lock:
            status, body = self.server.proxy.answer(self.command, self.path, content)
        answer = json.dumps(body).encode()
        self.send_response(status)
        self.send_header(
            "Content-Type", "application/json" if status == 200 else "application/problem+json"
        )
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, *_parts: Any) -> None:
        """Say nothing."""

    def address_string(self) -> str:
        return "unix"


class _Server(socketserver.ThreadingMixIn, socketserver.UnixStreamServer):
    daemon_threads = True
    request_queue_size = 128

    def __init__(self, path: str, proxy: FakeProxy) -> None:
        super().__init__(path, _Handler)
        self.proxy = proxy
        self.lock = threading.Lock()


@contextmanager
def serving(proxy: FakeProxy, path: str) -> Iterator[None]:
    """Serve a fake at a socket during the body."""
    with _Server(path, proxy) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
        thread.start()
        try:
            yield
        finally:
            server.shutdown()
            thread.join()
