# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is wrong with a configuration: every error at once, in lines that say what to do."""

from __future__ import annotations

import pytest
from samples.config import complaints

ROUTE = "routes:\n  - "


@pytest.mark.parametrize(
    ("text", "said"),
    [
        # Shapes and keys
        ("[]", "1:1: write a mapping of names and values here"),
        ("lisetn: []", "1:1: lisetn: there is no key 'lisetn': did you mean 'listen'?"),
        ("zzz: 1", "1:1: zzz: there is no key 'zzz': use "),
        ("limits: {head_byte: 1}", "1:10: limits.head_byte: there is no key 'head_byte': did you"),
        ("limits: []", "1:9: limits: write a mapping of names and values here"),
        ("routes: {}", "1:9: routes: write a list here"),
        (ROUTE + "hsots: a", "2:5: routes[0].hsots: there is no key 'hsots': did you mean 'hosts'"),
        (
            ROUTE + "targets: [{url: http://a, wieght: 1}]",
            "2:31: routes[0].targets[0].wieght: there is no key 'wieght': did you mean 'weight'?",
        ),
        (ROUTE + "targets: [{weight: 1}]", "2:15: routes[0].targets[0].url: this is missing"),
        # Single values
        (
            ROUTE + "targets: [{url: 'http://a:99999'}]",
            "2:21: routes[0].targets[0].url: port 99999 is out of range: use 1 to 65535",
        ),
        (
            ROUTE + "targets: [http://a, a:80]",
            "2:25: routes[0].targets[1].url: 'a:80' is not a tar",
        ),
        (ROUTE + "targets: [{url: http://a, weight: -1}]", "targets[0].weight: this is too small"),
        (
            ROUTE + "targets: [{url: http://a, weight: 99999}]",
            "this is too large: use 65535 or less",
        ),
        (ROUTE + "targets: [{url: http://a, weight: much}]", "weight: write a whole number here"),
        (
            ROUTE + "targets: [{url: http://a, state: off}]",
            "state: this is not known: use 'active'",
        ),
        (ROUTE + "hosts: 'a b'", "2:12: routes[0].hosts[0]: 'a b' is not a host name"),
        (ROUTE + "hosts: []", "2:12: routes[0].hosts: this is too short: write 1 or more"),
        (ROUTE + "paths: [/a, b]", "2:17: routes[0].paths[1]: path 'b' does not begin with /"),
        (ROUTE + "keep_host: 1", "2:16: routes[0].keep_host: write true or false here"),
        (ROUTE + "body_limit: 10 apples", "routes[0].body_limit: '10 apples' is not a size"),
        (
            ROUTE + "timeouts: {connect: 5x}",
            "2:25: routes[0].timeouts.connect: '5x' is not a durat",
        ),
        (ROUTE + "timeouts: {connect: 0}", "timeouts.connect: 0 is no time"),
        (ROUTE + "timeouts: {connect: off}", "timeouts.connect: write a duration here, like 30s"),
        (ROUTE + "balancing: robin", "balancing.method: this is not known: use 'round_robin',"),
        (ROUTE + "balancing: {sticky: {secret: short}}", "secret: this is too short: use 16 char"),
        (
            ROUTE + "balancing: {sticky: {secret: sixteen-or-more-, same_site: None}}",
            "balancing.sticky: same_site None needs secure: true",
        ),
        (ROUTE + "retry: {on: [connect, luck]}", "routes[0].retry.on[1]: this is not known: use"),
        (ROUTE + "rate_limit: often", "rate_limit.rate: 'often' is not a rate: write it like 10/s"),
        (ROUTE + "maintenance: later", "maintenance.mode: this is not known: use 'off', 'pause'"),
        (ROUTE + "name: 'a b'", "2:11: routes[0].name: this has a character that cannot be here"),
        (ROUTE + "health: {active: {}}", "routes[0].health.active.endpoint: this is missing"),
        (ROUTE + "health: up", "routes[0].health.active.endpoint: this has a character"),
        (
            ROUTE + "health: {active: {endpoint: /, expected_header: no}}",
            "health.active.expected_header",
        ),
        (ROUTE + "request_fields: {set: {'a b': c}}", "'a b' is not the name of a field"),
        (ROUTE + 'request_fields: {set: {a: "b\\r\\nc"}}', "a field's value has no control char"),
        (ROUTE + "request_fields: {remove: [Host]}", "field host is the proxy's own: leave it out"),
        (
            ROUTE + "redirect: //evil",
            "redirect.location: location '//evil' begins with two slashes",
        ),
        (ROUTE + "redirect: {location: /, status: 200}", "status: this is not known: use 301, 302"),
        (ROUTE + "rewrite: {strip: a}", "rewrite.strip: write a path that begins with /"),
        (ROUTE + "rewrite: {}", "rewrite: write one of strip, replace and forward_path"),
        (ROUTE + "page: {}", "routes[0].page: write either content or file, and only one of them"),
        (ROUTE + "page: {file: none.html}", "page.file: there is no file none.html"),
        (ROUTE + "page: {content: a, status: 204}", "routes[0].page: status 204 has no content"),
        (
            ROUTE + "page: {content: a, content_type: text/€}",
            "2:38: routes[0].page.content_type: 'text/€' is not a type: write it like text/html",
        ),
        (ROUTE + "page: {content: a, content_type: html}", "content_type: 'html' is not a type"),
        (ROUTE + "health: {active: {endpoint: /, host: a b}}", "active.host: 'a b' is not a host"),
        (ROUTE + "portal: {host: a b}", "2:20: routes[0].portal.host: 'a b' is not a host name"),
        (ROUTE + 'portal: {endpoint: "a b"}', "portal.endpoint: this has a character that cannot"),
        (ROUTE + "portal: {fwdpath: /a?b}", "portal.fwdpath: path '/a?b' has a ?: write %3F"),
        (
            ROUTE + "health: {active: {endpoint: /, expected_header: 'a b: c'}}",
            "expected header 'a b: c' is not of the form Field:value",
        ),
        (ROUTE + "retry: {methods: get}", "retry.methods[0]: 'get' is not a method: write it in"),
        (
            ROUTE + "request_fields: {set: {X-A: 1, x-a: 2}}",
            "request_fields.set: field x-a is here twice: names have no case",
        ),
        (
            ROUTE + "balancing: {sticky: {secret: sixteen-or-more-, max_age: 999ms}}",
            "balancing.sticky: max_age counts in whole seconds",
        ),
        (
            ROUTE + "balancing: {sticky: {secret: sixteen-or-more-, name: __Host-t}}",
            "balancing.sticky: name __Host-t needs secure: true",
        ),
        (
            f"{ROUTE}balancing: {{sticky: {{secret: {'s' * 16}, name: __Host-t, secure: on,"
            " path: /a}}",
            "balancing.sticky: name __Host-t is for path / without a domain",
        ),
        (ROUTE + "rate_limit: no-limit", "rate_limit.rate: 'no-limit' is not a rate"),
        (ROUTE + "portal: {path: '/a*b'}", "2:20: routes[0].portal.path: path '/a*b': a * is poss"),
        (ROUTE + "portal: {domain: 'a b'}", "routes[0].portal.domain: 'a b' is not a host name"),
        (ROUTE + "portal: {expected_header: x}", "routes[0].portal: expected header 'x' is not of"),
        ("workers: 0", "1:10: workers: this is too small: use 1 or more"),
        ("workers: many", "1:10: workers: write a whole number here"),
        ("workers: yes", "1:10: workers: write a whole number here"),
        (
            "trusted: [10.0.0.1/8]",
            "1:11: trusted[0]: '10.0.0.1/8' has bits of a host set: write 10.",
        ),
        ("listen: [80]", "1:10: listen[0].address: '80' has no port"),
        (
            "listen: [{address: 0.0.0.0:80, mode: 999}]",
            "listen[0].mode: mode '999' is not of three",
        ),
        (
            "listen: [{address: 0.0.0.0:80, mode: 660}]",
            "1:10: listen[0]: mode is for socket files, as of unix:/PATH: leave it out",
        ),
        (
            "listen: [0.0.0.0:80]\nmetrics: 0.0.0.0:80",
            "metrics.address: 0.0.0.0:80 is that of listen[0]: use another",
        ),
        (
            "metrics: 0.0.0.0:90\nadmin: {listen: [unix:/a, unix:/a]}",
            "2:27: admin.listen[1]: unix:/a is that of admin.listen[0]: use another",
        ),
        (
            "listen: [unix:/a]\nadmin: unix:/a",
            "admin.listen[0]: unix:/a is that of listen[0]: use another",
        ),
        ("admin: {}", "1:8: admin.listen: this is missing"),
        ("admin: {listen: []}", "admin.listen: "),
        (
            "admin: 0.0.0.0:90",
            "admin: 0.0.0.0:90 can be reached over the network: set tokens_file too, or listen at",
        ),
        (
            "admin: {listen: {address: systemd:a, group: staff}}",
            "admin.listen[0]: group is for socket files, as of unix:/PATH: leave it out",
        ),
        ("admin: {listen: unix:/a, tokens_file: missing}", "tokens_file: there is no file missing"),
        ("store: edge.db", "1:8: store: write the file's whole path, like /var/lib/"),
        ("store: /var/lib/", "1:8: store: write the file's whole path"),
        (
            "log: {level: loud}",
            "1:14: log.level: this is not known: use 'debug', 'info', 'warning'",
        ),
        ("log: {access: access.log}", "log.access.path: write the file's whole path"),
        ("tls: {min_version: 1.1}", "1:20: tls.min_version: this is not known: use '1.2' or '1.3'"),
        ("tls: {client_certificate: required}", "tls: client_certificate needs client_ca"),
        ("tls: {client_ca: ca.pem}", "tls: client_ca has no use: set client_certificate"),
        ("certificates: [{chain: missing.pem, key: k}]", "chain: there is no file missing.pem"),
        (
            "certificates: [{chain: c, key: k, password: p, password_file: f}]",
            "certificates[0]: password and password_file exclude each other",
        ),
        ("certificates: [{chain: c, key: k, hosts: .a.com}]", ".a.com is no name of a certificate"),
        ("pages: {errors: {418: x}}", "pages.errors: 418 is none of the proxy's own: use 400, 403"),
        # What does not go together
        (ROUTE + "{redirect: /x, page: y}", "a redirect leaves targets and page without use"),
        (ROUTE + "{portal: {}, hosts: a}", "beside portal there is hosts: write one or the other"),
        (
            ROUTE + "targets: [{url: http://a, path: /x}]",
            "targets[0]: path is for unix sockets: write it into the url",
        ),
        (
            ROUTE + "targets: [{url: http://a, tls: {verify: false}}]",
            "targets[0]: tls is for https targets",
        ),
        (
            ROUTE + "targets: [{url: https://a, tls: {key: k}}]",
            "targets[0].tls: certificate and key belong together",
        ),
        (
            ROUTE + "targets: [http://a, http://A:80/]",
            "2:25: routes[0].targets[1]: http://a is here twice: leave one out",
        ),
        (
            "listen: [0.0.0.0:80, 0.0.0.0:80]",
            "1:22: listen[1]: 0.0.0.0:80 is listened to already by listen[0]",
        ),
        (
            ROUTE + "{name: a, hosts: x}\n  - {name: a, hosts: y}",
            "3:12: routes[1].name: the name 'a' is that of routes[0] too: change one of them",
        ),
        (
            ROUTE + "{name: a, hosts: X.com}\n  - {name: b, hosts: x.com.}",
            "3:5: routes[1]: routes 'a' and 'b' both serve host x.com, path /: change one of them",
        ),
        (
            ROUTE + "{name: a, paths: '/*a.x'}\n  - {name: b, paths: '/a*.x'}\n  - {paths: '/?.x'}",
            "",
        ),
        (
            ROUTE + "{name: a, paths: '/x*b*'}\n  - {name: b, paths: '/x*?b*'}",
            "3:5: routes[1]: routes 'a' and 'b' can both match a path of host *",
        ),
        (
            ROUTE
            + "{name: a, hosts: x, tls: {min_version: 1.3}}\n"
            + "  - {name: b, hosts: x, paths: /b, tls: {min_version: 1.2}}",
            "3:41: routes[1].tls: routes 'a' and 'b' want different TLS for host x",
        ),
        (
            ROUTE + "{tls: auto, hosts: a.test}",
            "routes[0].tls: nobody makes certificates: set provider of issuing",
        ),
        (
            "issuing: local_ca\n" + ROUTE + "{tls: auto}",
            "routes[0]: no certificate can be made for *: with tls auto, hosts have to be",
        ),
        (
            "issuing: local_ca\n" + ROUTE + "{tls: automatic, hosts: a}",
            "routes[0].tls.certificate: this is not known: use 'auto'",
        ),
        ("issuing: mkcert", "issuing.provider: this is not known: use 'none', 'acme', 'local_ca'"),
        ("fleet: redis://a", "fleet: write a mapping of names and val"),
        ("fleet: {redis: {}}", "fleet.redis.address: this is missing"),
        ("fleet: {redis: a}", "fleet.redis.address: 'a' has no port: write it like redis.ex"),
        ("fleet: {redis: '[::1]'}", "fleet.redis.address: '[::1]' has no port"),
        ("fleet: {redis: 'a:0'}", "fleet.redis.address: port 0 is out of range"),
        ("fleet: {redis: unix:a}", "fleet.redis.address: socket 'a' does not begin with /"),
        ("fleet: {redis: http://a}", "fleet.redis: this is no URL of a Redis server: write redis:"),
        ("fleet: {redis: redis://a/b}", "fleet.redis.database: write a whole number here"),
        (
            "fleet: {redis: 'redis://:secret@a/0'}",
            "fleet.redis: no user and no password may stand before an @ here: write a mapping",
        ),
        (
            "fleet: {redis: {address: 'redis://:secret@a:1'}}",
            "fleet.redis.address: no user and no password may stand before an @ here: write a m",
        ),
        (
            "fleet: {redis: {address: 'a:1', password: secret}}",
            "fleet.redis.password: there is no key 'password': did you mean 'password_file'?",
        ),
        (
            "fleet: {redis: {address: 'a:1', trust_file: /ca.pem}}",
            "fleet.redis: trust_file has no use without TLS",
        ),
        (
            "fleet: {redis: {address: unix:/s, tls: true}}",
            "fleet.redis: there is no TLS at a unix socket",
        ),
        ("fleet: {redis: {address: 'a:1', prefix: 'a:b'}}", "fleet.redis.prefix: this has a char"),
        ("issuing: {folder: ca}", "issuing.folder: write the directory's whole path"),
        ("issuing: {names: '*'}", "issuing.names: * has no end: write a name"),
        ("issuing: {names: a.**}", "issuing.names: a.** has no end: write a name"),
        (
            "tls: {hosts: [{hosts: x, min_version: 1.3}]}\n"
            + ROUTE
            + "{name: a, hosts: x, tls: {min_version: 1.2}}",
            "1:14: tls.hosts: host x has two TLS policies: leave one out",
        ),
    ],
)
def test_one_line_says_where_it_is_and_what_to_do(text: str, said: str) -> None:
    lines = complaints(text)
    if not said:
        assert lines == []
        return
    assert len(lines) == 1, lines
    assert lines[0].startswith("edge.yml:")
    assert said in lines[0]


