"""A recording runs only while everybody who is in the session has agreed to it."""

from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from nearhand.sessions import consent
from nearhand.sessions.model import Recording, RecordingState
from tests.support.live import AT

PEOPLE = ["EXPERT", "TECHNICIAN", "OBSERVER", "GUEST"]
asked, running = RecordingState.ASKED, RecordingState.RUNNING


def of(*present: str) -> Recording:
    return consent.asked("r1", "EXPERT", "desk", AT, {"EXPERT", *present})


def test_alone_one_records_at_once() -> None:
    assert of().state is running


def test_with_others_there_nothing_is_recorded_before_the_last_yes() -> None:
    """L32."""
    recording = of("TECHNICIAN", "OBSERVER")
    assert recording.state is asked
    first = consent.agreed(recording, "TECHNICIAN", AT, set(PEOPLE[:3]))
    assert (first.state, consent.event_of(recording, first).__name__) == (asked, "RecordingAgreed")
    last = consent.agreed(first, "OBSERVER", AT, set(PEOPLE[:3]))
    assert (last.state, consent.event_of(first, last).__name__) == (running, "RecordingBegan")


def test_whoever_comes_late_is_asked_and_meanwhile_nothing_is_recorded() -> None:
    """L32."""
    late = consent.counted(of(), {"EXPERT", "GUEST"}, AT + timedelta(seconds=5))
    assert late.state is RecordingState.PAUSED
    assert consent.agreed(late, "GUEST", AT, {"EXPERT", "GUEST"}).state is running
    # Or they leave again.
    again = consent.counted(late, {"EXPERT"}, AT + timedelta(seconds=9))
    assert (again.state, again.began_at) == (running, AT)


def test_a_no_ends_it() -> None:
    """L32."""
    over = consent.ended(of("TECHNICIAN"), "TECHNICIAN")
    assert (over.state, over.ended_by) == (RecordingState.ENDED, "TECHNICIAN")
    assert consent.counted(over, {"EXPERT"}, AT) == over


steps = st.tuples(st.sampled_from(["come", "go", "agree"]), st.sampled_from(PEOPLE[1:]))


@given(st.lists(steps, max_size=30))
def test_it_never_runs_while_somebody_is_there_who_has_not_agreed(path: list[tuple[str, str]]) -> None:
    """L32."""
    present = {"EXPERT"}
    recording = of()
    for act, who in path:
        if act == "agree" and who in present:
            recording = consent.agreed(recording, who, AT, present)
        elif act != "agree":
            present = present | {who} if act == "come" else present - {who}
            recording = consent.counted(recording, present, AT)
        assert (recording.state is running) == (present <= set(recording.agreed))
