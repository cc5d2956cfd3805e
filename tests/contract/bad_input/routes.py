# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Wrong routes."""

from __future__ import annotations

from typing import Any, Tuple

from ansible_collections.sluice.edge.tests.contract.bad_input.proxy import (
    NO_HOST,
    OF_FILE,
    TAKEN,
    Mistake,
    Params,
    found_by_proxy,
    of_any_task,
    without,
)

URL = "http://198.51.100.11:8080"
RIGHT = {"name": "www", "hosts": ["www.example.com"], "targets": [URL]}


def www(**more: Any) -> Params:
    return without(RIGHT, more)


def to(*targets: Any) -> Params:
    return www(targets=list(targets))


def wrong(field: str, words: str, **more: Any) -> Mistake:
    return found_by_proxy(www(**more), "route", field, words)


def wrong_target(field: str, words: str, *targets: Any) -> Mistake:
    return found_by_proxy(to(*targets), "route", "targets" + field, words)


def says(message: str, **more: Any) -> Mistake:
    return Mistake(www(**more), "route www: " + message)


def drained(message: str, **more: Any) -> Mistake:
    return Mistake(dict({"name": "www", "state": "drained"}, **more), "route www: " + message)


def of_portal(field: str, words: str, **fields: Any) -> Mistake:
    params = {"name": "www", "portal": fields}
    return found_by_proxy(params, "route", "portal" + field, words)


def of_task(message: str, **more: Any) -> Mistake:
    return Mistake(dict({"name": "www", "state": "absent"}, **more), message)


NO_TARGET = "%r is not a target: write http://HOST:PORT, https://HOST:PORT or unix:/PATH/OF/SOCKET"
NO_DURATION = "%r is not a duration: write it like 500ms, 30s, 5m, 1h or 1d"
MISSING = "this is missing: write it"
NO_TIME = "0 is no time: write a duration, or off where no limit is possible"

HOSTS_AND_PATHS: Tuple[Mistake, ...] = (
    wrong("hosts", "this is too short: write 1 or more", hosts=[]),
    wrong("hosts[0]", NO_HOST % "a b", hosts=["a b"]),
    wrong("hosts[0]", "a host name is empty: write * for every host", hosts=[""]),
    wrong("hosts[0]", NO_HOST % "*.example.com", hosts=["*.*.example.com"]),
    wrong("hosts[0]", NO_HOST % "http://www.example.com", hosts=["http://www.example.com"]),
    wrong("hosts[1]", NO_HOST % "www.example.com:80", hosts=["a.test", "www.example.com:80"]),
    says("hosts must be a list, not a dictionary", hosts={"a": 1}),
    says("hosts has an entry that is a list, not text", hosts=[["a"]]),
    wrong("paths", "this is too short: write 1 or more", paths=[]),
    wrong("paths[0]", "path 'api' does not begin with /", paths=["api"]),
    Mistake(www(path="/a", paths=["/b"]), "paths is also called path: give one of its names only"),
    found_by_proxy(
        www(paths=["/a", "/a"]),
        "route",
        "",
        "route 'www' has host www.example.com, path /a twice: leave one out",
    ),
    found_by_proxy(
        {"config": [www(hosts=[TAKEN])]},
        "route",
        "",
        "routes 'taken' and 'www' both serve host %s, path /: change one of them" % TAKEN,
    ),
    found_by_proxy(
        www(hosts=["file.example.com"]),
        "route",
        "",
        "routes '%s' and 'www' both serve host file.example.com, path /: change one of them"
        % OF_FILE,
    ),
)

