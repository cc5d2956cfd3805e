# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What belongs to a task about the proxy, not to an entry: socket, owner, what is purged. Pure."""

from __future__ import annotations

from fnmatch import fnmatchcase
from typing import Any, Dict, Iterable, List, Mapping, NamedTuple, Optional, Sequence, Tuple

from ..._declare.item import Item, Vocabulary
from ..._declare.task import purges
from ..model import Key, name_of

SOCKET = "/run/sluice-proxy/admin.sock"
OWNER = "ansible"
_TASK = Vocabulary(("socket", "owner", "purge_scope", "purge_ignore"))
_LONGEST_OWNER = 200
_PATH_BYTES = 107  # sun_path without its NUL (sys/un.h)


class PurgeScope(NamedTuple):
    """Which entries of the owner go unless they are declared, by patterns of names."""

    only: Tuple[str, ...]
    ignore: Tuple[str, ...]

    @property
    def selects(self) -> bool:
        """Whether the names that exist have to be known to tell which of them go."""
        return bool(self.only or self.ignore)

    def spared(self, names: Iterable[str]) -> List[str]:
        """Return those of the names that stay."""
        return [name for name in names if not self._dooms(name)]

    def _dooms(self, name: str) -> bool:
        if any(fnmatchcase(name, pattern) for pattern in self.ignore):
            return False
        return not self.only or any(fnmatchcase(name, pattern) for pattern in self.only)


def read_socket(params: Mapping[str, Any]) -> str:
    """Return the path of the admin socket; raises InvalidInput."""
    item = _task_item(params)
    path = item.text("socket") or SOCKET
    if not path.startswith("/"):
        raise item.error("socket must be a whole path, as %s is, not %r" % (SOCKET, path))
    if len(path.encode()) > _PATH_BYTES:
        raise item.error("socket has more than %d bytes" % _PATH_BYTES)
    return path


def read_owner(params: Mapping[str, Any]) -> str:
    """Return who declares; raises InvalidInput."""
    item = _task_item(params)
    owner = item.text("owner") or OWNER
    if len(owner) > _LONGEST_OWNER:
        raise item.error("owner has more than %d characters" % _LONGEST_OWNER)
    return owner


def read_purge_scope(params: Mapping[str, Any]) -> Optional[PurgeScope]:
    """Return what is purged, None for nothing.

    Raises InvalidInput as ``purges`` does.
    """
    item = _task_item(params)
    only = _patterns(item, "purge_scope")
    ignore = _patterns(item, "purge_ignore")
    if not purges(params, limited=bool(only or ignore)):
        return None
    return PurgeScope(only, ignore)


def refuse_duplicates(items: Sequence[Tuple[Item, Key]]) -> Dict[Key, str]:
    """Return where each entry stands, for errors; raises InvalidInput for one declared twice."""
    labels: Dict[Key, str] = {}
    for index, (item, key) in enumerate(items):
        label = "config[%d]" % index
        first = labels.setdefault(key, label)
        if first != label:
            raise item.error("is declared twice, first in %s" % first)
    return labels


def read_name(item: Item, kind: str) -> str:
    """Return the name of an entry, which errors call it by from now on."""
    name = item.text("name")
    if name is None:
        raise item.error("name is required")
    item.call(name_of, (kind, name))
    return name


def _task_item(params: Mapping[str, Any]) -> Item:
    return Item({name: params.get(name) for name in _TASK.names}, "", _TASK)


def _patterns(item: Item, name: str) -> Tuple[str, ...]:
    patterns = tuple(item.words(name) or ())
    if item.given(name) and not all(patterns):
        raise item.error("%s has an empty entry" % name)
    return patterns
