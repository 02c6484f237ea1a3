"""Graph's access reviews: the items of an instance or of a stage, and the one app-only way to decide."""

from collections.abc import Iterable

from sandbox.graph_api.exchange import NO_CONTENT, Answer, Request, bad_request, denied, not_found
from sandbox.graph_api.listing import EQ, listed, shown
from sandbox.graph_api.review_instances import running, visible
from sandbox.graph_api.review_rows import decision_row, stage_row
from sandbox.tenant import Tenant
from sandbox.tenant_review_records import CHOICES, IN_PROGRESS, Instance, Item, Stage

_RULES = {"decision": EQ, "applyResult": EQ, "recommendation": EQ}
_ITEM = "accessReviewInstanceDecisionItem-id"


def _stage(instance: Instance, request: Request) -> Stage:
    key = request.params["accessReviewStage-id"].lower()
    stage = next((one for one in instance.stages if one.id == key), None)
    if stage is None:
        raise not_found(key)
    return stage


def _running_stage(instance: Instance, request: Request) -> Stage:
    stage = _stage(instance, request)
    if stage.status != IN_PROGRESS:
        message = f"The stage is {stage.status}; this needs one that is InProgress."
        raise bad_request(message)
    return stage


# --- reading ---------------------------------------------------------------------------------------


def _list(tenant: Tenant, request: Request, instance: Instance, items: Iterable[Item]) -> Answer:
    rows = [decision_row(tenant, instance, item, request.origin) for item in items]
    return listed(request, rows, "decisions", _RULES)


def _get(tenant: Tenant, request: Request, instance: Instance, items: Iterable[Item]) -> Answer:
    key = request.params[_ITEM]
    item = next((one for one in items if one.id == key), None)
    if item is None:
        raise not_found(key)
    return shown(request, decision_row(tenant, instance, item, request.origin), "decisions")


def list_decisions(tenant: Tenant, request: Request) -> Answer:
    """``GET .../decisions``: empty until the round begins; an item is as in the last stage it reached."""
    instance = visible(tenant, request)
    return _list(tenant, request, instance, instance.items.values())


def get_decision(tenant: Tenant, request: Request) -> Answer:
    """``GET .../decisions/{id}``."""
    instance = visible(tenant, request)
    return _get(tenant, request, instance, instance.items.values())


def list_stages(tenant: Tenant, request: Request) -> Answer:
    """``GET .../stages``."""
    rows = [stage_row(stage) for stage in visible(tenant, request).stages]
    return listed(request, rows, "stages", {"status": EQ})


def get_stage(tenant: Tenant, request: Request) -> Answer:
    """``GET .../stages/{id}``."""
    return shown(request, stage_row(_stage(visible(tenant, request), request)), "stages")


def list_stage_decisions(tenant: Tenant, request: Request) -> Answer:
    """``GET .../stages/{id}/decisions``: empty until the stage begins."""
    instance = visible(tenant, request)
    return _list(tenant, request, instance, _stage(instance, request).items.values())


def get_stage_decision(tenant: Tenant, request: Request) -> Answer:
    """``GET .../stages/{id}/decisions/{id}``."""
    instance = visible(tenant, request)
    return _get(tenant, request, instance, _stage(instance, request).items.values())


# --- deciding --------------------------------------------------------------------------------------


def update_decision(_tenant: Tenant, _request: Request) -> Answer:
    """``PATCH .../decisions/{id}``: for signed-in reviewers only; an app is always refused."""
    raise denied()


def record_decisions(tenant: Tenant, request: Request) -> Answer:
    """``POST .../batchRecordDecisions``. Without both ids it decides on everything that matches: the trap."""
    instance = running(tenant, request)
    stage = instance.stage
    return _record(tenant, request, instance, (instance if stage is None else stage).items.values())


def record_stage_decisions(tenant: Tenant, request: Request) -> Answer:
    """``POST .../stages/{id}/batchRecordDecisions``: the same trap."""
    instance = running(tenant, request)
    return _record(tenant, request, instance, _running_stage(instance, request).items.values())


def _record(tenant: Tenant, request: Request, instance: Instance, items: Iterable[Item]) -> Answer:
    if not tenant.governance.unknowns.apps_decide:
        raise denied()
    content = request.content
    if content["decision"] not in CHOICES:
        message = "Invalid value specified for property 'decision'."
        raise bad_request(message)
    justification = content.get("justification") or ""
    required = instance.body["settings"].get("justificationRequiredOnApproval")
    if content["decision"] == "Approve" and required and not justification:
        message = "A justification is required to approve."
        raise bad_request(message)
    principal, resource = (str(content.get(k) or "").lower() for k in ("principalId", "resourceId"))
    chosen = [
        item
        for item in items
        if (not principal or principal == item.key[0]) and (not resource or resource == item.key[1])
    ]
    tenant.reviews.record(chosen, content["decision"], justification, dict(tenant.app), tenant.now())
    return NO_CONTENT


def stop_stage(tenant: Tenant, request: Request) -> Answer:
    """``POST .../stages/{id}/stop``: the next stage begins; stopping the last one ends the round."""
    instance = running(tenant, request)
    stage = _running_stage(instance, request)
    now = tenant.now()
    if stage is instance.stages[-1]:
        tenant.reviews.life.stop(instance, now, applies=tenant.governance.unknowns.stop_applies)
        return NO_CONTENT
    asked = set(instance.contacted)
    tenant.reviews.life.end_stage(instance, stage, now)
    tenant.governance.tell_new(instance, asked, now)
    return NO_CONTENT
