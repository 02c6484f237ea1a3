"""Graph's access reviews: definitions, their instance, its items, and the one app-only way to decide."""

from datetime import UTC, date, datetime, time

from sandbox.graph_api.exchange import (
    NO_CONTENT,
    Answer,
    Request,
    bad_request,
    denied,
    not_found,
    not_simulated,
)
from sandbox.graph_api.filtering import check_filter, predicate, read_filter
from sandbox.graph_api.options import check_names, offset_page
from sandbox.tenant import Tenant
from sandbox.tenant_directory import Json, graph_time
from sandbox.tenant_reviews import CHOICES, IN_PROGRESS, NOBODY, Item, Review, read_reviewer, read_scope

PAGE = 100
SCOPE_QUERY = "scope/microsoft.graph.accessReviewQueryScope/query"
_EQ, _CONTAINS = frozenset({"eq"}), frozenset({"contains"})
_DEFINITION_RULES = {"status": _EQ, SCOPE_QUERY: _CONTAINS}
_DECISION_RULES = {"decision": _EQ, "applyResult": _EQ, "recommendation": _EQ}
_SETTING_DEFAULTS: Json = {
    "mailNotificationsEnabled": False,
    "reminderNotificationsEnabled": False,
    "justificationRequiredOnApproval": False,
    "defaultDecisionEnabled": False,
    "defaultDecision": "None",
    "instanceDurationInDays": 0,
    "autoApplyDecisionsEnabled": False,
    "recommendationsEnabled": False,
    "recurrence": None,
    "applyActions": [],
}


# --- what is shown ---------------------------------------------------------------------------------


def _definition(tenant: Tenant, review: Review) -> Json:
    stamp = graph_time(review.created_at)
    body = {k: v for k, v in review.body.items() if k != "@odata.type"}
    return {
        "id": review.id,
        "createdDateTime": stamp,
        "lastModifiedDateTime": stamp,
        "status": review.status,
        "createdBy": dict(tenant.app),
        "instanceEnumerationScope": None,
        "stageSettings": [],
        "additionalNotificationRecipients": [],
        "reviewers": [],
        "fallbackReviewers": [],
        **body,
    }


def _instance(review: Review) -> Json:
    return {
        "id": review.instance_id,
        "startDateTime": graph_time(review.starts_at),
        "endDateTime": graph_time(review.ends_at),
        "status": review.status,
        "scope": review.body["scope"],
        "reviewers": review.body.get("reviewers") or [],
        "fallbackReviewers": review.body.get("fallbackReviewers") or [],
        "errors": [],
    }


def _decision(tenant: Tenant, review: Review, item: Item, origin: str) -> Json:
    group = tenant.directory.groups.get(review.group_id)
    name = group.record.get("displayName") if group is not None else None
    principal_id = item.principal["id"]
    return {
        "id": item.id,
        "accessReviewId": review.instance_id,
        "decision": item.decision,
        "justification": item.justification,
        "recommendation": item.recommendation,
        "applyResult": item.apply_result,
        "reviewedDateTime": item.reviewed_at and graph_time(item.reviewed_at),
        "appliedDateTime": item.applied_at and graph_time(item.applied_at),
        "reviewedBy": item.reviewed_by,
        "appliedBy": dict(NOBODY),
        "principal": item.principal,
        "principalLink": f"{origin}/v1.0/users/{principal_id}",
        "resource": {"id": review.group_id, "displayName": name, "type": "group"},
        "resourceLink": f"{origin}/v1.0/groups/{review.group_id}",
        "target": {
            "@odata.type": "#microsoft.graph.accessReviewInstanceDecisionItemUserTarget",
            "userId": principal_id,
            "userDisplayName": item.principal["displayName"],
            "userPrincipalName": item.principal["userPrincipalName"],
        },
    }


def _narrow(request: Request, rows: list[Json], rules: dict[str, frozenset[str]]) -> list[Json]:
    """Apply ``$filter``, as documented for the type, and refuse other filters."""
    text = request.query.get("$filter")
    if text is None:
        return rows
    node = read_filter(text)
    check_filter(node, rules, request)
    return list(filter(predicate(node), rows))


