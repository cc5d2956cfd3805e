# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A configuration reaches a worker as bytes and is the same there."""

from __future__ import annotations

import pickle
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from samples.config import snapshot
from samples.example import EXAMPLE, example_files
from sluice_proxy.config.loading import load, parse
from sluice_proxy.config.problems import InvalidConfig
from sluice_proxy.routes.matching.table import compile_routes
from sluice_proxy.routes.model.route import Route
from sluice_proxy.routes.model.target import TargetState
from sluice_proxy.snapshot.snapshot import Snapshot, decode, encode


def test_the_example_survives_the_way_to_a_worker() -> None:
    found = parse(EXAMPLE.read_bytes(), file="example.yml", files=example_files())
    assert decode(encode(found)) == found
    assert len(found.routes) > 5


@pytest.mark.parametrize(
    ("host", "path", "name"),
    [
        ("www.example.com", "/", "to-https"),
        ("shop.example.com", "/basket", "shop"),
        ("shop.example.com", "/api", "shop"),
        ("shop.example.com", "/events/1", "events"),
        ("x.example.com", "/api/1", "api"),
        ("elsewhere.test", "/a/b.png", "images"),
        ("elsewhere.test", "/", None),
        ("admin.example.com", "/goadmin/x", "admin"),
    ],
)
def test_the_example_routes_as_it_reads(host: str, path: str, name: str | None) -> None:
    found = parse(EXAMPLE.read_bytes(), file="example.yml", files=example_files())
    match = compile_routes(found.routes).match(host, path)
    assert (match and match.route.name) == name


@given(st.integers(0, 2**40), st.lists(st.sampled_from("abcdef"), unique=True))
def test_any_snapshot_survives_with_its_version(version: int, hosts: list[str]) -> None:
    text = "routes:\n" + "".join(
        f"  - {{hosts: {host}, targets: http://{host}}}\n" for host in hosts
    )
    found = parse(text.encode(), file="f", files=example_files(), version=version)
    assert decode(encode(found)) == found
    assert decode(encode(found)).version == version


def test_a_snapshot_survives_whatever_a_python_writes_for_enumerations(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def by_name(member: TargetState, _protocol: object) -> tuple[object, ...]:
        """Write a member as Python 3.11.2, that of Debian 12, does."""
        return getattr, (type(member), member.name)

    monkeypatch.setattr(TargetState, "__reduce_ex__", by_name)
    found = snapshot("routes: [{targets: [{url: 'http://a', state: draining}]}]")
    assert decode(encode(found)) == found


@pytest.mark.parametrize(
    "encoded",
    [
        b"",
        b"nonsense",
        pickle.dumps("a text"),
        pickle.dumps(print),
        pickle.dumps(Path("/")),
        encode(Snapshot())[:-3],
    ],
    ids=["nothing", "nonsense", "text", "function", "other type", "half"],
)
def test_what_is_no_snapshot_is_refused(encoded: bytes) -> None:
    with pytest.raises(ValueError, match="not a snapshot"):
        decode(encoded)


def test_a_type_that_a_module_of_snapshots_has_imported_is_not_made() -> None:
    borrowed = b"\x80\x05\x8c\x1esluice_proxy.snapshot.snapshot\x8c\nio.BytesIO\x93)R."
    with pytest.raises(ValueError, match=r"io\.BytesIO is no type of ours"):
        decode(borrowed)


def test_a_snapshot_cannot_be_changed() -> None:
    found = snapshot("routes: [{targets: http://a}]")
    with pytest.raises(AttributeError):
        found.routes[0].name = "other"  # type: ignore[misc]
    assert isinstance(found.routes, tuple)


def test_a_file_is_loaded_with_the_files_beside_it(tmp_path: Path) -> None:
    (tmp_path / "page.html").write_text("<p>")
    config = tmp_path / "edge.yml"
    config.write_text("routes: [{page: {file: page.html}}, {hosts: a, page: {file: page.html}}]")
    first, second = load(config, version=7).routes
    assert isinstance(first, Route)
    assert first.page is not None
    assert second.page is not None
    assert first.page.content == b"<p>"
    assert first.page.content is second.page.content


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("routes: [{page: {file: none}}]", "routes[0].page.file: there is no file"),
        ("tls: {client_certificate: required, client_ca: .}", "tls.client_ca: there is no file"),
        ("routes: [{page: {file: large}}]", "has more than 1048576 bytes"),
    ],
)
def test_a_file_that_cannot_be_used_is_an_error(tmp_path: Path, text: str, said: str) -> None:
    (tmp_path / "large").write_bytes(b"x" * (1024 * 1024 + 1))
    config = tmp_path / "edge.yml"
    config.write_text(text)
    with pytest.raises(InvalidConfig) as caught:
        load(config)
    assert said in str(caught.value)


def test_a_configuration_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(InvalidConfig, match=r"none\.yml: the file cannot be read: No such file"):
        load(tmp_path / "none.yml")
