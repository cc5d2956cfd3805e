# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a module needs of the host, checked before anything else, with one clear line each."""

from __future__ import annotations

import importlib
from types import ModuleType

from .._converge.errors import Unavailable

CAP_NET_ADMIN = 12  # linux/capability.h
CAP_NET_RAW = 13
_NAMES = {CAP_NET_ADMIN: "CAP_NET_ADMIN", CAP_NET_RAW: "CAP_NET_RAW"}


def require_capability(capability: int, purpose: str, status: str = "/proc/self/status") -> None:
    """Raise Unavailable unless the process has ``capability`` in its effective set.

    ``purpose`` is what needs it, for example ``IPVS``.
    """
    with open(status, encoding="ascii", errors="replace") as source:
        for line in source:
            if line.startswith("CapEff:"):
                if int(line.split()[1], 16) >> capability & 1:
                    return
                break
    raise Unavailable(
        "%s needs %s: run the task as root (become: true), and a container with --cap-add=%s"
        % (purpose, _NAMES[capability], _NAMES[capability][len("CAP_") :])
    )


def require_library(name: str, debian_package: str, distribution: str) -> ModuleType:
    """Import and return a Python library of the target host.

    Raises Unavailable with the interpreter's path and how to install it when it is missing or
    cannot be loaded.
    """
    import sys

    try:
        return importlib.import_module(name)
    except Exception as error:  # noqa: BLE001 - a broken library may raise anything
        raise Unavailable(
            "the Python library %s cannot be loaded by %s (%s): install it with "
            "'apt-get install %s' or 'pip install %s'"
            % (name, sys.executable, error, debian_package, distribution)
        ) from None
