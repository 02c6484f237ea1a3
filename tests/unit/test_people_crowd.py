from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandbox.people import Population
from sandbox.people_crowd_groups import SPONSOR_GROUPS
from sandbox.people_members import SCRIPTED
from sandbox.people_names import HOSTILE, PAIRS, name_of
from sandbox.stories import (
    a_quiet_quarter,
)

NOW = datetime(2026, 9, 1, 6, 30, tzinfo=UTC)
SIZE = 20_000


def stamped(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def a_tenant(guests: int = SIZE, **unusual: Any) -> Population:
    known: dict[str, Any] = {"seed": 7, "member_count": max(8, guests // 8), "as_of": NOW}
    return Population(guest_count=guests, **(known | unusual))


@pytest.fixture(scope="module")
def crowd() -> list[dict[str, Any]]:
    tenant = a_tenant()
    return [tenant.guest(n) for n in range(SIZE)]


def share(crowd: list[dict[str, Any]], true_of: Any) -> float:
    return sum(1 for guest in crowd if true_of(guest)) / len(crowd)


def last_success(guest: dict[str, Any]) -> str | None:
    activity = guest.get("signInActivity")
    return None if activity is None else activity["lastSuccessfulSignInDateTime"]


@pytest.mark.parametrize(
    ("what", "true_of", "low", "high"),
    [
        ("never signed in", lambda g: "signInActivity" not in g, 0.10, 0.14),
        ("pending", lambda g: g["externalUserState"] == "PendingAcceptance", 0.05, 0.07),
        ("blocked already", lambda g: not g["accountEnabled"], 0.015, 0.025),
        ("synced", lambda g: g["onPremisesSyncEnabled"] is True, 0.007, 0.013),
        ("internal or synced", lambda g: g["externalUserState"] is None, 0.015, 0.025),
        (
            "code or social",
            lambda g: g["identities"][0]["issuer"] in {"mail", "google.com", "MicrosoftAccount"},
            0.04,
            0.06,
        ),
        ("no company", lambda g: g["companyName"] is None, 0.40, 0.65),
        ("no creation date", lambda g: g["createdDateTime"] is None, 0.0005, 0.01),
        ("biggest partner", lambda g: (g["mail"] or "").endswith("@fabrikam.example"), 0.22, 0.30),
    ],
)
def test_kinds_of_guest_come_in_their_shares(
    crowd: list[dict[str, Any]], what: str, true_of: Any, low: float, high: float
) -> None:
    found = share(crowd, true_of)

    assert low <= found <= high, f"{what}: {found:.4f}"


def test_between_a_quarter_and_a_third_are_silent_for_over_ninety_days(crowd: list[dict[str, Any]]) -> None:
    border = stamped(NOW - timedelta(days=90))

    def silent(guest: dict[str, Any]) -> bool:
        return (last_success(guest) or border) < border

    assert 0.25 <= share(crowd, silent) <= 0.35


def test_half_of_the_guests_came_within_three_weeks(crowd: list[dict[str, Any]]) -> None:
    lately = stamped(NOW - timedelta(days=21))

    assert 0.45 <= share(crowd, lambda g: (last_success(g) or "") >= lately) <= 0.60


def test_a_failed_attempt_may_be_later_than_the_last_success(crowd: list[dict[str, Any]]) -> None:
    def tried_since(guest: dict[str, Any]) -> bool:
        success = last_success(guest)
        return success is not None and (guest["signInActivity"]["lastSignInDateTime"] or "") > success

    assert 0.01 <= share(crowd, tried_since) <= 0.10


def test_attempts_without_success_occur_after_the_record_of_successes_began(
    crowd: list[dict[str, Any]],
) -> None:
    def attempts_only(guest: dict[str, Any]) -> bool:
        activity = guest.get("signInActivity")
        if activity is None or activity["lastSuccessfulSignInDateTime"] is not None:
            return False
        return (activity["lastSignInDateTime"] or "") >= "2023-12-01"

    assert 0.007 <= share(crowd, attempts_only) <= 0.02


def test_a_sign_in_before_december_2023_shows_no_success_date(crowd: list[dict[str, Any]]) -> None:
    shown = [success for guest in crowd if (success := last_success(guest)) is not None]
    old = [
        guest
        for guest in crowd
        if "signInActivity" in guest
        and (guest["signInActivity"]["lastSignInDateTime"] or "9") < "2023-11-01"
        and (guest["signInActivity"]["lastNonInteractiveSignInDateTime"] or "0") < "2023-11-01"
    ]

    assert min(shown) >= "2023-12-01T00:00:00Z"
    assert old
    assert all(last_success(guest) is None for guest in old)


def moments(value: Any) -> list[str]:
    if isinstance(value, dict):
        found = [v for k, v in value.items() if k.endswith("DateTime") and v is not None]
        return found + [moment for v in value.values() if isinstance(v, dict) for moment in moments(v)]
    return []


def test_no_moment_is_later_than_the_end_of_the_history(crowd: list[dict[str, Any]]) -> None:
    tenant = a_tenant()
    people = (
        crowd + [tenant.member(n) for n in range(500)] + [tenant.group(n) for n in range(tenant.group_count)]
    )

    assert max(moment for person in people for moment in moments(person)) <= stamped(NOW)


def test_nobody_signed_in_before_accepting_or_accepted_before_being_invited(
    crowd: list[dict[str, Any]],
) -> None:
    for guest in crowd:
        accepted = guest["externalUserStateChangeDateTime"] or guest["createdDateTime"] or "0"
        assert (guest["createdDateTime"] or "0") <= accepted
        success = last_success(guest)
        assert success is None or accepted <= success, guest["id"]


def test_who_is_pending_never_signed_in(crowd: list[dict[str, Any]]) -> None:
    pending = [guest for guest in crowd if guest["externalUserState"] == "PendingAcceptance"]

    assert not [guest for guest in pending if "signInActivity" in guest]


def test_addresses_and_names_in_the_directory_are_never_used_twice(crowd: list[dict[str, Any]]) -> None:
    tenant = a_tenant()
    everyone = crowd + [tenant.member(n) for n in range(2_500)]

    assert max(Counter(person["userPrincipalName"] for person in everyone).values()) == 1
    assert max(Counter(guest["mail"] for guest in crowd).values()) == 1


def test_the_invited_address_is_written_into_the_external_name(crowd: list[dict[str, Any]]) -> None:
    for guest in crowd[:500]:
        if guest["creationType"] == "Invitation":
            expected = guest["mail"].replace("@", "_") + "#EXT#@contoso.onmicrosoft.com"
            assert guest["userPrincipalName"] == expected


def test_every_address_is_in_a_domain_nobody_can_own(crowd: list[dict[str, Any]]) -> None:
    assert all(guest["mail"].endswith(".example") for guest in crowd)


@given(st.integers(0, 10**6), st.integers(0, PAIRS - 1))
def test_names_are_spelt_in_plain_letters(n: int, start: int) -> None:
    name, _ = name_of(n, start)

    assert name.shown
    assert name.spelt.isascii()
    assert all(letter.isalnum() or letter in ".-" for letter in name.spelt)


def test_hostile_names_come_only_when_asked_for_and_leave_the_address_alone() -> None:
    tame, wild = a_tenant(2_000), a_tenant(2_000, hostile_share=0.5)
    shown = {wild.guest(n)["displayName"] for n in range(2_000)}

    assert not {tame.guest(n)["displayName"] for n in range(2_000)} & set(HOSTILE)
    assert set(HOSTILE) <= shown
    assert [tame.guest(n)["mail"] for n in range(50)] == [wild.guest(n)["mail"] for n in range(50)]


def test_sponsors_come_in_their_shares(crowd: list[dict[str, Any]]) -> None:
    tenant = a_tenant()
    of_each = [tenant.sponsors(guest["id"]) for guest in crowd]
    kinds = [tuple(found[0] for one in sponsors if (found := tenant.find(one))) for sponsors in of_each]

    assert [len(k) for k in kinds] == [len(sponsors) for sponsors in of_each]
    assert 0.28 <= kinds.count(()) / SIZE <= 0.36
    assert 0.50 <= kinds.count(("member",)) / SIZE <= 0.62
    assert 0.02 <= kinds.count(("group",)) / SIZE <= 0.04
    assert 0.002 <= kinds.count(("guest",)) / SIZE <= 0.02
    assert 0.06 <= sum(len(k) > 1 for k in kinds) / SIZE <= 0.10


def test_nobody_vouches_for_themselves_and_no_deleted_member_vouches(crowd: list[dict[str, Any]]) -> None:
    tenant = a_tenant()
    deleted = {tenant.member(n)["id"] for n in range(tenant.member_count) if tenant.member_deleted(n)}
    vouching = {one for guest in crowd for one in tenant.sponsors(guest["id"])}

    assert deleted
    assert not deleted & vouching
    assert not [guest["id"] for guest in crowd if guest["id"] in tenant.sponsors(guest["id"])]


def test_some_sponsors_have_left(crowd: list[dict[str, Any]]) -> None:
    tenant = a_tenant()
    gone = {m["id"] for n in range(tenant.member_count) if not (m := tenant.member(n))["accountEnabled"]}

    assert 0.02 <= share(crowd, lambda g: bool(gone & set(tenant.sponsors(g["id"])))) <= 0.08


def test_one_sponsor_has_over_sixty_guests_and_every_scripted_one_has_some() -> None:
    tenant = a_quiet_quarter().population
    load = Counter(one for n in range(2_000) for one in tenant.sponsors(tenant.guest(n)["id"]))
    scripted = [tenant.member(n) for n in range(SCRIPTED)]

    assert load.most_common(1)[0] == (scripted[0]["id"], load[scripted[0]["id"]])
    assert load[scripted[0]["id"]] >= 60
    assert all(
        load[member["id"]] >= 10 and member["accountEnabled"] and member["mail"] for member in scripted
    )


def test_members_and_groups_have_no_sponsors_and_strangers_are_an_error() -> None:
    tenant = a_tenant(20)

    assert tenant.sponsors(tenant.member(0)["id"]) == ()
    assert tenant.sponsors(tenant.group(0)["id"]) == ()
    with pytest.raises(KeyError):
        tenant.sponsors("nobody")


def test_groups_hold_people_of_the_tenant_and_one_that_vouches_is_empty() -> None:
    tenant = a_tenant(2_000)
    groups = [tenant.group(n) for n in range(tenant.group_count)]
    members = [tenant.group_members(n) for n in range(tenant.group_count)]

    assert [tenant.find(group["id"]) for group in groups] == [("group", n) for n in range(len(groups))]
    assert all(tenant.find(one) for people in members for one in people)
    assert [n for n, people in enumerate(members[:SPONSOR_GROUPS]) if not people] == [5]
    assert any(group["mail"] is None for group in groups[:SPONSOR_GROUPS])


def test_a_few_guests_hold_a_role(crowd: list[dict[str, Any]]) -> None:
    tenant = a_tenant()

    assert 0.001 <= share(crowd, lambda g: tenant.privileged(g["id"])) <= 0.006
    assert not tenant.privileged(tenant.group(0)["id"])
    assert not tenant.privileged("nobody")
