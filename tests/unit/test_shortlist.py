"""Which guests are looked at closely, whatever their number and order."""

from datetime import timedelta
from random import Random

from hypothesis import given
from hypothesis import strategies as st

from reviews.model import Activity, Candidate, CaseId, Confidence, GuestId, Verdict
from reviews.reasons import dated
from reviews.shortlist import Shortlist
from tests.builders import NOW, a_case, a_guest

ACTIVITIES = {
    Activity.STALE: ("silent", Confidence.HIGH),
    Activity.NEVER_SEEN: ("never-signed-in", Confidence.LOW),
}


def a_candidate(number: int, days: int, activity: Activity, *, asked_before: bool = False) -> Candidate:
    code, confidence = ACTIVITIES[activity]
    verdict = Verdict(
        activity=activity, confidence=confidence, because=dated(code, NOW - timedelta(days=days), NOW)
    )
    guest = a_guest(id=GuestId(str(number)))
    return Candidate(guest=guest, verdict=verdict, case=a_case() if asked_before else None)


CANDIDATES = st.lists(
    st.tuples(st.integers(0, 40), st.sampled_from(sorted(ACTIVITIES)), st.booleans()), max_size=12
)


@given(CANDIDATES, st.integers(1, 5), st.randoms(use_true_random=False))
def test_who_is_kept_depends_neither_on_order_nor_on_luck(
    rows: list[tuple[int, Activity, bool]], room: int, chance: Random
) -> None:
    crowd = [a_candidate(n, days, kind, asked_before=before) for n, (days, kind, before) in enumerate(rows)]
    shuffled = crowd.copy()
    chance.shuffle(shuffled)

    first, second = kept(crowd, room), kept(shuffled, room)

    assert first == second
    assert len(first) == min(room, len(crowd))


def test_the_longest_silent_come_first_and_those_asked_before_first_of_all() -> None:
    again = a_candidate(1, 5, Activity.NEVER_SEEN, asked_before=True)
    silent = a_candidate(2, 100, Activity.STALE)
    longer = a_candidate(3, 400, Activity.STALE)
    unseen = a_candidate(4, 900, Activity.NEVER_SEEN)

    assert kept([silent, unseen, longer, again], 4) == ["1", "3", "2", "4"]


def test_who_finds_no_room_is_counted() -> None:
    short = Shortlist(2)
    for number in range(5):
        short.consider(a_candidate(number, number, Activity.STALE), CaseId(str(number)))

    assert short.left_out == 3
    assert [one.guest.id for one in short.candidates()] == ["4", "3"]


def kept(crowd: list[Candidate], room: int) -> list[str]:
    short = Shortlist(room)
    for candidate in crowd:
        short.consider(candidate, CaseId(candidate.guest.id))
    return [candidate.guest.id for candidate in short.candidates()]
