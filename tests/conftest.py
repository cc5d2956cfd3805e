# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Profiles of the property tests; choose one with ``--hypothesis-profile``."""

from __future__ import annotations

from hypothesis import HealthCheck, settings

# Deadlines fail on a busy machine, not on a wrong program.
settings.register_profile("dev", max_examples=50, deadline=None)
# For Pythons that are only tried beside the one that looks for what is wrong.
settings.register_profile("beside", max_examples=10, deadline=None)
settings.register_profile(
    "ci",
    max_examples=400,
    deadline=None,
    print_blob=True,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile("dev")
