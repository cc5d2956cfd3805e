# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The data plane: what one process does with sockets and a snapshot.

A connection's way through the files: `entrance` (PROXY header, TLS), `http1_client` (requests in,
responses out), `exchange` (one request, whatever carried it), `serving` and `origin` (what the
snapshot says), `target_pool` and `target_connection` (the way to a target). `server` has it all.
"""
