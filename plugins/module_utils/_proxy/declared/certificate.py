# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Certificates as declared: a module's parameters in, changes out. Pure but for the given reader of
files."""

from __future__ import annotations

from typing import Any, Callable, Dict, List, Mapping, NamedTuple, Optional

from ..._converge.errors import InvalidInput
from ..._declare.item import Item, Vocabulary
from ..._declare.task import ABSENT, PRESENT, read_items
from ..model import ACME, CERTIFICATE, GIVEN, LOCAL_CA, SELF_SIGNED, Change, Key
from .ordered import OF_ORDERS, OF_REVOKING, read_order, read_renewal, read_revocation, read_waiting
from .task import PurgeScope, read_name, read_owner, read_purge_scope, refuse_duplicates

PROVIDERS = (GIVEN, SELF_SIGNED, LOCAL_CA, ACME)
VOCABULARY = Vocabulary(
    (
        "name",
        "provider",
        "chain",
        "chain_src",
        "key",
        "key_src",
        "password",
        "fingerprint",
        "names",
        "hosts",
        "days",
        *OF_ORDERS,
        "force_renew",
        *OF_REVOKING,
        "state",
    ),
    {"id": "name", "cert": "chain", "certificate": "chain", "ca": "authority"},
)
_OF_GIVEN = ("chain", "chain_src", "key", "key_src", "password", "hosts", "fingerprint")
_OF_MADE = ("names", "days")
_MOST_DAYS = 3650
_HEXADECIMAL = frozenset("0123456789abcdef")
_BEGINNING = "-----BEGIN "

ReadFile = Callable[[str], str]
"""Returns the text of a file of the managed host; raises OSError or ValueError."""


class DeclaredCertificate(NamedTuple):
    """One entry: the change that it asks for, or the fingerprint that must be there already.

    ``renewed`` has a new certificate ordered; ``revoked`` is the reason for which the one that goes
    is revoked, None when it is not.
    """

    item: Item
    name: str
    change: Optional[Change]
    fingerprint: str = ""
    renewed: bool = False
    revoked: Optional[str] = None

    @property
    def key(self) -> Key:
        return (CERTIFICATE, self.name)

    @property
    def ordered(self) -> bool:
        """Whether it shall be there, and authorities issue it."""
        document = None if self.change is None else self.change.document
        return document is not None and document["provider"] == ACME


class CertificatesDeclared(NamedTuple):
    """The whole task. ``patience`` is for how many seconds orders are waited for, None if not."""

    certificates: List[DeclaredCertificate]
    labels: Mapping[Key, str]
    owner: str
    purge: Optional[PurgeScope]
    patience: Optional[float] = None


def read_certificates(params: Mapping[str, Any], read_file: ReadFile) -> CertificatesDeclared:
    """Return what a module's parameters declare; raises InvalidInput."""
    purge = read_purge_scope(params)
    owner = read_owner(params)
    patience = read_waiting(params)
    items = read_items(params, VOCABULARY)
    certificates = [_read_certificate(item, owner, read_file) for item in items]
    labels = refuse_duplicates([(entry.item, entry.key) for entry in certificates])
    if params.get("config") is None:
        labels = {}
    return CertificatesDeclared(certificates, labels, owner, purge, patience)


def _read_certificate(item: Item, owner: str, read_file: ReadFile) -> DeclaredCertificate:
    name = read_name(item, CERTIFICATE)
    state = item.choice("state", (PRESENT, ABSENT), PRESENT)
    reason = read_revocation(item, state)
    if state == ABSENT:
        item.refuse(("force_renew",), "state absent")
        return DeclaredCertificate(item, name, Change(CERTIFICATE, name, None), revoked=reason)
    provider = _provider(item)
    renewed = read_renewal(item, provider == ACME)
    if provider == GIVEN and item.given("fingerprint"):
        return DeclaredCertificate(item, name, None, _fingerprint(item))
    document = _given(item, read_file) if provider == GIVEN else _made(item, provider)
    change = Change(CERTIFICATE, name, document, owner)
    return DeclaredCertificate(item, name, change, renewed=renewed)


