# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Routes, certificates and pages that are declared while the proxy runs.

They are documents in a store. Here is what a document may say, what a batch of changes comes to,
and how documents and the configuration file make one snapshot. No file is opened but those that a
document names, and there is no clock.

`opening` begins, `planning` goes on from batch to batch, `composing` makes the snapshot of an
`edition`, and `public` shows a resource.
"""
