# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Profiles that a task takes from a file of IPTLB on the managed host."""

from __future__ import annotations

from typing import Any, Dict, List, Mapping, Tuple

from .._converge.errors import InvalidInput
from .._kernel.preflight import require_library
from .declared import VOCABULARY
from .iptlb import read_state

OPTION = "iptlb_state"


def with_imported(params: Mapping[str, Any]) -> Tuple[Mapping[str, Any], List[str]]:
    """Return a task's parameters with the file's profiles as ``config``, and what was left out.

    Parameters that name no file come back as they are. Raises InvalidInput for a file that cannot
    be read or goes with other options, and Unavailable when the host has no PyYAML.
    """
    path = params.get(OPTION)
    if path is None:
        return params, []
    refuse_others(params)
    imported = read_state(_load(str(path)))
    expanded: Dict[str, Any] = dict(params, config=imported.config)
    del expanded[OPTION]
    return expanded, imported.complaints


def refuse_others(params: Mapping[str, Any]) -> None:
    """Raise InvalidInput for an option that does not go with the file."""
    for name in ("config", "purge", "purge_ignore", *VOCABULARY.canonical):
        if params.get(name):
            # What a file leaves out would be purged.
            raise InvalidInput("%s and %s exclude each other" % (OPTION, name))


def _load(path: str) -> object:
    yaml = require_library("yaml", "python3-yaml", "PyYAML")
    try:
        with open(path, encoding="utf-8") as source:
            return yaml.safe_load(source)
    except OSError as error:
        raise _unreadable(path, error.strerror or "it cannot be read") from None
    except UnicodeDecodeError:
        raise _unreadable(path, "it is not UTF-8 text") from None
    except yaml.YAMLError as error:
        raise _unreadable(path, "it is not YAML: %s" % " ".join(str(error).split())) from None
    except RecursionError:
        raise _unreadable(path, "its lists and mappings are nested too deeply") from None


def _unreadable(path: str, reason: str) -> InvalidInput:
    return InvalidInput("%s %s: %s" % (OPTION, path, reason))
