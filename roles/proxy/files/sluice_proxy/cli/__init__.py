# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The command ``sluice-proxy``.

`commands` has a file for each family of subcommands. Below them: `client` asks the admin API,
`showing` is what people see, `log_files` reads logs, `completing` makes completion for shells.
"""
