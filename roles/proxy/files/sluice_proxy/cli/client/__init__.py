# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How commands ask the admin API: over its unix socket, or over TLS with a token.

Only the standard library: a command is to be there at once.
"""