TARGETS: Tuple[Mistake, ...] = (
    wrong_target("[0].url", NO_TARGET % "198.51.100.11:8080", "198.51.100.11:8080"),
    wrong_target("[0].url", NO_TARGET % "ftp://198.51.100.11", "ftp://198.51.100.11"),
    wrong_target("[0].url", "port 99999 is out of range: use 1 to 65535", "http://a:99999"),
    wrong_target("[0].url", "'http://' has no host", "http://"),
    wrong_target(
        "[1].url",
        "a target has no user: leave out what stands before the @",
        URL,
        "http://me:hush@b",
    ),
    wrong_target("[0].url", "'http://a#b': a target has no fragment: leave it out", "http://a#b"),
    wrong_target("[0]", "write a mapping of names and values here", 7),
    wrong_target("[0].url", MISSING, {}),
    wrong_target(
        "[0].wieght",
        "there is no key 'wieght': did you mean 'weight'?",
        {"url": URL, "wieght": 2},
    ),
    wrong_target("[0].weight", "this is too small: use 0 or more", {"url": URL, "weight": -1}),
    wrong_target(
        "[0].weight", "this is too large: use 65535 or less", {"url": URL, "weight": 70000}
    ),
    wrong_target("[0].weight", "write a whole number here", {"url": URL, "weight": "heavy"}),
    wrong_target("[0].weight", "write a whole number here", {"url": URL, "weight": 1.5}),
    wrong_target(
        "[0].state",
        "this is not known: use 'active' or 'draining'",
        {"url": URL, "state": "drained"},
    ),
    wrong_target(
        "[0]",
        "tls is for https targets: change the url or leave tls out",
        {"url": URL, "tls": {}},
    ),
    wrong_target(
        "[0].tls.ca",
        "there is no file /nowhere/ca.pem",
        {"url": "https://a", "tls": {"ca": "/nowhere/ca.pem"}},
    ),
    wrong_target(
        "[0]",
        "path is for unix sockets: write it into the url",
        {"url": URL, "path": "/x"},
    ),
    wrong_target(
        "[0].url",
        "socket 'app.sock' does not begin with /: write the whole path",
        "unix:app.sock",
    ),
    wrong_target(
        "[1]",
        "%s is here twice: leave one out, and give the other a weight" % URL,
        URL,
        URL + "/",
    ),
)

ACTIONS: Tuple[Mistake, ...] = (
    wrong(
        "redirect.location",
        "location 'https://{nowhere}/' has {nowhere}: use host, path, port, query, rest, scheme",
        targets=None,
        redirect="https://{nowhere}/",
    ),
    wrong("redirect.location", MISSING, targets=None, redirect={}),
    wrong(
        "redirect.status",
        "this is not known: use 301, 302, 303, 307 or 308",
        targets=None,
        redirect={"location": "/a", "status": 200},
    ),
    wrong(
        "page",
        "write either content or file, and only one of them",
        page={"content": "a", "file": "/etc/hostname"},
    ),
    wrong("page.file", "there is no file /nowhere.html", page={"file": "/nowhere.html"}),
    wrong("page.status", "this is too small: use 200 or more", page={"content": "a", "status": 99}),
    wrong("page", "write a mapping of names and values here", page=[]),
    says("rewrite must be a dictionary", rewrite="/x"),
    wrong(
        "rewrite",
        "write one of strip, replace and forward_path",
        rewrite={"strip": "/a", "forward_path": "/b"},
    ),
    wrong("rewrite.strp", "there is no key 'strp': did you mean 'strip'?", rewrite={"strp": "/a"}),
    says("keep_host must be true or false, not 'perhaps'", keep_host="perhaps"),
    says("request_fields must be a dictionary", request_fields=["X"]),
    wrong(
        "request_fields",
        "field host is the proxy's own: leave it out",
        request_fields={"remove": ["host"]},
    ),
    wrong(
        "response_fields.set.X-A",
        "a field's value has no control characters and no blanks at its ends",
        response_fields={"set": {"X-A": "a\nb"}},
    ),
)

