"""Graph's /users/{id}/sponsors: who vouches for an account, and writing it down; five at most."""

from datetime import datetime

from sandbox.graph_api.directory_objects import directory_object, live_user, object_names
from sandbox.graph_api.exchange import NO_CONTENT, Answer, Request, bad_request, not_found
from sandbox.graph_api.properties import reads_sponsors
from sandbox.graph_api.references import referred_id
from sandbox.tenant import Tenant
from sandbox.tenant_directory import Json

SPONSORS_AT_MOST = 5
"""Entra docs, B2B sponsors."""
EXPANDED_AT_MOST = 20


class SponsorShape:
    """Shows sponsors as ``$expand`` or ``/sponsors`` does; each is looked up once per request."""

    def __init__(self, tenant: Tenant, select: str | None, now: datetime) -> None:
        self.tenant, self.now = tenant, now
        self.names = object_names(select)
        self.sees_all = reads_sponsors(tenant)
        self.shown: dict[str, Json | None] = {}

    def of(self, object_id: str) -> list[Json]:
        """Return an account's sponsors, at most twenty."""
        found = []
        for sponsor in self.tenant.directory.sponsors(object_id)[:EXPANDED_AT_MOST]:
            if sponsor not in self.shown:
                self.shown[sponsor] = directory_object(
                    self.tenant, sponsor, self.names, self.now, full=self.sees_all
                )
            one = self.shown[sponsor]
            if one is not None:
                found.append(one)
        return found


def list_sponsors(tenant: Tenant, request: Request) -> Answer:
    """``GET /users/{id}/sponsors``."""
    now = tenant.now()
    record = live_user(tenant, request, now)
    sponsors = SponsorShape(tenant, request.query.get("$select"), now).of(record["id"])
    context = f"{request.origin}/v1.0/$metadata#directoryObjects"
    return Answer(status=200, body={"@odata.context": context, "value": sponsors})


def add_sponsor(tenant: Tenant, request: Request) -> Answer:
    """``POST /users/{id}/sponsors/$ref``: a user or a group, once, and five in all."""
    now = tenant.now()
    record = live_user(tenant, request, now)
    sponsor = referred_id(tenant, request.content["@odata.id"], now)
    named = tenant.directory.sponsors(record["id"])
    if sponsor in named:
        message = "One or more added object references already exist for 'sponsors'."
        raise bad_request(message)
    if len(named) >= SPONSORS_AT_MOST:
        message = f"An account has {SPONSORS_AT_MOST} sponsors at most."
        raise bad_request(message)
    tenant.directory.named_sponsors[record["id"]] = (*named, sponsor)
    tenant.audit("Add sponsor", record)
    return NO_CONTENT


def remove_sponsor(tenant: Tenant, request: Request) -> Answer:
    """``DELETE /users/{id}/sponsors/{id}/$ref``."""
    record = live_user(tenant, request, tenant.now())
    sponsor = request.params["directoryObject-id"].lower()
    named = tenant.directory.sponsors(record["id"])
    if sponsor not in named:
        raise not_found(sponsor)
    tenant.directory.named_sponsors[record["id"]] = tuple(one for one in named if one != sponsor)
    tenant.audit("Remove sponsor", record)
    return NO_CONTENT
