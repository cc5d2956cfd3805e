# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whatever comes as a document is taken, or refused in lines for people, and tells no secret."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import example, given
from hypothesis import strategies as st
from samples.certificates import leaf
from samples.resources import Running
from sluice_proxy.config.sections.root import RootSection
from sluice_proxy.resources.model import Declare, Kind
from sluice_proxy.resources.public import public

MARK = "hunter2hunter2hunter2"
PAIR = leaf("a.test")
CHAIN = PAIR.chain.decode()


def keys_of(schema: Any) -> set[str]:
    """Return all keys that a schema knows, at any depth."""
    if isinstance(schema, list):
        return set().union(*map(keys_of, schema))
    if not isinstance(schema, dict):
        return set()
    return set(schema.get("properties", {})).union(*map(keys_of, schema.values()))


KEYS = sorted(
    keys_of(RootSection.model_json_schema())
    | {"provider", "names", "days", "key_fingerprint", "secret_fingerprint"}
)
WORDS = (
    "",
    "auto",
    "off",
    "https",
    "a.test",
    "*",
    "/",
    "http://a",
    "given",
    "local_ca",
    "502",
    CHAIN,
)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.sampled_from(WORDS),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(KEYS) | st.text(max_size=5), inner, max_size=4)
    ),
    max_leaves=12,
)
IDS = st.sampled_from(("a", "502", "no_route")) | st.text(max_size=5)


@given(st.sampled_from(Kind), IDS, VALUES)
@example(Kind.CERTIFICATE, "a", None)
@example(Kind.CERTIFICATE, "a", {"provider": "given", "key_fingerprint": []})
@example(Kind.ROUTE, "a", {"balancing": {"sticky": {"secret_fingerprint": None}}})
@example(Kind.ROUTE, "a", {"balancing": {"sticky": [{}]}})
@example(Kind.ROUTE, "a", {"name": {"a": 1}})
@example(Kind.PAGE, "502", {"content": "\ud800"})
def test_any_document_is_taken_or_refused(kind: Kind, name: str, document: Any) -> None:
    proxy = Running()
    change = Declare(kind, name, document)
    said = proxy.refused(change)

    if said:
        assert said[0] == "Invalid"
        assert len(said) > 1
        for line in said[1:]:
            assert line.startswith(kind)
            assert line.isprintable()
            assert len(line) < 2000
    else:
        assert proxy.restarted().edition.declared == proxy.edition.declared
        shown = public(proxy.edition.declared.of_kind[kind][name], 0.0)
        assert json.loads(json.dumps(shown)) == shown
        assert proxy.change(change).operations == ()


@given(st.dictionaries(st.sampled_from(KEYS), VALUES, max_size=3), st.booleans())
def test_no_message_and_no_answer_repeats_a_secret(others: dict[str, Any], is_valid: bool) -> None:
    key = PAIR.key_pem().decode() if is_valid else f"-----BEGIN PRIVATE KEY-----\n{MARK}\n"
    secrets = {"key": key, "password": MARK}
    documents = [
        (Kind.CERTIFICATE, {"chain": CHAIN, "provider": "given", **others, **secrets}),
        (Kind.CERTIFICATE, {"chain": CHAIN, "provider": "given", **others, "key": [MARK]}),
        (Kind.CERTIFICATE, {"chain": CHAIN, "provider": "given", "key": key}),
        (Kind.ROUTE, {**others, "balancing": {"sticky": {"secret": MARK}}}),
        (Kind.ROUTE, {**others, "balancing": {"sticky": {"secret": MARK[:3]}}}),
        (Kind.ROUTE, {**others, "balancing": {"sticky": {"secret": {MARK: [MARK]}}}}),
    ]
    proxy = Running()
    for place, (kind, document) in enumerate(documents):
        said = " ".join(proxy.refused(Declare(kind, f"r{place}", document)))
        shown = [
            json.dumps(public(resource, 0.0)) + repr(resource)
            for of_kind in proxy.edition.declared.of_kind.values()
            for resource in of_kind.values()
        ]
        for text in (said, *shown):
            assert MARK not in text
            assert key.splitlines()[1] not in text
