# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The modules of the proxy hand over what they are given, and keep secrets out of every result."""

from __future__ import annotations

import json
from typing import Any

import pytest
import yaml
from ansible.module_utils.basic import AnsibleModule

from ansible_collections.sluice.edge.plugins.module_utils._converge.errors import Refused
from ansible_collections.sluice.edge.plugins.module_utils._proxy.declared import certificate, route
from ansible_collections.sluice.edge.plugins.modules import (
    proxy_route,
    proxy_route_info,
    tls_cert,
    tls_cert_info,
)
from ansible_collections.sluice.edge.tests.unit.modules.running import run

OF_THE_TASK = {"drain", "drain_timeout", "on_timeout", "wait", "wait_timeout"}
KEY = "-----BEGIN PRIVATE KEY-----\nc2VjcmV0\n-----END PRIVATE KEY-----\n"
SECRET = "sixteen-characters-of-it"


def aliases_of(options: dict[str, Any]) -> dict[str, str]:
    return {alias: name for name, option in options.items() for alias in option.get("aliases", ())}


@pytest.mark.parametrize(
    ("module", "vocabulary"),
    [(proxy_route, route.VOCABULARY), (tls_cert, certificate.VOCABULARY)],
    ids=["proxy_route", "tls_cert"],
)
def test_an_item_has_the_same_options_alone_and_in_a_list(module: Any, vocabulary: Any) -> None:
    options = yaml.safe_load(module.DOCUMENTATION)["options"]
    assert set(options) - OF_THE_TASK == set(vocabulary.names)
    assert aliases_of(options) == vocabulary.aliases


@pytest.mark.parametrize(
    ("module", "entry"),
    [(proxy_route, "converge_routes"), (tls_cert, "converge_certificates")],
    ids=["proxy_route", "tls_cert"],
)
@pytest.mark.parametrize("check", [True, False])
def test_modes_and_parameters_are_handed_over(
    monkeypatch: pytest.MonkeyPatch, module: Any, entry: str, check: bool
) -> None:
    def converge(params: Any, check: bool, with_diff: bool) -> dict[str, Any]:
        return {"changed": check, "params": params, "diff": with_diff}

    monkeypatch.setattr(module, entry, converge)
    result = run(module, id="www", _ansible_check_mode=check, _ansible_diff=True)
    assert (result["changed"], result["diff"]) == (check, True)
    assert result["params"]["name"] == "www"
    for name in ("purge", "owner", "socket", "state"):
        assert result["params"][name] is None, "a default would hide whether it was given"


@pytest.mark.parametrize(
    ("module", "entry"),
    [(proxy_route, "converge_routes"), (tls_cert, "converge_certificates")],
    ids=["proxy_route", "tls_cert"],
)
def test_a_refusal_tells_what_was_undone(
    monkeypatch: pytest.MonkeyPatch, module: Any, entry: str
) -> None:
    def refuse(_params: Any, _check: bool, _with_diff: bool) -> dict[str, Any]:
        raise Refused("no", undone=["delete it"])

    monkeypatch.setattr(module, entry, refuse)
    assert run(module) == {"failed": True, "msg": "no", "undone": ["delete it"], "not_undone": []}


@pytest.mark.parametrize("module", [proxy_route_info, tls_cert_info])
def test_listing_needs_a_proxy_and_says_so_in_one_line(module: Any) -> None:
    result = run(module, socket="/nowhere/admin.sock")
    assert result["failed"]
    assert result["msg"].startswith("no proxy is at /nowhere/admin.sock: install and start it")


@pytest.mark.parametrize(
    ("module", "params"),
    [
        (tls_cert, {"name": "www", "chain": "x", "key": KEY}),
        (tls_cert, {"config": [{"name": "www", "key": KEY, "password": SECRET}]}),
        (tls_cert, {"config": [{"name": "www", "kye": KEY}]}),
        (tls_cert, {"config": ["no entry", {"name": "www", "key": KEY}]}),
        (tls_cert, {"config": [{"name": "www", "key": KEY}], "purge": "perhaps"}),
        (tls_cert, {"name": "www", "kye": KEY}),
        (tls_cert, {"name": "www", "key": {"pem": KEY}}),
        (tls_cert, {"name": "www", "key": [KEY]}),
        (tls_cert, {"name": "www", "chain": KEY, "state": "gone"}),
        (proxy_route, {"name": "www", "balancing": {"sticky": {"secret": SECRET}}, "hosts": [{}]}),
        (proxy_route, {"config": [{"name": "www", "balancing": {"sticky": {"secret": SECRET}}}]}),
        (
            proxy_route,
            {"config": [{"name": "w", "request_fields": {"set": {"Authorization": SECRET}}}, 7]},
        ),
    ],
    ids=str,
)
def test_no_secret_is_in_what_a_module_prints_or_logs(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    module: Any,
    params: dict[str, Any],
) -> None:
    from ansible.module_utils.testing import patch_module_args

    logged: list[str] = []
    monkeypatch.setattr(AnsibleModule, "log", lambda _self, text, **_more: logged.append(str(text)))
    with patch_module_args(dict(params, socket="/nowhere/admin.sock")), pytest.raises(SystemExit):
        module.main()
    printed = capsys.readouterr().out
    assert json.loads(printed)["failed"]
    for secret in ("c2VjcmV0", SECRET):
        assert secret not in printed
        assert secret not in "".join(logged)
