"""Bytes become guests, or are set aside by field; nothing is guessed and nothing is quoted."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.graph.mapping import GUEST_FIELDS, NOT_ASKED, NOT_RETURNED, read_guest, read_person
from reviews.model import Guest, Nameless, Person, Redemption, SetAside, SignIns, SponsorGroup, Unreadable

ADA = "6ea91a8d-e32e-41a1-b7bd-d2d185eed0e0"
SARA = "11111111-1111-1111-1111-111111111111"
RECORD: dict[str, Any] = {
    "id": ADA,
    "displayName": "Ada Guest",
    "mail": "ada@partner.example",
    "userPrincipalName": "ada_partner.example#EXT#@contoso.example",
    "userType": "Guest",
    "accountEnabled": True,
    "createdDateTime": "2024-02-01T10:00:00Z",
    "creationType": "Invitation",
    "externalUserState": "Accepted",
    "externalUserStateChangeDateTime": "2024-02-03T08:12:44Z",
    "identities": [{"signInType": "federated", "issuer": "ExternalAzureAD", "issuerAssignedId": None}],
    "companyName": "Partner",
    "onPremisesSyncEnabled": None,
    "preferredLanguage": None,
    "signInActivity": {
        "lastSignInDateTime": "2026-03-02T00:00:00Z",
        "lastSignInRequestId": "d3b07384-0000-0000-0000-000000000001",
        "lastNonInteractiveSignInDateTime": None,
        "lastSuccessfulSignInDateTime": "2026-03-01T00:00:00.1234567Z",
    },
    "sponsors": [],
}
SPONSOR = {
    "@odata.type": "#microsoft.graph.user",
    "id": SARA,
    "displayName": "Sara",
    "mail": "sara@contoso.example",
    "accountEnabled": True,
    "userType": "Member",
    "preferredLanguage": "nl-NL",
}


def read(**changes: Any) -> Guest | SetAside:
    return read_guest(json.dumps({**RECORD, **changes}).encode())


def guest(**changes: Any) -> Guest:
    one = read(**changes)
    assert isinstance(one, Guest), one
    return one


def without(*fields: str, **changes: Any) -> Guest | SetAside:
    record = {**RECORD, **changes}
    for field in fields:
        del record[field]
    return read_guest(json.dumps(record).encode())


def test_a_whole_record_becomes_a_guest_in_aware_utc() -> None:
    ada = guest()
    assert (ada.id, ada.display_name, ada.enabled, ada.synced) == (ADA, "Ada Guest", True, False)
    assert ada.created_at == datetime(2024, 2, 1, 10, tzinfo=UTC)
    assert ada.redemption is Redemption.ACCEPTED
    assert [identity.issuer for identity in ada.identities] == ["ExternalAzureAD"]
    assert ada.sign_ins == SignIns(
        successful_at=datetime(2026, 3, 1, 0, 0, 0, 123457, tzinfo=UTC),
        interactive_at=datetime(2026, 3, 2, tzinfo=UTC),
    )


NEVER = {"lastSignInDateTime": None, "lastSuccessfulSignInDateTime": "0001-01-01T00:00:00Z"}


@pytest.mark.parametrize("activity", [None, {}, NEVER])
def test_absent_null_and_year_one_sign_ins_are_all_none(activity: dict[str, Any] | None) -> None:
    assert guest(signInActivity=activity).sign_ins == SignIns()
    absent = without("signInActivity")
    assert isinstance(absent, Guest)
    assert absent.sign_ins == SignIns()


def test_sign_ins_that_were_not_asked_for_are_unreadable_even_when_none_are_there() -> None:
    raw = json.dumps(RECORD).encode()
    for why in (NOT_ASKED, Unreadable(why="no-licence")):
        one = read_guest(raw, sign_ins=why)
        assert isinstance(one, Guest)
        assert one.sign_ins == why


def test_sponsors_lost_on_the_way_are_unreadable_and_none_at_all_is_empty() -> None:
    lost = without("sponsors")
    assert isinstance(lost, Guest)
    assert lost.sponsors == NOT_RETURNED
    assert guest(sponsors=[]).sponsors == ()


@pytest.mark.parametrize(
    ("sponsor", "meant"),
    [
        (SPONSOR, Person),
        ({**SPONSOR, "@odata.type": "#microsoft.graph.group"}, SponsorGroup),
        ({"@odata.type": "#microsoft.graph.user", "id": SARA}, Nameless),
        ({**SPONSOR, "accountEnabled": None}, Nameless),
        ({**SPONSOR, "@odata.type": "#microsoft.graph.agentUser"}, Nameless),
        ({k: v for k, v in SPONSOR.items() if k != "@odata.type"}, Nameless),
    ],
)
def test_a_sponsor_is_a_person_a_group_or_nameless(sponsor: dict[str, Any], meant: type) -> None:
    sponsors = guest(sponsors=[sponsor]).sponsors
    assert isinstance(sponsors, tuple)
    assert [type(one) for one in sponsors] == [meant]
    assert sponsors[0].id == SARA


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("displayName", None),
        ("displayName", "x" * 20_000),
        ("userPrincipalName", 7),
        ("userType", None),
        ("accountEnabled", None),
        ("accountEnabled", "true"),
        ("createdDateTime", "yesterday"),
        ("createdDateTime", "2024-02-01T10:00:00"),
        ("externalUserState", "Reincarnated"),
        ("identities", None),
        ("identities", {"issuer": "x"}),
        ("onPremisesSyncEnabled", 1),
        ("signInActivity", "never"),
        ("sponsors", "Sara"),
        ("mail", ["a@b.example"]),
    ],
)
def test_a_field_that_cannot_be_understood_sets_the_record_aside_by_its_name(field: str, value: Any) -> None:
    assert read(**{field: value}) == SetAside(guest_id=ADA, field=field)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "field",
    [
        "displayName",
        "userPrincipalName",
        "userType",
        "accountEnabled",
        "createdDateTime",
        "externalUserState",
        "identities",
        "onPremisesSyncEnabled",
    ],
)
def test_a_lost_field_on_which_harm_may_rest_sets_the_record_aside(field: str) -> None:
    assert without(field) == SetAside(guest_id=ADA, field=field)  # type: ignore[arg-type]


@pytest.mark.parametrize("raw", [b"{}", b"[]", b"null", b'{"id":7}', b'{"id":""}', b"{", b'{"id":"\xff"}'])
def test_a_record_without_a_readable_id_is_set_aside_without_one(raw: bytes) -> None:
    one = read_guest(raw)
    assert isinstance(one, SetAside)
    assert one.guest_id == ""


def test_a_deep_field_is_named_by_its_path_and_never_by_its_content() -> None:
    one = read(sponsors=[{**SPONSOR, "mail": {"secret": "word"}}])
    assert isinstance(one, SetAside)
    assert one.field.startswith("sponsors")
    assert one.field.endswith("mail")
    assert "word" not in one.field


def test_a_person_without_a_state_is_set_aside() -> None:
    assert isinstance(read_person(json.dumps(SPONSOR).encode()), Person)
    assert isinstance(read_person(json.dumps({**SPONSOR, "userType": None}).encode()), SetAside)


@pytest.mark.parametrize(
    ("facts", "language"),
    [
        ({"usageLocation": "BE"}, "nl-NL"),
        ({"preferredLanguage": None, "usageLocation": "BE"}, "und-BE"),
        ({"preferredLanguage": None, "usageLocation": None}, None),
    ],
)
def test_a_person_without_a_language_of_their_own_brings_the_place(
    facts: dict[str, str | None], language: str | None
) -> None:
    person = read_person(json.dumps({**SPONSOR, **facts}).encode())
    assert isinstance(person, Person)
    assert person.language == language


@given(
    st.dictionaries(
        st.sampled_from([*GUEST_FIELDS, "signInActivity", "sponsors", "unheardOf"]),
        st.recursive(
            st.none() | st.booleans() | st.integers() | st.text(max_size=30) | st.floats(allow_nan=False),
            lambda inner: (
                st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=9), inner, max_size=3)
            ),
            max_leaves=6,
        ),
        max_size=6,
    )
)
def test_whatever_graph_sends_is_a_guest_or_set_aside(changes: dict[str, Any]) -> None:
    one = read(**changes)
    assert isinstance(one, Guest | SetAside)
    if isinstance(one, SetAside):
        assert one.field


@given(st.binary(max_size=60))
def test_any_bytes_are_a_guest_or_set_aside(raw: bytes) -> None:
    assert isinstance(read_guest(raw), Guest | SetAside)
