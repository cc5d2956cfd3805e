# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the admin API declares, kept over restarts: documents by kind and id, with versions.

What a document means is not known here. `store` is the interface, `items` its values, `deciding`
what a change comes to; `memory` and `sqlite` keep the documents, and `in_thread` has that done
beside the loop.
"""
