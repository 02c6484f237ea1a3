"""Makes up the colleagues of the sandbox tenant, who vouch for its guests."""

from dataclasses import dataclass, field
from typing import Any, Final, Literal, NamedTuple

from sandbox.people_guests import DAY, SignIns, initial_domain, sign_in_activity, stamp
from sandbox.people_ids import Ids
from sandbox.people_making import FULL, draws, key_of
from sandbox.people_names import PAIRS, Name, name_of

SCRIPTED: Final = 8
"""The first members are in office when the history ends: the demo gives some of them a part to play."""
_DELETED: Final = 0.04
_DEPARTED: Final = 0.10
_WITHOUT_MAILBOX: Final = 0.11
_OUTSIDE: Final = 0.12
_SISTER: Final = "contoso-group.example"
_WORK: Final = (
    ("Finance", "Controller"),
    ("IT", "Systems engineer"),
    ("Legal", "Counsel"),
    ("Marketing", "Campaign manager"),
    ("Research", "Researcher"),
    ("Purchasing", "Buyer"),
    ("Engineering", "Project lead"),
    ("People", "Adviser"),
)

Standing = Literal["here", "departed", "deleted", "no-mailbox", "outside"]


class MemberFacts(NamedTuple):
    """What is true of one member; ``member_record`` writes it. Moments: seconds since 1970."""

    object_id: str
    name: Name
    domain: str
    standing: Standing
    created: float
    seen: float
    work: tuple[str, str]
    language: str | None
    country: str | None
    synced: bool


def member_record(facts: MemberFacts) -> dict[str, Any]:
    """Write the full Graph user of a member."""
    outside = facts.standing == "outside"
    host = initial_domain(facts.domain)
    mail = f"{facts.name.spelt}@{_SISTER if outside else facts.domain}"
    upn = f"{mail.replace('@', '_')}#EXT#@{host}" if outside else mail
    own = {"signInType": "userPrincipalName", "issuer": host, "issuerAssignedId": upn}
    home = {"signInType": "federated", "issuer": "ExternalAzureAD", "issuerAssignedId": None}
    return {
        "id": facts.object_id,
        "displayName": facts.name.shown,
        "mail": None if facts.standing == "no-mailbox" else mail,
        "userPrincipalName": upn,
        "userType": "Member",
        "accountEnabled": facts.standing not in {"departed", "deleted"},
        "createdDateTime": stamp(facts.created),
        "creationType": "Invitation" if outside else None,
        "externalUserState": "Accepted" if outside else None,
        "externalUserStateChangeDateTime": stamp(facts.created) if outside else None,
        "identities": [home] if outside else [own],
        "companyName": "Contoso Group" if outside else "Contoso",
        "department": facts.work[0],
        "jobTitle": facts.work[1],
        "preferredLanguage": facts.language,
        "usageLocation": facts.country,
        "onPremisesSyncEnabled": True if facts.synced and not outside else None,
        "otherMails": [mail] if outside else [],
        "signInActivity": sign_in_activity(facts.object_id, SignIns(facts.seen, facts.seen, facts.seen)),
    }


@dataclass(frozen=True, slots=True, kw_only=True)
class MemberMaker:
    """Makes the members of one tenant; ``end`` is the last moment of its history."""

    seed: int
    end: int
    domain: str
    guest_count: int
    member_count: int
    ids: Ids
    _key: bytes = field(init=False, repr=False, compare=False)
    _first_name: int = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_key", key_of(self.seed, "members"))
        object.__setattr__(self, "_first_name", draws(self._key, -1)[0] % PAIRS)

    def standing(self, n: int) -> Standing:
        """Say how member n stands with the tenant when its history ends."""
        if n < SCRIPTED:
            return "here"
        share = draws(self._key, n)[0] / FULL
        if share < _DELETED:
            return "deleted"
        if share < _DEPARTED:
            return "departed"
        if share < _WITHOUT_MAILBOX:
            return "no-mailbox"
        return "outside" if share < _OUTSIDE else "here"

    def member(self, n: int) -> dict[str, Any]:
        """Make the full record of member n; departed ones are disabled, outside ones are external members."""
        standing = self.standing(n)
        drawn = draws(self._key, n)
        name, culture = name_of(n, self._first_name)
        gone = standing in {"departed", "deleted"}
        seen = self.end - (drawn[2] / FULL * 300 * DAY + 10 * DAY if gone else drawn[2] / FULL * 3 * DAY)
        return member_record(
            MemberFacts(
                object_id=self.ids.of("member", n),
                name=name,
                domain=self.domain,
                standing=standing,
                created=seen - DAY - drawn[3] / FULL * 2200 * DAY,
                seen=seen,
                work=_WORK[drawn[1] & 7],
                language=culture.language,
                country=culture.country,
                synced=bool(drawn[4] & 1),
            )
        )
