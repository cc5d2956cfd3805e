#!/usr/bin/env bash
# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Install the Debian packages that bring the commands listed in requirements/system.txt.
# Does nothing when all commands are there.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

PATH="${PATH}:/usr/sbin:/sbin"
python="${PYTHON:-python3}"

missing=()
while read -r command package _; do
    case "${command}" in '' | '#'*) continue ;; esac
    command -v "${command}" >/dev/null || missing+=("${package}")
done <requirements/system.txt
"${python}" -c 'import ensurepip' 2>/dev/null || missing+=(python3 python3-venv)

if [ "${#missing[@]}" -eq 0 ]; then
    exit 0
fi
mapfile -t missing < <(printf '%s\n' "${missing[@]}" | sort -u)

as_root=()
if [ "$(id -u)" -ne 0 ]; then
    as_root=(sudo -n)
fi
if ! command -v apt-get >/dev/null || ! "${as_root[@]}" true 2>/dev/null; then
    echo "setup: packages are missing; run: sudo apt-get install ${missing[*]}" >&2
    exit 1
fi

echo "setup: installing Debian packages: ${missing[*]}"
"${as_root[@]}" apt-get -qq update
# Some bring a service, like redis-server's: the tests start their own, and need none that runs.
policy=/usr/sbin/policy-rc.d
if [ ! -e "${policy}" ]; then
    trap '"${as_root[@]}" rm -f "${policy}"' EXIT
    printf '#!/bin/sh\nexit 101\n' | "${as_root[@]}" install -m 755 /dev/stdin "${policy}"
fi
"${as_root[@]}" env DEBIAN_FRONTEND=noninteractive \
    apt-get -qq -o Dpkg::Use-Pty=0 install --yes --no-install-recommends "${missing[@]}" \
    </dev/null >/dev/null
if [ -d /run/systemd/system ]; then
    for package in "${missing[@]}"; do
        # Most of them have no service of their name.
        "${as_root[@]}" systemctl --quiet disable "${package}.service" 2>/dev/null || true
    done
fi
