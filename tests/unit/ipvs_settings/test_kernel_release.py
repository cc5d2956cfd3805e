# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which kernels delay a connection from a reused port."""

from __future__ import annotations

import pytest

from ansible_collections.sluice.edge.plugins.module_utils._ipvs.settings.kernel_release import (
    parse_release,
    running_kernel,
)


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        ("5.10.0-8-amd64", (5, 10)),
        ("6.1.0-rc3", (6, 1)),
        ("4.1", (4, 1)),
        ("5.9.0", (5, 9)),
        ("4.19.0-26-cloud-amd64", (4, 19)),
        ("6.12.48+deb13-arm64", (6, 12)),
        ("3.10.0-1160.el7.x86_64", (3, 10)),
        ("10.0", (10, 0)),
    ],
)
def test_a_release_is_read_as_two_numbers(text, numbers):
    assert parse_release(text)[:2] == numbers


@pytest.mark.parametrize("text", ["", "linux", "6", "x5.9"])
def test_a_text_that_is_no_release_has_no_numbers_but_keeps_its_text(text):
    release = parse_release(text)
    assert release[:2] == (0, 0)
    assert str(release) == text


@pytest.mark.parametrize("text", ["4.1", "4.1.0-rc1", "4.19.0-26-amd64", "5.8.18", "5.4.0-1-cloud"])
def test_kernels_from_4_1_to_5_8_delay_reused_ports(text):
    assert parse_release(text).delays_reused_ports


@pytest.mark.parametrize("text", ["4.0.9", "3.16.0-4-amd64", "5.9.0-rc1", "5.10.0", "6.1", "linux"])
def test_other_kernels_do_not(text):
    assert not parse_release(text).delays_reused_ports


def test_the_running_kernel_is_a_release():
    assert running_kernel().major >= 3
