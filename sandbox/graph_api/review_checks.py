"""What a definition of an access review must fulfil before Graph takes it."""

from datetime import date, datetime, timedelta

from sandbox.graph_api.exchange import GraphError, bad_request, not_found, not_simulated
from sandbox.graph_api.licences import needs_governance
from sandbox.tenant import Tenant
from sandbox.tenant_directory import Json
from sandbox.tenant_outsiders import length_of
from sandbox.tenant_recurrence import PATTERNS, RANGES, shortest_period
from sandbox.tenant_review_life import billed_by
from sandbox.tenant_review_people import MANAGER, OWNERS, SPONSOR_SCOPES, read_reviewer
from sandbox.tenant_review_records import CHOICES
from sandbox.tenant_review_scopes import BadScope, Scope, UnplayedScope, read_scope
from sandbox.tenant_reviews import days_of

SETTING_DEFAULTS: Json = {
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
_DEFAULTS = frozenset({"None", "Approve", "Deny", "Recommendation"})
_STAGES = 3
_APP_LOOK_BACK = timedelta(days=30)


def checked_scope(tenant: Tenant, body: Json) -> Scope:
    """Return what a definition reviews, after refusing what Graph refuses.

    Raises:
        GraphError: 400 or 404 for what Graph does not take, 403 for what the licence does not cover, 501 for
            what the sandbox does not play.

    """
    now = tenant.now()
    try:
        scope = read_scope(body)
    except BadScope as error:
        raise bad_request(str(error)) from error
    except UnplayedScope as error:
        raise not_simulated(str(error)) from error
    for resource in scope.resources:
        if not tenant.reviews.life.access.exists(resource, now):
            raise not_found(resource.id)
    _check_settings(body["settings"], scope)
    _check_look_back(body["settings"], scope)
    _check_stages(body.get("stageSettings") or [])
    _check_length(body)
    for part in (body, *(body.get("stageSettings") or [])):
        check_people(tenant, part.get("reviewers") or [], now)
        check_named(tenant, part.get("fallbackReviewers") or [], now)
    if billed_by(body, inactive=scope.inactive_for is not None):
        needs_governance(tenant)
    return scope


def first_day(body: Json, now: datetime) -> date:
    """Return the day a definition starts on, today unless it says."""
    text = ((body["settings"].get("recurrence") or {}).get("range") or {}).get("startDate")
    return _day(text, "startDate") if text else now.date()


# --- people ----------------------------------------------------------------------------------------


def check_people(tenant: Tenant, scopes: list[Json], now: datetime) -> None:
    """Refuse reviewers that are nobody, or that are written wrongly."""
    for scope in scopes:
        query, kind = scope.get("query") or "", scope.get("scopeType")
        if kind in SPONSOR_SCOPES and tenant.governance.unknowns.sponsors_review:
            continue
        if query == MANAGER and scope.get("queryRoot") != "decisions":
            message = f"'{MANAGER}' needs the queryRoot 'decisions'."
            raise bad_request(message)
        if query not in {OWNERS, MANAGER}:
            check_named(tenant, [scope], now)


def check_named(tenant: Tenant, scopes: list[Json], now: datetime) -> None:
    """Refuse reviewers other than users and groups named by their ids."""
    for scope in scopes:
        query = scope.get("query")
        if not query or query.startswith("./") or scope.get("scopeType"):
            what = "such reviewers here"
            raise not_simulated(what)
        found = read_reviewer(query)
        if found is None:
            message = f"The reviewer query '{query}' is invalid."
            raise bad_request(message)
        if not tenant.directory.exists(found[1], now):
            raise not_found(found[1])


# --- settings --------------------------------------------------------------------------------------


def _check_settings(settings: Json, scope: Scope) -> None:
    if settings["defaultDecision"] not in _DEFAULTS:
        raise _invalid("settings.defaultDecision")
    recurrence = settings["recurrence"] or {}
    pattern, span = recurrence.get("pattern") or {}, recurrence.get("range") or {}
    if pattern and pattern.get("type") not in PATTERNS:
        raise _invalid("settings.recurrence.pattern.type")
    if span.get("type") is not None and span["type"] not in RANGES:
        raise _invalid("settings.recurrence.range.type")
    for name in ("startDate", "endDate"):
        if span.get(name):
            _day(span[name], name)
    needed = {"endDate": "endDate", "numbered": "numberOfOccurrences"}.get(span.get("type") or "")
    if needed is not None and not span.get(needed):
        raise _invalid(f"settings.recurrence.range.{needed}")
    for action in settings["applyActions"]:
        if not str(action.get("@odata.type")).endswith("disableAndDeleteUserApplyAction"):
            continue
        if scope.enumerates or len(scope.resources) > 1 or not scope.guests_only:
            message = "disableAndDeleteUserApplyAction is for reviews of the guests of one resource only."
            raise bad_request(message)


def _check_look_back(settings: Json, scope: Scope) -> None:
    text = settings.get("recommendationLookBackDuration")
    try:
        look_back = length_of(text) if text else timedelta()
    except ValueError as error:
        raise _invalid("settings.recommendationLookBackDuration") from error
    if look_back > _APP_LOOK_BACK and any(one.kind == "app" for one in scope.resources):
        message = "For applications the recommendationLookBackDuration is 30 days at most."
        raise bad_request(message)


def _check_stages(stages: list[Json]) -> None:
    if len(stages) > _STAGES:
        message = f"A review has {_STAGES} stages at most."
        raise bad_request(message)
    before: list[str] = []
    for stage in stages:
        if stage["stageId"] in before or (stage.get("dependsOn") or []) != before[-1:]:
            message = "Each stage has an id of its own and depends on the one before it, the first on none."
            raise bad_request(message)
        if stage["durationInDays"] < 1:
            raise _invalid("stageSettings.durationInDays")
        if not set(stage.get("decisionsThatWillMoveToNextStage") or ()) <= set(CHOICES):
            raise _invalid("stageSettings.decisionsThatWillMoveToNextStage")
        before.append(stage["stageId"])


def _check_length(body: Json) -> None:
    pattern = (body["settings"]["recurrence"] or {}).get("pattern")
    if pattern and timedelta(days=days_of(body)) > shortest_period(pattern):
        message = "A round must not last longer than the time between two rounds."
        raise bad_request(message)


def _day(text: str, name: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise _invalid(f"settings.recurrence.range.{name}") from error


def _invalid(at: str) -> GraphError:
    return bad_request(f"Invalid value specified for property '{at}'.")
