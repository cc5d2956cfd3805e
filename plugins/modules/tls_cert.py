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
  - A certificate is given with its key, or made by the proxy, self-signed or by its local
    authority.
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
    type: str
    choices: [given, self_signed, local_ca]
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
      - The names that the proxy makes a certificate for. Required for V(self_signed) and
        V(local_ca).
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
  state:
    description:
      - Whether the certificate shall be there. When it is not given, V(present) is used.
    type: str
    choices: [present, absent]
extends_documentation_fragment:
  - sluice.edge.attributes
  - sluice.edge.proxy
  - sluice.edge.proxy.declaring
notes:
  - A given certificate that was replaced or removed cannot be put back after a failure, as the
    proxy does not give its key away. C(not_undone) names it then.
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

from typing import Any

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.sluice.edge.plugins.module_utils._converge.errors import EdgeError
from ansible_collections.sluice.edge.plugins.module_utils._proxy.certificates import (
    converge_certificates,
)
from ansible_collections.sluice.edge.plugins.module_utils._proxy.masking import secrets_in

ARGUMENTS = {
    "name": {"type": "str", "aliases": ["id"]},
    "provider": {"type": "str", "choices": ["given", "self_signed", "local_ca"]},
    "chain": {"type": "str", "aliases": ["cert", "certificate"]},
    "chain_src": {"type": "path"},
    "key": {"type": "str", "no_log": True},
    "key_src": {"type": "path", "no_log": False},
    "password": {"type": "str", "no_log": True},
    "fingerprint": {"type": "str"},
    "names": {"type": "list", "elements": "str"},
    "hosts": {"type": "list", "elements": "str"},
    "days": {"type": "int"},
    "state": {"type": "str", "choices": ["present", "absent"]},
    "socket": {"type": "path"},
    "owner": {"type": "str"},
    "config": {"type": "list", "elements": "dict"},
    "purge": {"type": "bool"},
    "purge_scope": {"type": "list", "elements": "str"},
    "purge_ignore": {"type": "list", "elements": "str"},
}


class _Module(AnsibleModule):
    """Keeps keys and passwords out of results, also out of those that Ansible makes itself."""

    def fail_json(self, msg: str, **result: Any) -> None:
        self.no_log_values.update(secrets_in(self.params))
        super().fail_json(msg=msg, **result)

    def exit_json(self, **result: Any) -> None:
        self.no_log_values.update(secrets_in(self.params))
        super().exit_json(**result)


def main() -> None:
    # Ansible writes the options of a task into the system's log unless it is told not to.
    module = _Module(argument_spec=ARGUMENTS, supports_check_mode=True, no_log=True)
    try:
        result = converge_certificates(module.params, module.check_mode, module._diff)
    except EdgeError as error:
        module.fail_json(**error.as_result())
    for warning in result.pop("warnings", ()):
        module.warn(warning)
    module.exit_json(**result)


if __name__ == "__main__":
    main()
