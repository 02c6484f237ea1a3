"""The regret of a threshold: the table of docs/policy.md, and a naive count over whole histories."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reviews.regret import A_YEAR, THRESHOLDS, Counting, Regret, Tally, told
from tests.tables import codes, table

TONIGHT = date(2026, 11, 20)
LAST_NIGHT = TONIGHT - timedelta(days=1)


def day(cell: str, night: date) -> int | None:
    if cell == "-":
        return None
    return 0 if cell == "none" else night.toordinal() - int(cell)


@pytest.mark.parametrize("row", table("The regret of a threshold"), ids=str)
def test_each_documented_guest_is_counted_so(row: dict[str, str]) -> None:
    counting = Counting(Regret(since=LAST_NIGHT), LAST_NIGHT, TONIGHT)
    counting.note(day(row["last use, last night"], LAST_NIGHT), day(row["last use, tonight"], TONIGHT) or 0)
    tallies = counting.regret().tallies
    assert [str(tally.days) for tally in tallies if tally.flagged] == list(codes(row["flagged"]))
    assert [str(tally.days) for tally in tallies if tally.returned] == list(codes(row["returned"]))


def counted(nights: list[int], uses: list[int]) -> tuple[Tally, ...]:
    """Count one guest night by night, as the nights do."""
    regret, last_night, was = None, None, None
    for number in nights:
        tonight = date.fromordinal(number)
        counting = Counting(regret, last_night, tonight)
        used = max((use for use in uses if use <= number), default=0)
        counting.note(was, used)
        regret, last_night, was = counting.regret(), tonight, used
    assert regret is not None
    return regret.tallies


def naive(nights: list[int], uses: list[int], threshold: int) -> tuple[int, int]:
    """Count the silences that some night saw to be over the threshold, and those that ended within a year."""
    flagged = returned = 0
    for use, following in zip(uses, [*uses[1:], None], strict=True):
        seen = [
            n for n in nights if n >= use and (following is None or n < following) and n - use > threshold
        ]
        flagged += bool(seen)
        back = following is not None and any(n >= following for n in nights)
        if seen and back and following is not None:
            # What the nights know of the return is the newest use at the first night after it.
            first = next(n for n in nights if n >= following)
            newest = max(one for one in uses if one <= first)
            returned += newest - (use + threshold) <= A_YEAR
    return flagged, returned


@given(
    st.sets(st.integers(1, 900), min_size=1, max_size=12).map(sorted),
    st.sets(st.integers(1, 900), min_size=1, max_size=6).map(sorted),
)
def test_counting_night_by_night_is_counting_whole_histories(nights: list[int], uses: list[int]) -> None:
    nights, uses = [n + 2_000 for n in nights], [n + 2_000 for n in uses]
    for tally in counted(nights, uses):
        assert (tally.flagged, tally.returned) == naive(nights, uses, tally.days)
        assert tally.returned <= tally.flagged


def test_it_says_so_as_long_as_it_is_too_early() -> None:
    tallies = tuple(Tally(days=days, flagged=days, returned=1) for days in THRESHOLDS)
    regret = Regret(since=TONIGHT - timedelta(days=29), tallies=tallies)
    assert told(regret, TONIGHT, 90).code == "regret-too-early"
    later = told(regret, TONIGHT + timedelta(days=1), 100)
    assert (later.code, later.params["threshold"], later.params["flagged"]) == ("regret", 90, 90)
    assert told(regret, TONIGHT + timedelta(days=1), 10).params["threshold"] == 30
