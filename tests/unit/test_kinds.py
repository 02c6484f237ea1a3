"""The table of kinds in docs/policy.md, row by row."""

from typing import Any

import pytest

from reviews.kinds import ALLOWED, acts_on, classify, home_domain, kind_if_enabled
from reviews.model import Identity, Kind, Redemption, Unreadable
from reviews.records import HARMFUL, Act
from tests.builders import a_guest
from tests.tables import codes, table

HOME = ("contoso.example",)


def identity(cell: str) -> tuple[Identity, ...]:
    if cell == "-":
        return ()
    sign_in_type, issuer = cell.split()
    return (Identity(sign_in_type=sign_in_type, issuer=issuer),)


BESIDES: dict[str, dict[str, Any]] = {
    "": {},
    "off": {"enabled": False},
    "pushed": {"tenant_synced": True},
    "perhaps pushed": {"tenant_synced": Unreadable(why="no-permission")},
}


@pytest.mark.parametrize("row", table("Kinds of accounts"), ids=str)
def test_each_documented_account_is_of_its_kind(row: dict[str, str]) -> None:
    upn = {"ext": "ada_partner.example#EXT#@contoso.example", "plain": "ada@contoso.example"}[row["UPN"]]
    given = a_guest(
        user_type="Consultant" if row["user type"] == "(other)" else row["user type"],
        synced=row["synced"] == "yes",
        user_principal_name=upn,
        redemption=None if row["redemption"] == "-" else Redemption(row["redemption"]),
        creation_type=None if row["created by"] in {"-", ""} else row["created by"],
        identities=identity(row["identity"] or "-"),
        **BESIDES[row["besides"]],
    )
    assert classify(given, HOME) == row["kind"]


def test_without_home_domains_only_outside_evidence_makes_a_guest_external() -> None:
    plain = a_guest(user_principal_name="ada@contoso.example", creation_type=None, redemption=None)
    own = identity("userPrincipalName contoso.example")
    assert classify(plain, ()) is Kind.EXTERNAL_GUEST
    inside = a_guest(
        user_principal_name="ada@contoso.example", creation_type=None, redemption=None, identities=own
    )
    assert classify(inside, ()) is Kind.INTERNAL_GUEST


def test_an_open_invitation_makes_nobody_inside_external_whatever_domains_the_policy_names() -> None:
    invited = a_guest(
        user_principal_name="ada@contoso.example",
        creation_type="Invitation",
        redemption=Redemption.PENDING,
        identities=identity("userPrincipalName contoso.example"),
    )
    assert classify(invited, ()) is classify(invited, HOME) is Kind.INTERNAL_GUEST


@pytest.mark.parametrize("row", table("What may be done to each kind"), ids=str)
def test_each_kind_meets_the_documented_acts(row: dict[str, str]) -> None:
    assert ALLOWED[Kind(row["kind"])] == {Act(act) for act in codes(row["acts"])}


def test_every_kind_is_documented() -> None:
    assert {row["kind"] for row in table("What may be done to each kind")} == set(Kind)
    assert {row["kind"] for row in table("Kinds of accounts")} == set(Kind)


UNHARMED = [kind for kind in Kind if kind.value.startswith(("internal", "synced", "tenant", "member"))]


@pytest.mark.parametrize("kind", [Kind.EXTERNAL_MEMBER, *UNHARMED])
def test_only_external_guests_can_come_to_harm(kind: Kind) -> None:
    assert not ALLOWED[kind] & HARMFUL


def test_a_block_changes_nothing_about_what_the_account_is() -> None:
    ours = a_guest(enabled=False)
    assert kind_if_enabled(ours, HOME) is Kind.EXTERNAL_GUEST
    assert acts_on(ours, HOME) == ALLOWED[Kind.BLOCKED_GUEST]
    inside = a_guest(enabled=False, synced=True)
    assert acts_on(inside, HOME) == {Act.CLOSE}


@pytest.mark.parametrize(
    ("upn", "mail", "domain"),
    [
        ("ada_x_partner.example#EXT#@contoso.example", "ada@elsewhere.example", "partner.example"),
        ("ada_Partner.Example#EXT#@contoso.example", None, "partner.example"),
        ("ada@contoso.example", "ada@Partner.example", "partner.example"),
        ("ada@contoso.example", None, None),
        ("#EXT#@contoso.example", "ada@partner.example", None),
        ("", "no address", None),
    ],
)
def test_the_home_of_a_guest_is_where_it_was_invited(upn: str, mail: str | None, domain: str | None) -> None:
    assert home_domain(a_guest(user_principal_name=upn, mail=mail)) == domain
