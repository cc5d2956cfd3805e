# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What operators get wrong, and the one line they are told. Data only.

Each case goes through a module's entry point, against a fake kernel everywhere and the real one
in the test machine; afterwards the kernel must be as it was. A kind of resource adds a file of
its own cases, and its entry point to ``ENTRIES`` of the kernels.
"""

from __future__ import annotations

from typing import Tuple

from ansible_collections.sluice.edge.tests.contract.bad_input.case import Case
from ansible_collections.sluice.edge.tests.contract.bad_input.servers import SERVERS
from ansible_collections.sluice.edge.tests.contract.bad_input.services import SERVICES

CASES: Tuple[Case, ...] = SERVICES + SERVERS
