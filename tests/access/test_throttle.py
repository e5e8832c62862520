from contextlib import ExitStack

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nearhand.access.throttle import (
    FREE_TRIES,
    LONGEST_S,
    MAX_KEYS,
    PLACES_EACH,
    Places,
    Throttle,
    neighbourhood,
)
from nearhand.kit.errors import TooMany


def test_the_first_tries_are_free_and_then_each_wait_is_twice_as_long() -> None:
    throttle, now_s, waits = Throttle(), 0.0, []
    for _ in range(FREE_TRIES + 6):
        wait_s = throttle.begin("key", now_s)
        if wait_s:
            waits.append(wait_s)
            now_s += wait_s
            assert throttle.begin("key", now_s) == 0
    assert waits == [1, 2, 4, 8, 16, 32]


def test_a_wait_is_never_longer_than_the_longest() -> None:
    throttle, now_s = Throttle(), 0.0
    for _ in range(200):
        wait_s = throttle.begin("key", now_s)
        assert wait_s <= LONGEST_S
        now_s += wait_s


def test_success_forgets_and_others_are_not_slowed_down() -> None:
    throttle = Throttle()
    for _ in range(FREE_TRIES):
        throttle.begin("attacker", 0.0)
    assert throttle.begin("attacker", 0.0) > 0
    assert throttle.begin("owner", 0.0) == 0
    throttle.succeeded("attacker")
    assert throttle.begin("attacker", 0.0) == 0


def test_no_more_is_remembered_than_fits() -> None:
    throttle = Throttle()
    for number in range(MAX_KEYS + 10):
        throttle.begin(str(number), 0.0)
    assert len(throttle._wrong) == MAX_KEYS


@given(st.ip_addresses(v=4))
def test_an_ipv4_address_and_its_neighbour_are_one(address: object) -> None:
    text = str(address)
    assert neighbourhood(text) == neighbourhood(f"{text.rpartition('.')[0]}.7")
    assert neighbourhood(f"::ffff:{text}") == neighbourhood(text)


def test_an_ipv6_prefix_is_one_and_a_name_is_itself() -> None:
    assert neighbourhood("2001:db8:1:1::1") == neighbourhood("2001:db8:1:2::9")
    assert neighbourhood("2001:db8:1:100::1") != neighbourhood("2001:db8:1:1::1")
    assert neighbourhood("fe80::1%eth0") == neighbourhood("fe80::2")
    assert neighbourhood("testclient") == "testclient"


def test_a_network_takes_so_many_places_and_leaves_those_of_others() -> None:
    places = Places()
    with ExitStack() as waiting:
        for _ in range(PLACES_EACH):
            waiting.enter_context(places.place("192.0.2.0/24"))
        with pytest.raises(TooMany), places.place("192.0.2.0/24"):
            pass
        with places.place("198.51.100.0/24"):
            pass
    with places.place("192.0.2.0/24"):
        pass
