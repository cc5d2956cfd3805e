#!/usr/bin/python
# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: tls_cert_info
short_description: List the certificates of the reverse proxy
version_added: 0.2.0
author:
  - The sluice.edge authors (@sluice-edge)
description:
  - Lists certificates of a running proxy in the form that M(sluice.edge.tls_cert) takes them, with
    what the proxy knows about them. It is never told a key.
extends_documentation_fragment:
  - sluice.edge.attributes.info
  - sluice.edge.proxy
options:
  name:
    description: Only those of these names.
    type: list
    elements: str
    aliases: [id]
  owner:
    description: Only those that this owner declared.
    type: str
seealso:
  - module: sluice.edge.tls_cert
"""

EXAMPLES = r"""
- name: List the certificates
  sluice.edge.tls_cert_info:
  register: found

- name: Check that none of them ends within two weeks
  ansible.builtin.assert:
    that: found.details | map(attribute='days_left') | reject('none') | select('lt', 14) == []

- name: Check that no order has failed
  ansible.builtin.assert:
    that: found.details | rejectattr('order', 'none') | selectattr('order.failures', 'gt', 0) == []
"""

RETURN = r"""
certificates:
  description:
    - The certificates, each as an entry of the O(sluice.edge.tls_cert#module:config) option, in the
      order of their names. A given one has its fingerprint in place of chain and key, and stands
      for what is there.
    - Those of the configuration file are only in RV(details).
  returned: success
  type: list
  elements: dict
  sample:
    - {name: app, provider: local_ca, names: [app.example.test]}
details:
  description: All selected certificates, as the proxy has them.
  returned: success
  type: list
  elements: dict
  contains:
    name:
      description: The name.
      type: str
      returned: success
      sample: www
    origin:
      description: V(api) for what was declared, V(file) for what the configuration file has.
      type: str
      returned: success
      sample: api
    owner:
      description: Who declared it.
      type: str
      returned: success
      sample: ansible
    version:
      description: A number that every change of it makes higher, V(0) for the configuration file's.
      type: int
      returned: success
      sample: 12
    provider:
      description:
        - V(given), V(self_signed), V(local_ca), V(acme), or V(file) for one of the configuration
          file. V(local_ca) also for one that is declared as V(acme) and was made by the local
          authority.
      type: str
      returned: success
      sample: local_ca
    names:
      description: The names in the certificate.
      type: list
      returned: success
      sample: [app.example.test]
    hosts:
      description: The names that a given certificate is shown for, empty for those in it.
      type: list
      returned: success
      sample: []
    fingerprint:
      description: SHA-256 of the certificate, V(null) before it was made.
      type: str
      returned: success
      sample: 3f8a1c
    key_fingerprint:
      description: SHA-256 of the public key of a given certificate.
      type: str
      returned: success
      sample: null
    not_before:
      description: When it begins to be valid, in seconds since 1970.
      type: float
      returned: success
      sample: 1767225600.0
    not_after:
      description: When it ends, in seconds since 1970.
      type: float
      returned: success
      sample: 1775001600.0
    days_left:
      description: The days until then.
      type: float
      returned: success
      sample: 89.5
    issuer:
      description: Who issued it.
      type: str
      returned: success
      sample: CN=sluice-proxy local CA
    serial:
      description: Its serial number.
      type: str
      returned: success
      sample: 5a01
    order:
      description:
        - How the order stands of one that an authority issues, V(null) for others.
      type: dict
      returned: success
      contains:
        state:
          description:
            - V(held) when the certificate is there, V(ordering) or V(waiting) when it is not yet,
              V(failed) when it could not be had when last tried.
          type: str
          returned: success
          sample: held
        authority:
          description: The authority that issued it, or was asked last.
          type: str
          returned: success
          sample: letsencrypt
        said:
          description: What went wrong last, in the authority's words.
          type: str
          returned: success
          sample: ""
        failures:
          description: How often it could not be had since it was issued last.
          type: int
          returned: success
          sample: 0
        next_try:
          description: When it is tried again, in seconds since 1970.
          type: float
          returned: success
          sample: null
        renew_at:
          description: When it is renewed, in seconds since 1970.
          type: float
          returned: success
          sample: 1772409600.0
"""

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.sluice.edge.plugins.module_utils._converge.errors import EdgeError
from ansible_collections.sluice.edge.plugins.module_utils._proxy.listing import list_certificates


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            "name": {"type": "list", "elements": "str", "aliases": ["id"]},
            "owner": {"type": "str"},
            "socket": {"type": "path"},
        },
        supports_check_mode=True,
    )
    try:
        result = list_certificates(module.params)
    except EdgeError as error:
        module.fail_json(**error.as_result())
    module.exit_json(changed=False, **result)


if __name__ == "__main__":
    main()
