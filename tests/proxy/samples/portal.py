# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Portal's matrix of routes, and which of them each request is for."""

from __future__ import annotations

from typing import Any

BASE = "portal.test"
ROUTES: list[dict[str, Any]] = [
    {"name": "a", "domain": BASE},
    {"name": "b", "subdomain": "b", "path": "/b*"},
    {"name": "c", "domain": BASE, "path": "/c/"},
    {"name": "d", "domain": BASE, "path": "/d"},
    {"name": "e", "domain": BASE, "path": "/e*"},
    {"name": "f", "domain": "other.test", "path": "/f"},
    {"name": "subdomain-f", "subdomain": "f", "path": "/f"},
    {"name": "i", "domain": BASE, "path": "/i"},
    {"name": "domain-j", "domain": "nano-j.test", "path": "/j"},
    {"name": "subdomain-j", "subdomain": "j", "path": "/j"},
    {"name": "domain-k", "domain": "nano-k.test"},
    {"name": "path-k", "path": "/k"},
]

REQUESTS: list[tuple[str, str, str | None]] = [
    (BASE, "/", "a"),
    (f"b.{BASE}", "/", "a"),
    (f"b.{BASE}", "/b/", "b"),
    (f"b.{BASE}", "/bcd", "b"),
    (BASE, "/cat", "a"),
    (f"b.{BASE}", "/c/", "c"),
    (BASE, "/c", "a"),
    (BASE, "/dog", "a"),
    (BASE, "/d", "d"),
    (BASE, "/d/x", "d"),
    (BASE, "/elephant", "e"),
    (BASE, "/e/a/b/dog", "e"),
    ("other.test", "/", None),
    ("other.test", "/f", "f"),
    ("f.other.test", "/f", "subdomain-f"),
    ("g.other.test", "/f", "f"),
    (BASE, "/i", "i"),
    ("nano-j.test", "/j", "domain-j"),
    ("j.nano-j.test", "/j", "subdomain-j"),
    ("nano-k.test", "/k", "domain-k"),
    ("nano-j.test", "/k", "path-k"),
    ("nowhere.test", "/k/x", "path-k"),
    ("nowhere.test", "/", None),
    # Where Portal has two labels and one case only.
    (f"x.y.b.{BASE}", "/b/", "b"),
    (f"B.{BASE.upper()}.:8080", "/b", "b"),
    ("f.localhost", "/f", "subdomain-f"),
    ("f.one.two.three.test", "/f", "subdomain-f"),
]
