#!/usr/bin/python
# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: tls_cert
short_description: Converge the certificates of the reverse proxy
version_added: 0.2.0
description:
  - Makes certificates of a running proxy what the task declares, over its admin socket. They are
    shown to clients from the next handshake on; no connection is ended.
  - A certificate is given with its key, made by the proxy, self-signed or by its local authority,
    or ordered by the proxy from a certificate authority by ACME (RFC 8555), and renewed in time.
  - Keys are sent over the socket and never come back. Results and diffs have fingerprints.
author:
  - The sluice.edge authors (@sluice-edge)
options:
  name:
    description:
      - What the certificate is called, 1 to 200 visible characters of ASCII. Required unless
        O(config) is given.
    type: str
    aliases: [id]
  provider:
    description:
      - Where the certificate comes from. V(given) with O(chain) or O(chain_src), also when left
        out; V(self_signed), or V(local_ca) when C(issuing) of the proxy's configuration file has a
        local authority.
      - V(acme) is ordered from the certificate authorities of the proxy's configuration file. Where
        that has the local authority instead, as on a laptop, the certificate is made by that one
        at once, so that one variable of the host moves a playbook from a laptop to production.
    type: str
    choices: [given, self_signed, local_ca, acme]
  chain:
    description:
      - The certificate and its intermediates as PEM text, the leaf first.
    type: str
    aliases: [cert, certificate]
  chain_src:
    description:
      - The file on the managed host that has it.
    type: path
  key:
    description:
      - The private key as PEM text.
    type: str
  key_src:
    description:
      - The file on the managed host that has it.
    type: path
  password:
    description:
      - The password of an encrypted key. The proxy keeps the key without it.
    type: str
  fingerprint:
    description:
      - Instead of a chain and a key, the SHA-256 of a certificate that is there already. The task
        fails when it is another one, and O(purge) leaves it. M(sluice.edge.tls_cert_info) lists
        given certificates so.
    type: str
  names:
    description:
      - The names that the certificate is for, for V(acme) addresses too where the authority takes
        them. Required for V(self_signed), V(local_ca) and V(acme).
    type: list
    elements: str
  hosts:
    description:
      - The names that a given certificate is shown for, V(*.example.com) for a wildcard. Those that
        it has when left out.
    type: list
    elements: str
  days:
    description:
      - For how many days a V(self_signed) certificate is valid. The longest when left out.
    type: int
  authority:
    description:
      - Which authority of the proxy's configuration file is to issue a V(acme) certificate, by its
        name there. When it is not given, they are asked in their order until one does.
    type: str
    aliases: [ca]
  challenge:
    description:
      - How control of the names is shown. When it is not given, the proxy tries those of its
        configuration file.
    type: str
    choices: [http-01, tls-alpn-01, dns-01]
  profile:
    description:
      - The profile of the certificate, one of those that its authority has. When it is not given,
        that of the proxy's configuration file for the authority is used, else the authority
        chooses.
    type: str
  key_type:
    description:
      - The type of the key of a V(acme) certificate; each certificate gets a new key. When it is
        not given, that of the proxy's configuration file is used.
    type: str
    choices: [p256, p384, rsa2048, rsa3072, rsa4096]
  force_renew:
    description:
      - Whether a new certificate is ordered now, though there is one that is good, and also where
        the proxy waits before it tries again. Such a task is always changed.
      - The one that there is, is shown until the new one has come. With O(wait), the task ends when
        that is so.
      - In a fleet that shares its certificates, one proxy does it for all, so use C(run_once).
    type: bool
  revoke:
    description:
      - Whether the certificate is revoked by its authority before it is removed. Needs
        O(state=absent). When it cannot be revoked, nothing is removed.
      - One that the local authority made, as on a laptop, is only removed.
    type: bool
  revocation_reason:
    description:
      - Why it is revoked. When it is not given, V(unspecified) is used.
    type: str
    choices: [unspecified, key_compromise, affiliation_changed, superseded, cessation_of_operation]
  state:
    description:
      - Whether the certificate shall be there. When it is not given, V(present) is used.
    type: str
    choices: [present, absent]
  wait:
    description:
      - Whether the task ends only when the V(acme) certificates that it declares have been issued.
        It fails when one of them cannot be had, or not in time; what it declared stays then, and
        the proxy goes on trying.
      - When it is not given, V(false) is used. What is declared needs no more from the task, as
        the proxy orders, tries again and renews by itself; and an authority may have to reach
        addresses and names that a later task makes. Wait where all of that is there.
    type: bool
  wait_timeout:
    description:
      - For how many seconds O(wait) waits, for all certificates together. One whose next try comes
        later is not waited for.
      - When it is not given, V(300) is used.
    type: float
extends_documentation_fragment:
  - sluice.edge.attributes
  - sluice.edge.proxy
  - sluice.edge.proxy.declaring
notes:
  - A given certificate that was replaced or removed cannot be put back after a failure, as the
    proxy does not give its key away. C(not_undone) names it then.
  - A revocation cannot be taken back either, nor an order. In check mode nothing is ordered,
    renewed or revoked.
seealso:
  - module: sluice.edge.tls_cert_info
  - module: sluice.edge.proxy_route
