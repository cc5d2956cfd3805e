# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The supervisor: it owns the sockets and the configuration, and never touches a request.

It gives each worker process its listening sockets and whole snapshots over a channel, replaces
workers that die, and hands everything over to its successor in an upgrade.
"""
