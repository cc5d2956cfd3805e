# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a fleet shares, by a Redis server.

`scripts` has what the server does at once, `connecting` how it is reached, `explaining` the words
for what goes wrong, `sealing` what hides documents from the server; `shared` is all of it together.
"""
