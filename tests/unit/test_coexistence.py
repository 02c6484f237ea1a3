"""Who else acts on a guest, by the table of docs/reviews.md."""

from dataclasses import replace
from datetime import datetime
from typing import Any

import pytest
from pydantic import ValidationError

from reviews.coexistence import before_whom, fate, is_near, steps_in, unread, who_acts, why_we_wait
from reviews.model import (
    Covers,
    Deed,
    Exposure,
    LifecyclePolicy,
    LifecycleRule,
    NativeRound,
    Others,
    PackageLifecycle,
    Path,
    Redemption,
    Rival,
    Thing,
    Unreadable,
)
from reviews.policy import Coexistence, Policy
from tests.builders import NOW, a_guest, ago, days
from tests.tables import DOCS, table

UNREAD = Unreadable(why="no-permission")
KEEPS = PackageLifecycle(blocks=False)
BLOCKS = PackageLifecycle(blocks=True)
DELETES = PackageLifecycle(blocks=True, deletes_after=days(30))
SILENCE, INVITATION, SPONSORS = "inactivityRule", "invitationRedemptionRule", "sponsorPresenceRule"


def a_rule(kind: str, limit: int | None = None, *, grace: float = 0, **policy: Any) -> dict[str, Any]:
    rule = LifecycleRule(kind=kind, limit=limit, grace=days(grace))
    usual = {"action": "disableThenDelete", "deletes_after": days(7), "since": ago(500), "rules": (rule,)}
    return {"lifecycle_policies": (LifecyclePolicy(name="Silent guests", **{**usual, **policy}),)}


def packages(*ends: float | None, governed: bool = True) -> Exposure:
    paths = [
        Path(
            thing=Thing.PACKAGE, id=str(number), name="P", expires_at=None if end is None else NOW + days(end)
        )
        for number, end in enumerate(ends)
    ]
    return Exposure(read_at=NOW, paths=tuple(paths), is_governed=governed)


ROUND = NativeRound(
    definition_id="d",
    instance_id="i",
    name="Guests of Vendor Team",
    status="InProgress",
    covers=Covers.GROUP,
    ends_at=NOW + days(9),
)
PENDING: dict[str, Any] = {"redemption": Redemption.PENDING}
SITUATIONS: dict[str, tuple[dict[str, Any], Exposure, dict[str, Any]]] = {
    "nothing else there": ({}, packages(), {}),
    "silent for 115 days is too long, 10 days of grace, deleted 7 days later": (
        {},
        packages(),
        a_rule(SILENCE, 115, grace=10),
    ),
    "silent for 125 days is too long, only blocked": (
        {},
        packages(),
        a_rule(SILENCE, 125, deletes_after=None),
    ),
    "silent for 125 days is too long, deleted at once": (
        {},
        packages(),
        a_rule(SILENCE, 125, deletes_after=days(0)),
    ),
    "silent for 180 days is too long": ({}, packages(), a_rule(SILENCE, 180)),
    "silent for 90 days is too long, and the policy is old": ({}, packages(), a_rule(SILENCE, 90)),
    "silent for 90 days is too long, and the policy is 2 days old, with 5 days of grace": (
        {},
        packages(),
        a_rule(SILENCE, 90, grace=5, since=ago(2)),
    ),
    "silent for 115 days is too long, and the policy is old": ({}, packages(), a_rule(SILENCE, 115)),
    "silence that cannot be read": ({"sign_ins": UNREAD}, packages(), a_rule(SILENCE, 125)),
    "a policy that does not say since when": ({}, packages(), a_rule(SILENCE, 125, since=None)),
    "invitation open for 410 days is too long": (PENDING, packages(), a_rule(INVITATION, 410)),
    "two sponsors wanted, one there, and the policy is 2 days old, with 5 days of grace": (
        {},
        packages(),
        a_rule(SPONSORS, 2, grace=5, since=ago(2)),
    ),
    "two sponsors wanted, one there, and the policy is old": ({}, packages(), a_rule(SPONSORS, 2)),
    "one sponsor wanted, one there": ({}, packages(), a_rule(SPONSORS, 1)),
    "a rule nobody here knows": ({}, packages(), a_rule("moonRule", 3)),
    "last package ends in 10 days, blocked and deleted": (
        {},
        packages(3, 10),
        {"package_lifecycle": DELETES},
    ),
    "last package ends in 90 days, only blocked": ({}, packages(90), {"package_lifecycle": BLOCKS}),
    "last package ends in 10 days, of a guest nobody governs": (
        {},
        packages(10, governed=False),
        {"package_lifecycle": DELETES},
    ),
    "one package ends, one does not": ({}, packages(10, None), {"package_lifecycle": DELETES}),
    "last package ends, nothing follows": ({}, packages(10), {}),
    "a review of others runs for 9 days": ({}, packages(), {"rounds": (ROUND,)}),
    "a review of others runs for 90 days": (
        {},
        packages(),
        {"rounds": (replace(ROUND, ends_at=NOW + days(90)),)},
    ),
    "another tenant pushes the account": ({"tenant_synced": True}, packages(), {}),
}
ROWS = table("Who would act, and when", DOCS / "reviews.md")
YIELDS = table("Before whom we step back", DOCS / "reviews.md")
NAMED = tuple(rival for rival in Rival if rival is not Rival.TENANT_SYNC)
YIELDING = Policy(coexistence=Coexistence(yield_to=NAMED))
IN_DAYS = {"near": 10, "far": 90, "overdue": -8}


