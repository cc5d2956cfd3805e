# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""``python -m sluice_proxy``: the command, where it is not installed."""

from __future__ import annotations

import sys

from sluice_proxy.cli.command import main

if __name__ == "__main__":
    sys.exit(main())
