"""What an admin should know of a closer look: where it failed, strange labels, groups nobody looks after."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reviews.exposure import exposure_of
from reviews.findings import NAMED, findings, unowned
from reviews.model import Exposure, GuestId, Path, Person, PersonId, Surroundings, Thing, Tier, Unreadable
from reviews.model.ties import Ties
from reviews.partners import PartnerCount
from reviews.policy import Policy, Reviewers
from tests.builders import NOW, a_person, guid
from tests.reach import A_POLICY, UNREAD, a_group
from tests.tables import DOCS, codes, table

OWNERS = {
    "healthy": a_person(PersonId(guid(1))),
    "disabled": a_person(PersonId(guid(2)), enabled=False),
    "guest": a_person(PersonId(guid(3)), user_type="Guest"),
    "mailless": a_person(PersonId(guid(4)), mail=None),
}


def found(*around: Surroundings) -> dict[str, dict[str, object]]:
    looked = {GuestId(guid(number)): one for number, one in enumerate(around)}
    counted = PartnerCount(NOW - timedelta(days=1))
    return {one.code: dict(one.params) for one in findings(looked, counted, Policy())}


def test_guests_that_could_not_be_looked_at_are_counted_with_every_reason() -> None:
    failed = [
        Surroundings(exposure=Unreadable(why=why)) for why in ("throttled", "no-permission", "throttled")
    ]
    assert found(*failed) == {"not-looked-at": {"count": 3, "why": "no-permission, throttled"}}


def test_guests_nobody_wanted_to_look_at_are_no_failure() -> None:
    assert found(Surroundings()) == {}


def test_a_label_the_policy_does_not_name_is_named() -> None:
    seen = Surroundings(exposure=Exposure(read_at=NOW, strange_labels=("l-9",)))
    assert found(seen) == {"labels-unknown": {"count": 1, "labels": "l-9"}}


def owned_by(cell: str) -> tuple[Person, ...] | Unreadable:
    return UNREAD if cell == "unread" else tuple(OWNERS[one] for one in codes(cell))


@pytest.mark.parametrize("row", table("Groups nobody looks after", DOCS / "finding.md"), ids=str)
def test_each_documented_group_is_counted_or_not(row: dict[str, str]) -> None:
    direct = frozenset({"G"}) if row["put in"] == "directly" else frozenset()
    reach = exposure_of(Ties(read_at=NOW, groups=(a_group(row["group"]),), direct=direct), A_POLICY)
    alone = unowned(reach, {PersonId("G"): owned_by(row["owners"])}, Reviewers())
    assert [path.id for path in alone] == (["G"] if row["counted"] == "yes" else [])


@given(st.lists(st.frozensets(st.integers(0, 9)), max_size=6))
def test_a_group_is_counted_once_however_many_guests_reach_it(reached: list[frozenset[int]]) -> None:
    around = [
        Surroundings(
            unowned=tuple(
                Path(thing=Thing.GROUP, id=f"G{n}", name=f"Group {n}", tier=Tier.LOW) for n in sorted(one)
            )
        )
        for one in reached
    ]
    met = sorted(frozenset[int]().union(*reached))
    named = ", ".join(f"Group {n}" for n in met[:NAMED])
    assert found(*around) == ({"groups-unowned": {"count": len(met), "groups": named}} if met else {})


def test_who_could_not_be_looked_at_is_in_no_group_without_owners() -> None:
    assert unowned(UNREAD, {}, Reviewers()) == ()
