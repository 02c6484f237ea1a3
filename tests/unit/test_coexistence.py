"""Who else acts on a guest, by the table of docs/reviews.md."""

from datetime import datetime
from typing import Any

import pytest

from reviews.coexistence import Deed, Others, steps_in, unread, who_acts
from reviews.model import (
    Covers,
    Exposure,
    LifecyclePolicy,
    NativeRound,
    PackageLifecycle,
    Path,
    Redemption,
    Rival,
    Thing,
    Unreadable,
)
from reviews.policy import Coexistence, Policy
from tests.builders import NOW, a_guest, days
from tests.tables import DOCS, table

UNREAD = Unreadable(why="no-permission")
KEEPS = PackageLifecycle(blocks=False)
BLOCKS = PackageLifecycle(blocks=True)
DELETES = PackageLifecycle(blocks=True, deletes_after=days(30))


def a_rule(action: str = "disableThenDelete", **rules: Any) -> dict[str, Any]:
    policy = LifecyclePolicy(name="Silent guests", action=action, grace=days(7), **rules)
    return {"lifecycle_policies": (policy,)}


def packages(*ends: float | None) -> Exposure:
    paths = [
        Path(
            thing=Thing.PACKAGE, id=str(number), name="P", expires_at=None if end is None else NOW + days(end)
        )
        for number, end in enumerate(ends)
    ]
    return Exposure(read_at=NOW, paths=tuple(paths))


ROUND = NativeRound(
    definition_id="d",
    instance_id="i",
    name="Guests of Vendor Team",
    status="InProgress",
    covers=Covers.GROUP,
    ends_at=NOW + days(9),
)
SITUATIONS: dict[str, tuple[dict[str, Any], Exposure, dict[str, Any]]] = {
    "nothing else there": ({}, packages(), {}),
    "silent for 125 days is too long, deleted 7 days later": (
        {},
        packages(),
        a_rule(inactive_after=days(125)),
    ),
    "silent for 125 days is too long, only blocked": (
        {},
        packages(),
        a_rule("disable", inactive_after=days(125)),
    ),
    "silent for 180 days is too long": ({}, packages(), a_rule(inactive_after=days(180))),
    "silence that cannot be read": ({"sign_ins": UNREAD}, packages(), a_rule(inactive_after=days(125))),
    "invitation open for 410 days is too long": (
        {"redemption": Redemption.PENDING},
        packages(),
        a_rule(pending_after=days(410), inactive_after=days(125)),
    ),
    "two sponsors wanted, one there": ({}, packages(), a_rule(needs_sponsors=2)),
    "one sponsor wanted, one there": ({}, packages(), a_rule(needs_sponsors=1)),
    "a rule nobody here knows": ({}, packages(), a_rule(other_rules=("moonRule",))),
    "last package ends in 10 days, blocked and deleted": (
        {},
        packages(3, 10),
        {"package_lifecycle": DELETES},
    ),
    "last package ends in 90 days, only blocked": ({}, packages(90), {"package_lifecycle": BLOCKS}),
    "one package ends, one does not": ({}, packages(10, None), {"package_lifecycle": DELETES}),
    "last package ends, nothing follows": ({}, packages(10), {}),
    "a review of others runs for 9 days": ({}, packages(), {"rounds": (ROUND,)}),
    "another tenant pushes the account": ({"tenant_synced": True}, packages(), {}),
}
ROWS = table("Who would act, and when", DOCS / "reviews.md")


def deeds_of(situation: str) -> tuple[Deed, ...]:
    guest, exposure, others = SITUATIONS[situation]
    return who_acts(a_guest(**guest), exposure, Others(**{"package_lifecycle": KEEPS, **others}), NOW)


def in_days(moment: datetime | None, unknown: str) -> str:
    return unknown if moment is None else str((moment - NOW).days)


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row["situation"])
def test_what_others_would_do_is_foretold_as_documented(row: dict[str, str]) -> None:
    deeds = deeds_of(row["situation"])
    if row["who"] == "-":
        assert deeds == ()
        return
    [deed] = deeds
    told = (deed.rival.value, in_days(deed.on, "?"), in_days(deed.deletes_on, "-"))
    assert told == (row["who"], row["in days"], row["deletes in days"])
    assert (steps_in(deeds, Policy(), NOW) is not None) == (row["near"] == "yes")
    nobody = Policy(coexistence=Coexistence(yield_to=()))
    assert steps_in(deeds, nobody, NOW) is None


def test_every_situation_and_every_rival_is_documented() -> None:
    assert {row["situation"] for row in ROWS} == SITUATIONS.keys()
    assert {row["who"] for row in ROWS} == {*Rival, "-"}


def test_what_could_not_be_read_is_unknown_and_never_absent() -> None:
    others = Others(lifecycle_policies=UNREAD, package_lifecycle=UNREAD, rounds=UNREAD)
    guest = a_guest(tenant_synced=UNREAD)
    assert set(unread(guest, UNREAD, others)) == set(Rival)
    assert who_acts(guest, UNREAD, others, NOW) == ()
    sound = Others(package_lifecycle=KEEPS)
    assert unread(a_guest(), packages(), sound) == ()
    assert unread(a_guest(), Exposure(read_at=NOW, unread=("packages",)), sound) == (Rival.PACKAGE_LIFECYCLE,)


def test_a_rule_about_sponsors_nobody_could_read_has_no_day() -> None:
    guest = a_guest(sponsors=UNREAD)
    assert who_acts(guest, packages(), Others(package_lifecycle=KEEPS, **a_rule()), NOW) == ()
    [deed] = who_acts(guest, packages(), Others(package_lifecycle=KEEPS, **a_rule(needs_sponsors=1)), NOW)
    assert deed.on is None


def test_the_soonest_comes_first_and_what_has_no_day_comes_last() -> None:
    rule = a_rule(inactive_after=days(125))
    others = Others(package_lifecycle=DELETES, rounds=(ROUND,), **rule)
    deeds = who_acts(a_guest(tenant_synced=True), packages(20), others, NOW)
    assert [deed.rival for deed in deeds] == [
        Rival.LIFECYCLE_POLICY,
        Rival.NATIVE_REVIEW,
        Rival.PACKAGE_LIFECYCLE,
        Rival.TENANT_SYNC,
    ]
