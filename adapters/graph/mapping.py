"""From Graph's bytes to guests: pure, fast, and strict about what harm may later rest on.

One record that cannot be understood is set aside with the name of the field, never its content; the others
go on. Field meanings: graph-facts.md A1, A2 and B.
"""

import re
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Annotated

import msgspec

from reviews.model import (
    Guest,
    GuestId,
    Identity,
    Nameless,
    Person,
    PersonId,
    Redemption,
    SetAside,
    SignIns,
    Sponsor,
    SponsorGroup,
    Unreadable,
)

LONGEST_TEXT = 1_024
"""Graph's longest texts are 256 characters (displayName) and 1,024 (userPrincipalName)."""

NOT_RETURNED = Unreadable(why="not-returned")
NOT_ASKED = Unreadable(why="not-asked")
NOT_UNDERSTOOD = Unreadable(why="not-understood")

PERSON_FIELDS = (
    "id",
    "displayName",
    "mail",
    "accountEnabled",
    "userType",
    "preferredLanguage",
    "usageLocation",
    "department",
    "userPrincipalName",
)
GUEST_FIELDS = (
    "id",
    "displayName",
    "mail",
    "userPrincipalName",
    "userType",
    "accountEnabled",
    "createdDateTime",
    "creationType",
    "externalUserState",
    "externalUserStateChangeDateTime",
    "identities",
    "companyName",
    "onPremisesSyncEnabled",
    "preferredLanguage",
)

_USER = "#microsoft.graph.user"
_GROUP = "#microsoft.graph.group"
_FIELD = re.compile(r"`\$\.?([^`]*)`$|required field `([^`]*)`")

_Id = Annotated[str, msgspec.Meta(min_length=1, max_length=64)]
_Text = Annotated[str, msgspec.Meta(max_length=LONGEST_TEXT)]
_Moment = Annotated[datetime, msgspec.Meta(tz=True)]


class _IdentityRow(msgspec.Struct, rename="camel", gc=False):
    sign_in_type: _Text | None = None
    issuer: _Text | None = None


class _SignInRow(msgspec.Struct, gc=False):
    interactive: _Moment | None = msgspec.field(default=None, name="lastSignInDateTime")
    non_interactive: _Moment | None = msgspec.field(default=None, name="lastNonInteractiveSignInDateTime")
    successful: _Moment | None = msgspec.field(default=None, name="lastSuccessfulSignInDateTime")


class _SponsorRow(msgspec.Struct, rename="camel", gc=False):
    id: _Id
    kind: str = msgspec.field(default="", name="@odata.type")
    display_name: _Text | None = None
    mail: _Text | None = None
    account_enabled: bool | None = None
    user_type: _Text | None = None
    preferred_language: _Text | None = None
    usage_location: _Text | None = None
    department: _Text | None = None
    user_principal_name: _Text | None = None


class _GuestRow(msgspec.Struct, rename="camel", gc=False):
    """What decides a guest's kind or fate has no default here: when it is lost, the record is set aside."""

    id: _Id
    display_name: _Text
    user_principal_name: _Text
    user_type: _Text
    account_enabled: bool
    created_date_time: _Moment | None
    external_user_state: Redemption | None
    identities: list[_IdentityRow]
    on_premises_sync_enabled: bool | None
    external_user_state_change_date_time: _Moment | None = None
    creation_type: _Text | None = None
    company_name: _Text | None = None
    mail: _Text | None = None
    preferred_language: _Text | None = None
    sign_in_activity: _SignInRow | None = None
    sponsors: list[_SponsorRow] | msgspec.UnsetType = msgspec.UNSET


class _IdRow(msgspec.Struct, gc=False):
    id: _Id


_GUEST = msgspec.json.Decoder(_GuestRow)
_PERSON = msgspec.json.Decoder(_SponsorRow)
_ONLY_ID = msgspec.json.Decoder(_IdRow)

_UNDECODABLE = (msgspec.DecodeError, UnicodeDecodeError)