def deeds_of(situation: str) -> tuple[Deed, ...]:
    guest, exposure, others = SITUATIONS[situation]
    return who_acts(a_guest(**guest), exposure, Others(**{"package_lifecycle": KEEPS, **others}))


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
    assert is_near(deed, YIELDING, NOW) == (row["near"] == "yes")
    assert (steps_in(deeds, YIELDING, NOW) is not None) == (row["near"] == "yes")


@pytest.mark.parametrize("row", YIELDS, ids=str)
def test_we_step_back_before_those_the_policy_names(row: dict[str, str]) -> None:
    rival = Rival(row["who"])
    policy = Policy(coexistence=Coexistence(yield_to=(rival,) if row["in yield_to"] == "yes" else ()))
    on = None if row["day"] == "?" else NOW + days(IN_DAYS[row["day"]])
    deed = steps_in((Deed(rival=rival, what="Silent guests", on=on),), policy, NOW)
    assert ("go on" if deed is None else "wait") == row["we"]
    assert ("-" if deed is None else why_we_wait(deed).code) == row["reason"]
    if deed is not None:
        assert why_we_wait(deed).params["on"] == "2026-11-30"


def test_a_synchronisation_cannot_be_waited_for() -> None:
    assert Rival.TENANT_SYNC not in Policy().coexistence.yield_to
    with pytest.raises(ValidationError, match="has no day to wait for"):
        Coexistence(yield_to=(Rival.TENANT_SYNC,))


def test_a_review_of_others_holds_back_a_question_and_no_deed() -> None:
    assert Rival.NATIVE_REVIEW in Policy().coexistence.yield_to
    assert before_whom(Policy()) == (Rival.LIFECYCLE_POLICY, Rival.PACKAGE_LIFECYCLE)


def test_what_happens_to_the_account_is_told_to_who_is_asked() -> None:
    lasting = deeds_of("last package ends in 90 days, only blocked")
    assert [one.code for one in fate(lasting)] == ["package-lifecycle-acts"]
    ending = fate(deeds_of("last package ends in 10 days, blocked and deleted"))
    assert [one.code for one in ending] == ["package-lifecycle-acts", "ends-the-account"]
    assert ending[1].params == {"days": 30}
    assert fate(deeds_of("another tenant pushes the account")) == ()


def test_every_situation_and_every_rival_is_documented() -> None:
    assert {row["situation"] for row in ROWS} == SITUATIONS.keys()
    assert {row["who"] for row in ROWS} == {*Rival, "-"}


def test_what_could_not_be_read_is_unknown_and_never_absent() -> None:
    others = Others(lifecycle_policies=UNREAD, package_lifecycle=UNREAD, rounds=UNREAD)
    guest = a_guest(tenant_synced=UNREAD)
    assert set(unread(guest, UNREAD, others)) == set(Rival)
    assert who_acts(guest, UNREAD, others) == ()
    sound = Others(package_lifecycle=KEEPS)
    assert unread(a_guest(), packages(), sound) == ()
    assert unread(a_guest(), Exposure(read_at=NOW, unread=("packages",)), sound) == (Rival.PACKAGE_LIFECYCLE,)


@pytest.mark.parametrize(
    ("guest", "rule"),
    [
        ({"sponsors": UNREAD}, a_rule(SPONSORS, 1)),
        ({}, a_rule(SPONSORS)),
        ({}, a_rule(SILENCE)),
        (PENDING, a_rule(INVITATION)),
        (PENDING | {"created_at": None}, a_rule(INVITATION, 30)),
    ],
)
def test_a_rule_about_what_nobody_could_read_has_no_day(guest: dict[str, Any], rule: dict[str, Any]) -> None:
    [deed] = who_acts(a_guest(**guest), packages(), Others(package_lifecycle=KEEPS, **rule))
    assert (deed.on, deed.deletes_on) == (None, None)
    assert not is_near(deed, YIELDING, NOW)


def test_a_rule_is_about_those_it_can_be_about() -> None:
    for guest, rule in ((PENDING, a_rule(SILENCE, 90)), ({}, a_rule(INVITATION, 30))):
        assert who_acts(a_guest(**guest), packages(), Others(package_lifecycle=KEEPS, **rule)) == ()


def test_the_soonest_comes_first_and_what_has_no_day_comes_last() -> None:
    others = Others(package_lifecycle=DELETES, rounds=(ROUND,), **a_rule(SILENCE, 125))
    deeds = who_acts(a_guest(tenant_synced=True), packages(20), others)
    assert [deed.rival for deed in deeds] == [
        Rival.LIFECYCLE_POLICY,
        Rival.NATIVE_REVIEW,
        Rival.PACKAGE_LIFECYCLE,
        Rival.TENANT_SYNC,
    ]
