# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The commands that tell how the proxy is, and operate it: status, top, drain, log-level."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from running.scripted_api import Asked, ScriptedApi, Told
from samples.told_status import FIRST, NOW, SECOND, sample_status
from sluice_proxy.cli.client import waiting
from sluice_proxy.cli.command import main
from sluice_proxy.cli.commands import draining, top
from sluice_proxy.cli.showing.status import status_lines

DOCUMENTATION = Path(__file__).resolve().parents[4] / "docs" / "proxy" / "cli.md"


def test_status_is_tables_of_everything_as_the_documentation_shows_them(
    api: ScriptedApi, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["status"]) == 0

    documentation = DOCUMENTATION.read_text(encoding="utf-8")
    shown = documentation.split("## What status shows\n\n```text\n")[1].split("```")[0]
    assert capsys.readouterr().out == shown


def test_status_says_what_is_wrong(api: ScriptedApi, capsys: pytest.CaptureFixture[str]) -> None:
    store = {"kind": "sqlite", "place": "/s", "revision": 1, "said": "the disk is full"}
    api.answering = lambda asked: Told(
        sample_status(
            serves=False, refused="edge.yml:1: bad\x1b[2J", store=store, access_log=None, routes=[]
        )
    )

    assert main(["status"]) == 1
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith("sluice-proxy 1.2.3 DOES NOT SERVE")
    assert "  the last change of the file was refused: edge.yml:1: bad\\x1b[2J" in lines
    assert "  it cannot be used: the disk is full" in lines
    assert "logs: access off, error standard output, level info" in lines
    assert lines[lines.index("ROUTES") + 1] == "  none"


def test_a_certificate_that_is_not_made_yet_has_no_days_left(
    api: ScriptedApi, capsys: pytest.CaptureFixture[str]
) -> None:
    waiting = {
        "id": "shop", "origin": "api", "provider": "local_ca", "names": [], "fingerprint": "",
        "not_after": 0.0, "days_left": 0.0, "said": "the CA cannot be used",
    }  # fmt: skip
    api.answering = lambda asked: Told(sample_status(certificates=[waiting]))

    assert main(["status"]) == 0
    row = capsys.readouterr().out.splitlines()[-1]
    assert row.split() == "shop - local_ca api - - - the CA cannot be used".split()


