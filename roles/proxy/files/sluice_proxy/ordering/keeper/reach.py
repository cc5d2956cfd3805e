# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whether what nodes share can be reached, which is said once when it changes."""

from __future__ import annotations

import logging

from ...fleet.shared import Unreachable

_log = logging.getLogger("sluice_proxy.ordering")


class Reach:
    """``trouble`` is why it cannot be reached, empty while it can be."""

    def __init__(self) -> None:
        self.trouble = ""

    @property
    def said(self) -> str:
        """One line about it, empty while it can be reached."""
        return f"what nodes share cannot be reached: {self.trouble}" if self.trouble else ""

    def lost(self, error: Unreachable) -> None:
        """Note that it cannot be reached."""
        if not self.trouble:
            _log.error(
                "what nodes share cannot be reached: %s: certificates that are held are served on,"
                " and none is ordered",
                error,
            )
        self.trouble = str(error) or "no reason is known"

    def back(self) -> None:
        """Note that it can be reached."""
        if self.trouble:
            _log.warning("what nodes share can be reached again: certificates are ordered")
        self.trouble = ""
