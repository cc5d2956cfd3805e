# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a route does with a request: rewrite it, change its fields, answer it itself."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Rewrite:
    """How the path towards the target is made.

    At most one of them is set. What is compared with the path is in its decoded form, what is
    sent is percent-encoded. ``strip`` leaves the beginning out; ``replace`` is (beginning,
    instead of it); ``forward_path`` is Portal's ``fwdpath``: it takes the place of the part that
    the route's path pattern matched.
    """

    strip: str = ""
    replace: tuple[str, str] | None = None
    forward_path: str = ""


@dataclass(frozen=True, slots=True)
class FieldChanges:
    """Fields to remove, then to set instead of any there are, then to add.

    Names are in lower case.
    """

    remove: tuple[str, ...] = ()
    set: tuple[tuple[str, str], ...] = ()
    add: tuple[tuple[str, str], ...] = ()

    def __bool__(self) -> bool:
        return bool(self.remove or self.set or self.add)


@dataclass(frozen=True, slots=True)
class Redirect:
    """An answer that sends the client elsewhere.

    ``location`` is a template (see rewriting.redirecting). ``only_plain`` redirects requests that
    came without TLS and lets others through to the targets.
    """

    location: str
    status: int = 308
    only_plain: bool = False


@dataclass(frozen=True, slots=True)
class Page:
    """A fixed answer."""

    content: bytes
    content_type: str
    status: int = 200
