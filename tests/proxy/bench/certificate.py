# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How long one certificate takes, in microseconds: ``python -m bench.certificate``."""

from __future__ import annotations

import time
from collections.abc import Callable

from samples.certificates import leaf
from sluice_proxy.routes.model.policies import TlsPolicy
from sluice_proxy.tls.certificates import names_of, read_certificate
from sluice_proxy.tls.choosing import PROTOCOLS
from sluice_proxy.tls.server_contexts import server_context


def microseconds(times: int, call: Callable[[], object]) -> float:
    """Return the time of one call, in the mean of so many."""
    start = time.perf_counter()
    for _unused in range(times):
        call()
    return (time.perf_counter() - start) / times * 1e6


def no_file(path: str) -> bytes:
    raise AssertionError(path)


def main() -> None:
    """Print a line for each measurement."""
    pair = leaf("one.test", "*.one.test")
    read = read_certificate(pair.configured, no_file)
    measurements: dict[str, tuple[int, Callable[[], object]]] = {
        "names of a certificate": (500, lambda: names_of(pair.certificate)),
        "read, and its key compared with it": (
            500,
            lambda: read_certificate(pair.configured, no_file),
        ),
        "context made": (100, lambda: server_context(read, TlsPolicy(), PROTOCOLS)),
    }
    for name, (times, call) in measurements.items():
        print(f"{microseconds(times, call):7.0f} µs  {name}")


if __name__ == "__main__":
    main()
