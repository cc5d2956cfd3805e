# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What somebody may do by hand to the rules of test_drift.rich(): name and commands."""

from __future__ import annotations

# RULE stands for the first rule of the chain that looks an address up or translates.
NFT_DAMAGES = {
    "a share is gone": (
        "delete element inet sluice slots4_proxy_tcp { 203.0.113.10 . tcp . 80 . 1 }"
    ),
    "a share is another's": (
        "delete element inet sluice slots4_proxy_tcp { 203.0.113.10 . tcp . 80 . 1 }; "
        "add element inet sluice slots4_proxy_tcp "
        "{ 203.0.113.10 . tcp . 80 . 1 : 192.0.2.66 . 66 }"
    ),
    "a share is too many": (
        "add element inet sluice slots4_proxy_tcp "
        "{ 203.0.113.10 . tcp . 80 . 99 : 192.0.2.66 . 66 }"
    ),
    "a profile is gone": ("delete element inet sluice profiles4_proxy { 203.0.113.10 . tcp . 80 }"),
    "an address is captured too many": (
        "add element inet sluice profiles4_proxy { 192.0.2.66 . tcp . 66 : drop }"
    ),
    "a destination is gone": (
        "delete element inet sluice traffic4_proxy { 203.0.113.10 . tcp . 80 . 10.9.2.11 . 8080 }"
    ),
    "all destinations are gone": "flush set inet sluice traffic4_proxy",
    "a masquerade is too many": (
        "add element inet sluice masquerade4_proxy { 203.0.113.10 . tcp . 80 }"
    ),
    "a hairpin is gone": (
        "delete element inet sluice hairpin4_proxy { 203.0.113.10 . tcp . 80 . 10.9.2.11 }"
    ),
    "a rule is gone": "delete rule inet sluice prerouting RULE",
    "a rule is replaced in its place": "replace rule inet sluice prerouting RULE counter accept",
    "a rule is replaced and has our comment": (
        'replace rule inet sluice postrouting RULE counter accept comment "sluice"'
    ),
    "a rule is too many": "add rule inet sluice prerouting drop",
    "a rule is too many in front": "insert rule inet sluice prerouting accept",
    "a chain is empty": "flush chain inet sluice postrouting",
    "a chain is too many": "add chain inet sluice mine",
    "a set is too many": "add set inet sluice mine { type ipv4_addr; }",
    "a chain drops by policy": (
        "add chain inet sluice account_prerouting "
        "{ type filter hook prerouting priority -90; policy drop; }"
    ),
    "the table is gone": "delete table inet sluice",
    "the table sleeps": "add table inet sluice { flags dormant; }",
}

# CHAIN stands for the chain of the profile www, REST for the rule that is named after it.
LEGACY_DAMAGES = {
    "a share is gone": "-D CHAIN 5",
    "a destination is gone": "-D CHAIN 7",
    "a share is another's": "-R CHAIN 9 -p tcp -j DNAT --to-destination 192.0.2.66:66",
    "a share is too many": "-I CHAIN 4 -p tcp -j DNAT --to-destination 192.0.2.66:66",
    "a chance is another": (
        "-R CHAIN 7 -p tcp -m comment --comment weight_1 -m statistic --mode random "
        "--probability 0.9 -j DNAT --to-destination 10.9.2.11:8080"
    ),
    "what is known of the profile is gone": "-D CHAIN 1",
    "the log is gone": "-D CHAIN 3",
    "a profile is empty": "-F CHAIN",
    "a profile is not reached": "-F SLUICE-PREROUTING",
    "an address is captured too many": "-A SLUICE-PREROUTING -d 192.0.2.66 -j CHAIN",
    "nothing comes by": "-D PREROUTING -m comment --comment sluice -j SLUICE-PREROUTING",
    "others come first": "-I SLUICE-PREROUTING -p tcp -j ACCEPT",
    "a masquerade is too many": "-A SLUICE-POSTROUTING -p tcp -j MASQUERADE",
    "no answer comes back": "-F SLUICE-POSTROUTING",
    "a rule is replaced in its place": "-R SLUICE-POSTROUTING 1 -j ACCEPT",
    "a rule is there twice": ("-A PREROUTING -m comment --comment sluice -j SLUICE-PREROUTING"),
}
