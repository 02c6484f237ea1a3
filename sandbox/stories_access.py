"""One named guest for everything a guest can reach, and for every way they came or are answered for."""

from datetime import datetime, timedelta
from typing import Final

from sandbox.people_access import SHAREPOINT
from sandbox.people_cast import Cast
from sandbox.people_groups import GroupKind, Label
from sandbox.people_guests import GuestKind
from sandbox.people_specs import GroupSpec, GuestSpec, MemberSpec

_LONG: Final = timedelta(days=130)
_LATELY: Final = timedelta(days=12)

MEMBERS: Final = (
    MemberSpec(name="sara", shown_as="Sara Sponsor", manager="bea"),
    MemberSpec(name="joost", shown_as="Joost de Vries", language="nl-NL", manager="mieke"),
    MemberSpec(name="mieke", shown_as="Mieke Peeters", language="nl-BE", manager="joost"),
    MemberSpec(name="dora", shown_as="Dora Departed", standing="departed", manager="sara"),
    MemberSpec(name="dirk", shown_as="Dirk Deleted", standing="deleted"),
    MemberSpec(name="olga", shown_as="Olga Orphan", standing="departed", manager="dirk"),
    MemberSpec(name="bea", shown_as="Bea Boss"),
)
"""Joost and Mieke are each other's manager; Olga's was deleted."""

_CROWD: Final = tuple(MemberSpec(name=f"colleague-{n}") for n in range(60))

GROUPS: Final = (
    GroupSpec(name="Project Delta", owners=("sara",), kind=GroupKind.TEAM, label=Label.CONFIDENTIAL),
    GroupSpec(
        name="Board papers", owners=("bea",), kind=GroupKind.RESTRICTED, label=Label.HIGHLY_CONFIDENTIAL
    ),
    GroupSpec(name="Company café", owners=("dora",), label=Label.GENERAL),
    GroupSpec(name="Left behind", owners=("dirk",), kind=GroupKind.TEAM),
    GroupSpec(name="Run by a guest", kind=GroupKind.TEAM),
    GroupSpec(name="By rule", kind=GroupKind.DYNAMIC, rule='(user.companyName -eq "Fabrikam")'),
    GroupSpec(name="From premises", kind=GroupKind.SYNCED, apps=("SAP: Finance",)),
    GroupSpec(name="Suppliers", kind=GroupKind.MAIL_SECURITY),
    GroupSpec(name="Newsletter", kind=GroupKind.DISTRIBUTION),
    GroupSpec(name="Operators", kind=GroupKind.ROLE_ASSIGNABLE, roles=("Helpdesk Administrator",)),
    GroupSpec(name="Inner", owners=("joost",), kind=GroupKind.SECURITY),
    GroupSpec(name="Middle", members=("Inner",), owners=("joost",), kind=GroupKind.SECURITY),
    GroupSpec(
        name="Outer",
        members=("Middle", "Around"),
        owners=("joost",),
        kind=GroupKind.SECURITY,
        apps=("Supplier portal: Buyer",),
    ),
    GroupSpec(name="Around", members=("Outer",), owners=("joost",), kind=GroupKind.SECURITY),
    GroupSpec(name="Small office", members=("joost", "mieke")),
    GroupSpec(name="Empty office"),
    GroupSpec(name="Huge office", members=tuple(one.name for one in _CROWD), kind=GroupKind.SECURITY),
    GroupSpec(name="Office by rule", members=("bea",), kind=GroupKind.DYNAMIC),
)
"""Groups of every kind, with present, departed, deleted, guest and no owners. Outer and Around: a loop."""

GUESTS: Final = (
    GuestSpec(
        name="in-a-team", silent_for=_LONG, sponsors=("sara",), reaches=("Project Delta", "Company café")
    ),
    GuestSpec(name="in-the-board-room", silent_for=_LONG, sponsors=("sara",), reaches=("Board papers",)),
    GuestSpec(name="nested", silent_for=_LONG, sponsors=("joost",), reaches=("Inner",)),
    GuestSpec(
        name="out-of-reach",
        silent_for=_LONG,
        sponsors=("joost",),
        reaches=("By rule", "From premises", "Suppliers", "Newsletter"),
    ),
    GuestSpec(name="operator", silent_for=_LONG, sponsors=("joost",), reaches=("Operators",)),
    GuestSpec(name="admin", silent_for=_LONG, sponsors=("joost",), roles=("User Administrator",)),
    GuestSpec(name="may-be-admin", silent_for=_LONG, sponsors=("joost",), eligible=("Global Reader",)),
    GuestSpec(
        name="owner", silent_for=_LONG, sponsors=("joost",), owner_of=("Run by a guest", "Lab notebook")
    ),
    GuestSpec(name="buyer", silent_for=_LONG, sponsors=("joost",), apps=("SAP: Purchasing", "Travel desk")),
    GuestSpec(name="kept-apart", silent_for=_LONG, sponsors=("joost",), restricted=True),
    GuestSpec(name="managed", silent_for=_LONG, manager="bea"),
    GuestSpec(name="sponsor-left", silent_for=_LONG, sponsors=("dora",), reaches=("Left behind",)),
    GuestSpec(name="sponsor-and-boss-left", silent_for=_LONG, sponsors=("olga",)),
    GuestSpec(name="sponsored-by-few", silent_for=_LONG, sponsors=("Small office",)),
    GuestSpec(name="sponsored-by-none", silent_for=_LONG, sponsors=("Empty office",)),
    GuestSpec(name="sponsored-by-many", silent_for=_LONG, sponsors=("Huge office",)),
    GuestSpec(name="sponsored-by-rule", silent_for=_LONG, sponsors=("Office by rule",)),
    GuestSpec(name="invited-by-mieke", kind=GuestKind.PENDING, aged=_LATELY, invited_by="mieke"),
    GuestSpec(name="invited-by-sharing", kind=GuestKind.PENDING, aged=_LATELY, invited_by=SHAREPOINT),
    GuestSpec(name="came-lately", silent_for=timedelta(days=3), aged=_LATELY, invited_by="joost"),
    GuestSpec(name="converted", silent_for=_LONG, sponsors=("sara",), kind=GuestKind.CONVERTED),
    GuestSpec(
        name="from-the-sister", silent_for=_LONG, sponsors=("sara",), address_domain="contoso-group.example"
    ),
    GuestSpec(
        name="from-the-kept-out", silent_for=_LONG, sponsors=("sara",), address_domain="gemeente-zuid.example"
    ),
)


def well_connected(as_of: datetime) -> Cast:
    """Return the people: sponsors and managers of every sort, groups of every kind, guests in all of them."""
    return Cast(guests=GUESTS, members=MEMBERS + _CROWD, group_specs=GROUPS, as_of=as_of)
