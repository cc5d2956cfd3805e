#!/usr/bin/python
# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: proxy_route
short_description: Converge, drain and remove routes of the reverse proxy
version_added: 0.2.0
description:
  - Makes routes of a running proxy what the task declares, over its admin socket, and drains
    targets of routes.
  - What a task declares of a route is the whole of it. An option that is left out has its default,
    also when the route exists already with another value; only O(state=drained) leaves everything
    but the state of the named targets as it is.
  - A route has the keys of one in the proxy's configuration file, with their short forms and units.
    U(https://github.com/sluice/edge/blob/main/docs/proxy/configuration.md) has them all, and how
    the route for a request is found.
author:
  - The sluice.edge authors (@sluice-edge)
options:
  name:
    description:
      - What the route is called, here and in logs, metrics and the status of the proxy, 1 to 200
        visible characters of ASCII. Required unless O(config) is given.
    type: str
    aliases: [id]
  hosts:
    description:
      - Host patterns, such as V(www.example.com), V(*.example.com), V(.example.com). Every host
        when left out.
    type: list
    elements: str
  paths:
    description:
      - Path patterns, such as V(/api) with what is below it, V(=/up), V(/static/*.png). Every path
        when left out.
    type: list
    elements: str
    aliases: [path]
  targets:
    description:
      - Where requests go, each an URL or a dictionary with V(url), V(weight), V(state) (V(active)
        or V(draining)), V(tls), V(proxy_protocol), and V(path) for a unix socket.
      - With O(state=drained), the targets to drain, named by their URL.
    type: list
    elements: raw
  redirect:
    description:
      - Where clients are sent instead. V(https) for the same place over TLS, a template of a
        location, or a dictionary with V(location), V(status) and V(only_plain).
    type: raw
  page:
    description:
      - What is answered instead. A text, or a dictionary with V(content) or V(file),
        V(content_type) and V(status).
    type: raw
  rewrite:
    description:
      - How the path towards targets is made, by V(strip), V(replace) or V(forward_path), which
        Portal calls C(fwdpath).
    type: dict
  keep_host:
    description:
      - Whether targets see the client's host. V(true) when left out.
    type: bool
  request_fields:
    description:
      - Changes of fields towards targets, by V(remove), V(set) and V(add).
    type: dict
  response_fields:
    description:
      - Changes of fields towards clients, by V(remove), V(set) and V(add).
    type: dict
  timeouts:
    description:
      - How long targets may take, by V(connect), V(response), V(read), V(send), V(total) and
        V(tunnel).
    type: dict
  body_limit:
    description:
      - The size of a request's content, such as V(10MiB), or V(off).
    type: raw
  balancing:
    description:
      - How a target is chosen. A method, or a dictionary with V(method), V(sticky) and
        V(slow_start).
      - The secret of V(sticky) is left out of results, diffs and logs.
    type: raw
  retry:
    description:
      - When a request is sent again. A dictionary with V(attempts), V(on), V(methods), V(budget)
        and V(reserve), or V(off).
    type: raw
  health:
    description:
      - Checks of targets. The path that is asked for, or a dictionary with V(active) and
        V(passive), or V(off).
    type: raw
    aliases: [endpoint]
  rate_limit:
    description:
      - How many requests each client may send. A rate such as V(20/s), or a dictionary with
        V(rate), V(burst) and V(clients), or V(off).
    type: raw
  maintenance:
    description:
      - V(pause), V(stop) or V(off), or a dictionary with V(mode), V(hold), V(queue) and
        V(retry_after).
    type: raw
  tls:
    description:
      - V(auto) to have a certificate made for the route's hosts by what C(issuing) of the
        configuration file says, or a dictionary with V(certificate), V(min_version),
        V(client_certificate) and V(client_ca).
    type: raw
  portal:
    description:
      - All of the route in the words of nanopack/portal, that is V(subdomain), V(domain), V(path),
        V(targets), V(fwdpath), V(page), V(endpoint), V(expected_code), V(expected_body),
        V(expected_header), V(host), V(timeout) and V(attempts). It excludes the other options of a
        route.
    type: dict
  state:
    description:
      - V(present) when left out.
      - V(drained) sets O(targets) of an existing route draining and waits until they have no
        requests. A route or target that does not exist counts as drained.
      - V(absent) removes the route; with O(drain) only after draining all its targets.
    type: str
    choices: [present, drained, absent]
  drain:
    description:
      - Whether V(absent) drains the targets of a route before it removes it. V(false) when left
        out.
    type: bool
  drain_timeout:
    description:
      - Waiting ends after this many seconds, 0 to 86400. V(60) when left out.
    type: float
  on_timeout:
    description:
      - What happens when a target still has requests at the end of O(drain_timeout).
      - V(fail), also when left out, puts everything back and fails.
      - V(force) goes on, and with O(state=absent) removes the route all the same.
      - V(keep) leaves the route in place with its targets draining and succeeds.
    type: str
    choices: [fail, force, keep]
extends_documentation_fragment:
  - sluice.edge.attributes
  - sluice.edge.proxy
  - sluice.edge.proxy.declaring
notes:
  - Check mode says what would be changed and never waits.
  - An upgraded connection, such as a websocket, is a request for as long as it is open.
  - A target that is drained stays so until it is declared as V(active) again, or without a state.
  - Files that a route names are files of the managed host, by whole paths.
seealso:
  - module: sluice.edge.proxy_route_info
  - module: sluice.edge.tls_cert
"""

EXAMPLES = r"""
- name: Send a site to two servers, which are asked how they are
  sluice.edge.proxy_route:
    name: www
    hosts: [www.example.com]
    targets:
      - http://198.51.100.11:8080
      - {url: "http://198.51.100.12:8080", weight: 2}
    health: /health

- name: Take a server out of service for maintenance, ending no request
  sluice.edge.proxy_route:
    name: www
    state: drained
    targets: ["http://198.51.100.11:8080"]
    drain_timeout: 300

- name: Have these routes, and no others of the shop
  sluice.edge.proxy_route:
    config:
      - name: shop
        hosts: [shop.example.com]
        targets: ["http://198.51.100.20:9000"]
        balancing: least_connections
        rate_limit: 20/s
        tls: auto
      - name: shop-plain
        hosts: [shop.example.net]
        redirect: https
    owner: shop
    purge: true

- name: Take over a route of Portal as it is
  sluice.edge.proxy_route:
    name: admin
    portal:
      subdomain: admin
      domain: example.com
      path: /
      targets: ["http://198.51.100.30:8080"]
      endpoint: /up

- name: Remove a route once its requests have ended, after two minutes at most
  sluice.edge.proxy_route:
    name: www
    state: absent
    drain: true
    drain_timeout: 120
    on_timeout: force
"""

RETURN = r"""
operations:
  description: What was done, or in check mode would be done, one line an operation, in order.
  returned: success
  type: list
  elements: str
  sample:
    - change route www
drained:
  description: The targets that were waited for, and how their requests fell.
  returned: success, and when draining takes too long
  type: list
  elements: dict
  contains:
    route:
      description: The route's name.
      type: str
      sample: www
    target:
      description: What the proxy calls the target.
      type: str
      sample: http://198.51.100.11:8080
    seconds:
      description: How long it was waited for.
      type: float
      sample: 12.4
    requests_before:
      description: Requests in flight when waiting began.
      type: int
      sample: 57
    requests_after:
      description: Requests in flight when waiting ended.
      type: int
      sample: 0
    timed_out:
      description: Whether waiting ended because O(drain_timeout) had passed.
      type: bool
      sample: false
    samples:
      description: At most twenty counts, each with C(seconds) and C(requests).
      type: list
      elements: dict
undone:
  description: After a failure, what had been done and was taken back.
  returned: when a change was not kept, or draining takes too long
  type: list
  elements: str
not_undone:
  description: After a failure, what could not be taken back, with the reason.
  returned: when a change was not kept, or draining takes too long
  type: list
  elements: str
"""

from ansible_collections.sluice.edge.plugins.module_utils._module.confidential import (
    run_confidentially,
)
from ansible_collections.sluice.edge.plugins.module_utils._proxy.routes import converge_routes

ARGUMENTS = {
    "name": {"type": "str", "aliases": ["id"]},
    "hosts": {"type": "list", "elements": "str"},
    "paths": {"type": "list", "elements": "str", "aliases": ["path"]},
    "targets": {"type": "list", "elements": "raw"},
    "redirect": {"type": "raw"},
    "page": {"type": "raw"},
    "rewrite": {"type": "dict"},
    "keep_host": {"type": "bool"},
    "request_fields": {"type": "dict"},
    "response_fields": {"type": "dict"},
    "timeouts": {"type": "dict"},
    "body_limit": {"type": "raw"},
    "balancing": {"type": "raw"},
    "retry": {"type": "raw"},
    "health": {"type": "raw", "aliases": ["endpoint"]},
    "rate_limit": {"type": "raw"},
    "maintenance": {"type": "raw"},
    "tls": {"type": "raw"},
    "portal": {"type": "dict"},
    "state": {"type": "str", "choices": ["present", "drained", "absent"]},
    "drain": {"type": "bool"},
    "drain_timeout": {"type": "float"},
    "on_timeout": {"type": "str", "choices": ["fail", "force", "keep"]},
    "socket": {"type": "path"},
    "owner": {"type": "str"},
    "config": {"type": "list", "elements": "dict"},
    "purge": {"type": "bool"},
    "purge_scope": {"type": "list", "elements": "str"},
    "purge_ignore": {"type": "list", "elements": "str"},
}


def main() -> None:
    run_confidentially(ARGUMENTS, converge_routes)


if __name__ == "__main__":
    main()
