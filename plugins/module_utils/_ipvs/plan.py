# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The safe order of operations on IPVS. Pure.

Real servers join living services first; then entries change; then new services come, each
followed by its servers; and only then does anything go. A service is emptied before it goes, so
that taking its removal back restores its servers too.
"""

from __future__ import annotations

from typing import Dict, List, Sequence

from .._converge.plan import Stages
from .._converge.resource import Operation, State
from .model import Entry, Service, ServiceId, service_of

Step = Operation[Entry]


def arrange(operations: Sequence[Step], have: State[Entry]) -> Stages[Entry]:
    """Return the operations in stages; ``have`` tells which services exist already."""
    joining: List[Step] = []
    changes: List[Step] = []
    new: Dict[ServiceId, List[Step]] = {}
    leaving: List[Step] = []
    dying: Dict[ServiceId, List[Step]] = {}
    gone = {
        operation.subject.key
        for operation in operations
        if operation.after is None and isinstance(operation.before, Service)
    }
    for operation in operations:
        service = service_of(operation.subject)
        is_service = isinstance(operation.subject, Service)
        if operation.after is None:
            if service not in gone:
                leaving.append(operation)
            elif is_service:
                dying.setdefault(service, []).append(operation)
            else:
                dying.setdefault(service, []).insert(0, operation)
        elif operation.before is not None:
            changes.append(operation)
        elif is_service:
            new.setdefault(service, []).insert(0, operation)
        elif service in have:
            joining.append(operation)
        else:
            new.setdefault(service, []).append(operation)
    born = [step for steps in new.values() for step in steps]
    removed = [step for steps in dying.values() for step in steps]
    return [joining, changes, born, leaving, removed]
