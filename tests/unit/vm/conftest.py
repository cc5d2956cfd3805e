# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import sys
from pathlib import Path

# The harness is a program's package, not part of the collection.
sys.path.insert(0, str(Path(__file__).parents[3] / "molecule" / "vm"))
