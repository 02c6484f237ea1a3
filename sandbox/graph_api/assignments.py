"""Graph's entitlement management: who holds which access package, and the requests that change it."""

from functools import partial

from sandbox.graph_api.exchange import Answer, GraphError, Request, bad_request, not_found, not_simulated
from sandbox.graph_api.governed import subject_row
from sandbox.graph_api.licences import needs_p2
from sandbox.graph_api.listing import EQ, listed, shown
from sandbox.graph_api.packages import EM
from sandbox.tenant import Tenant
from sandbox.tenant_directory import Json, graph_time
from sandbox.tenant_package_records import EXPIRED, HELD, Assignment, Order

RELATIONS = frozenset({"target", "accessPackage", "assignmentPolicy"})
ORDER_RELATIONS = frozenset({"assignment", "requestor", "accessPackage"})
_RULES = {
    "id": EQ,
    "state": EQ,
    "accessPackage/id": EQ,
    "assignmentPolicy/id": EQ,
    "target/objectId": EQ,
}
_ORDER_RULES = {"state": EQ, "accessPackage/id": EQ, "assignment/id": EQ, "requestor/objectId": EQ}


def assignment_row(tenant: Tenant, assignment: Assignment) -> Json:
    """Return an assignment as Graph shows it, with its relationships."""
    packages = tenant.packages
    package = packages.packages[assignment.package_id]
    policy = packages.policies.get(assignment.policy_id)
    ends = assignment.ends_at and graph_time(assignment.ends_at)
    kind = "noExpiration" if ends is None else "afterDateTime"
    return {
        "id": assignment.id,
        "state": assignment.state,
        "status": assignment.state[:1].upper() + assignment.state[1:],
        "expiredDateTime": assignment.expired_at and graph_time(assignment.expired_at),
        "schedule": {
            "startDateTime": graph_time(assignment.starts_at),
            "recurrence": None,
            "expiration": {"endDateTime": ends, "duration": None, "type": kind},
        },
        "target": subject_row(tenant, assignment.target_id),
        "accessPackage": {"id": package.id, **package.record},
        "assignmentPolicy": None if policy is None else {"id": policy.id, **policy.record},
    }


def order_row(tenant: Tenant, order: Order) -> Json:
    """Return a request as Graph shows it, with its relationships."""
    assignment = tenant.packages.assignments[order.assignment_id]
    whole = assignment_row(tenant, assignment)
    return {
        "id": order.id,
        "requestType": order.kind,
        "state": order.state,
        "status": "Accepted" if order.completed_at is None else order.state[:1].upper() + order.state[1:],
        "createdDateTime": graph_time(order.created_at),
        "completedDateTime": order.completed_at and graph_time(order.completed_at),
        "justification": order.justification,
        "schedule": whole["schedule"],
        "answers": [],
        "customExtensionCalloutInstances": [],
        "assignment": {k: v for k, v in whole.items() if k not in RELATIONS},
        "requestor": whole["target"] if order.kind == "userAdd" else None,
        "accessPackage": whole["accessPackage"],
    }


def list_assignments(tenant: Tenant, request: Request) -> Answer:
    """``GET .../assignments``."""
    needs_p2(tenant)
    tenant.now()
    rows: list[Json] = [
        {
            "id": one.id,
            "state": one.state,
            "accessPackage": {"id": one.package_id},
            "assignmentPolicy": {"id": one.policy_id},
            "target": {"objectId": one.target_id},
        }
        for one in tenant.packages.assignments.values()
    ]
    return listed(request, rows, f"{EM}/assignments", _RULES, RELATIONS, partial(_whole, tenant))


def _whole(tenant: Tenant, row: Json) -> Json:
    return assignment_row(tenant, tenant.packages.assignments[row["id"]])


def get_assignment(tenant: Tenant, request: Request) -> Answer:
    """``GET .../assignments/{id}``."""
    found = _assignment(tenant, request.params["accessPackageAssignment-id"])
    return shown(request, assignment_row(tenant, found), f"{EM}/assignments", RELATIONS)


def list_orders(tenant: Tenant, request: Request) -> Answer:
    """``GET .../assignmentRequests``."""
    needs_p2(tenant)
    tenant.now()
    rows = [order_row(tenant, one) for one in tenant.packages.orders.values()]
    return listed(request, rows, f"{EM}/assignmentRequests", _ORDER_RULES, ORDER_RELATIONS)


def get_order(tenant: Tenant, request: Request) -> Answer:
    """``GET .../assignmentRequests/{id}``."""
    needs_p2(tenant)
    tenant.now()
    key = request.params["accessPackageAssignmentRequest-id"].lower()
    order = tenant.packages.orders.get(key)
    if order is None:
        raise not_found(key)
    return shown(request, order_row(tenant, order), f"{EM}/assignmentRequests", ORDER_RELATIONS)


def create_order(tenant: Tenant, request: Request) -> Answer:
    """``POST .../assignmentRequests``: adminAdd and adminRemove; the work is done later."""
    needs_p2(tenant)
    tenant.now()
    kind = request.content["requestType"]
    if kind not in {"adminAdd", "adminRemove"}:
        what = f"requests of type {kind}"
        raise not_simulated(what)
    order = _added(tenant, request.content) if kind == "adminAdd" else _removed(tenant, request.content)
    return shown(request, order_row(tenant, order), f"{EM}/assignmentRequests", ORDER_RELATIONS, 201)


def _removed(tenant: Tenant, content: Json) -> Order:
    assignment = _assignment(tenant, str(content["assignment"].get("id")))
    if assignment.state == EXPIRED:
        message = "The assignment has ended already."
        raise bad_request(message)
    if tenant.packages.open_order(assignment.id) is not None:
        raise _busy()
    return tenant.packages.order_remove(assignment, content.get("justification"), tenant.now())


def _added(tenant: Tenant, content: Json) -> Order:
    asked = {k: str(content["assignment"].get(k) or "").lower() for k in _ADD_FIELDS}
    policy = tenant.packages.policies.get(asked["assignmentPolicyId"])
    if policy is None or policy.package_id != asked["accessPackageId"]:
        raise not_found(asked["assignmentPolicyId"])
    if tenant.directory.user(asked["targetId"], tenant.now()) is None:
        raise not_found(asked["targetId"])
    for other in tenant.packages.assignments.values():
        if (other.target_id, other.package_id) != (asked["targetId"], policy.package_id):
            continue
        if tenant.packages.open_order(other.id) is not None:
            raise _busy()
        if other.state in HELD:
            message = "The person holds this access package already."
            raise bad_request(message)
    return tenant.packages.order_add(policy, asked["targetId"], content.get("justification"), tenant.now())


_ADD_FIELDS = ("targetId", "assignmentPolicyId", "accessPackageId")


def _busy() -> GraphError:
    return bad_request("There is an open request about this access package and this person already.")


def _assignment(tenant: Tenant, object_id: str) -> Assignment:
    needs_p2(tenant)
    tenant.now()
    found = tenant.packages.assignments.get(object_id.lower())
    if found is None:
        raise not_found(object_id)
    return found
