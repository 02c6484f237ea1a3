"""Guests by what they reach, in the words of docs/finding.md: ``a role``, ``an owned app, a group``."""

from dataclasses import replace
from typing import Any

from reviews.exposure import exposure_of
from reviews.model import Exposure, Guest, Redemption, SignIns, Unreadable
from reviews.model.ties import AppRole, DirectoryRole, Group, HeldPackage, LabelMark, Owned, Ties
from reviews.policy import Label, Partners, Policy, TierRule, Tiers
from tests.builders import NOW, a_guest, a_person, ago, guid

UNREAD = Unreadable(why="no-permission")
L1, L2, L3, L9 = guid(7001), guid(7002), guid(7003), guid(7009)
A_POLICY = Policy(
    tiers=Tiers(
        high=TierRule(labels=(L1,), names=("^finance",), apps=("SAP",)),
        medium=TierRule(labels=(L2,), names=("partner",), apps=("Jira",)),
    ),
    labels=(
        Label(id=L1, name="Strictly confidential", rank=3),
        Label(id=L2, name="Confidential", rank=2),
        Label(id=L3, name="Closed", rank=1, guests_allowed=False),
    ),
    partners=Partners(disallowed=("banned.example",)),
)
"""The policy the tables of docs/finding.md assume."""

_MARKS = {
    "unified": "is_unified",
    "team": "is_team",
    "dynamic": "is_dynamic",
    "synced": "is_synced",
    "role-assignable": "is_role_assignable",
    "restricted": "is_restricted",
    "mail-enabled": "is_mail_enabled",
}
_SORTS = {"eligible-roles": "eligible_roles", "nesting": "direct"}
_ROLE = DirectoryRole(id="R", name="User Administrator")


def a_group(marks: str) -> Group:
    """Make a group from words such as ``dynamic, synced``."""
    wanted = [] if marks == "-" else marks.split(", ")
    return Group(id="G", name="Group", **{_MARKS[one]: True for one in wanted})  # type: ignore[arg-type]


_HAVING: dict[str, dict[str, Any]] = {
    "nothing": {},
    "a group": {"groups": (Group(id="G", name="Lunch"),)},
    "a high group": {"groups": (Group(id="H", name="Finance"),)},
    "a medium group": {"groups": (Group(id="M", name="Partners"),)},
    "a closed group": {"groups": (Group(id="C", name="Board", labels=(LabelMark(id=L3),)),)},
    "a role-assignable group": {"groups": (Group(id="A", name="Admins", is_role_assignable=True),)},
    "many groups": {"groups": tuple(Group(id=f"G{n}", name=f"Group {n}") for n in range(21))},
    "an app": {"apps": (AppRole(app_id="X", name="Travel desk"),)},
    "an app by a group": {"apps": (AppRole(app_id="X", name="Travel desk", through="Lunch"),)},
    "a package": {"packages": (HeldPackage(id="P", name="Lunch", expires_at=NOW),)},
    "a role": {"roles": (_ROLE,)},
    "a role by a group": {"roles": (replace(_ROLE, through="Admins"),)},
    "an eligible role": {"eligible_roles": (replace(_ROLE, eligible=True),)},
    "an owned app": {"owned": (Owned(id="O", name="Portal", is_app=True),)},
    "an owned group": {"owned": (Owned(id="O", name="Lunch"),)},
}


def tied(text: str) -> Ties:
    """Make the ties of a guest who has what the text says."""
    facts: dict[str, Any] = {}
    for one in text.split(", "):
        if one.startswith("unread "):
            sort = one.removeprefix("unread ")
            facts[_SORTS.get(sort, sort)] = UNREAD
        else:
            facts |= _HAVING[one]
    groups = facts.get("groups", ())
    direct = frozenset() if isinstance(groups, Unreadable) else frozenset(group.id for group in groups)
    return Ties(read_at=NOW, **{"direct": direct, **facts})


def exposed(text: str) -> Exposure | Unreadable:
    """Make what such a guest reaches; ``everything unread`` is what nobody could look at."""
    return UNREAD if text == "everything unread" else exposure_of(tied(text), A_POLICY)


def guest_of(domain: str, sponsor: str, activity: str = "stale") -> Guest:
    """Make a guest of a domain, with a sponsor or none, used or not."""
    facts: dict[str, Any] = {
        "user_principal_name": f"ada_{domain}#EXT#@contoso.example",
        "sponsors": (a_person(),) if sponsor == "healthy" else (),
        "created_at": ago(400),
    }
    if activity == "active":
        facts["sign_ins"] = SignIns(successful_at=ago(3))
    if activity == "unknown":
        facts["sign_ins"] = Unreadable(why="no-permission")
    if activity == "unredeemed":
        facts |= {"sign_ins": SignIns(), "redemption": Redemption.PENDING}
    return a_guest(**facts)
