"""What a night leaves comes back as it was, small, and never as something else."""

import zlib
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reviews.errors import Malformed
from reviews.regret import Regret
from reviews.snapshots import Night, Recorder, Remembered, Snapshot, Stance, key_of
from tests.builders import guid

NIGHT = Night(
    on=date(2026, 11, 20), rules="a", in_force="a", unseen=(0.1,), regret=Regret(since=date(2026, 1, 1))
)
DAYS = st.just(0) | st.integers(date(1980, 1, 1).toordinal(), date(2100, 1, 1).toordinal())
GUESTS = st.dictionaries(
    st.uuids().map(str) | st.text(max_size=30),
    st.builds(Remembered, DAYS, DAYS, st.sampled_from(Stance), st.sampled_from(Stance)),
    max_size=60,
)


def packed(guests: dict[str, Remembered]) -> bytes:
    recorder = Recorder()
    for object_id, one in guests.items():
        recorder.note(key_of(object_id), one)
    return recorder.pack(NIGHT)


@given(GUESTS)
def test_everybody_is_found_as_left_and_nobody_else(guests: dict[str, Remembered]) -> None:
    snapshot = Snapshot(packed(guests))
    assert snapshot.night == NIGHT
    assert len(snapshot) == len(guests)
    assert {one: snapshot.find(key_of(one)) for one in guests} == guests
    assert dict(snapshot) == {key_of(one): left for one, left in guests.items()}
    assert snapshot.find(key_of("nobody at all, of this name")) is None


@given(GUESTS)
def test_the_order_of_guests_changes_no_byte(guests: dict[str, Remembered]) -> None:
    assert packed(guests) == packed(dict(reversed(guests.items())))


def test_a_snapshot_holds_no_readable_id() -> None:
    content = zlib.decompress(packed({guid(7): Remembered(0, 0, Stance.ASKED, Stance.ASKED)}))
    assert guid(7).encode() not in content


def test_days_out_of_range_are_the_nearest_that_fit() -> None:
    early = Remembered(date(1, 1, 1).toordinal(), date(9999, 1, 1).toordinal(), Stance.ASKED, Stance.ASKED)
    found = Snapshot(packed({guid(1): early})).find(key_of(guid(1)))
    assert found is not None
    assert date.fromordinal(found.last_use) == date(1970, 1, 2)
    assert date.fromordinal(found.first_met).year == 2149


def spoilt() -> dict[str, bytes]:
    sound = packed({guid(n): Remembered(0, 0, Stance.ASKED, Stance.ASKED) for n in range(1, 9)})
    plain = zlib.decompress(sound)
    return {
        "empty": b"",
        "not packed": plain,
        "cut": sound[: len(sound) // 2],
        "a row cut": zlib.compress(plain[:-1]),
        "no line": zlib.compress(b"{}"),
        "another head": zlib.compress(b'{"on":"x"}\n'),
    }


SPOILT = spoilt()


@pytest.mark.parametrize("how", SPOILT)
def test_what_is_no_snapshot_is_refused(how: str) -> None:
    with pytest.raises(Malformed):
        Snapshot(SPOILT[how])


def test_a_stance_of_a_later_release_is_refused() -> None:
    plain = zlib.decompress(packed({guid(1): Remembered(0, 0, Stance.ASKED, Stance.ASKED)}))
    with pytest.raises(Malformed):
        Snapshot(zlib.compress(plain[:-1] + b"\x77")).find(key_of(guid(1)))
