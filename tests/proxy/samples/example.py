# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The example of the documentation, without the files that it names."""

from __future__ import annotations

from pathlib import Path

from samples.config import FilesInMemory

DOCS = Path(__file__).resolve().parents[3] / "docs" / "proxy"
EXAMPLE = DOCS / "example.yml"
REFERENCE = DOCS / "configuration.md"


def example_files() -> FilesInMemory:
    """Return the files that the example names."""
    return FilesInMemory(**{"pages/busy.html": b"<p>busy", "pages/broken.html": b"<p>broken"})
