# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How long the gates take: processor time in microseconds, the best of several runs.

``python -m bench.heads``
"""

from __future__ import annotations

import time
import timeit
from collections.abc import Callable

from sluice_proxy.http.chunked import ChunkedScanner
from sluice_proxy.http.forwarding import (
    ClientSide,
    FieldChanges,
    RequestPolicy,
    ResponsePolicy,
    compose_request,
    compose_response,
    outgoing_framing,
)
from sluice_proxy.http.head_end import find_head_end
from sluice_proxy.http.limits import DEFAULT_LIMITS
from sluice_proxy.http.request_gate import parse_request
from sluice_proxy.http.response_gate import parse_response

ROUNDS, RUNS = 20_000, 9


def head(*lines: str) -> bytes:
    """Return a head of these lines."""
    return "\r\n".join((*lines, "", "")).encode("ascii")


TOOL = head(
    "GET /index.html HTTP/1.1",
    "Host: 127.0.0.1:8080",
    "User-Agent: wrk/4.1.0",
    "Accept: */*",
    "Accept-Encoding: gzip",
    "Connection: keep-alive",
)
BROWSER = head(
    "GET /static/app.js?v=123 HTTP/1.1",
    "Host: www.example.com",
    "Connection: keep-alive",
    "Cache-Control: max-age=0",
    'sec-ch-ua: "Chromium";v="124", "Google Chrome";v="124", "Not-A.Brand";v="99"',
    "sec-ch-ua-mobile: ?0",
    'sec-ch-ua-platform: "Linux"',
    "Upgrade-Insecure-Requests: 1",
    "User-Agent: Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) "
    "Chrome/124.0.0.0 Safari/537.36",
    "Accept: text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8",
    "Sec-Fetch-Site: none",
    "Sec-Fetch-Mode: navigate",
    "Sec-Fetch-Dest: document",
    "Accept-Encoding: gzip, deflate, br, zstd",
    "Accept-Language: en-US,en;q=0.9",
    "Cookie: session=abcdefghijklmnopqrstuvwxyz0123456789; theme=dark; other=thing",
)
POST = head(
    "POST /api HTTP/1.1",
    "Host: a.example",
    "Content-Type: application/json",
    "Content-Length: 12",
    "Accept: */*",
)
ODD = TOOL.replace(b"Accept: ", b"Accept:  ")
ENCODED = TOOL.replace(b"/index", b"/in%20dex")
RESPONSE = head(
    "HTTP/1.1 200 OK",
    "Server: nginx/1.22.1",
    "Date: Sat, 21 Nov 2026 11:44:11 GMT",
    "Content-Type: text/html",
    "Content-Length: 612",
    "Connection: keep-alive",
    'ETag: "abc"',
)
CHUNK = b"1000\r\n" + b"x" * 4096 + b"\r\n"

POLICY = RequestPolicy()
CHANGING = RequestPolicy(
    changes=FieldChanges.compile(removed=[b"Cookie"], added=[(b"X-Edge", b"1")])
)
CLIENT = ClientSide("192.0.2.1", "https", 443)
REQUEST_ID = b"0123456789abcdef"


def both(raw: bytes, policy: RequestPolicy = POLICY) -> bytes:
    """Do all that a request's head needs."""
    end = find_head_end(raw, 0, DEFAULT_LIMITS)
    return compose_request(parse_request(raw[:end]), policy, CLIENT, REQUEST_ID)


def back() -> bytes:
    """Do all that a response's head needs."""
    parsed = parse_response(RESPONSE, b"GET")
    framing = outgoing_framing(parsed, b"1.1")
    return compose_response(parsed, ResponsePolicy(), framing, b"1.1", True)


def main() -> None:
    """Print a line for each measurement."""
    scanner = ChunkedScanner()
    measurements: dict[str, Callable[[], object]] = {
        "request of a tool, 5 fields: gate": lambda: parse_request(TOOL),
        "request of a tool, 5 fields: gate and head to send on": lambda: both(TOOL),
        "request of a browser, 15 fields: gate": lambda: parse_request(BROWSER),
        "request of a browser, 15 fields: gate and head to send on": lambda: both(BROWSER),
        "request with content: gate and head to send on": lambda: both(POST),
        "request with an encoded path: gate and head to send on": lambda: both(ENCODED),
        "request with odd whitespace: gate and head to send on": lambda: both(ODD),
        "request of a browser, route changes fields: both": lambda: both(BROWSER, CHANGING),
        "response, 6 fields: gate": lambda: parse_response(RESPONSE, b"GET"),
        "response, 6 fields: gate and head to send on": back,
        "chunk of 4 KiB: counted": lambda: scanner.feed(CHUNK),
    }
    for name, measured in measurements.items():
        timer = timeit.Timer(measured, timer=time.process_time)
        best = min(timer.repeat(RUNS, ROUNDS)) / ROUNDS
        print(f"{best * 1e6:7.2f} µs  {name}")


if __name__ == "__main__":
    main()
