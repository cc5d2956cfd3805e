# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The page for people: the status as one document of HTML that needs nothing else.

It works without script; with it, what changed is taken over in place. The script and the style
are the same in every page, so POLICY names them by their hashes and lets nothing else run.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Mapping
from hashlib import sha256
from types import MappingProxyType

from jinja2 import Environment, PackageLoader, StrictUndefined

from .page_view import view
from .status import Status

NO_QUERY: Mapping[str, str] = MappingProxyType({})

_environment = Environment(
    loader=PackageLoader(__package__, "templates"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)


def _text(name: str) -> str:
    loader = _environment.loader
    assert loader is not None
    return loader.get_source(_environment, name)[0]


def _hash(text: str) -> str:
    return f"'sha256-{b64encode(sha256(text.encode()).digest()).decode()}'"


_CSS = _text("status.css")
_JS = _text("status.js")
_template = _environment.get_template("status.html")

POLICY = (
    f"default-src 'none'; style-src {_hash(_CSS)}; script-src {_hash(_JS)}; img-src data:;"
    " connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
"""The Content-Security-Policy that the page is to be sent with."""


def render(status: Status, query: Mapping[str, str] = NO_QUERY) -> str:
    """Return the page.

    Of ``query`` counts ``q``, words that shown routes have in their names, hosts, paths, targets
    or states, and ``refresh``, the seconds between two looks. Anything else in it is nothing.
    """
    return _template.render(view(status, query), css=_CSS, js=_JS)
