# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Fields of one connection, upgrades, expectations and what clients claim of other clients."""

from __future__ import annotations

from .case import SMUGGLED, Case, accepted, lines, refused

WEBSOCKET = ("Sec-WebSocket-Version: 13", "Sec-WebSocket-Key: x")


def get(*fields: str, version: str = "1.1") -> bytes:
    """Return a GET with these fields."""
    return lines(f"GET / HTTP/{version}", "Host: a", *fields)


def dropped(*fields: str) -> Case:
    """Return a case in which fields are not sent on."""
    return accepted(f"dropped: {'; '.join(fields)}", get(*fields), get())


CASES: list[Case] = [
    dropped("Connection: keep-alive"),
    dropped("Connection: close"),
    dropped("Connection: x-secret", "X-Secret: 1"),
    dropped("X-Secret: 1", "connection: X-SECRET"),
    dropped("Connection: a, b", "A: 1", "b: 2"),
    dropped("Connection: a", "Connection: b", "A: 1", "b: 2"),
    dropped("Connection:"),
    dropped("Connection: ,, keep-alive ,"),
    dropped("Keep-Alive: timeout=5"),
    dropped("Keep-Alive: timeout=5", "Keep-Alive: max=5"),
    dropped("Proxy-Connection: keep-alive"),
    dropped("Proxy-Authorization: Basic x"),
    dropped("Proxy: http://evil"),
    dropped("proxy: http://evil", "Proxy: http://evil"),
    dropped("TE: gzip"),
    dropped("Upgrade: websocket"),
    dropped("Connection: upgrade", "Upgrade: h2c", "HTTP2-Settings: AAMAAABk"),
    dropped("Connection: upgrade, http2-settings", "Upgrade: h2c", "HTTP2-Settings: AAMAAABk"),
    dropped("Connection: upgrade", "Upgrade: TLS/1.3"),
    dropped("Connection: upgrade", "Upgrade: websocket, h2c"),
    dropped("Connection: upgrade", "Upgrade: websocket", "Upgrade: h2c"),
    dropped("Connection: upgrade"),
    dropped("X-Forwarded-For: 1.2.3.4"),
    dropped("X-Forwarded-For: 1.2.3.4", "X-Forwarded-For: 5.6.7.8"),
    dropped("x-forwarded-proto: https"),
    dropped("X-Forwarded-Host: evil"),
    dropped("X-Forwarded-Port: 1"),
    dropped("X-Forwarded-Prefix: /evil"),
    dropped("X-Forwarded: for=1.2.3.4"),
    dropped("X_Forwarded_For: 1.2.3.4"),
    dropped("X-Forwarded_For: 1.2.3.4"),
    dropped("X-Real-IP: 1.2.3.4"),
    dropped("Forwarded: for=1.2.3.4"),
    dropped("X-Request-Id: 1"),
    dropped("Expect: 100-continue"),
    dropped("Max-Forwards: 5"),
    accepted(
        "TE: trailers is said anew",
        get("TE: gzip, trailers"),
        get("TE: trailers", "Connection: TE"),
    ),
    accepted(
        "websocket",
        get("Connection: Upgrade", "Upgrade: WebSocket", *WEBSOCKET),
        get(*WEBSOCKET, "Upgrade: websocket", "Connection: upgrade"),
    ),
    accepted(
        "websocket kept alive",
        get("Connection: keep-alive, Upgrade", "Upgrade: websocket"),
        get("Upgrade: websocket", "Connection: upgrade"),
    ),
    accepted(
        "websocket of 1.0",
        lines("GET / HTTP/1.0", "Host: a", "Connection: upgrade", "Upgrade: websocket"),
        get(),
    ),
    accepted(
        "websocket of POST",
        lines("POST / HTTP/1.1", "Host: a", "Connection: upgrade", "Upgrade: websocket"),
        lines("POST / HTTP/1.1", "Host: a"),
    ),
    accepted(
        "websocket with content",
        get("Connection: upgrade", "Upgrade: websocket", "Content-Length: 1") + b"x",
        get("Content-Length: 1") + b"x",
    ),
    accepted("nothing after close", get("Connection: close") + SMUGGLED, get()),
    accepted("nothing after 1.0", get(version="1.0") + SMUGGLED, get()),
    accepted(
        "something after 1.0 kept alive",
        get("Connection: keep-alive", version="1.0") + SMUGGLED,
        get(),
        SMUGGLED,
    ),
    accepted("close wins over keep-alive", get("Connection: keep-alive, close") + SMUGGLED, get()),
    accepted(
        "Expect with content",
        get("Expect: 100-Continue", "Content-Length: 1") + b"x",
        get("Content-Length: 1", "Expect: 100-continue") + b"x",
    ),
    accepted("Via is continued", get("Via: 1.0 p", "Via: 1.1 q"), get("Via: 1.0 p, 1.1 q")),
    refused("other expectation", get("Expect: 200-ok"), 417),
    refused("two expectations", get("Expect: 100-continue", "Expect: 100-continue")),
    refused("expectation in a list", get("Expect: 100-continue, x"), 417),
    refused("Connection that is no list of tokens", get("Connection: a b")),
    refused("33 options", get("Connection: " + ", ".join(["a"] * 33))),
    dropped("Connection: " + ", ".join(f"x{number}" for number in range(32)), "X31: 1"),
    refused("Connection with a quoted string", get('Connection: "close"')),
    refused(
        "Max-Forwards that is no number", lines("OPTIONS * HTTP/1.1", "Host: a", "Max-Forwards: -1")
    ),
    refused("101 fields", get(*["X: 1"] * 100), 431),
    accepted("100 fields", get(*["X: 1"] * 99), get(*["X: 1"] * 99)),
    refused("a field of 16385 bytes", get("X: " + "a" * (16385 - 5)), 431),
    accepted(
        "a field of 16384 bytes", get("X: " + "a" * (16384 - 5)), get("X: " + "a" * (16384 - 5))
    ),
    refused("a head of 40000 bytes", get(*["X: " + "a" * 9990] * 4), 431),
    refused("a head that never ends", (get()[:-2] + b"X: " + b"a" * 32768), 431),
]
