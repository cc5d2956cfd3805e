# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Properties of paths, whatever they are. Single cases stand in the corpus."""

from __future__ import annotations

from urllib.parse import unquote_to_bytes, urljoin

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sluice_proxy.http.path import BadPath, resolve_path

SEGMENTS = st.sampled_from(
    [
        b"",
        b"a",
        b".",
        b"..",
        b"...",
        b"%2e",
        b".%2E",
        b"%2e%2e",
        b"a%20b",
        b"%41",
        b"a.b",
        b"%C3%A9",
        b"..;x",
        b"%2f",
        b"..%2f",
        b"%252e",
        b"%",
        b"%0a",
        b"a\\b",
        b"%c0%ae",
        b"%c0%ae%c0%ae",
        b"%f0%80%80%ae%f0%80%80%ae",
    ]
)
PATHS = st.lists(SEGMENTS, min_size=1).map(lambda segments: b"/" + b"/".join(segments))


def is_accepted(path: bytes) -> bool:
    try:
        resolve_path(path)
    except BadPath:
        return False
    return True


ACCEPTED = PATHS.filter(is_accepted)


@given(ACCEPTED)
def test_nothing_that_an_upstream_could_take_for_a_dot_segment_is_sent(path: bytes) -> None:
    sent, _unused = resolve_path(path)

    pieces = unquote_to_bytes(sent).replace(b"\\", b"/").split(b"/")
    assert not {b".", b".."} & {piece.partition(b";")[0] for piece in pieces}


@pytest.mark.parametrize(
    "encoded",
    [b"%C1%9c", b"%e0%80%ae", b"%F0%80%80%ae", b"%f8%80%80%80%ae", b"%fc%80%80%80%80%ae"],
)
def test_overlong_utf_8_of_any_length_is_refused(encoded: bytes) -> None:
    assert not is_accepted(b"/a/" + encoded + encoded + b"/b")


@given(ACCEPTED)
def test_resolving_twice_changes_nothing(path: bytes) -> None:
    once = resolve_path(path)

    assert resolve_path(once[0]) == once


@given(ACCEPTED)
def test_what_is_matched_is_the_decoded_form_of_what_is_sent(path: bytes) -> None:
    sent, match_path = resolve_path(path)

    kept = sent.replace(b"%25", b"%2525").replace(b"%2f", b"%252F").replace(b"%2F", b"%252F")
    assert match_path == unquote_to_bytes(kept).decode("utf-8", "surrogateescape")


@given(st.lists(st.sampled_from(["a", "b", ".", ".."]), min_size=1))
def test_dot_segments_are_resolved_as_urllib_does(segments: list[str]) -> None:
    path = "/" + "/".join(segments)
    if not is_accepted(path.encode()):
        # It climbs above the root: urllib stays there, this proxy refuses.
        return

    assert resolve_path(path.encode())[0].decode() == urljoin("http://a/", path).removeprefix(
        "http://a"
    )