def _page(request: Request, rows: list[Json], kind: str) -> Answer:
    page = offset_page(request, rows, default=PAGE, highest=PAGE)
    page = {"@odata.context": f"{request.origin}/v1.0/$metadata#{kind}", "@odata.count": len(rows), **page}
    page["value"] = [_cut(request, row) for row in page["value"]]
    return Answer(status=200, body=page)


def _cut(request: Request, row: Json) -> Json:
    text = request.query.get("$select")
    if text is None:
        return row
    names = check_names(text, frozenset(), frozenset(row), "microsoft.graph.accessReview")
    return {**{k: v for k, v in row.items() if k in names}, "id": row["id"]}


# --- finding ---------------------------------------------------------------------------------------


def _review(tenant: Tenant, request: Request) -> Review:
    tenant.now()
    key = request.params["accessReviewScheduleDefinition-id"].lower()
    review = tenant.reviews.all.get(key)
    if review is None:
        raise not_found(key)
    wanted = request.params.get("accessReviewInstance-id")
    if wanted is not None and wanted.lower() != review.instance_id:
        raise not_found(wanted)
    return review


def _running(tenant: Tenant, request: Request) -> Review:
    review = _review(tenant, request)
    if review.status != IN_PROGRESS:
        message = f"The instance is {review.status}; this needs one that is InProgress."
        raise bad_request(message)
    return review


# --- definitions -----------------------------------------------------------------------------------


def list_definitions(tenant: Tenant, request: Request) -> Answer:
    """``GET .../definitions``. Filters as documented: ``status eq`` and ``contains`` on the scope's query."""
    rows = [_definition(tenant, review) for review in tenant.definitions()]
    return _page(
        request, _narrow(request, rows, _DEFINITION_RULES), "identityGovernance/accessReviews/definitions"
    )


def get_definition(tenant: Tenant, request: Request) -> Answer:
    """``GET .../definitions/{id}``."""
    return Answer(status=200, body=_cut(request, _definition(tenant, _review(tenant, request))))


def create_definition(tenant: Tenant, request: Request) -> Answer:
    """``POST .../definitions``: a one-off review of the members of one group."""
    if not tenant.premium:
        message = "The tenant needs Microsoft Entra ID P2 or Microsoft Entra ID Governance."
        raise denied(message)
    content = dict(request.content)
    settings = {
        **_SETTING_DEFAULTS,
        **{k: v for k, v in (content["settings"] or {}).items() if v is not None},
    }
    content["settings"] = settings
    now = tenant.now()
    kind = (content["scope"] or {}).get("@odata.type", "#microsoft.graph.accessReviewQueryScope")
    if kind.removeprefix("#") != "microsoft.graph.accessReviewQueryScope":
        what = f"a review scope of type {kind}"
        raise not_simulated(what)
    scope = read_scope((content["scope"] or {}).get("query") or "")
    if scope is None:
        message = "The scope's query is not one of a group's members."
        raise bad_request(message)
    if tenant.directory.group(scope.group_id, now) is None:
        raise not_found(scope.group_id)
    for field in ("reviewers", "fallbackReviewers"):
        _check_people(tenant, content.get(field) or [], now)
    review = tenant.reviews.open(
        content, scope, ids=tenant.new_id, now=now, starts_at=_start(settings, now), delay=tenant.start_delay
    )
    context = f"{request.origin}/v1.0/$metadata#identityGovernance/accessReviews/definitions/$entity"
    return Answer(status=201, body={"@odata.context": context, **_definition(tenant, review)})


def _check_people(tenant: Tenant, scopes: list[Json], now: datetime) -> None:
    for scope in scopes:
        query = scope.get("query")
        if not query or query.startswith("./") or scope.get("scopeType"):
            what = "reviewers other than named users and groups"
            raise not_simulated(what)
        found = read_reviewer(query)
        if found is None:
            message = f"The reviewer query '{query}' is invalid."
            raise bad_request(message)
        if not tenant.directory.exists(found[1], now):
            raise not_found(found[1])


