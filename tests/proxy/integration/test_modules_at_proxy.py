# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""proxy_route and tls_cert at a proxy that runs: drains wait for requests, and no key comes out."""

from __future__ import annotations

import http.client
import json
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from running.certificates import self_signed
from running.declared import Declared, declaring, play
from running.service import PATIENCE, until
from running.upstream import Conversation, Upstream

from ansible_collections.sluice.edge.plugins.module_utils._converge.errors import EdgeError
from ansible_collections.sluice.edge.plugins.module_utils._converge.waiting import Clock

SECRET = "sixteen-characters-of-it"
RUN = """
import json, sys
sys.path[:0] = json.loads(sys.argv[1])
from ansible_collections.sluice.edge.plugins.module_utils._converge.errors import EdgeError
from ansible_collections.sluice.edge.plugins.module_utils._proxy.routes import converge_routes
try:
    converge_routes(json.loads(sys.argv[2]), False, False)
except EdgeError as error:
    print(json.dumps(error.as_result()))
"""


class Slow:
    """A target that answers when it is let."""

    def __init__(self) -> None:
        self.may_answer = threading.Event()
        self.upstream = Upstream(self._script)
        self.url = f"http://127.0.0.1:{self.upstream.port}"

    def _script(self, conversation: Conversation) -> None:
        while conversation.read_request():
            self.may_answer.wait(PATIENCE)
            conversation.answer()


@pytest.fixture
def slow() -> Iterator[Slow]:
    made = Slow()
    with made.upstream:
        yield made
        made.may_answer.set()


@pytest.fixture
def declared(tmp_path: Path) -> Iterator[Declared]:
    with declaring(tmp_path) as made:
        yield made


class Request:
    """A request that is under way, in a thread of its own."""

    def __init__(self, declared: Declared, route: str) -> None:
        self._connection = http.client.HTTPConnection("127.0.0.1", declared.proxy.port, PATIENCE)
        self._connection.request("GET", "/")
        until(lambda: declared.in_flight(route), "the request")

    def status(self) -> int:
        try:
            return self._connection.getresponse().status
        finally:
            self._connection.close()


def test_a_drain_waits_until_the_requests_of_the_target_have_ended(
    declared: Declared, slow: Slow
) -> None:
    declared.routes(name="www", targets=[slow.url, {"url": "http://127.0.0.1:9", "weight": 0}])
    request = Request(declared, "www")

    seen = []

    def pause(seconds: float) -> None:
        seen.append(declared.targets("www")[0]["state"])
        slow.may_answer.set()
        time.sleep(seconds)

    drain = {"name": "www", "state": "drained", "targets": [slow.url]}
    result = declared.routes(clock=Clock(time.monotonic, pause), **drain)
    assert seen[0] == "draining"
    assert request.status() == 200
    (drained,) = result["drained"]
    assert (drained["requests_before"], drained["requests_after"]) == (1, 0)
    assert not declared.routes(**drain)["changed"]


def test_a_target_that_stays_busy_is_put_back(declared: Declared, slow: Slow) -> None:
    declared.routes(name="www", targets=[slow.url])
    request = Request(declared, "www")
    with pytest.raises(EdgeError, match=r"1 requests are left after 0.2 s .* was put back"):
        declared.routes(name="www", state="absent", drain=True, drain_timeout=0.2)
    assert declared.targets("www")[0]["state"] == "active"
    slow.may_answer.set()
    assert request.status() == 200


