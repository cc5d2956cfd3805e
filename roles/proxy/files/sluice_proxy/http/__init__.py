# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""HTTP/1.1 without I/O: gates for heads, framing of content, and the heads to send on.

What a worker needs, in the order of a request's life: `head_end.find_head_end`,
`request_gate.parse_request`, `chunked.ChunkedScanner`, `forwarding.compose_request`,
`response_gate.parse_response`, `forwarding.compose_response`, `answer.compose_answer`.
"""
