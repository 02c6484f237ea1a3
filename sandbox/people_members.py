"""Makes up the colleagues of the sandbox tenant, who vouch for its guests, and the groups they are in."""

from dataclasses import dataclass, field
from typing import Any, Final, Literal

from sandbox.people_guests import DAY, SignIns, initial_domain, sign_in_activity, stamp
from sandbox.people_ids import Ids
from sandbox.people_making import FULL, draws, key_of
from sandbox.people_names import PAIRS, name_of

SCRIPTED: Final = 8
"""The first members are in office when the history ends: the demo gives some of them a part to play."""
_DELETED: Final = 0.04
_DEPARTED: Final = 0.10
_WITHOUT_MAILBOX: Final = 0.11
_OUTSIDE: Final = 0.12
_SISTER: Final = "contoso-group.example"
_DEPARTMENTS: Final = (
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

GROUP_NAMES: Final = (
    "Vendor office",
    "Partner desk",
    "Research alliance",
    "Legal intake",
    "Supplier portal owners",
    "Old steering committee",
    "Project Delta",
    "Project Kompas",
    "Tender 2026",
    "Audit room",
    "Joint design board",
    "Company café",
)
SPONSOR_GROUPS: Final = 6
"""The first groups vouch for guests; the fifth has no mail address, the sixth no members."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MemberMaker:
    """Makes the members and groups of one tenant; ``end`` is the last moment of its history."""

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
        host = initial_domain(self.domain)
        outside = standing == "outside"
        mail = f"{name.spelt}@{_SISTER if outside else self.domain}"
        upn = f"{mail.replace('@', '_')}#EXT#@{host}" if outside else mail
        department, title = _DEPARTMENTS[drawn[1] & 7]
        object_id = self.ids.of("member", n)
        gone = standing in {"departed", "deleted"}
        seen = self.end - (drawn[2] / FULL * 300 * DAY + 10 * DAY if gone else drawn[2] / FULL * 3 * DAY)
        created = seen - DAY - drawn[3] / FULL * 2200 * DAY
        own = {"signInType": "userPrincipalName", "issuer": host, "issuerAssignedId": upn}
        home = {"signInType": "federated", "issuer": "ExternalAzureAD", "issuerAssignedId": None}
        return {
            "id": object_id,
            "displayName": name.shown,
            "mail": None if standing == "no-mailbox" else mail,
            "userPrincipalName": upn,
            "userType": "Member",
            "accountEnabled": not gone,
            "createdDateTime": stamp(created),
            "creationType": "Invitation" if outside else None,
            "externalUserState": "Accepted" if outside else None,
            "externalUserStateChangeDateTime": stamp(created + DAY) if outside else None,
            "identities": [home] if outside else [own],
            "companyName": "Contoso Group" if outside else "Contoso",
            "department": department,
            "jobTitle": title,
            "preferredLanguage": culture.language,
            "usageLocation": culture.country,
            "onPremisesSyncEnabled": True if not outside and drawn[4] & 1 else None,
            "otherMails": [mail] if outside else [],
            "signInActivity": sign_in_activity(object_id, SignIns(seen, seen, seen)),
        }

    def groups(self) -> list[dict[str, Any]]:
        """Make every group with the ids of its members: colleagues if it vouches, else guests as well."""
        return [self._group(n, name) for n, name in enumerate(GROUP_NAMES)]

    def _group(self, n: int, name: str) -> dict[str, Any]:
        drawn = draws(self._key, -2 - n)
        nickname = name.lower().replace(" ", "-").replace("é", "e")
        mail = None if n == SPONSOR_GROUPS - 2 else f"{nickname}@{self.domain}"
        return {
            "id": self.ids.of("group", n),
            "displayName": name,
            "description": f"{name} of Contoso",
            "mail": mail,
            "mailEnabled": mail is not None,
            "mailNickname": nickname,
            "securityEnabled": mail is None,
            "groupTypes": ["Unified"] if mail is not None else [],
            "createdDateTime": stamp(self.end - 30 * DAY - drawn[0] / FULL * 1500 * DAY),
            "visibility": "Private",
            "members": self._members_of(n, drawn),
        }

    def _members_of(self, n: int, drawn: tuple[int, ...]) -> list[str]:
        if n == SPONSOR_GROUPS - 1:
            return []
        colleagues = sorted({draw % self.member_count for draw in drawn[1 : 3 + n % 4]})
        people = [self.ids.of("member", m) for m in colleagues if self.standing(m) != "deleted"]
        if n >= SPONSOR_GROUPS:
            guests = sorted({draw % self.guest_count for draw in drawn[4:]})
            people += [self.ids.of("guest", g) for g in guests]
        return people
