# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What docs/proxy/messages.md says is so; what it says of no figure, the corpus shows."""

from __future__ import annotations

from pathlib import Path

import pytest
from corpus.case import lines
from corpus.replay import replay
from sluice_proxy.http import connection, framing
from sluice_proxy.http.chunked import DEFAULT_CHUNKED_LIMITS
from sluice_proxy.http.limits import DEFAULT_LIMITS
from sluice_proxy.http.path import BadPath, resolve_path
from sluice_proxy.proxy_protocol import reader
from sluice_proxy.tls import client_hello

TEXT = (Path(__file__).resolve().parents[4] / "docs" / "proxy" / "messages.md").read_text()
KIB = 1024


def row(of: str) -> str:
    """Return what the last table says of something."""
    (found,) = [line for line in TEXT.splitlines() if line.startswith(f"| {of} |")]
    return found.split("|")[2].strip()


def test_the_limits_that_are_not_in_the_file_are_told() -> None:
    head, chunked = DEFAULT_LIMITS, DEFAULT_CHUNKED_LIMITS
    trailers = chunked.trailers

    assert row("Head of a response") == f"{head.head_bytes // KIB} KiB, {head.fields} fields"
    assert row("Options of `Connection`") == f"{connection._MOST_OPTIONS}"
    assert row("Line of a chunk's size, with its extensions") == f"{chunked.size_line_bytes} bytes"
    extensions = row("Extensions of all chunks, beyond one byte for each byte of content")
    assert extensions == f"{chunked.extension_bytes // KIB} KiB"
    assert row("Trailers") == f"{trailers.head_bytes // KIB} KiB, {trailers.fields} fields"
    assert row("ClientHello") == f"{client_hello.DEFAULT_MOST_BYTES // KIB} KiB"
    proxy_header = f"{reader.DEFAULT_MOST_BYTES // KIB} KiB, {reader._MOST_TLVS} additional values"
    assert row("PROXY header") == proxy_header


def test_the_figures_of_refusals_are_told() -> None:
    assert f"`Content-Length` of more than {framing._MOST_DIGITS} digits" in row("413")
    assert f"a method of more than {DEFAULT_LIMITS.method_bytes} bytes" in row("501")


@pytest.mark.parametrize(
    ("start", "fields", "status"),
    [
        ("GET / HTTP/1.1", ["Host: u@a"], 400),
        ("GET / HTTP/1.1", ["Host: a", "Content_Length: 1"], 400),
        ("GET / HTTP/1.1", ["Host: a", "Transfer_Encoding: chunked"], 400),
        ("GET / HTTP/1.1", ["Host: a", f"Content-Length: {'1' * 19}"], 413),
        ("GET /" + "a" * 8_192 + " HTTP/1.1", ["Host: a"], 414),
        ("GET / HTTP/1.1", ["Host: a", "Expect: more"], 417),
        ("GET / HTTP/1.1", ["Host: a", *["X: 1"] * 100], 431),
        ("TRACE / HTTP/1.1", ["Host: a"], 501),
        ("CONNECT a:1 HTTP/1.1", ["Host: a"], 501),
        ("GET / HTTP/2.0", ["Host: a"], 505),
    ],
)
def test_each_status_of_the_table_answers_what_it_stands_for(
    start: str, fields: list[str], status: int
) -> None:
    assert replay(lines(start, *fields)).refused == status
    assert row(f"{status}")


def test_the_examples_of_paths_are_so() -> None:
    assert "`/a/../b` is `/b` to both" in TEXT
    assert resolve_path(b"/a/../b") == (b"/b", "/b")
    for example in ("..%2f", "..;x"):
        assert f"(`{example}`)" in TEXT
        with pytest.raises(BadPath):
            resolve_path(b"/a/" + example.encode())
    assert resolve_path(b"/a%2Fb%25//c") == (b"/a%2Fb%25//c", "/a%2Fb%25//c")
