"""Graph's access reviews: the instances, one for each round and resource, and what can be done to them."""

from sandbox.graph_api.access_reviews import RULES, found_review
from sandbox.graph_api.exchange import NO_CONTENT, Answer, Request, bad_request, not_found
from sandbox.graph_api.listing import listed, shown
from sandbox.graph_api.review_checks import check_named
from sandbox.graph_api.review_rows import instance_row
from sandbox.tenant import Tenant
from sandbox.tenant_directory import Json, graph_time
from sandbox.tenant_review_people import read_reviewer
from sandbox.tenant_review_records import APPLIED, COMPLETED, IN_PROGRESS, Instance

KIND = "identityGovernance/accessReviews/definitions/instances"


def found_instance(tenant: Tenant, request: Request) -> Instance:
    """Return the instance a request is about; 404 when the definition has none of that id."""
    review = found_review(tenant, request)
    key = request.params["accessReviewInstance-id"].lower()
    instance = next((one for one in review.instances if one.id == key), None)
    if instance is None:
        raise not_found(key)
    return instance


def running(tenant: Tenant, request: Request) -> Instance:
    """Return the instance a request is about, if it is InProgress; 400 otherwise."""
    instance = found_instance(tenant, request)
    if instance.status != IN_PROGRESS:
        message = f"The instance is {instance.status}; this needs one that is InProgress."
        raise bad_request(message)
    return instance


def visible(tenant: Tenant, request: Request) -> Instance:
    """Return the instance a request is about, unless blocked accounts wait for their deletion in it."""
    instance = found_instance(tenant, request)
    if instance.frozen:
        message = "The decisions are being applied; reviewers and results cannot be viewed meanwhile."
        raise bad_request(message)
    return instance


def list_instances(tenant: Tenant, request: Request) -> Answer:
    """``GET .../instances``."""
    rows = [instance_row(one) for one in found_review(tenant, request).instances]
    return listed(request, rows, KIND, RULES)


def get_instance(tenant: Tenant, request: Request) -> Answer:
    """``GET .../instances/{id}``."""
    return shown(request, instance_row(found_instance(tenant, request)), KIND)


def update_instance(tenant: Tenant, request: Request) -> Answer:
    """``PATCH .../instances/{id}``: other named users as reviewers, more fallback reviewers, nothing else."""
    instance = running(tenant, request)
    now = tenant.now()
    if request.content["scope"] != instance_row(instance)["scope"]:
        message = "The scope of an instance cannot be changed."
        raise bad_request(message)
    reviewers = list(instance.asking.get("reviewers") or [])
    fallbacks = list(instance.asking.get("fallbackReviewers") or [])
    if "reviewers" in request.content:
        for named in (reviewers, request.content["reviewers"]):
            _only_users(named)
        check_named(tenant, request.content["reviewers"], now)
        reviewers = request.content["reviewers"]
    if "fallbackReviewers" in request.content:
        wanted = request.content["fallbackReviewers"]
        if not _queries(fallbacks) <= _queries(wanted):
            message = "Fallback reviewers can only be added."
            raise bad_request(message)
        check_named(tenant, wanted, now)
        fallbacks = wanted
    asked = set(instance.contacted)
    tenant.reviews.ask_others(instance, reviewers, fallbacks)
    tenant.reviews.life.contact(instance, now)
    tenant.governance.tell_new(instance, asked, now)
    return NO_CONTENT


def _only_users(scopes: list[Json]) -> None:
    if not scopes or any((read_reviewer(s.get("query") or "") or ("",))[0] != "users" for s in scopes):
        message = "Only reviewers that are individual users can be changed, and only into such."
        raise bad_request(message)


def _queries(scopes: list[Json]) -> set[str]:
    return {str(scope.get("query")) for scope in scopes}


def stop_instance(tenant: Tenant, request: Request) -> Answer:
    """``POST .../stop``: ends the round, not the series, and applies its decisions."""
    instance = running(tenant, request)
    tenant.reviews.life.stop(instance, tenant.now(), applies=tenant.governance.unknowns.stop_applies)
    return NO_CONTENT


def apply_decisions(tenant: Tenant, request: Request) -> Answer:
    """``POST .../applyDecisions``: for a round that is over; what failed is tried again."""
    instance = found_instance(tenant, request)
    if instance.status not in {COMPLETED, APPLIED}:
        message = f"The instance is {instance.status}; this needs one that is Completed."
        raise bad_request(message)
    tenant.reviews.life.apply_later(instance, tenant.now())
    return NO_CONTENT


def reset_decisions(tenant: Tenant, request: Request) -> Answer:
    """``POST .../resetDecisions``: everything is NotReviewed again."""
    tenant.reviews.reset(running(tenant, request), tenant.now())
    return NO_CONTENT


def send_reminder(tenant: Tenant, request: Request) -> Answer:
    """``POST .../sendReminder``: Entra's own mail to the reviewers."""
    instance = running(tenant, request)
    subject = "Reminder: a review waits for your decision"
    tenant.governance.write(instance, list(instance.contacted), subject, tenant.now())
    return NO_CONTENT


def list_contacted(tenant: Tenant, request: Request) -> Answer:
    """``GET .../contactedReviewers``: the people behind reviewer groups, once the round has begun."""
    rows: list[Json] = []
    for person, at in visible(tenant, request).contacted.items():
        record = tenant.user(person) or {}
        who = {k: record.get(k) for k in ("displayName", "userPrincipalName")}
        rows.append({"id": person, **who, "createdDateTime": graph_time(at)})
    return listed(request, rows, "contactedReviewers", {})
