# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The programs that the role proxy runs on hosts, with a stand-in systemctl; the scenario `proxy`
has the real one."""

from __future__ import annotations

import base64
import importlib.util
import json
import os
import shutil
import sys
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from types import ModuleType
from typing import Any

import pytest

SCRIPTS = Path(__file__).resolve().parents[3] / "roles" / "proxy" / "scripts"
# Keeps what it was told in `calls`, and what it says of the service in `status`. A service whose
# unit or configuration has the word "bad" does not start, and refuses a change.
SYSTEMCTL = """\
#!/bin/sh
cd {folder}
echo "$*" >>calls
version() {{ sed -n 's/^version \\([0-9]*\\).*/\\1/p' status; }}
refused() {{ sed -n 's/.*refused (\\([0-9]*\\).*/\\1/p' status; }}
bad() {{ grep -qrs bad etc/current/config/edge.yml units; }}
case "$*" in
    show*) if [ -e status ]; then echo "ActiveState=active"; echo "StatusText=$(cat status)"
        else echo ActiveState=inactive; fi ;;
    "restart sluice-proxy.service")
        if bad; then rm -f status; echo no >&2; exit 1; fi
        echo "version 1, serving" >status ;;
    kill*) number=$(($(version) + 1)) before=$(refused)
        if bad; then echo "version $number, was refused ($((before + 1)) so far)" >status
        else echo "version $number, serving" >status; fi ;;
    stop* | *"disable --now"*) rm -f status ;;
    *is-active*) [ -e status ] ;;
