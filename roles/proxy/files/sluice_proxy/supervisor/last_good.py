# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a store had when it was last in force, in a file beside it.

It is for a proxy that starts, and whose store cannot be opened: what was declared is served all the
same. It has private keys, as the store has.
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from types import MappingProxyType

from ..store.items import Contents, Item, Key

FORM = 1
_SUFFIX = ".last-good.json"
_AS_TEXT = ("utf-8", "surrogateescape")
"""How documents are text in it, also those of a later release that are none."""


class NoLastGood(ValueError):
    """There is none that can be used; the text says why, and is empty where there never was one."""


def place_of(store: str) -> Path:
    """Return the file that is beside a store."""
    return Path(f"{store}{_SUFFIX}")


def write_last_good(path: Path, contents: Contents) -> None:
    """Have ``path`` be ``contents``: wholly, and still after a loss of power. Raises OSError.

    One at a time may do so.
    """
    new = path.with_name(f"{path.name}.new")
    flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW | os.O_CLOEXEC
    descriptor = os.open(new, flags, 0o600)
    try:
        with open(descriptor, "w", encoding="utf-8") as file:
            file.write(_text(contents))
            file.flush()
            os.fsync(descriptor)
        os.replace(new, path)
    except BaseException:
        new.unlink(missing_ok=True)
        raise
    folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def _text(contents: Contents) -> str:
    """Return ``contents`` as JSON, with an item on each line."""
    items = sorted(contents.items.values(), key=lambda item: (item.key.kind, item.key.id))
    lines = (
        json.dumps([item.key.kind, item.key.id, item.version, item.document.decode(*_AS_TEXT)])
        for item in items
    )
    head = json.dumps({"form": FORM, "revision": contents.revision}).removesuffix("}")
    return f'{head}, "items": [\n' + ",\n".join(lines) + "\n]}\n"


def read_last_good(path: Path) -> Contents:
    """Return what ``path`` has; raises NoLastGood."""
    try:
        whole = json.loads(path.read_bytes())
        if whole["form"] != FORM:
            raise NoLastGood(f"{path} is of another release (form {whole['form']})")
        items = [
            Item(Key(kind, name), int(version), document.encode(*_AS_TEXT))
            for kind, name, version, document in whole["items"]
        ]
        revision = int(whole["revision"])
    except FileNotFoundError:
        raise NoLastGood("") from None
    except OSError as error:
        raise NoLastGood(f"{path} cannot be read: {error.strerror}") from error
    except (
        AttributeError,
        KeyError,
        OverflowError,
        RecursionError,
        TypeError,
        ValueError,
    ) as error:
        if isinstance(error, NoLastGood):
            raise
        raise NoLastGood(f"{path} is damaged") from error
    return Contents(revision, MappingProxyType({item.key: item for item in items}))
