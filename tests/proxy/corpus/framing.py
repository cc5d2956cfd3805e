# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Content-Length, Transfer-Encoding and chunks: where one request ends and the next begins."""

from __future__ import annotations

from .case import SMUGGLED, Case, accepted, lines, refused


def post(*fields: str | bytes, content: bytes = b"", version: str = "1.1") -> bytes:
    """Return a POST with these fields."""
    return lines(f"POST / HTTP/{version}", "Host: a", *fields) + content


def chunked(content: bytes) -> bytes:
    """Return a POST in chunks."""
    return post("Transfer-Encoding: chunked", content=content)


BAD_LENGTHS = [
    "",
    "-1",
    "+5",
    "5, 5",
    "5,5",
    "5,6",
    "5 5",
    "0x5",
    "5.0",
    "5e0",
    "5;",
    "five",
    "5_0",
    "\xb2",
    "5\t5",
    "''",
    '"5"',
    "5,",
    ",5",
    "NaN",
]
BAD_CODINGS = {
    "": 400,
    "identity": 400,
    "gzip": 400,
    "x": 400,
    "xchunked": 400,
    "chunkedx": 400,
    "chunked;a=b": 400,
    '"chunked"': 400,
    "chun ked": 400,
    "chunked, identity": 400,
    "chunked, gzip": 400,
    "chunked, chunked": 400,
    "chunked\tx": 400,
    "\xa0chunked": 400,
    "gzip, chunked": 501,
    "identity, chunked": 501,
    "x,chunked": 501,
    ",chunked": 501,
    "chunked,": 501,
}
GOOD_BODIES = [
    b"0\r\n\r\n",
    b"5\r\nhello\r\n0\r\n\r\n",
    b"0005\r\nhello\r\n000\r\n\r\n",
    b"A\r\n0123456789\r\n0\r\n\r\n",
    b"a\r\n0123456789\r\n0\r\n\r\n",
    b"5;a\r\nhello\r\n0\r\n\r\n",
    b'5;a=b;c="d;e"\r\nhello\r\n0;f\r\n\r\n',
    b"0\r\nX-Sum: 1\r\n\r\n",
    b"0\r\nX: 1\r\nY: 2\r\n\r\n",
    b"1\r\n\r\r\n0\r\n\r\n",
    b"2\r\n\r\n\r\n0\r\n\r\n",
]
BAD_BODIES = {
    "LF after a size": b"5\nhello\r\n0\r\n\r\n",
    "CR CR LF after a size": b"5\r\r\nhello\r\n0\r\n\r\n",
    "CR without LF after a size": b"5\rxhello\r\n0\r\n\r\n",
    "LF after data": b"5\r\nhello\n0\r\n\r\n",
    "nothing after data": b"5\r\nhello0\r\n\r\n",
    "two bytes that are not CRLF after data": b"5\r\nhelloXX0\r\n\r\n",
    "more data than the size": b"5\r\nhello!\r\n0\r\n\r\n",
    "less data than the size": b"6\r\nhello\r\n0\r\n\r\n",
    "LF ends the body": b"0\r\n\n",
    "LF LF ends the body": b"0\n\n",
    "CR before the end": b"0\r\n\r\r\n",
    "space before a size": b" 5\r\nhello\r\n0\r\n\r\n",
    "space after a size": b"5 \r\nhello\r\n0\r\n\r\n",
    "tab after a size": b"5\t\r\nhello\r\n0\r\n\r\n",
    "space before an extension": b"5 ;a\r\nhello\r\n0\r\n\r\n",
    "size with 0x": b"0x5\r\nhello\r\n0\r\n\r\n",
    "size with a sign": b"+5\r\nhello\r\n0\r\n\r\n",
    "negative size": b"-5\r\nhello\r\n0\r\n\r\n",
    "size with an underscore": b"1_0\r\n0123456789abcdef\r\n0\r\n\r\n",
    "size that is no number": b"g\r\nhello\r\n0\r\n\r\n",
    "no size": b"\r\nhello\r\n0\r\n\r\n",
    "no size but an extension": b";a\r\nhello\r\n0\r\n\r\n",
    "size of 16 digits": b"0000000000000005\r\nhello\r\n0\r\n\r\n",
    "size that overflows 64 bits": b"10000000000000005\r\nhello\r\n0\r\n\r\n",
    "size of 17 digits without an end": b"f" * 17,
    "NUL in an extension": b"5;a\0b\r\nhello\r\n0\r\n\r\n",
    "LF in an extension": b"5;a\nb\r\nhello\r\n0\r\n\r\n",
    "CR in an extension": b"5;a\rb\r\nhello\r\n0\r\n\r\n",
    "LF in a quoted extension": b'5;a="\n"\r\nhello\r\n0\r\n\r\n',
    "unfinished quoted extension": b'5;a="b\r\nhello\r\n0\r\n\r\n',
    "empty extension": b"5;\r\nhello\r\n0\r\n\r\n",
    "extension without a value": b"5;a=\r\nhello\r\n0\r\n\r\n",
    "extension of 300 bytes": b"5;" + b"a" * 300 + b"\r\nhello\r\n0\r\n\r\n",
    "trailer without a colon": b"0\r\nX\r\n\r\n",
    "trailer with a space before its colon": b"0\r\nX : 1\r\n\r\n",
    "trailer that is folded": b"0\r\nX: 1\r\n 2\r\n\r\n",
    "trailer ended by LF": b"0\r\nX: 1\n\r\n",
    "trailer with NUL": b"0\r\nX: \0\r\n\r\n",
    "trailer Content-Length": b"0\r\nContent-Length: 5\r\n\r\n",
    "trailer content_length": b"0\r\ncontent_length: 5\r\n\r\n",
    "trailer Transfer-Encoding": b"0\r\nTransfer-Encoding: chunked\r\n\r\n",
    "trailer Host": b"0\r\nhOST: b\r\n\r\n",
    "trailer Authorization": b"0\r\nAuthorization: b\r\n\r\n",
    "trailer X_Forwarded_Host": b"0\r\nX_Forwarded_Host: b\r\n\r\n",
    "trailer X-Forwarded-For": b"0\r\nX-Forwarded-For: 1.2.3.4\r\n\r\n",
    "33 trailers": b"0\r\n" + b"X: 1\r\n" * 33 + b"\r\n",
    "extensions of 17 KiB": (b"1;" + b"a" * 250 + b"\r\nx\r\n") * 70 + b"0\r\n\r\n",
    "trailer Proxy": b"0\r\nProxy: http://evil\r\n\r\n",
    "trailer WWW-Authenticate": b"0\r\nWWW-Authenticate: Basic\r\n\r\n",
    "trailers of 9000 bytes": b"0\r\nX: " + b"a" * 9000 + b"\r\n\r\n",
    "a request in place of trailers": b"0\r\n" + SMUGGLED,
}

