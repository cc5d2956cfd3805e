# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The converge engine: desired and observed state in, a plan out, applied with a journal.

Nothing here knows a kind of resource, does input or output, or imports ansible.
"""
