# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Links of a reply (RFC 8288, section 3)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from urllib.parse import urljoin

_PARAMETER = r';\s*([A-Za-z0-9!#$&+.^_`|~-]+)\*?\s*(?:=\s*("(?:[^"\\]|\\.)*"|[^\s",;]*)\s*)?'
_LINK = re.compile(rf"[\s,]*<([^<>\"\s]*)>\s*((?:{_PARAMETER})*)", re.ASCII)
_PARAMETERS = re.compile(_PARAMETER, re.ASCII)


def targets(fields: Iterable[str], relation: str, base: str) -> tuple[str, ...]:
    """Return the URLs of the links with a relation, in their order, each once.

    ``base`` is the URL of the reply. What cannot be read ends its field.
    """
    urls = (url for field in fields for url, relations in _links(field) if relation in relations)
    found = (absolute(base, url) for url in urls)
    return tuple(dict.fromkeys(url for url in found if url is not None))


def absolute(base: str, url: str) -> str | None:
    """Return a URL that is meant from another one, None for what is none."""
    try:
        return urljoin(base, url)
    except ValueError:
        return None


def _links(field: str) -> Iterator[tuple[str, list[str]]]:
    place = 0
    while match := _LINK.match(field, place):
        place = match.end()
        relations = [
            value.strip('"').lower().split()
            for name, value in _PARAMETERS.findall(match[2])
            if name.lower() == "rel"
        ]
        # The first one counts.
        yield match[1], relations[0] if relations else []
