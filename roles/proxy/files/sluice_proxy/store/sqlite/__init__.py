# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A store in one SQLite file on this host.

`place` is the file and its folder, `database` the connection, `schema` the tables and how former
ones become these, `digest` what a damaged value is known by, `explaining` the words for what goes
wrong; `store` is all of them together.
"""
