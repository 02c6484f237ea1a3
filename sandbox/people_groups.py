"""Writes the directory record of one made-up group, and says what kind of group it is."""

import hashlib
import uuid
from enum import StrEnum
from typing import Any, Final, NamedTuple

from sandbox.people_guests import stamp
from sandbox.people_names import spell


class GroupKind(StrEnum):
    """What sort of group it is, and so who may change its members, and where."""

    TEAM = "a Microsoft 365 group with a team"
    MICROSOFT_365 = "a Microsoft 365 group"
    SECURITY = "a security group"
    DYNAMIC = "a security group filled by a rule"
    SYNCED = "a security group kept in the directory on premises"
    MAIL_SECURITY = "a mail-enabled security group, kept in Exchange"
    DISTRIBUTION = "a distribution list, kept in Exchange"
    ROLE_ASSIGNABLE = "a security group that can hold directory roles"
    RESTRICTED = "a team under restricted management"


class Label(StrEnum):
    """The tenant's sensitivity labels, from the least to the most sensitive."""

    GENERAL = "General"
    CONFIDENTIAL = "Confidential"
    HIGHLY_CONFIDENTIAL = "Highly Confidential"


UNIFIED: Final = frozenset({GroupKind.TEAM, GroupKind.MICROSOFT_365, GroupKind.RESTRICTED})
"""The kinds that are Microsoft 365 groups, which alone carry labels."""
ELSEWHERE: Final = frozenset({GroupKind.SYNCED, GroupKind.MAIL_SECURITY, GroupKind.DISTRIBUTION})
"""The kinds that are managed on premises or in Exchange."""
_TEAMS: Final = frozenset({GroupKind.TEAM, GroupKind.RESTRICTED})
_WITH_MAIL: Final = UNIFIED | {GroupKind.MAIL_SECURITY, GroupKind.DISTRIBUTION}
_WITHOUT_SECURITY: Final = UNIFIED | {GroupKind.DISTRIBUTION}


class GroupFacts(NamedTuple):
    """What is true of one group; ``group_record`` writes it as Graph would show it."""

    object_id: str
    name: str
    kind: GroupKind
    domain: str
    created: float
    """Seconds since 1970."""
    label: Label | None = None
    rule: str | None = None
    """The membership rule of a dynamic group."""
    nickname: str | None = None


def label_id(label: Label) -> str:
    """Return the GUID of a sensitivity label, the same in every tenant of the sandbox."""
    return str(uuid.UUID(bytes=hashlib.blake2b(label.encode(), digest_size=16).digest(), version=4))


def group_record(facts: GroupFacts) -> dict[str, Any]:
    """Write the full Graph group, without the people in it."""
    nickname = facts.nickname or spell(facts.name.replace(" ", "-"))
    kind, created = facts.kind, stamp(facts.created)
    unified, dynamic = kind in UNIFIED, kind is GroupKind.DYNAMIC
    return {
        "id": facts.object_id,
        "displayName": facts.name,
        "description": f"{facts.name} of Contoso",
        "mail": f"{nickname}@{facts.domain}" if kind in _WITH_MAIL else None,
        "mailEnabled": kind in _WITH_MAIL,
        "mailNickname": nickname,
        "securityEnabled": kind not in _WITHOUT_SECURITY,
        "groupTypes": ["Unified"] if unified else ["DynamicMembership"] if dynamic else [],
        "createdDateTime": created,
        "renewedDateTime": created,
        "expirationDateTime": None,
        "visibility": "Private" if unified or kind is GroupKind.ROLE_ASSIGNABLE else None,
        "resourceProvisioningOptions": ["Team"] if kind in _TEAMS else [],
        "assignedLabels": []
        if facts.label is None
        else [{"labelId": label_id(facts.label), "displayName": facts.label.value}],
        "isAssignableToRole": True if kind is GroupKind.ROLE_ASSIGNABLE else None,
        "isManagementRestricted": True if kind is GroupKind.RESTRICTED else None,
        "onPremisesSyncEnabled": True if kind is GroupKind.SYNCED else None,
        "membershipRule": facts.rule if dynamic else None,
        "membershipRuleProcessingState": "On" if dynamic else None,
    }
