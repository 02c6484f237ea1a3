"""What is sensitive: tiers of groups, apps and packages, and the sensitivity labels of the tenant."""

import re
from typing import Annotated

from pydantic import AfterValidator, Field

from reviews.policy.types import ObjectId, Part


def _pattern(value: str) -> str:
    try:
        re.compile(value)
    except re.error as error:
        raise ValueError(f"{value!r} is no regular expression: {error}") from error
    return value


Pattern = Annotated[str, Field(min_length=1), AfterValidator(_pattern)]


class TierRule(Part):
    """What puts a thing into a tier; any one of these is enough."""

    labels: tuple[ObjectId, ...] = ()
    """Ids of sensitivity labels: groups and teams that bear one."""
    names: tuple[Pattern, ...] = ()
    """Regular expressions; groups, teams and access packages whose name one of them finds, case ignored."""
    apps: tuple[str, ...] = ()
    """Enterprise applications, by name or object id."""


class Tiers(Part):
    """How sensitive things are. Directory roles, role-assignable groups and owned apps are always high."""

    high: TierRule = TierRule()
    """What would hurt most in the wrong hands."""
    medium: TierRule = TierRule()
    """What is not for everybody."""


class Label(Part):
    """One sensitivity label; the tenant's catalogue cannot be read by an app, so it is declared here."""

    id: ObjectId
    """Id of the label."""
    name: Annotated[str, Field(min_length=1)]
    """What it is called on cards and in mails."""
    rank: Annotated[int, Field(ge=0)] = 0
    """The higher, the more sensitive; of several the highest is shown."""
    guests_allowed: bool = True
    """False where the label forbids guests: a guest behind it is a reason to look closer."""