def read_guest(
    raw: bytes | msgspec.Raw, *, sign_ins: Unreadable | None = None, sponsors: Unreadable | None = None
) -> Guest | SetAside:
    """Read one account.

    ``sign_ins`` and ``sponsors`` say why these were not asked for; None means they were. An account that was
    asked for its sign-ins and shows none has had none; sponsors that were asked for and are not there at all
    are ``NOT_RETURNED``.
    """
    try:
        row = _GUEST.decode(raw)
    except _UNDECODABLE as error:
        return SetAside(guest_id=GuestId(_id_of(raw)), field=_field_of(error))
    return Guest(
        id=GuestId(row.id),
        display_name=row.display_name,
        mail=row.mail or None,
        user_principal_name=row.user_principal_name,
        user_type=row.user_type,
        enabled=row.account_enabled,
        created_at=_moment(row.created_date_time),
        creation_type=row.creation_type,
        redemption=row.external_user_state,
        redemption_changed_at=_moment(row.external_user_state_change_date_time),
        identities=tuple(
            [Identity(sign_in_type=i.sign_in_type or "", issuer=i.issuer or "") for i in row.identities]
        ),
        company=row.company_name or None,
        synced=row.on_premises_sync_enabled is True,
        language=row.preferred_language or None,
        sign_ins=sign_ins or _sign_ins(row.sign_in_activity),
        sponsors=sponsors or _sponsors(row.sponsors),
    )


def read_person(raw: bytes) -> Person | SetAside:
    """Read one user who may answer for a guest; set aside when it lacks a name, a type or a state."""
    try:
        row = _PERSON.decode(raw)
    except _UNDECODABLE as error:
        return SetAside(guest_id=GuestId(_id_of(raw)), field=_field_of(error))
    person = _person(row, PersonId(row.id))
    return SetAside(guest_id=GuestId(row.id), field="accountEnabled") if person is None else person


def read_people(rows: Iterable[msgspec.Raw]) -> tuple[Person, ...] | Unreadable:
    """Read the users among directory objects, by id; one that shows its id alone makes all unreadable."""
    people: list[Person] = []
    for raw in rows:
        try:
            row = _PERSON.decode(raw)
        except _UNDECODABLE:
            return NOT_UNDERSTOOD
        if row.kind not in {"", _USER}:
            continue
        person = _person(row, PersonId(row.id))
        if person is None:
            return NOT_RETURNED
        people.append(person)
    return tuple(sorted(people, key=_by_id))


def _by_id(person: Person) -> str:
    return person.id


def _person(row: _SponsorRow, person_id: PersonId) -> Person | None:
    if row.display_name is None or row.account_enabled is None or row.user_type is None:
        return None
    return Person(
        id=person_id,
        name=row.display_name,
        mail=row.mail or None,
        enabled=row.account_enabled,
        user_type=row.user_type,
        language=row.preferred_language or _of_place(row.usage_location),
        user_principal_name=row.user_principal_name or "",
        department=row.department or None,
    )


def _of_place(country: str | None) -> str | None:
    """Return the BCP 47 tag for a language that is not known but by the place it is spoken in."""
    return f"und-{country}" if country else None


def _sponsor(row: _SponsorRow) -> Sponsor:
    """Read one sponsor; of one that shows only its id, or is of a kind we do not know, we know nothing."""
    sponsor_id = PersonId(row.id)
    if row.kind == _USER and (person := _person(row, sponsor_id)) is not None:
        return person
    if row.kind == _GROUP and row.display_name is not None:
        return SponsorGroup(id=sponsor_id, name=row.display_name, mail=row.mail or None)
    return Nameless(id=sponsor_id)


def _sponsors(rows: list[_SponsorRow] | msgspec.UnsetType) -> tuple[Sponsor, ...] | Unreadable:
    if isinstance(rows, msgspec.UnsetType):
        return NOT_RETURNED
    return tuple([_sponsor(row) for row in rows])


_NO_SIGN_INS = SignIns()


def _sign_ins(row: _SignInRow | None) -> SignIns:
    if row is None:
        return _NO_SIGN_INS
    return SignIns(
        successful_at=_moment(row.successful),
        interactive_at=_moment(row.interactive),
        non_interactive_at=_moment(row.non_interactive),
    )


def _moment(value: datetime | None) -> datetime | None:
    """Return the moment in UTC; the year 1, which Graph writes for "never", is none."""
    if value is None or value.year == 1:
        return None
    return value if value.tzinfo is UTC else value.astimezone(UTC)


def _id_of(raw: bytes | msgspec.Raw) -> str:
    try:
        return _ONLY_ID.decode(raw).id
    except _UNDECODABLE:
        return ""


def _field_of(error: Exception) -> str:
    """Return the path of the field a decoding error is about, never the value it met."""
    match = _FIELD.search(str(error))
    if not isinstance(error, msgspec.ValidationError) or match is None:
        return "json"
    missing = match[2]
    path = match[1] or ""
    if missing:
        inside = str(error).rpartition("`$.")[2].removesuffix("`") if "`$." in str(error) else ""
        path = f"{inside}.{missing}" if inside else missing
    return path.replace("[...]", "") or "json"
