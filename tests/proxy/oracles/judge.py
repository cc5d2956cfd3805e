# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The verdict on the bytes of one client's connection: what must hold whatever they are."""

from __future__ import annotations

from corpus.replay import Replayed, replay
from sluice_proxy.http.chunked import ChunkedDecoder
from sluice_proxy.http.forwarding import ClientSide, RequestPolicy
from sluice_proxy.http.limits import DEFAULT_LIMITS, HeadLimits
from sluice_proxy.http.refusal import BadRequest
from sluice_proxy.http.request_gate import _read_slowly, parse_request

from .differences import HTTPTOOLS_METHODS, is_listed_as_looser, is_listed_as_stricter
from .reading import ORACLES

EVERYTHING = RequestPolicy(forwarded=True)
ROOM = HeadLimits(head_bytes=80_000, field_bytes=40_000, fields=200)
"""For what the proxy adds to a head that is already at the limits."""
TRUSTED = ClientSide("2001:db8::1", "https", 443, trusted=True)


def judge(raw: bytes) -> str | None:
    """Return what is wrong with how the gates treat ``raw``; None when nothing is."""
    ours = replay(raw)
    return (
        _passes_again_unchanged(ours)
        or _passes_again_with_all_that_is_added(raw, len(ours.sent))
        or _is_read_alike_when_sent_on(ours)
        or _both_roads_agree(raw)
        or _is_read_alike_as_received(raw, ours)
    )


def contents(ours: Replayed) -> list[bytes]:
    """Return the content of each request that was sent on, without chunks."""
    found = []
    for head, sent in zip(ours.heads, ours.sent, strict=True):
        content = sent[sent.index(b"\r\n\r\n") + 4 :]
        if head.chunked:
            content = b"".join(ChunkedDecoder().feed(content)[0])
        found.append(content)
    return found


def _passes_again_unchanged(ours: Replayed) -> str | None:
    for head, sent in zip(ours.heads, ours.sent, strict=True):
        # Max-Forwards counts down: it is the one field that is not the same when sent on twice.
        if not head.max_forwards and replay(sent).sent != [sent]:
            return f"sent on, it does not pass unchanged: {sent!r}"
    return None


def _passes_again_with_all_that_is_added(raw: bytes, count: int) -> str | None:
    for sent in replay(raw, EVERYTHING, TRUSTED).sent:
        again = replay(sent, limits=ROOM)
        if len(again.sent) != 1 or again.refused or again.unfinished:
            return f"sent on with additions, it does not pass: {sent!r}"
        count -= 1
    return f"{count} requests fewer with additions" if count else None


def _is_read_alike_when_sent_on(ours: Replayed) -> str | None:
    for head, sent, content in zip(ours.heads, ours.sent, contents(ours), strict=True):
        for name, oracle in ORACLES.items():
            if name == "httptools" and head.method not in HTTPTOOLS_METHODS:
                continue
            reading = oracle(sent)
            keys = [message.key() for message in reading.messages]
            if keys != [(head.method, head.origin_form, content)] or reading.complaint:
                return f"{name} reads {sent!r} as {keys}, complaint {reading.complaint}"
    return None


def _both_roads_agree(raw: bytes) -> str | None:
    """Compare the one regular expression with the reading line by line."""
    end = raw.find(b"\r\n\r\n") + 4
    outcomes = []
    for road in (parse_request, _read_slowly):
        try:
            outcomes.append(repr(road(raw[:end], DEFAULT_LIMITS)))
        except BadRequest as error:
            outcomes.append(f"{error.status}")
    return None if outcomes[0] == outcomes[1] else f"two roads: {outcomes}"


def _is_read_alike_as_received(raw: bytes, ours: Replayed) -> str | None:
    read = [
        (head.method, head.target, content)
        for head, content in zip(ours.heads, contents(ours), strict=True)
    ]
    http_1_0 = any(head.version == b"1.0" for head in ours.heads)
    for name, oracle in ORACLES.items():
        reading = oracle(raw)
        keys = read
        theirs = [message.key() for message in reading.messages]
        if reading.upgraded:
            # Listed: httptools stops at every wish to upgrade, whatever it is for.
            theirs.pop()
            keys = keys[: len(theirs)]
        common = min(len(keys), len(theirs))
        if keys[:common] != theirs[:common]:
            return f"{name} reads {theirs} where the gate reads {keys}"
        if len(theirs) < len(keys) and not is_listed_as_looser(name, reading.complaint, http_1_0):
            return f"{name} refuses what the gate accepts: {reading.complaint}"
        if len(theirs) > len(read) and not _may_stop(ours):
            return f"{name} accepts what the gate refuses: {ours.refused} {ours.reason}"
    return None


def _may_stop(ours: Replayed) -> bool:
    if ours.refused is not None:
        return is_listed_as_stricter(ours.reason)
    return bool(ours.heads) and not ours.heads[-1].keep_alive
