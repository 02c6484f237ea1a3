"""What the people of a sandbox tenant reach, and through whom they came: what a population is asked."""

from typing import Any, Final, NamedTuple, Protocol

from sandbox.people_ids import Ids

SHAREPOINT: Final = "SharePoint Online"
"""The app that invites when somebody shares a file: such a guest has no sponsor."""


class AppRole(NamedTuple):
    """An app, by number, and the role held in it; None where the app knows no roles."""

    app: int
    role: str | None


class HeldRole(NamedTuple):
    """A directory role by name: held now, or only eligible until activated. ``scope``: / or a unit."""

    role: str
    eligible: bool = False
    scope: str = "/"


class Inviter(NamedTuple):
    """Who invited a guest: a person's id, or the name of the app that did it for somebody."""

    person: str | None
    app: str | None = None


class Unit(NamedTuple):
    """An administrative unit; a restricted one keeps everybody but its own administrators out."""

    name: str
    restricted: bool


UNITS: Final = (Unit("Partners north", restricted=False), Unit("Board office", restricted=True))
"""The administrative units of every sandbox tenant, by number."""


def unit_record(ids: Ids, n: int) -> dict[str, Any]:
    """Write administrative unit n as Graph shows it."""
    unit = UNITS[n]
    return {
        "id": ids.of("unit", n),
        "displayName": unit.name,
        "description": None,
        "isMemberManagementRestricted": unit.restricted,
        "visibility": None,
    }


class Access(Protocol):
    """Lazy answers, the same each time; nothing here knows what changed since the history ended."""

    @property
    def ids(self) -> Ids:
        """How the tenant gives ids."""

    def groups_of(self, object_id: str) -> tuple[str, ...]:
        """Return the ids of the groups a person or group stands in directly."""

    def owned_by(self, object_id: str) -> tuple[str, ...]:
        """Return the ids of the groups and app registrations a person owns."""

    def manager(self, object_id: str) -> str | None:
        """Return the id of a person's manager, deleted or not."""

    def app_roles(self, object_id: str) -> tuple[AppRole, ...]:
        """Return what a person or group is assigned to by itself."""

    def roles(self, object_id: str) -> tuple[HeldRole, ...]:
        """Return the directory roles given to a person or group itself."""

    def role_holders(self) -> tuple[str, ...]:
        """Return the ids of everybody, groups too, who holds or may activate a directory role."""

    def units(self, object_id: str) -> tuple[int, ...]:
        """Return the numbers of the administrative units a person or group stands in."""

    def inviter(self, n: int) -> Inviter | None:
        """Return who invited guest n, None for who was not invited."""

    def newcomers(self, since: float) -> tuple[int, ...]:
        """Return the guests, by number, who were invited or accepted since a moment (seconds since 1970)."""


class Organisation(NamedTuple):
    """A partner with a directory of its own; the first of ``domains`` is its default."""

    tenant_id: str
    name: str
    domains: tuple[str, ...]


PartnerSettings = dict[str, Any]
"""What a cross-tenant access policy says about one partner, without its tenant id."""
