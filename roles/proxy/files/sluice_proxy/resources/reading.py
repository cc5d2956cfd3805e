# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One document, read: what it means, or everything that is wrong with it, by field.

No message repeats a secret. Files that a document names are read here and now, by whole paths.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, TypeVar

from pydantic import ValidationError

from ..config.consistency import twice_among
from ..config.explaining import Finding, findings
from ..config.files import Files
from ..config.problems import field_name, one_line
from ..config.sections.pages import PAGE_IDS, PageSection
from ..config.sections.routes import RouteSection
from ..config.sections.section import Section
from ..snapshot.tls import Pem
from ..tls.certificates import BadCertificate, read_certificate
from ..tls.reading import with_authorities
from ..tls.upstream_contexts import upstream_context
from .certificate_documents import (
    SECTIONS,
    GivenSection,
    LocalCaSection,
    OrderedSection,
    SelfSignedSection,
)
from .leaves import leaf_of
from .meaning import Given, Meaning, OfLocalCa, Ordered, SelfSigned, given
from .model import Document, Kind, Leaf
from .refusing import Invalid, Problem

FILE_KEYS = frozenset(("ca", "certificate", "client_ca", "file", "key"))
"""Keys of routes and pages that name files."""

_ID = re.compile(r"[!-~]{1,200}\Z")


@dataclass(frozen=True, slots=True)
class Read:
    """``document`` is what is kept: that of a route without its name, of a certificate without a
    password."""

    document: Document = field(repr=False)
    meaning: Meaning

    @property
    def leaf(self) -> Leaf | None:
        """The certificate that clients are shown, where it came with the document."""
        meaning = self.meaning
        return leaf_of("given", meaning.certificate) if isinstance(meaning, Given) else None


class _Wrong(ValueError):
    """What is wrong with a document."""

    def __init__(self, *found: Finding) -> None:
        super().__init__()
        self.found = found


def read_document(kind: Kind, name: str, document: Any, files: Files) -> Read:
    """Return what the document of the resource called ``name`` means; raises Invalid."""
    try:
        _check(name, document)
        return _READERS[kind](name, document, files)
    except _Wrong as wrong:
        found = wrong.found
    raise Invalid(
        Problem(kind, name, one_line(field_name(each.path)), one_line(each.message))
        for each in found
    )


def depends_on_files(kind: Kind, document: Document) -> bool:
    """Return whether a document that was read before may mean something else by now."""
    return kind is not Kind.CERTIFICATE and _has_file_key(document)


def _has_file_key(value: Any) -> bool:
    if isinstance(value, Mapping):
        return not FILE_KEYS.isdisjoint(value) or any(map(_has_file_key, value.values()))
    return isinstance(value, list) and any(map(_has_file_key, value))


def _check(name: str, document: Any) -> None:
    if not _ID.match(name):
        raise _Wrong(Finding((), "an id has 1 to 200 visible characters of ASCII: change it"))
    if not isinstance(document, Mapping):
        raise _Wrong(Finding((), "write a mapping of names and values here"))
    try:
        json.dumps(dict(document), ensure_ascii=False, allow_nan=False).encode()
    except (TypeError, ValueError, RecursionError):
        message = "this is no JSON: numbers are finite, and texts have whole characters"
        raise _Wrong(Finding((), message)) from None


def _route(name: str, document: Document, files: Files) -> Read:
    if document.get("name", name) != name:
        message = f"a route is called as its id: write {name!r}, or leave it out"
        raise _Wrong(Finding(("name",), message))
    route = _section(RouteSection, {**document, "name": name}, files).route()
    wrong = [Finding(("targets", place), message) for place, message in twice_among(route.targets)]
    for place, target in enumerate(route.targets):
        if target.tls.ca_file or target.tls.certificate_file:
            try:
                upstream_context(target.tls)
            except OSError as error:
                message = str(error.strerror or error)
                wrong.append(Finding(("targets", place, "tls"), message))
    if route.tls is not None:
        try:
            route = replace(route, tls=with_authorities(route.tls, files.read))
        except ValueError as error:
            wrong.append(Finding(("tls", "client_ca"), str(error)))
    if wrong:
        raise _Wrong(*wrong)
    return Read({key: value for key, value in document.items() if key != "name"}, route)


def _page(name: str, document: Document, files: Files) -> Read:
    if name not in PAGE_IDS:
        raise _Wrong(Finding((), f"there is no such page: use {', '.join(PAGE_IDS)}"))
    status = {"no_route": 404, "no_healthy": 503}.get(name) or int(name)
    return Read(document, _section(PageSection, document, files).page(status))


def _certificate(_name: str, document: Document, files: Files) -> Read:
    provider = document.get("provider")
    kind = SECTIONS.get(provider) if isinstance(provider, str) else None
    if kind is None:
        known = ", ".join(SECTIONS)
        raise _Wrong(Finding(("provider",), f"write who makes the certificate: one of {known}"))
    section = _section(kind, document, files)
    if isinstance(section, SelfSignedSection):
        return Read(document, SelfSigned(tuple(section.names), section.days))
    if isinstance(section, LocalCaSection):
        return Read(document, OfLocalCa(tuple(section.names)))
    if isinstance(section, OrderedSection):
        return Read(document, _ordered(section))
    return _given(section, document)


def _ordered(section: OrderedSection) -> Ordered:
    return Ordered(
        tuple(section.names),
        section.authority,
        section.challenge,
        section.profile,
        section.key_type,
    )


def _given(section: GivenSection, document: Document) -> Read:
    try:
        certificate = read_certificate(section.certificate(), _no_files)
    except BadCertificate as bad:
        raise _Wrong(Finding((bad.part,), str(bad))) from None
    kept = {key: value for key, value in document.items() if key != "password"}
    kept["chain"] = text_of(certificate.chain)
    kept["key"] = text_of(certificate.key)
    return Read(kept, given(certificate))


def text_of(pem: Pem) -> str:
    """Return the text of what was read."""
    return (pem.text or b"").decode("ascii")


def _no_files(path: str) -> bytes:
    raise OSError(f"{path}: only the text itself can be declared")


_S = TypeVar("_S", bound=Section)


def _section(kind: type[_S], document: Document, files: Files) -> _S:
    try:
        return kind.model_validate(dict(document), context=files)
    except ValidationError as error:
        raise _Wrong(*findings(error, kind)) from None


_READERS: dict[Kind, Callable[[str, Document, Files], Read]] = {
    Kind.ROUTE: _route,
    Kind.CERTIFICATE: _certificate,
    Kind.PAGE: _page,
}
