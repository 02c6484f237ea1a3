"""New rules look on first: the table of docs/policy.md."""

from datetime import date

import pytest

from reviews.policy import Breakers
from reviews.regret import Regret
from reviews.rule_change import fingerprint, looking_on
from reviews.snapshots import Night
from tests.tables import table

YESTERDAY = date(2026, 11, 19)


def a_night(rules: str, looked_on: int) -> Night:
    regret = Regret(since=YESTERDAY)
    return Night(on=YESTERDAY, rules=rules, in_force="A", looked_on=looked_on, regret=regret)


@pytest.mark.parametrize("row", table("New rules look on first"), ids=str)
def test_each_documented_change_looks_on_or_is_in_force(row: dict[str, str]) -> None:
    judged_by = row["last night judged by"]
    change = looking_on(
        None if judged_by == "-" else a_night(judged_by, int(row["looked on"])),
        row["rules tonight"],
        moved=int(row["moved"]),
        guests=1_000,
        approved=row["approved"] == "yes",
        breakers=Breakers(),
    )
    told = "in force" if change is None else f"looks on, {change.night} of {change.nights}"
    assert told == row["tonight"]


def test_in_a_large_tenant_the_share_counts() -> None:
    for moved, looks_on in ((200, False), (201, True)):
        change = looking_on(
            a_night("A", 0), "B", moved=moved, guests=20_000, approved=False, breakers=Breakers()
        )
        assert (change is not None) == looks_on


def test_no_nights_to_look_on_lets_new_rules_in_at_once() -> None:
    breakers = Breakers(look_on_nights=0)
    assert looking_on(a_night("A", 0), "B", moved=900, guests=1, approved=False, breakers=breakers) is None


def test_policy_and_release_both_make_the_rules() -> None:
    assert len({fingerprint("p", "r"), fingerprint("q", "r"), fingerprint("p", "s")}) == 3
