# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every known difference of opinion between the gates and h11 or httptools, with its reason.

What is not listed here fails the differential tests and the fuzzer.
"""

from __future__ import annotations

from dataclasses import dataclass

STRICTER = {
    "the first byte begins no method": "h11 and httptools skip line ends and more before a request",
    "bare CR, bare LF or NUL in the head": "h11 ends lines at LF; RFC 9112 2.2 lets us refuse",
    "the request line is not method, target and version": "HTTP/0.9, and spaces where one is due",
    "the method is empty or not a token": "httptools knows methods of other protocols",
    "the method is CONNECT, PRI, TRACE or longer than any implemented": "policy: not served",
    "the request-target is empty or has a forbidden character": "h11 takes fragments and more",
    "the request-target * is of OPTIONS only": "neither looks at the form of the target",
    "the request-target is neither a path nor an http or https URI": "the same",
    "the request-target has more than": "limit",
    "the request line does not end with a version of HTTP": "httptools reads HTTP/0.9 without one",
    "the version of HTTP is neither 1.1 nor 1.0": "h11 takes any digits",
    "the authority of the request-target": "neither looks at the authority",
    "the path ": "neither resolves paths; policy of sluice_proxy.http.path",
    "Host ": "neither checks the value of Host",
    "no Host field": "httptools does not ask for Host",
    "more than one ": "duplicates of Host and Expect pass httptools, of Content-Length h11",
    "more than ": "limits on bytes and fields",
    "a field has more than": "limit",
    "the head has more than": "limit",
    "a field line begins with whitespace": "h11 unfolds obs-fold; RFC 9112 5.2 lets us refuse",
    "a field line has no colon": "httptools takes some of these",
    "a field name is empty or not a token": "httptools is lenient here",
    "whitespace stands between a field name and its colon": "httptools is lenient here",
    "the value of field": "control characters pass httptools, some pass h11",
    "both Content-Length and Transfer-Encoding": "h11 prefers Transfer-Encoding; it is an attack",
    "a framing field is spelt with an underscore": "CGI upstreams read it as the real one",
    "Transfer-Encoding in a message of HTTP/1.0": "both accept it",
    "Transfer-Encoding does not end in chunked": "httptools reads to the end of the connection",
    "a transfer coding other than chunked": "httptools accepts lists that end in chunked",
    "Content-Length is not a number": "h11 takes lists of equal numbers",
    "Content-Length has more than": "limit",
    "Connection has more than": "limit",
    "Connection is not a list of tokens": "neither looks at the options",
    "Connection names a field that framing or routing depends on": "neither looks at the options",
    "Expect is not 100-continue": "neither looks at Expect",
    "Max-Forwards is not a number": "neither looks at Max-Forwards",
    "bare CR, bare LF or NUL in the framing": "h11 and httptools are lenient in chunk extensions",
    "the line of a chunk's size": "whitespace and malformed extensions pass h11 and httptools",
    "bytes of framing without an end": "limit",
    "chunk extensions are out of proportion to the content": "limit",
    "trailer section": "neither has limits of its own for trailers, or looks at their syntax",
    "in the trailer section": "neither refuses fields of framing and routing there",
}
"""Starts, or for chunks parts, of the reasons why the gate refuses what an oracle accepts."""

HTTPTOOLS_METHODS = frozenset(
    b"ACL BIND CHECKOUT COPY DELETE GET HEAD LINK LOCK M-SEARCH MERGE MKACTIVITY MKCALENDAR MKCOL "
    b"MOVE NOTIFY OPTIONS PATCH POST PROPFIND PROPPATCH PURGE PUT QUERY REBIND REPORT SEARCH "
    b"SOURCE SUBSCRIBE UNBIND UNLINK UNLOCK UNSUBSCRIBE".split()
)


@dataclass(frozen=True)
class Looser:
    """What the gate accepts and an oracle refuses, or does not read to the end."""

    oracle: str
    complaint: str
    """How the oracle's complaint begins; empty when it stops without one."""
    why: str


LOOSER = (
    Looser("httptools", "HttpParserInvalidMethodError", "it knows a fixed list of methods"),
    Looser(
        "httptools",
        "HttpParserError: Data after `Connection: close`",
        "the gate stops reading there, and says nothing of what follows",
    ),
    Looser(
        "httptools",
        "HttpParserError: Request has invalid `Transfer-Encoding`",
        "a tab after chunked is optional whitespace (RFC 9110 5.5); it is not sent on",
    ),
    Looser(
        "h11",
        "no request line received",
        "RFC 9112 2.2 asks servers to skip an empty line before a request",
    ),
    Looser("h11", "", "it closes after HTTP/1.0 even where keep-alive was asked for"),
)


def is_listed_as_stricter(reason: str) -> bool:
    """Return whether a refusal may be one of ours alone."""
    return any(start in reason for start in STRICTER)


def is_listed_as_looser(oracle: str, complaint: str | None, http_1_0: bool) -> bool:
    """Return whether an oracle may have stopped where the gate goes on."""
    return any(
        entry.oracle == oracle
        and (
            complaint is None
            if not entry.complaint
            else (complaint or "").startswith(entry.complaint)
        )
        and (http_1_0 or entry.complaint != "")
        for entry in LOOSER
    )