def test_all_errors_are_told_at_once_in_the_order_of_the_file() -> None:
    text = """\
workers: no
limits: {head_bytes: x, fields: 0}
routes:
  - targets: [http://a:0, ftp://b]
    rpaths: /
  - hosts: a..b
"""
    lines = complaints(text)
    assert [line.split(": ")[1] for line in lines] == [
        "limits.head_bytes",
        "limits.fields",
        "routes[0].targets[0].url",
        "routes[0].targets[1].url",
        "routes[0].rpaths",
        "routes[1].hosts[0]",
    ]


def test_secrets_are_in_no_error() -> None:
    text = """
        certificates: [{chain: c, key: k, password: [hunter2], passwort: hunter2}]
        fleet: {redis: "redis://edge:hunter2@redis.example.com:6379/0"}
        """
    lines = complaints(text)
    assert len(lines) == 3
    assert not any("hunter2" in line for line in lines)


@pytest.mark.parametrize("key", ["hunter2\\n  more of it", "hunter2" * 1000])
def test_a_key_that_lacks_its_first_line_is_in_no_error(key: str) -> None:
    (line,) = complaints(f'certificates: [{{chain: c, key: "{key}"}}]')
    assert "key: this is neither a file nor PEM text" in line
    assert "hunter2" not in line


def test_a_great_many_errors_are_told_in_part_and_soon() -> None:
    keys = "".join(f"k{number}: 1\n" for number in range(30_000))
    assert len(complaints(keys)) == 1000


def test_a_great_many_routes_that_are_alike_are_told_in_part_and_soon() -> None:
    globs = "".join(f"  - {{name: r{place}, paths: '*a{place:04}*'}}\n" for place in range(3000))
    assert len(complaints(f"routes:\n{globs}")) == 100
