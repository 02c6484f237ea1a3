"""What Graph says about the tenant as a whole: its policy on guests, its licences."""

from reviews.model import GuestRole
from sandbox.graph_api.exchange import Answer, Request
from sandbox.graph_api.options import check_names
from sandbox.tenant import Tenant
from sandbox.tenant_directory import Json

_ROLES = {
    GuestRole.AS_MEMBERS: "a0b1b346-4d3e-4e8b-98f8-753987be4970",
    GuestRole.LIMITED: "10dae51f-b6af-4016-8d66-8c2a99b929b3",
    GuestRole.RESTRICTED: "2af84b1e-32c8-42b7-82bc-daa82404023b",
    GuestRole.UNKNOWN: "00000000-0000-4000-8000-000000000000",
}
_PLANS = (
    ("AAD_PREMIUM", "41781fb2-bc02-4b7c-bd55-b576c07bb09d"),
    ("AAD_PREMIUM_P2", "eec0eb4f-6444-4f95-aba0-50c24d67f998"),
    ("Entra_Identity_Governance", "e866a266-3cff-43a3-acca-0c90a7e00c8b"),
)
"""By tier: a tenant has the first so many, none without premium."""
_SKUS = ("DEVELOPERPACK", "AAD_PREMIUM", "AAD_PREMIUM_P2", "Microsoft_Entra_ID_Governance")


def _cut(request: Request, record: Json, kind: str) -> Json:
    text = request.query.get("$select")
    if text is None:
        return record
    names = check_names(text, frozenset(), frozenset(record), kind)
    return {**{k: v for k, v in record.items() if k in names}, "id": record["id"]}


def _collection(request: Request, records: list[Json], kind: str) -> Answer:
    rows = [_cut(request, record, kind) for record in records]
    return Answer(
        status=200, body={"@odata.context": f"{request.origin}/v1.0/$metadata#{kind}", "value": rows}
    )


def get_authorization_policy(tenant: Tenant, request: Request) -> Answer:
    """``GET /policies/authorizationPolicy``: who may invite, and what guests may see."""
    record: Json = {
        "id": "authorizationPolicy",
        "displayName": "Authorization Policy",
        "allowInvitesFrom": "adminsAndGuestInviters",
        "guestUserRoleId": _ROLES[tenant.guest_role],
        "blockMsolPowerShell": True,
        "defaultUserRolePermissions": {"allowedToCreateApps": True, "permissionGrantPoliciesAssigned": []},
    }
    context = f"{request.origin}/v1.0/$metadata#policies/authorizationPolicy/$entity"
    return Answer(
        status=200, body={"@odata.context": context, **_cut(request, record, "authorizationPolicy")}
    )


def list_organization(tenant: Tenant, request: Request) -> Answer:
    """``GET /organization``: one record, the tenant."""
    domain = tenant.population.domain
    record: Json = {
        "id": tenant.population.tenant_id,
        "displayName": domain.partition(".")[0].title(),
        "countryLetterCode": "NL",
        "tenantType": "AAD",
        "verifiedDomains": [
            {
                "name": domain,
                "isDefault": True,
                "isInitial": False,
                "capabilities": "Email",
                "type": "Managed",
            }
        ],
        "assignedPlans": [],
    }
    return _collection(request, [record], "organization")


def list_skus(tenant: Tenant, request: Request) -> Answer:
    """``GET /subscribedSkus``: with the plans of the tenant's licence."""
    plans = [
        {"servicePlanName": name, "servicePlanId": plan, "provisioningStatus": "Success", "appliesTo": "User"}
        for name, plan in _PLANS[: tenant.licence]
    ]
    record: Json = {
        "id": f"{tenant.population.tenant_id}_sku",
        "skuPartNumber": _SKUS[tenant.licence],
        "capabilityStatus": "Enabled",
        "consumedUnits": 1,
        "prepaidUnits": {"enabled": 25, "suspended": 0, "warning": 0, "lockedOut": 0},
        "servicePlans": plans,
        "appliesTo": "User",
    }
    return _collection(request, [record], "subscribedSkus")
