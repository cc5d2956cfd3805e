# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Configurations, and files for them that are nowhere but in memory."""

from __future__ import annotations

from textwrap import dedent

from sluice_proxy.config.loading import parse
from sluice_proxy.config.problems import InvalidConfig
from sluice_proxy.routes.model.route import Route
from sluice_proxy.snapshot.snapshot import Snapshot


class FilesInMemory:
    """Files by name; every name that begins with ``missing`` is of none."""

    def __init__(self, **contents: bytes) -> None:
        self._contents = contents

    def whole(self, name: str) -> str:
        return name if name.startswith("/") else f"/etc/edge/{name}"

    def resolved(self, name: str) -> str:
        if name.startswith(("missing", "/etc/edge/missing")):
            raise ValueError(f"there is no file {name}")
        return self.whole(name)

    def read(self, name: str) -> bytes:
        if name not in self._contents:
            raise ValueError(f"there is no file {name}")
        return self._contents[name]


def snapshot(text: str, **files: bytes) -> Snapshot:
    """Return the snapshot of a configuration."""
    return parse(dedent(text).encode(), file="edge.yml", files=FilesInMemory(**files))


def one_route(text: str, beside: str = "", **files: bytes) -> Route:
    """Return the only route of a configuration that begins where its keys do; ``beside`` is the
    rest."""
    lines = "".join(f"    {line}\n" for line in dedent(text).strip("\n").splitlines())
    (found,) = snapshot(f"{beside}\nroutes:\n  -\n{lines}", **files).routes
    return found


def complaints(text: str) -> list[str]:
    """Return the lines that say what is wrong with a configuration."""
    try:
        snapshot(text)
    except InvalidConfig as invalid:
        return str(invalid).splitlines()
    return []