def test_an_order_is_told_with_what_comes_next_and_what_went_wrong(
    api: ScriptedApi, capsys: pytest.CaptureFixture[str]
) -> None:
    order = {"state": "failed", "authority": "one", "said": "one: rateLimited", "failures": 1,
             "next_try": 1.8e9, "renew_at": None}  # fmt: skip
    waiting = {
        "id": "shop", "origin": "api", "provider": "acme", "names": [], "fingerprint": "",
        "not_after": 0.0, "days_left": 0.0, "said": "", "order": order,
    }  # fmt: skip
    fleet = {"kind": "redis", "said": "redis.test:6379: it refuses"}
    api.answering = lambda asked: Told(sample_status(certificates=[waiting], fleet=fleet))

    assert main(["status"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[-1].endswith(
        "failed, 1 failure, next try 2027-01-15 08:00:00 UTC  one: rateLimited"
    )
    assert "fleet: shares certificates by Redis" in lines
    assert "  what nodes share cannot be used: redis.test:6379: it refuses" in lines


@pytest.mark.parametrize(
    ("words", "target", "body"),
    [
        (["renew", "auto *.a.test"], "/v1/certificates/auto%20%2A.a.test/renew", None),
        (["revoke", "a"], "/v1/certificates/a/revoke", {"reason": "unspecified"}),
        (
            ["revoke", "a", "--reason", "superseded"],
            "/v1/certificates/a/revoke",
            {"reason": "superseded"},
        ),
    ],
)
def test_a_certificate_is_renewed_and_revoked(
    api: ScriptedApi,
    capsys: pytest.CaptureFixture[str],
    words: list[str],
    target: str,
    body: object,
) -> None:
    api.answering = lambda asked: Told({"id": words[1]}, 202)

    assert main(["certs", *words]) == 0
    assert capsys.readouterr().out.startswith(f"certificate {words[1]} is ")
    asked = api.asked[-1]
    assert (asked.method, asked.target) == ("POST", target)
    assert (asked.body or None) == body


def members(value: Any) -> Iterator[tuple[dict[str, Any], str]]:
    """Yield every member of an object, and of those within."""
    if isinstance(value, list):
        for one in value:
            yield from members(one)
    elif isinstance(value, dict):
        for name in value:
            yield value, name
            yield from members(value[name])


def test_what_another_version_does_not_tell_is_left_out() -> None:
    whole = sample_status()
    for holder, name in list(members(whole)):
        for other in ({}, {name: None}):
            kept = dict(holder)
            del holder[name]
            holder.update(other)
            assert status_lines(whole)
            assert top._screen(whole)
            assert draining._in_flight(whole, "shop", SECOND) in (0, 3)
            holder.clear()
            holder.update(kept)


def test_status_in_json_is_what_the_api_tells(
    api: ScriptedApi, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["status", "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == sample_status()


def test_top_has_the_busiest_route_first(
    api: ScriptedApi, capsys: pytest.CaptureFixture[str]
) -> None:
    routes = sample_status()["routes"]
    api.answering = lambda asked: Told(sample_status(routes=routes[::-1]))

    assert main(["top", "--once"]) == 0
    assert capsys.readouterr().out == (
        "2027-01-15 08:00:00 UTC\n"
        "ROUTE  REQ/S  FAIL/S   P50    P99  IN FLIGHT\n"
        "all     12.5     0.5  4 ms  1.2 s          3\n"
        "shop    12.5     0.5  4 ms  1.2 s          3\n"
        "moved    0.0     0.0     -      -          0\n"
    )


def test_top_in_json_is_an_object_by_route(
    api: ScriptedApi, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["top", "--once", "--json"]) == 0

    told = json.loads(capsys.readouterr().out)
    assert told["now"] == NOW
    assert told["traffic"]["per_second"] == 12.5
    assert [one["name"] for one in told["routes"]] == ["shop", "moved"]
    assert set(told["routes"][0]) == {"name", "traffic"}


def test_top_goes_on_over_an_upgrade_and_ends_quietly(
    api: ScriptedApi, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    answers = [Told(sample_status()), Told(b""), Told(sample_status())]

    def pause(seconds: float) -> None:
        if not answers:
            raise KeyboardInterrupt

    api.answering = lambda asked: answers.pop(0)
    monkeypatch.setattr(top.time, "sleep", pause)

    assert main(["top", "--json"]) == 130
    captured = capsys.readouterr()
    assert [json.loads(line)["now"] for line in captured.out.splitlines()] == [NOW, NOW]
    assert captured.err == ""


def test_top_ends_when_the_proxy_stays_away(
    api: ScriptedApi, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    answers = [Told(sample_status())]
    api.answering = lambda asked: answers.pop() if answers else Told(b"")
    monkeypatch.setattr(waiting, "PATIENCE", 0.0)

    assert main(["top", "--interval", "0.1"]) == 3
    assert capsys.readouterr().out.count("shop") == 1


def test_top_redraws_a_terminal(
    api: ScriptedApi, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def end(seconds: float) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(top, "is_terminal", lambda: True)
    monkeypatch.setattr(top.time, "sleep", end)

    assert main(["top"]) == 130
    assert capsys.readouterr().out.startswith("\x1b[H\x1b[J2027-01-15")


@pytest.mark.parametrize("interval", ["0", "-1", "nan", "x", "1e9"])
def test_an_interval_that_is_none_is_bad_usage(interval: str) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["top", "--interval", interval])
    assert ended.value.code == 2


def patched(version: int = 6, changed: str = "true") -> Told:
    resource = {"kind": "route", "id": "shop", "version": version, "document": {}}
    return Told(resource, fields={"Sluice-Changed": changed})


@pytest.mark.parametrize(("command", "state"), [("drain", "draining"), ("undrain", "active")])
def test_the_state_of_a_target_is_patched(
    command: str, state: str, api: ScriptedApi, capsys: pytest.CaptureFixture[str]
) -> None:
    api.answering = lambda asked: patched()

    assert main([command, "a/b", FIRST, "--if-version", "5"]) == 0
    (asked,) = api.asked
    assert asked.method == "PATCH"
    assert asked.target == "/v1/routes/a%2Fb/targets/http%3A%2F%2F10.0.0.1%3A8080"
    assert asked.body == {"state": state}
    assert asked.fields["if-match"] == '"5"'
    assert capsys.readouterr().out == f"route a/b, target {FIRST}: {state}\n"


def test_what_drains_already_is_said(api: ScriptedApi, capsys: pytest.CaptureFixture[str]) -> None:
    api.answering = lambda asked: patched(changed="false")

    assert main(["drain", "shop", FIRST]) == 0
    assert "if-match" not in api.asked[0].fields
    assert capsys.readouterr().out == f"route shop, target {FIRST}: draining already\n"


def test_a_target_may_be_written_as_documents_have_it(api: ScriptedApi) -> None:
    api.answering = lambda asked: patched()

    assert main(["drain", "shop", "http://T.test:80/"]) == 0
    assert main(["drain", "shop", "what it is\n"]) == 0
    assert [asked.target.rpartition("/")[2] for asked in api.asked] == [
        "http%3A%2F%2Ft.test", "what%20it%20is%0A",
    ]  # fmt: skip


def test_a_dry_run_drains_nothing(api: ScriptedApi, capsys: pytest.CaptureFixture[str]) -> None:
    plan = {"revision": 1, "changed": False, "unchanged": 1, "operations": []}
    api.answering = lambda asked: Told(plan)

    assert main(["drain", "shop", FIRST, "--dry-run"]) == 0
    assert api.asked[0].target.endswith("?dry_run=true")
    assert capsys.readouterr().out == "nothing would change: it is so already\n"
    assert main(["drain", "shop", FIRST, "--dry-run", "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == plan


def in_flight(api: ScriptedApi, numbers: list[int]) -> None:
    """Have the API tell these numbers for SECOND, one after the other."""

    def answer(asked: Asked) -> Told:
        if asked.method == "PATCH":
            return patched()
        routes: Any = sample_status()["routes"]
        routes[0]["targets"][1]["traffic"]["in_flight"] = numbers.pop(0)
        return Told(sample_status(routes=routes))

    api.answering = answer


def test_drain_waits_until_nothing_is_in_flight(
    api: ScriptedApi, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(draining, "LOOK_SECONDS", 0)
    in_flight(api, [3, 3, 1, 0])

    assert main(["drain", "shop", SECOND, "--wait", "--timeout", "1h"]) == 0
    captured = capsys.readouterr()
    place = f"route shop, target {SECOND}"
    assert captured.out == f"{place}: draining\n{place}: none of its requests runs\n"
    assert captured.err == f"{place}: 3 requests run\n{place}: 1 request runs\n"


def test_drain_waits_over_an_upgrade(
    api: ScriptedApi, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(draining, "LOOK_SECONDS", 0)
    answers = [patched(), Told(b""), Told(sample_status())]
    api.answering = lambda asked: answers.pop(0)

    assert main(["drain", "shop", "http://gone.test:80", "--wait"]) == 0
    assert answers == []


def test_drain_waits_no_longer_than_it_may_for_a_proxy_that_stays_away(
    api: ScriptedApi, capsys: pytest.CaptureFixture[str]
) -> None:
    answers = [patched()]
    api.answering = lambda asked: answers.pop() if answers else Told(b"")

    assert main(["drain", "shop", SECOND, "--wait", "--timeout", "0s"]) == 3
    assert "is not the proxy's admin API" in capsys.readouterr().err


def test_drain_in_json_is_one_object(api: ScriptedApi, capsys: pytest.CaptureFixture[str]) -> None:
    in_flight(api, [0])

    assert main(["drain", "shop", SECOND, "--wait", "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == {
        "route": "shop", "target": SECOND, "state": "draining", "changed": True, "version": 6,
        "in_flight": 0,
    }  # fmt: skip


def test_drain_fails_when_requests_run_for_too_long(
    api: ScriptedApi, capsys: pytest.CaptureFixture[str]
) -> None:
    in_flight(api, [2])

    assert main(["drain", "shop", SECOND, "--wait", "--timeout", "0s"]) == 1
    assert "2 requests run still after the timeout" in capsys.readouterr().err


def test_a_target_that_is_gone_has_nothing_in_flight(api: ScriptedApi) -> None:
    in_flight(api, [9])

    assert main(["drain", "shop", "http://gone.test:80", "--wait"]) == 0


@pytest.mark.parametrize(
    "words", [["--timeout", "3s"], ["--wait", "--dry-run"], ["--wait", "--timeout", "soon"]]
)
def test_waiting_options_without_sense_are_bad_usage(words: list[str], api: ScriptedApi) -> None:
    try:
        code = main(["drain", "shop", FIRST, *words])
    except SystemExit as ended:
        code = int(ended.code or 0)

    assert code == 2
    assert api.asked == []


def test_the_log_level_is_said_and_set(
    api: ScriptedApi, capsys: pytest.CaptureFixture[str]
) -> None:
    api.answering = lambda asked: Told({"level": "info"})

    assert main(["log-level"]) == 0
    assert main(["log-level", "debug"]) == 0
    assert main(["log-level", "--json"]) == 0
    assert capsys.readouterr().out == 'info\ndebug\n{\n  "level": "info"\n}\n'
    assert [(asked.method, asked.body) for asked in api.asked] == [
        ("GET", None), ("PUT", {"level": "debug"}), ("GET", None),
    ]  # fmt: skip
