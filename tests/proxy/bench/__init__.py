# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Measurements: of the running proxy beside its peers, and of its parts.

``make bench ONLY=proxy`` runs the former; the others are programs of their own:
``PYTHONPATH=tests/proxy:roles/proxy/files .venv/bin/python -m bench.heads``.
"""
