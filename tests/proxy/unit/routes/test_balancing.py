# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which target the next request goes to."""

from __future__ import annotations

import math
from collections import Counter
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st
from samples.routes import targets
from sluice_proxy.routes.balancing.methods import _mixed, _score
from sluice_proxy.routes.balancing.pool import Pool
from sluice_proxy.routes.balancing.seat import Seat
from sluice_proxy.routes.model.policies import Balancing, BalancingMethod, StickyCookie
from sluice_proxy.routes.model.target import Target, TargetState

METHODS = list(BalancingMethod)
STICKY = StickyCookie(secret=b"sixteen or more!")


class Time:
    """A clock that is set by hand."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def pool(
    *weights: int,
    method: BalancingMethod = BalancingMethod.ROUND_ROBIN,
    clock: Time | None = None,
    sticky: StickyCookie | None = None,
    slow_start: float = 0.0,
) -> Pool:
    balancing = Balancing(method, sticky, slow_start)
    return Pool(targets(*weights), balancing, random=Random(7).random, clock=clock or Time())


def ports(chosen: Pool, requests: int, client: bytes = b"") -> list[int]:
    return [_there(chosen.choose(client)).target.port for _unused in range(requests)]


def _there(seat: Seat | None) -> Seat:
    assert seat is not None
    return seat


@given(st.lists(st.integers(1, 20), min_size=1, max_size=6))
def test_round_robin_gives_exact_shares_in_every_full_turn(weights: list[int]) -> None:
    chosen = pool(*weights)
    for _unused in range(2):
        shares = Counter(ports(chosen, sum(weights)))
        assert shares == dict(enumerate(weights, 1))


def test_round_robin_spreads_the_turns_of_a_heavy_target() -> None:
    assert ports(pool(5, 1, 1), 7) == [1, 1, 2, 1, 3, 1, 1]


def test_least_connections_goes_by_load_for_the_weight() -> None:
    chosen = pool(1, 3, method=BalancingMethod.LEAST_CONNECTIONS)
    counts: Counter[int] = Counter()
    for _unused in range(400):
        seat = _there(chosen.choose(b""))
        seat.in_flight += 1
        counts[seat.target.port] += 1
    assert counts == {1: 100, 2: 300}


def test_least_connections_takes_turns_among_idle_targets() -> None:
    assert Counter(ports(pool(1, 1, 1, method=BalancingMethod.LEAST_CONNECTIONS), 300)) == {
        1: 100,
        2: 100,
        3: 100,
    }


@pytest.mark.parametrize("weights", [(1, 3), (5, 1, 2), (2, 2, 2)])
def test_least_connections_gives_exact_shares_where_nothing_is_in_flight(
    weights: tuple[int, ...],
) -> None:
    chosen = pool(*weights, method=BalancingMethod.LEAST_CONNECTIONS)
    for _unused in range(3):
        assert Counter(ports(chosen, sum(weights))) == dict(enumerate(weights, 1))


def test_random_of_two_gives_shares_by_weight_where_nothing_is_in_flight() -> None:
    shares = Counter(ports(pool(1, 3, method=BalancingMethod.RANDOM_OF_TWO), 4000))
    assert 0.72 < shares[2] / 4000 < 0.78


def test_random_of_two_prefers_the_less_loaded_and_keeps_to_weights() -> None:
    chosen = pool(1, 1, 1, method=BalancingMethod.RANDOM_OF_TWO)
    chosen.seats[0].in_flight = 1000
    assert Counter(ports(chosen, 1000))[1] == 0
    heavy = pool(1, 8, 1, method=BalancingMethod.RANDOM_OF_TWO)
    assert Counter(ports(heavy, 1000))[2] > 700


@given(st.lists(st.integers(1, 5), min_size=2, max_size=8), st.data())
def test_a_client_hash_moves_only_the_clients_of_a_target_that_goes(
    weights: list[int], data: st.DataObject
) -> None:
    chosen = pool(*weights, method=BalancingMethod.CLIENT_HASH)
    clients = [f"client-{number}".encode() for number in range(50)]
    before = {client: _there(chosen.choose(client)) for client in clients}
    gone = data.draw(st.sampled_from(chosen.seats))
    chosen.set_health(gone, False)
    for client in clients:
        after = _there(chosen.choose(client))
        assert after is not gone
        assert after is before[client] or before[client] is gone
    chosen.set_health(gone, True)
    assert {client: chosen.choose(client) for client in clients} == before


def test_a_client_hash_gives_shares_by_weight() -> None:
    chosen = pool(1, 3, method=BalancingMethod.CLIENT_HASH)
    shares = Counter(ports(chosen, 1, str(number).encode())[0] for number in range(8000))
    assert 0.73 < shares[2] / 8000 < 0.77


def test_a_client_hash_has_a_score_for_every_number() -> None:
    ends = [number for number in range(2**20) if number % 4099 == 0]
    # The numbers that mix to all ones and to zero are those whose logarithm could fail.
    highest, lowest = _unmixed(2**64 - 1), _unmixed(0)
    assert (_mixed(highest), _mixed(lowest)) == (2**64 - 1, 0)
    assert all(0 < _score(number, 1) < math.inf for number in (highest, lowest, *ends))


def _unmixed(mixed: int) -> int:
    """Return the number that is mixed to ``mixed``: each step of the mixing can be taken back."""
    number = mixed ^ (mixed >> 31) ^ (mixed >> 62)
    number = number * pow(0x94D049BB133111EB, -1, 2**64) % 2**64
    number = number ^ (number >> 27) ^ (number >> 54)
    number = number * pow(0xBF58476D1CE4E5B9, -1, 2**64) % 2**64
    return number ^ (number >> 30) ^ (number >> 60)


@pytest.mark.parametrize("method", METHODS)
def test_targets_that_are_out_get_nothing(method: BalancingMethod) -> None:
    places = (
        Target(host="t", port=1),
        Target(host="t", port=2, state=TargetState.DRAINING),
        Target(host="t", port=3, weight=0),
        Target(host="t", port=4),
        Target(host="t", port=5),
    )
    chosen = Pool(places, Balancing(method), random=Random(1).random, clock=Time())
    chosen.set_health(chosen.seats[3], False)
    several = [ports(chosen, 1, str(number).encode())[0] for number in range(200)]
    assert set(several) == {1, 5}


@pytest.mark.parametrize("method", METHODS)
def test_a_retry_goes_to_another_target_as_long_as_there_is_one(method: BalancingMethod) -> None:
    chosen = pool(1, 1, 1, method=method)
    tried: list[Seat] = []
    for _unused in range(3):
        seat = _there(chosen.choose(b"c", tried=tried))
        assert seat not in tried
        tried.append(seat)
    assert chosen.choose(b"c", tried=tried) in tried


def test_there_is_no_target_when_all_are_out() -> None:
    chosen = pool(1)
    assert chosen.set_health(chosen.seats[0], False)
    assert not chosen.set_health(chosen.seats[0], False)
    assert chosen.choose(b"") is None
    assert not any(seat.takes_new for seat in chosen.seats)
    assert pool().choose(b"") is None


def test_a_target_that_came_back_starts_slowly() -> None:
    clock = Time()
    chosen = pool(1, 1, clock=clock, slow_start=10.0)
    chosen.set_health(chosen.seats[0], False)
    chosen.set_health(chosen.seats[0], True)
    assert Counter(ports(chosen, 110))[1] == 10
    clock.now = 5.0
    assert 45 <= Counter(ports(chosen, 150))[1] <= 55
    clock.now = 10.0
    assert 49 <= Counter(ports(chosen, 100))[1] <= 51


def test_a_new_pool_takes_over_what_the_earlier_one_knew() -> None:
    earlier = pool(1, 1)
    earlier.seats[0].in_flight = 3
    earlier.set_health(earlier.seats[1], False)
    later = pool(2, 5, 1)
    later.adopt(earlier)
    assert [seat.in_flight for seat in later.seats] == [3, 0, 0]
    assert set(ports(later, 20)) == {1, 3}


def test_a_cookie_keeps_a_client_at_its_target() -> None:
    chosen = pool(1, 1, 1, sticky=STICKY)
    assert chosen.binding is not None
    for seat in chosen.seats:
        cookie = chosen.binding.set_cookie(seat).partition(";")[0]
        assert all(chosen.choose(b"", f"a=b; {cookie}; c=d") is seat for _unused in range(5))


def test_a_cookie_tells_nothing_and_cannot_be_made_up() -> None:
    chosen = pool(1, 1, sticky=STICKY)
    other = pool(1, 1, sticky=StickyCookie(secret=b"another secret!!"))
    assert chosen.binding is not None
    assert other.binding is not None
    cookie = other.binding.set_cookie(other.seats[1]).partition(";")[0]
    assert chosen.binding.bound(cookie) is None
    assert chosen.binding.bound("sluice_target=") is None
    assert chosen.binding.bound("xsluice_target=1; other") is None
    assert "http" not in cookie
    assert "sixteen" not in repr(STICKY)


@pytest.mark.parametrize(
    ("target", "stays"),
    [
        (Target(host="t", port=1, weight=0), True),
        (Target(host="t", port=1, state=TargetState.DRAINING), False),
    ],
)
def test_bound_clients_stay_at_weight_0_but_leave_a_draining_target(
    target: Target, stays: bool
) -> None:
    chosen = Pool(
        (target, Target(host="t", port=2)),
        Balancing(sticky=STICKY),
        random=Random(1).random,
        clock=Time(),
    )
    assert chosen.binding is not None
    cookie = chosen.binding.set_cookie(chosen.seats[0]).partition(";")[0]
    assert (chosen.choose(b"", cookie) is chosen.seats[0]) == stays
    assert chosen.choose(b"", cookie, tried=[chosen.seats[0]]) is chosen.seats[1]


def test_the_cookie_has_the_attributes_that_were_asked_for() -> None:
    sticky = StickyCookie(
        b"s" * 16, "n", max_age=60, path="/p", domain="d.example", secure=True, same_site="None"
    )
    chosen = pool(1, sticky=sticky)
    assert chosen.binding is not None
    _unused, _unused, attributes = chosen.binding.set_cookie(chosen.seats[0]).partition("; ")
    assert attributes == ("Path=/p; Domain=d.example; Max-Age=60; HttpOnly; SameSite=None; Secure")