POLICIES: Tuple[Mistake, ...] = (
    wrong("timeouts.connect", NO_DURATION % "5 parsecs", timeouts={"connect": "5 parsecs"}),
    wrong(
        "timeouts.conect",
        "there is no key 'conect': did you mean 'connect'?",
        timeouts={"conect": "5s"},
    ),
    wrong("timeouts.connect", NO_TIME, timeouts={"connect": 0}),
    says("timeouts must be a dictionary", timeouts="5s"),
    wrong(
        "body_limit", "'lots' is not a size: write it like 4096, 64KiB or 10MiB", body_limit="lots"
    ),
    wrong(
        "balancing.method",
        "this is not known: use 'round_robin', 'least_connections', 'random_of_two' or "
        "'client_hash'",
        balancing="fair",
    ),
    wrong(
        "balancing.sticky.secret",
        "this is too short: use 16 characters or more",
        balancing={"sticky": {"secret": "short"}},
    ),
    wrong("retry.attempts", "this is too small: use 1 or more", retry={"attempts": 0}),
    wrong(
        "retry.methods[0]",
        "'get' is not a method: write it in capitals, like GET",
        retry={"methods": ["get"]},
    ),
    wrong("health.active.endpoint", MISSING, health={"active": {}}),
    wrong(
        "health.active.expected_code",
        "this is too small: use 100 or more",
        health={"active": {"endpoint": "/up", "expected_code": 99}},
    ),
    wrong("health", "write a mapping of names and values here", health=3),
    Mistake(
        www(endpoint="/a", health="/b"),
        "health is also called endpoint: give one of its names only",
    ),
    wrong(
        "rate_limit.rate",
        "'fast' is not a rate: write it like 10/s, 90/m or 500/h",
        rate_limit="fast",
    ),
    wrong(
        "maintenance.mode", "this is not known: use 'off', 'pause' or 'stop'", maintenance="perhaps"
    ),
    wrong("tls.certificate", "this is not known: use 'auto'", tls="always"),
    wrong("tls.min_version", "this is not known: use '1.2' or '1.3'", tls={"min_version": "1.1"}),
    wrong(
        "tls",
        "client_certificate needs client_ca: name a PEM file of authorities",
        tls={"client_certificate": "required"},
    ),
    says("hosts does not go with portal, which is all of the route", portal={"domain": "a.test"}),
    Mistake({"name": "www", "portal": "x"}, "route www: portal must be a dictionary"),
    of_portal(".domian", "there is no key 'domian': did you mean 'domain'?", domian="x"),
    of_portal(".path", "path 'a*b': a * is possible at its end only, and no ? or =", path="a*b"),
    of_portal("", "expected header 'x' is not of the form Field:value", expected_header="x"),
    of_portal(".targets[0].url", NO_TARGET % "x", targets=["x"]),
)

STATES: Tuple[Mistake, ...] = (
    says("state must be one of present, drained, absent, not 'gone'", state="gone"),
    says(
        "hosts does not go with state drained, which leaves all but the state of targets as it is",
        state="drained",
    ),
    drained("targets is required: name those to drain"),
    drained("targets is required: name those to drain", targets=[]),
    drained("targets[0] must be an URL, not 7", targets=[7]),
    drained("targets[1]: %s is listed twice, first in targets[0]" % URL, targets=[URL, URL + "/"]),
    drained(
        "targets[0]: weight does not go with state drained: name it by its url",
        targets=[{"url": URL, "weight": 0}],
    ),
    of_task("drain must be true or false, not 'perhaps'", drain="perhaps"),
    of_task("drain_timeout must be 0 to 86400, not -1", drain_timeout=-1),
    of_task("drain_timeout must be a number, not 'soon'", drain_timeout="soon"),
    of_task("on_timeout must be one of fail, force, keep, not 'wait'", on_timeout="wait"),
    Mistake(
        {"name": OF_FILE, "state": "absent"},
        "route %s: the configuration file has it: change it there" % OF_FILE,
    ),
    Mistake(
        www(name=OF_FILE), "route %s: the configuration file has it: change it there" % OF_FILE
    ),
    Mistake(
        {"name": OF_FILE, "state": "drained", "targets": [URL]},
        "route %s: the configuration file has it: change it there" % OF_FILE,
    ),
)

WRONG_ROUTES: Tuple[Mistake, ...] = (
    of_any_task(RIGHT, "route") + HOSTS_AND_PATHS + TARGETS + ACTIONS + POLICIES + STATES
)
