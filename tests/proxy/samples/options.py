# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every option of the configuration: a test that shows its effect, and a value that is no default.

Of sections that may stand in several places, as pages, the first place is here.
"""

from __future__ import annotations

from typing import Any

SHOWN_BY: dict[str, dict[str, dict[str, Any]]] = {
    "integration/test_declared.py": {
        "test_what_is_declared_is_there_after_a_restart_and_an_upgrade": {
            "store": "/var/lib/edge.db"
        },
        "test_the_socket_of_the_api_is_its_users_alone_and_goes_with_the_file": {
            "admin.listen.address": "unix:/t"
        },
        "test_over_tcp_the_api_is_for_who_has_a_token_and_over_an_upgrade_too": {
            "admin.tokens_file": "t"
        },
    },
    "integration/ordering/test_acme_client.py": {
        "test_a_certificate_for_each_type_of_key": {"issuing.acme.key_type": "rsa2048"},
        "test_the_preferred_chain_is_that_of_an_alternate_root": {
            "issuing.acme.authorities.preferred_chain": "Root"
        },
    },
    "integration/ordering/test_acme_issuing.py": {
        "test_each_name_is_issued_twice_with_one_order_each_time": {
            "issuing.acme.authorities.directory": "https://ca.test/directory",
            "issuing.acme.authorities.external_account.key_id": "b",
            "issuing.acme.authorities.external_account.key_file": "/l",
            "issuing.acme.authorities.trust_file": "/ca.pem",
        },
    },
    "integration/ordering/test_acme_options.py": {
        "test_an_authority_has_its_name_its_contact_and_its_profile": {
            "issuing.acme.authorities.name": "n",
            "issuing.acme.authorities.contact": "a@b.test",
            "issuing.acme.authorities.terms_agreed": True,
            "issuing.acme.authorities.profile": "shortlived",
        },
        "test_what_is_set_for_all_authorities_is_theirs": {
            "issuing.acme.contact": "a@b.test",
            "issuing.acme.terms_agreed": True,
        },
        "test_control_is_shown_by_the_type_that_is_set": {"issuing.acme.challenges": "tls-alpn-01"},
        "test_no_more_is_ordered_than_an_authority_is_to_get": {
            "issuing.acme.authorities.orders": "50/d"
        },
    },
    "integration/test_ask_url.py": {
        "test_2xx_permits_the_name_that_was_asked_for": {
            "issuing.on_demand.ask": "http://127.0.0.1:1/may"
        },
        "test_one_who_does_not_answer_is_not_waited_for": {"issuing.on_demand.ask_timeout": "9s"},
    },
    "integration/ordering/test_dns_updates.py": {
        "test_a_record_is_there_until_it_is_unset": {
            "issuing.acme.dns.update.port": 5353,
            "issuing.acme.dns.update.ttl": "9s",
        },
        "test_a_server_may_have_a_name": {"issuing.acme.dns.update.server": "192.0.2.2"},
        "test_an_unknown_key_is_told": {"issuing.acme.dns.update.key_name": "l"},
        "test_a_wrong_secret_is_told_and_the_right_one_is_read_without_a_restart": {
            "issuing.acme.dns.update.key_file": "/l"
        },
        "test_the_algorithm_is_the_one_that_is_set": {
            "issuing.acme.dns.update.algorithm": "hmac-sha512"
        },
        "test_the_zone_that_is_set_is_changed": {"issuing.acme.dns.update.zone": "a.test"},
        "test_a_record_that_is_not_shown_in_time_is_told_and_can_be_withdrawn": {
            "issuing.acme.propagation": "9s"
        },
    },
    "integration/test_failures.py": {
        "test_requests_wait_for_a_connection_and_not_forever": {
            "upstream.connections": 9,
            "upstream.wait": "9s",
        },
        "test_content_is_sent_again_to_the_next_target": {"routes.targets.url": "http://b"},
        "test_a_target_that_alone_does_not_accept_in_time_is_a_504": {
            "routes.timeouts.connect": "9s"
        },
        "test_a_target_that_does_not_answer_is_a_504": {"routes.timeouts.response": "9s"},
        "test_a_response_that_stops_is_cut": {"routes.timeouts.read": "9s"},
        "test_a_whole_exchange_has_a_limit": {"routes.timeouts.total": "9s"},
        "test_a_503_of_one_target_becomes_the_200_of_another_where_the_route_says_so": {
            "routes.retry.on": "503"
        },
    },
    "integration/test_limits.py": {
        "test_connections_over_the_limits_are_closed_at_once": {
            "limits.connections": 9,
            "limits.connections_per_client": 9,
        },
        "test_a_head_that_comes_too_slowly_is_a_408": {"timeouts.head": "9s"},
        "test_content_that_does_not_come_is_a_408_and_frees_the_target": {"timeouts.body": "9s"},
        "test_a_client_that_does_not_read_is_closed_and_others_see_nothing_of_it": {
            "timeouts.send": "9s"
        },
        "test_an_idle_connection_is_closed": {"timeouts.idle": "9s"},
    },
    "integration/test_options.py": {
        "test_as_many_connections_wait_for_a_worker_as_the_backlog_says": {"listen.backlog": 9},
        "test_heads_over_the_limits_are_refused": {
            "limits.head_bytes": 999,
            "limits.target_bytes": 999,
            "limits.field_bytes": 999,
            "limits.fields": 9,
        },
        "test_the_content_of_all_routes_has_a_limit_that_a_route_may_lift": {
            "limits.body_bytes": 9
        },
        "test_no_connection_is_kept_where_none_may_be": {"upstream.idle": 9},
        "test_connections_are_closed_that_are_idle_for_too_long": {"upstream.idle_time": "9s"},
        "test_nobody_waits_for_a_connection_where_there_is_no_queue": {"upstream.queue": 9},
        "test_names_are_resolved_again_when_their_addresses_are_old": {"upstream.resolve": "9s"},
        "test_numbers_are_read_at_the_path_that_is_set": {"metrics.path": "/m"},
        "test_pages_have_their_content_type_and_status": {
            "pages.no_route.content_type": "text/x",
            "pages.no_route.status": 410,
        },
        "test_a_target_on_a_unix_socket_has_a_path_of_its_own": {"routes.targets.path": "/p"},
        "test_a_target_and_the_proxy_prove_who_they_are": {
            "routes.targets.tls.verify": False,
            "routes.targets.tls.ca": "ca.pem",
            "routes.targets.tls.certificate": "c",
            "routes.targets.tls.key": "k",
            "routes.targets.tls.server_name": "b",
        },
        "test_a_redirect_has_its_status": {"routes.redirect.status": 301},
        "test_a_redirect_to_https_lets_through_what_came_over_tls": {
            "routes.redirect.only_plain": True
        },
        "test_the_beginning_of_a_path_is_replaced": {
            "routes.rewrite.replace.beginning": "/c",
            "routes.rewrite.replace.by": "/c",
        },
        "test_fields_are_added_to_requests_and_set_in_responses": {
            "routes.request_fields.set": {"x": "y"},
            "routes.request_fields.add": {"x": "y"},
            "routes.response_fields.set": {"x": "y"},
            "routes.response_fields.add": {"x": "y"},
        },
        "test_a_target_that_takes_nothing_is_a_504": {"routes.timeouts.send": "9s"},
        "test_a_client_hash_sends_each_client_to_one_target": {
            "routes.balancing.method": "client_hash"
        },
        "test_the_sticky_cookie_is_as_it_was_asked_for": {
            "routes.balancing.sticky.secret": "another secret!!",
            "routes.balancing.sticky.name": "n",
            "routes.balancing.sticky.max_age": "9s",
            "routes.balancing.sticky.path": "/p",
            "routes.balancing.sticky.domain": "d",
            "routes.balancing.sticky.secure": True,
            "routes.balancing.sticky.same_site": "Strict",
        },
        "test_as_many_targets_are_tried_as_attempts_are_allowed": {"routes.retry.attempts": 9},
        "test_methods_that_are_named_are_sent_twice": {"routes.retry.methods": "POST"},
        "test_without_a_budget_nothing_is_tried_again": {
            "routes.retry.budget": 1,
            "routes.retry.reserve": 1,
        },
    },
    "integration/ordering/test_redis_options.py": {
        "test_the_address_is_that_of_a_port_or_of_a_socket": {"fleet.redis.address": "b:1"},
        "test_databases_and_prefixes_keep_fleets_apart": {
            "fleet.redis.database": 3,
            "fleet.redis.prefix": "blue",
        },
        "test_a_user_is_let_in_by_name_and_password": {
            "fleet.redis.username": "edge",
            "fleet.redis.password_file": "/password",
        },
        "test_tls_is_spoken_with_whom_the_trust_file_vouches_for": {
            "fleet.redis.tls": True,
            "fleet.redis.trust_file": "/ca.pem",
        },
        "test_with_a_secret_the_server_sees_no_document": {"fleet.redis.secret_file": "/secret"},
    },
    "integration/test_requests.py": {
        "test_a_connection_ends_after_as_many_requests_as_are_allowed": {
            "limits.requests_per_connection": 9
        },
    },
    "integration/test_routes.py": {
        "test_request_ids_of_trusted_clients_are_kept": {"trusted": "10.0.0.0/8"},
        "test_hosts_and_paths_lead_to_their_routes_and_others_nowhere": {
            "log.access.path": "/a.log",
            "pages.no_route.content": "y",
            "routes.name": "n",
            "routes.hosts": "a",
            "routes.paths": "/a",
        },
        "test_redirects_keep_path_and_query_and_do_not_ask_the_target": {
            "routes.redirect.location": "/y"
        },
        "test_paths_are_rewritten_and_fields_changed_both_ways": {
            "routes.rewrite.strip": "/a",
            "routes.keep_host": False,
            "routes.request_fields.remove": "x",
            "routes.response_fields.remove": "x",
        },
        "test_a_path_that_would_climb_above_what_it_is_forwarded_to_is_a_400": {
            "routes.rewrite.forward_path": "/a"
        },
        "test_content_over_the_limit_is_a_413_whether_its_length_is_declared_or_not": {
            "routes.body_limit": 9
        },
        "test_clients_over_the_rate_limit_are_told_when_to_come_again": {
            "routes.rate_limit.burst": 9
        },
        "test_maintenance_answers_503_until_it_is_over": {
            "routes.maintenance.mode": "stop",
            "routes.maintenance.retry_after": 9,
        },
        "test_a_pause_holds_requests_until_it_is_over_and_not_forever": {
            "routes.maintenance.hold": "9s",
            "routes.maintenance.queue": 9,
        },
    },
    "integration/test_supervisor.py": {
        "test_more_and_fewer_workers_cost_no_request": {"workers": 3},
        "test_draining_has_a_limit": {"timeouts.drain": "9s"},
        "test_healthz_says_whether_workers_serve": {"metrics.address": "0.0.0.0:9001"},
    },
    "integration/test_tls_and_proxy_header.py": {
        "test_requests_and_large_content_go_through_tls": {"listen.tls": True},
        "test_a_proxy_header_before_plain_http_says_who_the_client_is": {
            "listen.proxy_protocol_from": "10.0.0.0/8"
        },
        "test_a_handshake_that_does_not_end_is_closed": {"timeouts.handshake": "9s"},
        "test_targets_are_told_of_the_client_by_a_proxy_header": {
            "routes.targets.proxy_protocol": "v2"
        },
    },
    "integration/test_tunnels.py": {
        "test_a_silent_tunnel_is_closed": {"routes.timeouts.tunnel": "9s"},
    },
    "unit/config/test_sections.py": {},
    "unit/config/test_snapshot.py": {
        "test_a_file_is_loaded_with_the_files_beside_it": {"pages.no_route.file": "page.html"},
    },
    "unit/issuing/test_issuer.py": {
        "test_another_provider_makes_another_leaf": {"issuing.provider": "self_signed"},
        "test_a_route_gets_a_leaf_of_the_ca_which_is_made_for_it": {
            "issuing.folder": "/ca",
            "routes.tls.certificate": "auto",
        },
        "test_the_authority_of_mkcert_is_used_where_it_is_installed_and_else_our_own": {
            "issuing.mkcert": True
        },
    },
    "unit/issuing/test_wanting.py": {
        "test_every_route_gets_one_where_all_do_but_for_hosts_without_an_end": {
            "issuing.automatic": "all"
        },
        "test_names_that_the_file_allows_need_no_route": {"issuing.names": "dev.test"},
    },
    "unit/observe/test_error_log.py": {
        "test_the_level_is_the_least_that_is_told": {"log.level": "debug"},
        "test_a_file_that_was_put_aside_is_left_for_a_new_one": {"log.error.path": "/e.log"},
    },
    "unit/ordering/test_several_authorities.py": {
        "test_trials_go_to_staging_until_it_issues_and_then_back": {
            "issuing.acme.authorities.staging": True
        },
    },
    "unit/ordering/test_keeper.py": {
        "test_any_lifetime_is_renewed_in_its_last_third": {"issuing.acme.renew_after": 0.5},
    },
    "unit/ordering/answering/test_hook.py": {
        "test_it_is_called_with_verb_name_and_value": {"issuing.acme.dns.hook.program": "/q"},
        "test_one_that_does_not_end_is_killed_with_all_that_it_began": {
            "issuing.acme.dns.hook.timeout": "9s"
        },
    },
    "unit/routes/test_admission.py": {
        "test_a_client_gets_its_burst_and_then_the_rate": {"routes.rate_limit.rate": 9},
        "test_a_bounded_number_of_clients_is_remembered_the_silent_ones_go_first": {
            "routes.rate_limit.clients": 9
        },
    },
    "unit/routes/test_balancing.py": {
        "test_round_robin_gives_exact_shares_in_every_full_turn": {"routes.targets.weight": 2},
        "test_targets_that_are_out_get_nothing": {"routes.targets.state": "draining"},
        "test_a_target_that_came_back_starts_slowly": {"routes.balancing.slow_start": "9s"},
    },
    "unit/routes/test_health.py": {
        "test_a_target_starts_healthy_and_falls_and_rises_after_so_many_in_a_row": {
            "routes.health.active.rise": 9,
            "routes.health.active.fall": 9,
        },
        "test_failures_within_the_window_take_a_target_out_for_the_cooldown": {
            "routes.health.passive.errors": 9,
            "routes.health.passive.window": 9,
            "routes.health.passive.cooldown": 9,
        },
    },
    "unit/routes/test_portal_matrix.py": {
        "test_a_request_goes_where_portal_sends_it": {
            "routes.portal.subdomain": "b",
            "routes.portal.domain": "b",
            "routes.portal.path": "/b",
        },
        "test_fwdpath_and_the_targets_path_and_query_stand_where_portal_puts_them": {
            "routes.portal.fwdpath": "/b"
        },
        "test_health_fields_have_portals_defaults": {
            "routes.portal.endpoint": "/b",
            "routes.portal.expected_code": 204,
            "routes.portal.expected_body": "b",
            "routes.portal.expected_header": "a:b",
            "routes.portal.host": "b",
            "routes.portal.timeout": 9,
            "routes.portal.attempts": 9,
        },
    },
    "unit/snapshot/test_tls_policies.py": {
        "test_the_most_specific_pattern_has_the_policy": {"tls.hosts.hosts": "b"},
    },
    "unit/supervisor/test_health_checks.py": {
        "test_an_answer_is_judged": {
            "routes.health.active.endpoint": "/b",
            "routes.health.active.expected_code": 204,
            "routes.health.active.expected_body": "b",
            "routes.health.active.expected_header": "a:b",
            "routes.health.active.host": "b",
            "routes.health.active.timeout": 9,
        },
        "test_a_check_fails_only_when_all_its_attempts_do": {"routes.health.active.attempts": 9},
        "test_targets_that_are_alike_are_asked_once": {"routes.health.active.interval": "9s"},
    },
    "unit/supervisor/test_on_demand.py": {
        "test_names_of_the_configuration_and_those_that_a_url_permits_are_ordered": {
            "issuing.on_demand.names": "a.test"
        },
        "test_nobody_waits_longer_than_the_configuration_says": {"issuing.on_demand.wait": "9s"},
        "test_no_more_names_than_may_have_certificates_by_this": {"issuing.on_demand.most": 9},
    },
    "unit/supervisor/test_rotation.py": {
        "test_all_files_together_are_bounded": {
            "log.access.max_bytes": 9,
            "log.error.max_bytes": 9,
        },
        "test_its_age_is_that_of_its_first_line_whoever_wrote_it": {
            "log.access.max_age": "9s",
            "log.error.max_age": "9s",
        },
        "test_files_keep_their_order_and_fewer_kept_removes_the_oldest": {
            "log.access.keep": 9,
            "log.error.keep": 9,
        },
    },
    "unit/supervisor/test_sockets.py": {
        "test_ipv4_and_ipv6_have_the_same_port_side_by_side": {"listen.address": "[::]:81"},
        "test_a_unix_socket_has_its_mode_and_goes_with_its_listener": {"listen.mode": "0600"},
        "test_a_unix_socket_is_of_the_group_that_is_set_and_goes_back_to_ours": {
            "admin.listen.group": "adm",
            "admin.listen.mode": "0660",
        },
    },
    "unit/tls/test_certificates.py": {
        "test_what_was_in_files_is_in_it_afterwards": {
            "certificates.chain": "other",
            "certificates.key": "other",
        },
        "test_an_encrypted_key_is_opened_once_and_needs_no_password_later": {
            "certificates.password": "p",
            "certificates.password_file": "p",
        },
        "test_its_names_are_those_of_the_leaf_or_those_that_are_set": {"certificates.hosts": "b"},
    },
    "unit/tls/test_contexts.py": {
        "test_a_hosts_minimum_version_really_applies": {
            "tls.min_version": "1.3",
            "tls.hosts.min_version": "1.3",
            "routes.tls.min_version": "1.3",
        },
        "test_a_hosts_client_certificate_is_really_required": {
            "tls.client_certificate": "required",
            "tls.client_ca": "ca.pem",
            "tls.hosts.client_certificate": "required",
            "tls.hosts.client_ca": "ca.pem",
            "routes.tls.client_certificate": "required",
            "routes.tls.client_ca": "ca.pem",
        },
        "test_strict_sni_refuses_names_without_certificate_by_unrecognized_name": {
            "tls.strict_sni": True
        },
    },
}
