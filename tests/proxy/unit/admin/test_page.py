# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The page for people: what it says, in which words, and that nobody else writes on it."""

from __future__ import annotations

import re
from base64 import b64encode
from dataclasses import replace
from hashlib import sha256
from html.parser import HTMLParser
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from samples.status import busy, certificate, route, status, target
from sluice_proxy.admin.page import POLICY, render
from sluice_proxy.admin.page_view import MOST_CERTIFICATES, MOST_ROUTES, MOST_TARGETS
from sluice_proxy.admin.status import (
    FleetStatus,
    ListenerStatus,
    OrderStatus,
    Status,
    StoreStatus,
    Traffic,
    WorkerStatus,
)
from sluice_proxy.resources.model import Origin

VOID = {"meta", "link", "input", "br"}
Tags = list[tuple[str, tuple[str, ...]]]


class Read(HTMLParser):
    """A page: its tags with the names of their attributes, its texts, and its tables."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: Tags = []
        self.values: list[str] = []
        self.texts: list[str] = []
        self.rows: list[list[str]] = []
        self._open: list[str] = []
        self.feed(page)
        self.close()
        assert self._open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, tuple(name for name, _value in attrs)))
        self.values += [value or "" for _name, value in attrs]
        if tag not in VOID:
            self._open.append(tag)
        if tag == "tr":
            self.rows.append([])
        if tag in ("td", "th"):
            self.rows[-1].append("")

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self._open[-1:] not in (["style"], ["script"]):
            self.texts.append(data)
            if {"td", "th"} & set(self._open):
                self.rows[-1][-1] += data

    @property
    def text(self) -> str:
        return " ".join(" ".join(self.texts).split())

    def row(self, name: str) -> list[str]:
        """Return the cells of the first row that is called ``name``."""
        found = next(row for row in self.rows if row[0] == name)
        return [" ".join(cell.split()) for cell in found]


def page(made: Status | None = None, **query: str) -> Read:
    return Read(render(made or status(), query))


# What it says


def test_it_says_what_is_served_where_by_whom() -> None:
    read = page()

    assert read.row("0.0.0.0:80") == ["0.0.0.0:80", "no"]
    assert read.row("[::]:443") == ["[::]:443", "yes"]
    assert read.row("901") == ["901", "✓ serving", "118", "0.2 s ago"]
    assert "✓ serving" in read.text
    assert "1.2.3, process 814, up 3 days, version 12 in force" in read.text
    assert "2027-01-15 08:00:00 UTC" in read.text


def test_a_route_has_a_row_and_each_of_its_targets_one() -> None:
    targets = (
        target(traffic=Traffic(10.0, 0.0, 0.005, 0.25, 99, 3)),
        target("http://10.0.0.2:8080", weight=3, state="draining", health="unhealthy"),
    )
    made = route(targets=targets, traffic=Traffic(1234.4, 0.5, 0.0025, 30.0, 99, 3))
    read = page(status(routes=(made,)))

    assert read.row("shop") == [
        "shop", "shop.test /", "targets (API)",
        "1,234", "✗ 0.50", "2.5 ms", "over 10 s", "3",
    ]  # fmt: skip
    assert read.row("http://10.0.0.1:8080")[1:] == [
        "weight 1", "✓ healthy", "10", "0", "5 ms", "250 ms", "3"
    ]  # fmt: skip
    assert read.row("http://10.0.0.2:8080")[1:4] == ["weight 3", "✗ unhealthy ! draining", "0"]


@pytest.mark.parametrize(
    ("days", "said"),
    [
        (-3.5, "✗ expired 3 days ago"),
        (-0.1, "✗ expired less than a day ago"),
        (0.4, "! less than a day, ends soon"),
        (1.2, "! 1 day, ends soon"),
        (13.9, "! 13 days, ends soon"),
        (14.0, "✓ 14 days"),
        (1200.0, "✓ 1,200 days"),
    ],
)
def test_days_left_are_told_in_words_too(days: float, said: str) -> None:
    assert page(status(certificates=(certificate("c", days),))).row("c")[2] == said


@pytest.mark.parametrize(
    ("order", "said"),
    [
        (OrderStatus("waiting"), "! being ordered"),
        (OrderStatus("ordering", "one"), "! being ordered"),
        (
            OrderStatus("failed", "one", "one: rateLimited", 2, 1.8e9),
            "✗ not issued one: rateLimited; next try 2027-01-15 08:00:00 UTC",
        ),
    ],
)
def test_a_certificate_that_is_ordered_says_how_that_stands(order: OrderStatus, said: str) -> None:
    one = certificate("a", provider="acme", fingerprint="", not_after=0.0, days_left=0, order=order)

    assert page(status(certificates=(one,))).row("a")[2:4] == [said, "ACME (API)"]


def test_one_that_is_held_says_when_it_is_renewed() -> None:
    order = OrderStatus("held", "one", renew_at=1.8e9)
    one = certificate("a", provider="acme", days_left=60.0, order=order)

    said = "✓ 60 days to be renewed 2027-01-15 08:00:00 UTC"
    assert page(status(certificates=(one,))).row("a")[2] == said


@pytest.mark.parametrize(
    ("fleet", "said"),
    [
        (FleetStatus("alone"), ["this node alone", "✓ in use accounts, certificates and leases"]),
        (FleetStatus("redis", "it is gone"), ["Redis", "✗ cannot be reached it is gone"]),
    ],
)
def test_what_nodes_share_is_told_where_something_is_ordered(
    fleet: FleetStatus, said: list[str]
) -> None:
    assert page(status(fleet=fleet)).row("Shared")[1:] == said
    assert "Shared" not in page().text


def test_a_certificate_that_is_missing_says_why() -> None:
    missing = certificate("c", 0.0, fingerprint="", said="the folder cannot be written")
    read = page(status(certificates=(missing,)))

    assert read.row("c")[2] == "✗ not made yet the folder cannot be written"


def test_the_last_refused_change_is_told_whole() -> None:
    read = page(status(refused="edge.yml:3: routes[0].hosts: bad\nedge.yml:9: bad too"))

    assert "was refused" in read.text
    assert "edge.yml:3: routes[0].hosts: bad edge.yml:9: bad too" in read.text
    assert "refused" not in page().text


@pytest.mark.parametrize(
    ("store", "said"),
    [
        (StoreStatus("sqlite", "/x.db", 3), ["/x.db", "✓ in use kept in this file, revision 3"]),
        (StoreStatus("none", "", 0), ["none", "✓ in use nothing is kept, revision 0"]),
        (
            StoreStatus("sqlite", "/x.db", 3, "the disk is full"),
            ["/x.db", "✗ cannot be used the disk is full"],
        ),
    ],
)  # fmt: skip
def test_the_store_is_told_and_what_is_wrong_with_it(store: StoreStatus, said: list[str]) -> None:
    assert page(status(store=store)).row("Store")[1:] == said


def test_logs_are_told_with_their_level() -> None:
    read = page(status(access_log=None, log_level="debug"))

    assert read.row("Access log")[1] == "none"
    assert read.row("Error log")[1:] == ["standard output", "from level debug on"]


def test_a_worker_that_does_not_answer_stands_out() -> None:
    silent = WorkerStatus(7, "serving", 1, 12.3)
    read = page(status(workers=(silent,), serves=False))

    assert read.row("7") == ["7", "✗ does not answer", "1", "12.3 s ago"]
    assert "✗ not serving" in read.text


def test_the_sums_are_of_everything_not_of_what_is_shown() -> None:
    bad = route("bad", targets=(target(health="unhealthy"),))
    read = page(status(routes=(route(),) * 150 + (bad,), traffic=busy(20_000)))

    assert "Unhealthy targets 1 of 151" in read.text
    assert "Requests per second 20,000" in read.text


# Many routes


def many(number: int) -> Status:
    return status(
        routes=tuple(
            route(f"r{place}", hosts=(f"h{place}.test",), traffic=busy(place))
            for place in range(number)
        )
    )


def names(read: Read) -> list[str]:
    return [row[0] for row in read.rows if re.fullmatch(r"r\d+", row[0])]


def test_of_many_routes_the_busiest_are_shown_and_all_are_counted() -> None:
    read = page(many(10_000))

    assert names(read) == [f"r{place}" for place in range(9999, 9999 - MOST_ROUTES, -1)]
    assert "10,000 routes: the 100 with the most traffic." in read.text


def test_a_filter_finds_routes_that_are_not_busy() -> None:
    read = page(many(10_000), q="H17.TEST")

    assert names(read) == ["r17"]
    assert "1 of 10,000 routes found." in read.text
    assert "H17.TEST" in read.values


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("", ["r1", "r2", "r3"]),
        ("unhealthy", ["r2"]),
        ("draining 10.0.0.3", ["r3"]),
        ("10.0.0.1 draining", []),
        ("/api", ["r1"]),
        ("redirect", ["r1"]),
        ("file", ["r2"]),
    ],
)
def test_all_words_of_a_filter_have_to_be_found(words: str, found: list[str]) -> None:
    routes = (
        route("r1", paths=("/api/",), action="redirect"),
        route("r2", origin=Origin.FILE, targets=(target("http://10.0.0.2", health="unhealthy"),)),
        route("r3", targets=(target("http://10.0.0.3", state="draining"),)),
    )
    read = page(status(routes=routes), q=words)

    assert names(read) == found


def test_what_is_many_of_one_is_cut_and_counted() -> None:
    targets = tuple(target(f"http://10.0.0.{place}") for place in range(MOST_TARGETS + 5))
    hosts = tuple(f"h{place}" for place in range(12))
    read = page(
        status(
            routes=(route(targets=targets, hosts=hosts),),
            certificates=tuple(certificate(f"c{place}", place + 1.0) for place in range(1000)),
        )
    )

    assert "and 5 more targets" in read.text
    assert "h6, h7 and 4 more" in read.text
    assert len([row for row in read.rows if row[0].startswith("c")]) == MOST_CERTIFICATES
    assert "1,000 certificates: the 100 that expire first." in read.text


def test_nothing_at_all_is_a_page_too() -> None:
    nothing = status(routes=(), certificates=(), workers=(), listeners=())

    assert "There are no routes. Certificates There are no certificates." in page(nothing).text


def test_its_size_is_bounded() -> None:
    assert len(render(many(10_000))) < 400_000


# Refreshing


@pytest.mark.parametrize(
    ("asked", "in_place", "by_page"),
    [(None, "5", ""), ("30", "30", "30"), ("0", "0", ""), ("7", "5", ""), ("1;x", "5", "")],
)
def test_it_refreshes_as_chosen(asked: str | None, in_place: str, by_page: str) -> None:
    text = render(status(), {} if asked is None else {"refresh": asked})

    assert f'data-refresh="{in_place}"' in text
    assert re.findall(r'http-equiv="refresh" content="(.*?)"', text) == [by_page] * bool(by_page)


def test_links_keep_what_else_was_chosen() -> None:
    text = render(status(), {"q": "a&b", "refresh": "30"})

    assert 'href="?q=a%26b&amp;refresh=60"' in text
    assert '<input type="hidden" name="refresh" value="30">' in text
    assert 'href="?refresh=30">All routes' in text
    assert text.count('aria-current="true"') == 1


# Nobody else writes on it

HOSTILE = [
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "' onmouseover='alert(1)",
    "</style><script>alert(1)</script>",
    "</script><script>alert(1)</script>",
    "<!--",
    "]]>",
    "javascript:alert(1)",
    "{{ 7 * 7 }}{% raw %}",
    "&lt;b&gt;",
    "\x00\u202e\ufeff",
]


def with_names(name: str) -> Status:
    """Return a status that says ``name`` wherever a text may come from somewhere else."""
    return status(
        program=name,
        refused=name,
        store=StoreStatus(name, name, 1, name),
        listeners=(ListenerStatus(name, True),),
        workers=(WorkerStatus(1, name, 1, 0.0),),
        routes=(
            route(
                name,
                hosts=(name, name),
                paths=(name,),
                action=name,
                targets=(target(name, state=name, health=name),),
            ),
        ),
        certificates=(
            certificate(name, provider=name, names=(name,), fingerprint=name, said=name),
        ),
        access_log=name,
        error_log=name,
        log_level=name,
    )


@pytest.mark.parametrize("name", HOSTILE)
def test_names_are_text_and_never_markup(name: str) -> None:
    plain, hostile = (page(with_names(one), q=one, refresh=one) for one in ("plain", name))

    assert hostile.tags == plain.tags
    assert hostile.texts.count(name) + hostile.values.count(name) >= 8 or "\x00" in name


@given(st.text(min_size=1, max_size=40))
def test_no_name_whatever_changes_the_markup(name: str) -> None:
    assert page(with_names(f"x{name}"), q=f"x{name}").tags == page(with_names("x"), q="x").tags


def test_the_policy_lets_the_own_script_and_style_run_and_nothing_else() -> None:
    text = render(with_names("<script>alert(1)</script>"))
    directives = dict(
        directive.strip().split(" ", 1) for directive in POLICY.split(";") if directive
    )
    for tag, directive in (("script", "script-src"), ("style", "style-src")):
        (content,) = re.findall(rf"<{tag}>(.*?)</{tag}>", text, re.DOTALL)
        hashed = b64encode(sha256(content.encode()).digest()).decode()
        assert directives[directive] == f"'sha256-{hashed}'"
    assert directives["default-src"] == "'none'"
    assert "unsafe" not in POLICY


def test_nothing_is_asked_of_any_other_place() -> None:
    text = render(status())

    assert re.findall(r'(?:src|href|action)="(?![?]|data:,")([^"]*)', text) == []
    assert "://" not in re.sub(r"http://10\.0\.0\.1:8080", "", text)
    assert "style=" not in text
    assert not re.search(r" on[a-z]+=", text)


# For everybody


def test_tables_have_names_and_headers() -> None:
    text = render(status())

    assert '<html lang="en"' in text
    assert text.count("<table") == text.count('aria-labelledby="') - 1
    for heading in re.findall(r'<table[^>]*aria-labelledby="([^"]+)"', text):
        assert f'id="{heading}"' in text
    read = page()
    for tag, attributes in read.tags:
        if tag == "th":
            assert "scope" in attributes
        if tag in ("table", "thead", "tbody", "tr", "td", "th"):
            # Where a small screen shows them as blocks, they would be no table otherwise.
            assert "role" in attributes


def test_every_cell_says_on_a_small_screen_what_it_is() -> None:
    targets = tuple(target(f"http://10.0.0.{place}") for place in range(30))
    read = page(status(routes=(route(targets=targets),)))

    cells = [attributes for tag, attributes in read.tags if tag == "td"]
    assert all("data-label" in cell for cell in cells if "colspan" not in cell)


def test_every_id_is_there_once() -> None:
    ids = re.findall(r' id="([^"]+)"', render(many(50)))

    assert len(ids) == len(set(ids))


def test_what_is_unchanged_is_rendered_alike() -> None:
    made: Any = status()

    assert render(made) == render(replace(made))
