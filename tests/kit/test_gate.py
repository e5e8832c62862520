from functools import partial

from hypothesis import given
from hypothesis import strategies as st

from nearhand.kit.gate import Gate


def gate(most: int = 4, most_per_address: int = 3, proxies: tuple[str, ...] = ()) -> Gate:
    return Gate(most, most_per_address, lambda address: address not in proxies)


def test_a_new_connection_takes_the_place_of_the_oldest_that_said_nothing() -> None:
    door, dropped = gate(), list[str]()
    for key in ("a1", "a2", "a3", "a4"):
        assert door.enter(key, "10.0.0.1", lambda key=key: dropped.append(key))  # type: ignore[misc]
    assert (dropped, door.open, door.dropped) == (["a1"], 3, 1)


def test_who_has_spoken_keeps_the_place() -> None:
    door, dropped = gate(), list[str]()
    for key in ("a1", "a2", "a3"):
        door.enter(key, "10.0.0.1", lambda key=key: dropped.append(key))  # type: ignore[misc]
        door.spoke(key)
    assert not door.enter("a4", "10.0.0.1", lambda: None)
    assert (dropped, door.open) == ([], 3)
    assert door.enter("b1", "10.0.0.2", lambda: None)


def test_when_all_is_full_the_flood_gives_way_not_its_neighbour() -> None:
    door, dropped = gate(most=4, most_per_address=9), list[str]()
    for key, address in (("b1", "10.0.0.2"), ("a1", "10.0.0.1"), ("a2", "10.0.0.1"), ("a3", "10.0.0.1")):
        door.enter(key, address, lambda key=key: dropped.append(key))  # type: ignore[misc]
    assert door.enter("c1", "10.0.0.3", lambda: None)
    assert dropped == ["a1"]


def test_a_proxy_speaks_for_many() -> None:
    door = gate(most=9, proxies=("10.0.0.5",))
    for key in range(6):
        door.enter(key, "10.0.0.5", lambda: None)
        door.spoke(key)
    assert door.open == 6


def test_a_network_of_ipv6_is_one_asker() -> None:
    door = gate(most=9)
    for key in range(5):
        door.enter(key, f"2001:db8::{key}", lambda: None)
    assert door.open == 3


steps = st.lists(
    st.tuples(st.sampled_from(["enter", "spoke", "leave"]), st.integers(0, 12), st.integers(1, 3)),
    max_size=80,
)


@given(steps)
def test_no_bound_is_ever_passed_and_nothing_is_kept_of_who_left(told: list[tuple[str, int, int]]) -> None:
    door = gate(most=5, most_per_address=3)
    open_: dict[int, int] = {}
    for what, key, host in told:
        if what == "enter" and key not in open_:
            if door.enter(key, f"10.0.0.{host}", partial(open_.__delitem__, key)):
                open_[key] = host
        elif what == "spoke":
            door.spoke(key)
        elif what == "leave":
            door.leave(key)
            open_.pop(key, None)
        assert door.open == len(open_) <= 5
        assert all(list(open_.values()).count(host) <= 3 for host in (1, 2, 3))
    for key in list(open_):
        door.leave(key)
    assert (door.open, len(door._by_home), len(door._silent)) == (0, 0, 0)