CASES: list[Case] = [
    accepted("no content", post(), post()),
    accepted("length 0", post("Content-Length: 0"), post("Content-Length: 0")),
    accepted(
        "length 5",
        post("Content-Length: 5", content=b"hello"),
        post("Content-Length: 5", content=b"hello"),
    ),
    accepted(
        "length with zeros before it",
        post("Content-Length: 005", content=b"hello"),
        post("Content-Length: 5", content=b"hello"),
    ),
    accepted(
        "length of GET",
        lines("GET / HTTP/1.1", "Host: a", "Content-Length: 2") + b"ab",
        lines("GET / HTTP/1.1", "Host: a", "Content-Length: 2") + b"ab",
    ),
    accepted(
        "two requests",
        post("Content-Length: 5", content=b"hello") + SMUGGLED,
        post("Content-Length: 5", content=b"hello"),
        SMUGGLED,
    ),
    accepted(
        "a request as content",
        post(f"Content-Length: {len(SMUGGLED)}", content=SMUGGLED),
        post(f"Content-Length: {len(SMUGGLED)}", content=SMUGGLED),
    ),
    accepted(
        "a request as chunk",
        chunked(b"%x\r\n%b\r\n0\r\n\r\n" % (len(SMUGGLED), SMUGGLED)),
        chunked(b"%x\r\n%b\r\n0\r\n\r\n" % (len(SMUGGLED), SMUGGLED)),
    ),
    *(
        refused(
            f"length {value!r}",
            post(
                b"Content-Length: " + value
                if isinstance(value, bytes)
                else f"Content-Length: {value}",
                content=b"hello",
            ),
        )
        for value in BAD_LENGTHS
    ),
    refused("length of 19 digits", post("Content-Length: " + "9" * 19), 413),
    refused("length of 64 bits", post("Content-Length: 18446744073709551621"), 413),
    refused("two lengths", post("Content-Length: 5", "Content-Length: 6", content=b"hello")),
    refused("two lengths alike", post("Content-Length: 5", "Content-Length: 5", content=b"hello")),
    refused("two lengths in other cases", post("Content-Length: 5", "content-length: 5")),
    refused("length spelt with an underscore", post("Content_Length: 5", content=b"hello")),
    refused(
        "length and chunked",
        post("Content-Length: 5", "Transfer-Encoding: chunked", content=b"0\r\n\r\n" + SMUGGLED),
    ),
    refused(
        "chunked and length",
        post("Transfer-Encoding: chunked", "Content-Length: 5", content=b"0\r\n\r\n" + SMUGGLED),
    ),
    refused(
        "length 0 and chunked",
        post("Content-Length: 0", "Transfer-Encoding: chunked", content=b"0\r\n\r\n"),
    ),
    refused(
        "length and an unknown coding",
        post("Content-Length: 5", "Transfer-Encoding: x", content=b"hello"),
    ),
    refused(
        "length and an empty coding",
        post("Content-Length: 5", "Transfer-Encoding:", content=b"hello"),
    ),
    refused(
        "length and a coding spelt with an underscore",
        post("Content-Length: 5", "Transfer_Encoding: chunked", content=b"hello"),
    ),
    *(
        refused(
            f"coding {value!r}", post(f"Transfer-Encoding: {value}", content=b"0\r\n\r\n"), status
        )
        for value, status in BAD_CODINGS.items()
    ),
    refused("chunked twice", post("Transfer-Encoding: chunked", "Transfer-Encoding: chunked")),
    refused(
        "chunked, then identity", post("Transfer-Encoding: chunked", "Transfer-Encoding: identity")
    ),
    refused(
        "identity, then chunked", post("Transfer-Encoding: identity", "Transfer-Encoding: chunked")
    ),
    refused(
        "chunked of 1.0", post("Transfer-Encoding: chunked", version="1.0", content=b"0\r\n\r\n")
    ),
    refused(
        "chunked of 1.0 kept alive",
        post("Connection: keep-alive", "Transfer-Encoding: chunked", version="1.0"),
    ),
    refused(
        "Connection names Content-Length",
        post("Connection: content-length", "Content-Length: 5", content=b"hello"),
    ),
    refused(
        "Connection names Transfer-Encoding",
        post("Connection: transfer-encoding", "Transfer-Encoding: chunked"),
    ),
    accepted(
        "Chunked in another case",
        post("transfer-ENCODING: Chunked", content=b"0\r\n\r\n"),
        chunked(b"0\r\n\r\n"),
    ),
    accepted(
        "a tab after chunked",
        post("Transfer-Encoding: chunked\t", content=b"0\r\n\r\n"),
        chunked(b"0\r\n\r\n"),
    ),
    accepted(
        "a space more before chunked",
        post("Transfer-Encoding:  chunked ", content=b"0\r\n\r\n"),
        chunked(b"0\r\n\r\n"),
    ),
    *(accepted(f"chunks {body!r}", chunked(body), chunked(body)) for body in GOOD_BODIES),
    accepted(
        "chunks, then a request", chunked(b"0\r\n\r\n") + SMUGGLED, chunked(b"0\r\n\r\n"), SMUGGLED
    ),
    *(refused(name, chunked(body)) for name, body in BAD_BODIES.items()),
    Case("refusal after a good request", post() + b"GET / HTTP/9.9\r\n\r\n", (post(),), 505),
]
