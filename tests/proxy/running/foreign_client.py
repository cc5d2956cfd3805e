# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A client of certificate authorities that is not ours: certbot's library, without its waiting."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import acme.client
import acme.messages
import josepy
import requests
from acme.crypto_util import make_csr
from cryptography import x509
from samples.certificates import leaf, rsa_key

from running.service import until

Proof = Callable[[str, str, str], None]
"""Has an answer there: called with the name, the token and the key authorization."""


@dataclass(frozen=True)
class Got:
    """A certificate, its chain in PEM, and where the other chains are."""

    leaf: x509.Certificate
    chain: str
    alternates: list[str]


class _Document(dict[str, Any]):
    def __bool__(self) -> bool:
        # The library sends nothing for what is false: an empty object is something.
        return True

    def json_dumps(self, **unused: Any) -> str:
        return json.dumps(self)


class ForeignClient:
    """One account; ``binding`` is the key identifier and MAC key of an external one.

    What an authority refuses is acme.messages.Error.
    """

    def __init__(self, directory: str, trust: Path, binding: tuple[str, str] | None = None) -> None:
        self.key = josepy.JWKRSA(key=rsa_key())
        self.network = acme.client.ClientNetwork(self.key, verify_ssl=str(trust))
        self.directory = acme.client.ClientV2.get_directory(directory, self.network)
        self.client = acme.client.ClientV2(self.directory, self.network)
        bound = binding and acme.messages.ExternalAccountBinding.from_data(
            self.key.public_key(), *binding, self.directory
        )
        self.account = self.client.new_account(
            acme.messages.NewRegistration(
                terms_of_service_agreed=True, external_account_binding=bound or None
            )
        )

    def post(self, resource: str, document: dict[str, Any] | None = None) -> requests.Response:
        """Ask for a resource of the directory, or for a URL; as POST-as-GET without a document."""
        url = resource if "://" in resource else self.directory[resource]
        content = None if document is None else _Document(document)
        return self.network.post(url, content, new_nonce_url=self.directory["newNonce"])

    def new_order(self, names: Iterable[str], **more: Any) -> requests.Response:
        """Order a certificate."""
        identifiers = [{"type": "dns", "value": name} for name in names]
        return self.post("newOrder", {"identifiers": identifiers, **more})

    def show_control(self, order: dict[str, Any], kind: str, prove: Proof) -> None:
        """Answer challenges of one type, and wait for what comes of them."""
        for url in order["authorizations"]:
            authorization = self.post(url).json()
            if authorization["status"] == "valid":
                continue
            [challenge] = [one for one in authorization["challenges"] if one["type"] == kind]
            thumbprint = josepy.encode_b64jose(self.key.thumbprint())
            proof = f"{challenge['token']}.{thumbprint}"
            prove(authorization["identifier"]["value"], challenge["token"], proof)
            self.post(challenge["url"], {})
            until(lambda url=url: self.post(url).json()["status"] != "pending", "the validation")

    def order(
        self, *names: str, kind: str = "http-01", prove: Proof = lambda *unused: None, **more: Any
    ) -> Got:
        """Return a certificate."""
        told = self.new_order(names, **more)
        order, url = told.json(), told.headers["Location"]
        self.show_control(order, kind, prove)
        csr = x509.load_pem_x509_csr(make_csr(leaf().key_pem(), list(names)))
        der = acme.messages.CertificateRequest(csr=csr).to_partial_json()["csr"]
        self.post(order["finalize"], {"csr": der})

        def done() -> dict[str, Any] | None:
            found: dict[str, Any] = self.post(url).json()
            return None if found["status"] == "processing" else found

        answer = self.post(until(done, "the certificate")["certificate"])
        alternates = [
            link["url"]
            for link in requests.utils.parse_header_links(answer.headers.get("Link", ""))
            if link.get("rel") == "alternate"
        ]
        return Got(x509.load_pem_x509_certificate(answer.text.encode()), answer.text, alternates)
