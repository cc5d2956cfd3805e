# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The one error that reaches a person."""

from __future__ import annotations


class HarnessError(Exception):
    """What is wrong and what to do about it, in one line."""