"""

EXAMPLES = r"""
- name: Show a certificate whose files are on the controller
  sluice.edge.tls_cert:
    name: www
    chain: "{{ lookup('ansible.builtin.file', 'www.example.com.pem') }}"
    key: "{{ lookup('ansible.builtin.file', 'www.example.com.key') }}"

- name: Show one whose files certbot renews on the managed host
  sluice.edge.tls_cert:
    name: shop
    chain_src: /etc/letsencrypt/live/shop.example.com/fullchain.pem
    key_src: /etc/letsencrypt/live/shop.example.com/privkey.pem

- name: Have the local authority of a development host make these, and remove others
  sluice.edge.tls_cert:
    config:
      - {name: app, provider: local_ca, names: [app.example.test]}
      - {name: fallback, provider: self_signed, names: [localhost], days: 365}
    purge: true

- name: Have certificates of the configured authorities, and wait until they are there
  sluice.edge.tls_cert:
    config:
      - {name: shop, provider: acme, names: [shop.example.com, www.shop.example.com]}
      - {name: sites, provider: acme, names: ["*.sites.example.com"], challenge: dns-01}
      - {name: api, provider: acme, names: [api.example.com], authority: other, key_type: p384}
    wait: true
    wait_timeout: 600

- name: Have a new certificate with a new key now
  sluice.edge.tls_cert:
    name: shop
    provider: acme
    names: [shop.example.com, www.shop.example.com]
    force_renew: true
    wait: true
  run_once: true

- name: Revoke a certificate whose key was stolen, and remove it
  sluice.edge.tls_cert:
    name: shop
    state: absent
    revoke: true
    revocation_reason: key_compromise

- name: Remove a certificate
  sluice.edge.tls_cert:
    name: old
    state: absent
"""

RETURN = r"""
operations:
  description: What was done, or in check mode would be done, one line an operation, in order.
  returned: success
  type: list
  elements: str
  sample:
    - create certificate www
orders:
  description:
    - How the orders of the V(acme) certificates stand that the task declares, when it waits, also
      when it fails.
  returned: when O(wait) is true, not in check mode
  type: list
  elements: dict
  contains:
    name:
      description: The name of the certificate.
      type: str
      returned: always
      sample: shop
    state:
      description:
        - V(held), V(waiting), V(ordering) or V(failed); V(null) for what the proxy made itself.
      type: str
      returned: always
      sample: held
    fingerprint:
      description: SHA-256 of the certificate that is shown, V(null) where there is none.
      type: str
      returned: always
      sample: 3f8a1c
    authority:
      description: The authority that issued it, or was asked last.
      type: str
      returned: always
      sample: letsencrypt
    said:
      description: What went wrong last, in the authority's words.
      type: str
      returned: always
      sample: ""
    failures:
      description: How often it could not be had since it was issued last.
      type: int
      returned: always
      sample: 0
    next_try:
      description: When it is tried again, in seconds since 1970.
      type: float
      returned: always
      sample: null
    renew_at:
      description: When it is renewed, in seconds since 1970.
      type: float
      returned: always
      sample: 1772409600.0
undone:
  description: After a failure, what had been done and was taken back.
  returned: when a change was not kept
  type: list
  elements: str
not_undone:
  description: After a failure, what could not be taken back, with the reason.
  returned: when a change was not kept
  type: list
  elements: str
"""

from ansible_collections.sluice.edge.plugins.module_utils._module.confidential import (
    run_confidentially,
)
from ansible_collections.sluice.edge.plugins.module_utils._proxy.certificates import (
    converge_certificates,
)

ARGUMENTS = {
    "name": {"type": "str", "aliases": ["id"]},
    "provider": {"type": "str", "choices": ["given", "self_signed", "local_ca", "acme"]},
    "chain": {"type": "str", "aliases": ["cert", "certificate"]},
    "chain_src": {"type": "path"},
    "key": {"type": "str", "no_log": True},
    "key_src": {"type": "path", "no_log": False},
    "password": {"type": "str", "no_log": True},
    "fingerprint": {"type": "str"},
    "names": {"type": "list", "elements": "str"},
    "hosts": {"type": "list", "elements": "str"},
    "days": {"type": "int"},
    "authority": {"type": "str", "aliases": ["ca"]},
    "challenge": {"type": "str", "choices": ["http-01", "tls-alpn-01", "dns-01"]},
    "profile": {"type": "str"},
    "key_type": {
        "type": "str",
        "choices": ["p256", "p384", "rsa2048", "rsa3072", "rsa4096"],
        "no_log": False,
    },
    "force_renew": {"type": "bool"},
    "revoke": {"type": "bool"},
    "revocation_reason": {
        "type": "str",
        "choices": [
            "unspecified",
            "key_compromise",
            "affiliation_changed",
            "superseded",
            "cessation_of_operation",
        ],
    },
    "state": {"type": "str", "choices": ["present", "absent"]},
    "wait": {"type": "bool"},
    "wait_timeout": {"type": "float"},
    "socket": {"type": "path"},
    "owner": {"type": "str"},
    "config": {"type": "list", "elements": "dict"},
    "purge": {"type": "bool"},
    "purge_scope": {"type": "list", "elements": "str"},
    "purge_ignore": {"type": "list", "elements": "str"},
}


def main() -> None:
    run_confidentially(ARGUMENTS, converge_certificates)


if __name__ == "__main__":
    main()