esac
"""


def script(name: str) -> ModuleType:
    """Return one of the programs as a module."""
    spec = importlib.util.spec_from_file_location(f"proxy_{name}", SCRIPTS / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


USE, STAGE, LOOK, RELEASE = map(script, ("use", "stage", "look", "release"))
REMOVE = script("remove")


@dataclass
class Host:
    """A host in a folder."""

    folder: Path

    def generation(
        self, name: str, config: str = "good", unit: str = "[Service]", **more: str
    ) -> None:
        """Make a generation; ``release``, its ``form`` and ``socket`` are those of its parts."""
        place = self.folder / "etc" / "generations" / name
        for part in ("config", "units"):
            (place / part).mkdir(parents=True)
        (place / "config" / "edge.yml").write_text(config)
        (place / "units" / "sluice-proxy.service").write_text(unit)
        if "socket" in more:
            (place / "units" / "sluice-proxy.socket").write_text(more["socket"])
        release = self.folder / "home" / "releases" / more.get("release", "one")
        release.mkdir(parents=True, exist_ok=True)
        (release / "complete").write_text(f"version 1\nhandover {more.get('form', '1')}\n")
        (place / "release").symlink_to(release)

    def use(self, generation: str, *, altered: bool = False, **given: Any) -> tuple[str, str]:
        """Put a generation in force; return what was done, and what went wrong."""
        host = USE.Host(
            {
                "etc": str(self.folder / "etc"),
                "home": str(self.folder / "home"),
                "units": str(self.folder / "units"),
                "command": str(self.folder / "command"),
                "patience": 5,
                "probes": [],
                **given,
            }
        )
        action = USE.act(host, generation, altered=altered)
        return action, USE.change(host, generation, action)

    @property
    def links(self) -> tuple[str, str]:
        """Where `current` and `good` lead."""
        return LOOK.led(self.folder / "etc/current"), LOOK.led(self.folder / "etc/good")

    def called(self, word: str) -> list[str]:
        """Return the calls of systemctl that have a word in them."""
        return [line for line in (self.folder / "calls").read_text().splitlines() if word in line]

    @property
    def unit(self) -> str:
        """The unit that is installed."""
        return (self.folder / "units" / "sluice-proxy.service").read_text()


@pytest.fixture
def host(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Host:
    """Return a host on which the generation `a` is in force."""
    programs = tmp_path / "bin"
    programs.mkdir()
    (tmp_path / "units").mkdir()
    for name, text in {
        "systemctl": SYSTEMCTL.format(folder=tmp_path),
        "journalctl": "#!/bin/sh\necho its last words\n",
        "runuser": '#!/bin/sh\nshift 3\nexec "$@"\n',
    }.items():
        (programs / name).write_text(text)
        (programs / name).chmod(0o755)
    monkeypatch.setenv("PATH", f"{programs}:{os.environ['PATH']}")
    monkeypatch.setattr(USE, "PAUSE", 0.0)
    made = Host(tmp_path)
    made.generation("a")
    assert made.use("a") == ("start", "")
    return made


def test_the_first_start_enables_the_units_and_leads_all_links(host: Host) -> None:
    assert host.links == ("a", "a")
    assert host.unit == "[Service]"
    assert host.called("enable") == ["enable --quiet sluice-proxy.service"]
    assert os.readlink(host.folder / "command").endswith("etc/current/release/bin/sluice-proxy")


def test_another_configuration_is_read_without_a_restart(host: Host) -> None:
    host.generation("b", "better")

    assert host.use("b") == ("reload", "")
    assert host.links == ("b", "b")
    assert host.called("kill") == ["kill --kill-whom=main --signal=HUP sluice-proxy.service"]


def test_another_release_takes_over_without_a_restart(host: Host) -> None:
    host.generation("b", release="two")

    assert host.use("b") == ("upgrade", "")
    assert host.called("kill") == ["kill --kill-whom=main --signal=USR2 sluice-proxy.service"]
    assert len(host.called("restart")) == 1


def test_a_release_that_takes_nothing_over_from_the_one_before_needs_a_restart(host: Host) -> None:
    host.generation("b", release="two", form="2")

    assert host.use("b") == ("restart", "")
    assert not host.called("kill")


def test_a_service_that_begins_again_and_again_is_begun_anew(host: Host) -> None:
    (host.folder / "status").unlink()
    host.generation("b", unit="[Service]\nLimitNOFILE=7")

    assert host.use("b") == ("start", "")
    # A start would wait for the one under way, which has the former unit.
    assert len(host.called("restart sluice-proxy.service")) == 2


def test_other_units_need_a_restart(host: Host) -> None:
    host.generation("b", unit="[Service]\nLimitNOFILE=7")

    assert host.use("b") == ("restart", "")
    assert host.unit.endswith("LimitNOFILE=7")
    assert host.called("daemon-reload")


def test_altered_files_are_read_again(host: Host) -> None:
    assert host.use("a", altered=True) == ("reload", "")


def test_what_is_in_force_is_left_alone(host: Host) -> None:
    assert host.use("a") == ("nothing", "")
    assert not host.called("kill")


def test_a_refused_change_is_taken_back_and_told(host: Host) -> None:
    host.generation("b", "bad")

    action, failed = host.use("b")

    assert action == "reload"
    assert "was refused (1 so far)" in failed
    assert "What was good before is in force again." in failed
    assert "its last words" in failed
    assert host.links == ("a", "a")
    assert not (host.folder / "etc/generations/b").exists()
    assert (host.folder / "status").read_text() == "version 3, serving\n"


def test_a_refusal_after_another_one_is_noticed(host: Host) -> None:
    (host.folder / "status").write_text("version 4, was refused (1 so far)")
    host.generation("b", "bad")

    assert "was refused (2 so far)" in host.use("b", patience=2)[1]


def test_units_that_do_not_start_are_taken_back(host: Host) -> None:
    host.generation("b", unit="bad", release="two")

    action, failed = host.use("b")

    assert action == "restart"
    assert "What was good before is in force again." in failed
    assert host.unit == "[Service]"
    assert (host.folder / "status").exists()


def test_sockets_that_were_new_are_taken_back(host: Host) -> None:
    host.generation("b", "bad", socket="[Socket]")

    failed = host.use("b")[1]

    assert "What was good before is in force again." in failed
    assert not (host.folder / "units/sluice-proxy.socket").exists()
    assert host.called("disable --now sluice-proxy.socket")


def test_a_run_that_was_cut_off_is_gone_on_with(host: Host) -> None:
    host.generation("b", release="two")
    (host.folder / "etc/current").unlink()
    (host.folder / "etc/current").symlink_to("generations/b")

    assert host.use("b") == ("upgrade", "")
    assert host.links == ("b", "b")


def test_a_probe_that_is_answered_otherwise_takes_the_change_back(host: Host) -> None:
    class Answers(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            known = self.headers["Host"] == "www.example.com"
            self.send_response(302 if known else 404)
            self.send_header("Location", "/elsewhere")
            self.end_headers()

        def log_message(self, *_given: Any) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Answers) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        url = f"http://127.0.0.1:{server.server_port}/"
        good = {"url": url, "host": "www.example.com", "status": [302]}
        host.generation("b", "better")
        assert host.use("b", probes=[good]) == ("reload", "")
        host.generation("c", "best")
        failed = host.use("c", probes=[good, {"url": url}])[1]
        server.shutdown()

    assert f"the probe {url} was answered with status 404." in failed
    assert host.links == ("b", "b")


def test_the_generation_before_is_kept_with_its_release_and_no_other(host: Host) -> None:
    host.generation("b", release="two")
    host.use("b")
    host.generation("c", release="three")
    host.use("c")

    assert sorted(os.listdir(host.folder / "etc/generations")) == ["b", "c"]
    assert sorted(os.listdir(host.folder / "home/releases")) == ["three", "two"]


@pytest.fixture
def order(host: Host, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """Return the order to write the generation `b`, with a check that refuses the word "bad"."""
    monkeypatch.setattr(shutil, "chown", lambda *_given: None)
    release = host.folder / "home/releases/one/bin"
    release.mkdir()
    (release / "sluice-proxy").write_text('#!/bin/sh\n! grep -Hn bad "$2" >&2\n')
    (release / "python3").write_text(f'#!/bin/sh\nexec {sys.executable} "$@"\n')
    for program in release.iterdir():
        program.chmod(0o755)
    return {
        "root": str(host.folder / "etc"),
        "kept": True,
        "generation": "b",
        "release": str(release.parent),
        "before": str(host.folder / "etc/generations/a"),
        "user": "root",
        "contents": {"config/edge.yml": "listen: '80'\n", "config/tls/a.key": "new key"},
    }


def staged(order: dict[str, Any], tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Any:
    """Have a generation written; return what is said of it."""
    given = tmp_path / "given.json"
    given.write_text(json.dumps(order))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "argv", ["stage.py", str(given)])
        assert STAGE.main() == 0
    assert not given.exists()
    return json.loads(capsys.readouterr().out)


def test_a_generation_has_its_files_and_nobody_else_reads_them(
    host: Host, order: dict[str, Any], capsys: pytest.CaptureFixture[str]
) -> None:
    assert staged(order, host.folder, capsys)["refused"] == ""
    made = host.folder / "etc/generations/b"

    assert (made / "config/tls/a.key").read_text() == "new key"
    assert [path for path in (made / "config").rglob("*") if path.stat().st_mode & 0o027] == []
    assert (made / "config").stat().st_mode & 0o7 == 0


def test_secrets_and_hooks_are_the_user_s_alone(
    host: Host,
    order: dict[str, Any],
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    owners: dict[str, list[str]] = {}
    monkeypatch.setattr(
        shutil, "chown", lambda path, *whose: owners.setdefault(path.name, []).append(whose[0])
    )
    order["contents"] |= {"config/secrets/dns": "hush hush", "config/hooks/dns-hook": "#!/bin/sh"}

    said = staged(order, host.folder, capsys)

    assert said["refused"] == ""
    assert "config/secrets/dns differs" in said["diff"]
    assert "hush" not in json.dumps(said)

    config = host.folder / "etc/generations/b/config"
    modes = {path.name: path.stat().st_mode & 0o777 for path in config.rglob("*") if path.is_file()}
    assert modes == {"edge.yml": 0o640, "a.key": 0o640, "dns": 0o600, "dns-hook": 0o700}
    assert {name: owners[name][-1] for name in modes} == {
        "edge.yml": "root",
        "a.key": "root",
        "dns": order["user"],
        "dns-hook": order["user"],
    }


def test_a_secret_that_others_may_read_is_written_anew(
    host: Host, order: dict[str, Any], capsys: pytest.CaptureFixture[str]
) -> None:
    order["contents"] |= {"config/secrets/dns": "secret", "config/hooks/dns": "#!/bin/sh"}
    staged(order, host.folder, capsys)
    made = host.folder / "etc/generations/b"
    whole = LOOK.held(made, "root")

    assert LOOK.held(made, "nobody") != whole
    for path, mode in ((made / "config/secrets/dns", 0o640), (made / "config/hooks/dns", 0o750)):
        before = path.stat().st_mode
        path.chmod(mode)
        assert LOOK.held(made, "root") != whole
        path.chmod(before)
    assert LOOK.held(made, "root") == whole


def test_who_writes_and_who_looks_agree_on_what_is_private() -> None:
    assert LOOK.PRIVATE == STAGE.PRIVATE


def test_what_is_refused_leaves_what_was_there_by_that_name(
    host: Host, order: dict[str, Any], capsys: pytest.CaptureFixture[str]
) -> None:
    order["generation"] = "a"
    order["contents"]["config/edge.yml"] = "bad"

    assert staged(order, host.folder, capsys)["refused"] == "edge.yml:1:bad"
    assert (host.folder / "etc/generations/a/config/edge.yml").read_text() == "good"
    assert os.listdir(host.folder / "etc/generations") == ["a"]


def test_check_mode_leaves_nothing(
    host: Host, order: dict[str, Any], capsys: pytest.CaptureFixture[str]
) -> None:
    order |= {"root": str(host.folder / "check"), "kept": False}

    assert staged(order, host.folder, capsys)["refused"] == ""
    assert not (host.folder / "check").exists()


def test_a_difference_shows_no_secret(
    host: Host, order: dict[str, Any], capsys: pytest.CaptureFixture[str]
) -> None:
    old = {"listen": "80", "sticky": {"secret": "hidden1"}, "url": "http://u:hidden2@a/"}
    new = {"listen": "81", "sticky": {"secret": "hidden3"}, "key": "-----BEGIN hidden4"}
    (host.folder / "etc/generations/a/config/edge.yml").write_text(json.dumps(old))
    order["contents"]["config/edge.yml"] = json.dumps(new)

    diff = staged(order, host.folder, capsys)["diff"]

    assert "-listen: '80'" in diff
    assert "+listen: '81'" in diff
    assert "config/tls/a.key differs" in diff
    assert "hidden" not in "".join(diff)


def test_a_difference_shows_of_whom_certificates_are_ordered_and_how(
    host: Host, order: dict[str, Any], capsys: pytest.CaptureFixture[str]
) -> None:
    old, new = (
        {
            "issuing": {
                "acme": {
                    "authorities": [f"{age}-authority", {"external_account": {"key_id": f"{age}"}}],
                    "key_type": f"{age}-type",
                    "dns": {"update": {"key_name": f"{age}-name", "key_file": f"{age}-file"}},
                }
            }
        }
        for age in ("old", "new")
    )
    (host.folder / "etc/generations/a/config/edge.yml").write_text(json.dumps(old))
    order["contents"]["config/edge.yml"] = json.dumps(new)

    diff = "\n".join(staged(order, host.folder, capsys)["diff"])

    for shown in ("- new-authority", "key_id: new", "key_type: new-type", "key_name: new-name"):
        assert shown in diff
        assert shown.replace("new", "old") in diff


def test_a_release_that_cannot_be_installed_leaves_nothing_and_names_no_index(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    # Nobody listens at the port of a socket that is closed; pip is told not to try again.
    index = "http://user:hidden@127.0.0.1:1/simple"
    config = tmp_path / "pip.conf"
    config.write_text(f"[global]\nindex-url = {index}\n")
    order = {
        "folder": str(tmp_path / "releases/new"),
        "archive": str(tmp_path / "none"),
        "pip_config": str(config),
        "user": "root",
        "installs": [["--retries=0", "sluice-proxy"]],
    }
    encoded = base64.b64encode(json.dumps(order).encode()).decode()
    monkeypatch.setattr(sys, "argv", ["release.py", encoded])

    assert RELEASE.main() == 0

    said = json.loads(capsys.readouterr().out)["failed"]
    assert "sluice-proxy" in said
    assert "hidden" not in said
    assert not config.exists()
    assert not (tmp_path / "releases/new").exists()


def removed(host: Host, capsys: pytest.CaptureFixture[str], **given: Any) -> Any:
    """Take the proxy off a host; return what is said to be removed."""
    order = {
        "etc": str(host.folder / "etc"),
        "home": str(host.folder / "home"),
        "units": str(host.folder / "units"),
        "command": str(host.folder / "command"),
        "user": "nobody-of-ours",
        "account": "",
        "keeps": False,
        "data": [str(host.folder / "state")],
        "check": False,
        **given,
    }
    encoded = base64.b64encode(json.dumps(order).encode()).decode()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "argv", ["remove.py", encoded])
        assert REMOVE.main() == 0
    return json.loads(capsys.readouterr().out)["removed"]


def test_all_of_it_is_removed_and_a_second_time_nothing_is_found(
    host: Host, capsys: pytest.CaptureFixture[str]
) -> None:
    (host.folder / "state").mkdir()

    assert len(removed(host, capsys)) == 7
    left = {path.name for path in host.folder.iterdir()}
    assert left == {"bin", "calls", "units"}
    assert list((host.folder / "units").iterdir()) == []
    assert host.called("disable --now") == ["--quiet disable --now sluice-proxy.service"]
    assert removed(host, capsys) == []


def test_what_others_put_there_stays(host: Host, capsys: pytest.CaptureFixture[str]) -> None:
    (host.folder / "etc/theirs").touch()
    (host.folder / "command").unlink()
    (host.folder / "command").symlink_to("theirs")

    removed(host, capsys)

    assert (host.folder / "etc/theirs").exists()
    assert (host.folder / "command").is_symlink()
    assert not (host.folder / "home").exists()


def test_check_mode_says_what_would_be_removed_and_leaves_it(
    host: Host, capsys: pytest.CaptureFixture[str]
) -> None:
    assert removed(host, capsys, check=True) == removed(host, capsys, check=True) != []
    assert host.links == ("a", "a")