def test_sigterm_while_a_task_waits_puts_the_target_back(declared: Declared, slow: Slow) -> None:
    declared.routes(name="www", targets=[slow.url])
    request = Request(declared, "www")
    params = {"name": "www", "state": "drained", "targets": [slow.url], "socket": declared.socket}
    command = [sys.executable, "-c", RUN, json.dumps(sys.path), json.dumps(params)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as task:
        until(lambda: declared.targets("www")[0]["state"] == "draining", "draining")
        task.send_signal(signal.SIGTERM)
        said, _errors = task.communicate(timeout=PATIENCE)
    result = json.loads(said)
    assert result["msg"].startswith("the task was ended by SIGTERM")
    assert (result["undone"], result["not_undone"]) == (["change route www"], [])
    assert declared.targets("www")[0]["state"] == "active"
    slow.may_answer.set()
    assert request.status() == 200


def test_what_is_declared_is_there_after_a_restart(declared: Declared) -> None:
    route = {"name": "www", "hosts": ["www.example.test"], "page": "hello"}
    made = {"name": "app", "provider": "local_ca", "names": ["www.example.test"]}
    declared.routes(**route)
    declared.certificates(**made)
    assert declared.proxy.stop() == 0
    declared.proxy.start()
    declared.proxy.wait_ready(2)
    assert not declared.routes(check=True, **route)["changed"]
    assert not declared.certificates(check=True, **made)["changed"]


PLAY = """
- hosts: localhost
  gather_facts: false
  module_defaults:
    group/sluice.edge.edge:
      socket: SOCKET
  vars:
    chain: "{{ lookup('ansible.builtin.file', 'one.example.test.pem') }}"
    key: "{{ lookup('ansible.builtin.file', 'one.example.test.key') }}"
    cookie: {sticky: {secret: SECRET}}
    entry: {name: listed, chain: "{{ chain }}", key: "{{ key }}"}
  tasks:
    - name: A certificate with its own options
      sluice.edge.tls_cert: {name: one, chain: "{{ chain }}", key: "{{ key }}"}
    - name: In a list
      sluice.edge.tls_cert: {config: ["{{ entry }}"]}
    - name: From files
      sluice.edge.tls_cert: {name: of-files, chain_src: FOLDER/one.example.test.pem,
                             key_src: FOLDER/one.example.test.key}
    - name: The key under a wrong name
      sluice.edge.tls_cert: {config: [{name: wrong, chain: "{{ chain }}", kye: "{{ key }}"}]}
      ignore_errors: true
    - name: The key where the chain belongs
      sluice.edge.tls_cert: {name: wrong, chain: "{{ key }}", key: "{{ chain }}"}
      ignore_errors: true
    - name: A wrong option beside the key
      sluice.edge.tls_cert: {config: ["{{ entry }}"], purge: perhaps}
      ignore_errors: true
    - name: A password that is not needed
      sluice.edge.tls_cert:
        {name: wrong, chain: "{{ chain }}", key: "{{ key }}", password: hush-hush}
      ignore_errors: true
    - name: A route with a cookie
      sluice.edge.proxy_route: {name: www, page: hello, balancing: "{{ cookie }}"}
    - name: In a list, changed
      sluice.edge.proxy_route: {config: [{name: www, balancing: "{{ cookie }}"}]}
    - name: A wrong route with a cookie
      sluice.edge.proxy_route: {name: www, hosts: ["a b"], balancing: "{{ cookie }}"}
      ignore_errors: true
    - name: Certificates
      sluice.edge.tls_cert_info:
    - name: Remove them
      sluice.edge.tls_cert: {config: [], purge: true}
"""


def test_no_key_is_in_what_ansible_says_at_its_most_talkative_nor_in_any_log(
    declared: Declared, tmp_path: Path
) -> None:
    pair = self_signed(tmp_path, "one.example.test")
    text = PLAY.replace("SOCKET", declared.socket).replace("FOLDER", str(tmp_path))
    playbook = tmp_path / "play.yml"
    playbook.write_text(text.replace("SECRET", SECRET))
    done = play(playbook, "-vvv", "--diff")
    said = done.stdout + done.stderr
    assert done.returncode == 0, said
    assert said.count("...ignoring") == 5
    assert '"fingerprint"' in said
    logs = declared.proxy.said + (tmp_path / "access.log").read_text()
    key = [line for line in Path(pair.key).read_text().splitlines() if "-----" not in line]
    for secret in [*key, SECRET, "hush-hush"]:
        assert secret not in said
        assert secret not in logs
