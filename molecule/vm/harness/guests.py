# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The guests that an image can be built for."""

from __future__ import annotations

import os
from dataclasses import dataclass

from .errors import HarnessError

DEFAULT = "debian12"


@dataclass(frozen=True)
class Guest:
    """A Debian release: its name here, its suite, its recipes, its newest kernel's metapackage, and
    the memory of a machine.

    `recipes` names folders beside this package. A later one adds packages, and files that replace
    those of the same path in the ones before.
    """

    name: str
    suite: str
    recipes: tuple[str, ...] = ("recipe",)
    kernel: str = "linux-image-cloud-amd64"
    memory_mib: int = 512


_SYSTEMD = ("recipe", "recipe-systemd")
GUESTS = {
    guest.name: guest
    for guest in (
        Guest("debian12", "bookworm"),
        Guest("debian13", "trixie"),
        Guest("debian12-systemd", "bookworm", _SYSTEMD),
        Guest("debian13-systemd", "trixie", _SYSTEMD),
        Guest("debian12-fleet", "bookworm", (*_SYSTEMD, "recipe-fleet"), memory_mib=1024),
    )
}


def select(name: str | None = None) -> Guest:
    """Return the guest called `name`, else the one in SLUICE_GUEST, else the default.

    Raises HarnessError for a name that is not in GUESTS.
    """
    wanted = name or os.environ.get("SLUICE_GUEST") or DEFAULT
    if wanted not in GUESTS:
        raise HarnessError(f"guest {wanted!r} is unknown; choose one of {', '.join(GUESTS)}")
    return GUESTS[wanted]