def _start(settings: Json, now: datetime) -> datetime:
    if settings["applyActions"] and any(
        "removeAccess" not in a.get("@odata.type", "") for a in settings["applyActions"]
    ):
        what = "disableAndDeleteUserApplyAction"
        raise not_simulated(what)
    if settings["defaultDecision"] not in {"None", "Approve", "Deny", "Recommendation"}:
        message = "Invalid value specified for property 'settings.defaultDecision'."
        raise bad_request(message)
    recurrence = settings["recurrence"] or {}
    if recurrence.get("pattern"):
        what = "recurring reviews"
        raise not_simulated(what)
    text = (recurrence.get("range") or {}).get("startDate")
    try:
        day = date.fromisoformat(text) if text else now.date()
    except ValueError as error:
        message = "Invalid value specified for property 'settings.recurrence.range.startDate'."
        raise bad_request(message) from error
    return max(now, datetime.combine(day, time(), UTC))


def delete_definition(tenant: Tenant, request: Request) -> Answer:
    """``DELETE .../definitions/{id}``."""
    tenant.reviews.remove(_review(tenant, request))
    return NO_CONTENT


# --- the instance ----------------------------------------------------------------------------------


def list_instances(tenant: Tenant, request: Request) -> Answer:
    """``GET .../instances``."""
    rows = _narrow(request, [_instance(_review(tenant, request))], _DEFINITION_RULES)
    return _page(request, rows, "identityGovernance/accessReviews/definitions/instances")


def get_instance(tenant: Tenant, request: Request) -> Answer:
    """``GET .../instances/{id}``."""
    return Answer(status=200, body=_cut(request, _instance(_review(tenant, request))))


def stop_instance(tenant: Tenant, request: Request) -> Answer:
    """``POST .../stop``: ends the review and applies its decisions."""
    tenant.reviews.stop(_running(tenant, request), tenant.now())
    return NO_CONTENT


def send_reminder(tenant: Tenant, request: Request) -> Answer:
    """``POST .../sendReminder``: Entra's own mail to the reviewers."""
    tenant.notify_reviewers(
        _running(tenant, request), "Reminder: a review waits for your decision", tenant.now()
    )
    return NO_CONTENT


def list_contacted(tenant: Tenant, request: Request) -> Answer:
    """``GET .../contactedReviewers``: the people behind reviewer groups, once the review has begun."""
    rows: list[Json] = []
    for person, at in _review(tenant, request).contacted.items():
        record = tenant.user(person) or {}
        shown = {k: record.get(k) for k in ("displayName", "userPrincipalName")}
        rows.append({"id": person, **shown, "createdDateTime": graph_time(at)})
    return _page(request, rows, "contactedReviewers")


# --- decisions -------------------------------------------------------------------------------------


def list_decisions(tenant: Tenant, request: Request) -> Answer:
    """``GET .../decisions``: empty until the review begins."""
    review = _review(tenant, request)
    rows = [_decision(tenant, review, item, request.origin) for item in review.items.values()]
    return _page(request, _narrow(request, rows, _DECISION_RULES), "decisions")


def get_decision(tenant: Tenant, request: Request) -> Answer:
    """``GET .../decisions/{id}``."""
    review = _review(tenant, request)
    key = request.params["accessReviewInstanceDecisionItem-id"]
    for item in review.items.values():
        if item.id == key:
            return Answer(status=200, body=_cut(request, _decision(tenant, review, item, request.origin)))
    raise not_found(key)


def update_decision(_tenant: Tenant, _request: Request) -> Answer:
    """``PATCH .../decisions/{id}``: for signed-in reviewers only; an app is always refused."""
    raise denied()


def record_decisions(tenant: Tenant, request: Request) -> Answer:
    """``POST .../batchRecordDecisions``. Without both ids it decides on everything that matches: the trap."""
    review = _running(tenant, request)
    content = request.content
    if content["decision"] not in CHOICES:
        message = "Invalid value specified for property 'decision'."
        raise bad_request(message)
    justification = content.get("justification") or ""
    if (
        content["decision"] == "Approve"
        and review.body["settings"]["justificationRequiredOnApproval"]
        and not justification
    ):
        message = "A justification is required to approve."
        raise bad_request(message)
    principal, resource = (str(content.get(k) or "").lower() for k in ("principalId", "resourceId"))
    items = [
        item
        for principal_id, item in review.items.items()
        if (not principal or principal == principal_id) and (not resource or resource == review.group_id)
    ]
    tenant.reviews.record(items, content["decision"], justification, dict(tenant.app), tenant.now())
    return NO_CONTENT
