# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Properties of authorities, whatever they are. Single cases stand in the corpus."""

from __future__ import annotations

from urllib.parse import urlsplit

from hypothesis import given
from hypothesis import strategies as st
from sluice_proxy.http.authority import BadAuthority, parse_authority

TEXT = st.text("aZ09-_.:[]@/\\%#? ,*", max_size=30) | st.from_regex(
    r"[a-zA-Z0-9.-]{1,20}(:[0-9]{1,5})?", fullmatch=True
)


@given(TEXT)
def test_what_is_accepted_is_read_alike_by_urllib(text: str) -> None:
    try:
        authority = parse_authority(text.encode())
    except BadAuthority:
        return

    split = urlsplit(f"http://{text}/")
    assert split.username is None
    assert split.port == authority.port
    if not authority.host.startswith("["):
        assert split.hostname is not None
        assert split.hostname.removesuffix(".") == authority.host


@given(TEXT)
def test_the_field_to_send_on_says_the_same_again(text: str) -> None:
    try:
        authority = parse_authority(text.encode())
    except BadAuthority:
        return

    assert parse_authority(authority.field) == authority