def _provider(item: Item) -> str:
    provider = item.choice("provider", PROVIDERS)
    if provider is None:
        if not any(item.given(name) for name in _OF_GIVEN):
            raise item.error("provider is required: %s" % ", ".join(PROVIDERS))
        provider = GIVEN
    if provider == GIVEN:
        item.refuse(_OF_MADE, "provider given, whose names are in its chain")
    else:
        item.refuse(_OF_GIVEN, "provider %s, which makes its own" % provider)
    if provider != ACME:
        item.refuse(OF_ORDERS, "provider %s, as no authority is asked for it" % provider)
    return provider


def _given(item: Item, read_file: ReadFile) -> Dict[str, Any]:
    document: Dict[str, Any] = {
        "provider": GIVEN,
        "chain": _pem(item, "chain", read_file),
        "key": _pem(item, "key", read_file),
    }
    if item.given("password"):
        document["password"] = _secret(item, "password")
    if item.given("hosts"):
        document["hosts"] = item.words("hosts")
    return document


def _made(item: Item, provider: str) -> Dict[str, Any]:
    names = item.words("names")
    if not names:
        raise item.error("names is required: what the certificate is for")
    document: Dict[str, Any] = {"provider": provider, "names": names}
    if provider == ACME:
        document.update(read_order(item))
    if item.given("days"):
        if provider != SELF_SIGNED:
            item.refuse(("days",), "provider %s, which chooses how long it is valid" % provider)
        document["days"] = item.integer("days", 1, _MOST_DAYS)
    return document


def _pem(item: Item, name: str, read_file: ReadFile) -> str:
    source = name + "_src"
    if item.given(name) and item.given(source):
        raise item.error("%s and %s exclude each other" % (name, source))
    if item.given(source):
        return _from_file(item, source, read_file)
    if not item.given(name):
        raise item.error("%s is required: its PEM text, or %s" % (name, source))
    text = _secret(item, name)
    if text.startswith("/"):
        raise item.error("%s is the PEM text itself: give a path as %s" % (name, source))
    if not text.lstrip().startswith(_BEGINNING):
        raise item.error(
            "%s is no PEM text: it does not begin with %s" % (name, _BEGINNING.strip())
        )
    return text


def _from_file(item: Item, source: str, read_file: ReadFile) -> str:
    path = item.text(source) or ""
    if not path.startswith("/"):
        raise item.error("%s must be a whole path on the managed host, not %r" % (source, path))
    try:
        text = read_file(path)
    except OSError as error:
        raise item.error("%s %s: %s" % (source, path, error.strerror or error)) from None
    except ValueError as error:
        raise item.error("%s %s: %s" % (source, path, error)) from None
    if not text.lstrip().startswith(_BEGINNING):
        raise item.error("%s %s is no PEM file" % (source, path))
    return text


def _secret(item: Item, name: str) -> str:
    """Return a text as it was given; an error never repeats it."""
    value = item.get(name)
    if not isinstance(value, str):
        raise item.error("%s must be text" % name)
    if not value.strip():
        raise item.error("%s is empty" % name)
    return value


def _fingerprint(item: Item) -> str:
    others = [name for name in _OF_GIVEN if name != "fingerprint"]
    item.refuse(others, "fingerprint, which stands for a certificate that is there already")
    text = (item.text("fingerprint") or "").lower().replace(":", "")
    if len(text) != 64 or not set(text) <= _HEXADECIMAL:
        raise item.error("fingerprint must be SHA-256 in 64 hexadecimal digits")
    return text


def refuse_unknown(entry: DeclaredCertificate, found: Optional[str]) -> InvalidInput:
    """Return the error for a fingerprint that is not the one of the certificate that is there."""
    if found is None:
        return entry.item.error(
            "there is no such certificate: fingerprint stands for one that is there; give chain "
            "and key"
        )
    return entry.item.error(
        "its fingerprint is %s, not %s: give chain and key to replace it"
        % (found, entry.fingerprint)
    )


def refuse_unrevocable(entry: DeclaredCertificate, provider: str) -> InvalidInput:
    """Return the error for a certificate that is to be revoked and that no authority issued."""
    return entry.item.error(
        "revoke is for certificates of provider acme, and this one is of %s" % provider
    )
