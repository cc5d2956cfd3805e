# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Start the command ``sluice-state`` with the engine that is installed beside this file.

``sluice_engine`` is a copy of the collection's ``plugins/module_utils``: the engine of the modules.
"""

from __future__ import annotations

import sys

from sluice_engine._state.command import main  # type: ignore[import-not-found]

if __name__ == "__main__":
    sys.exit(main())
