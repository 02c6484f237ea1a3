"""Graph's access reviews: the definitions, each a review or a series of them."""

from sandbox.graph_api.exchange import NO_CONTENT, Answer, Request, not_found
from sandbox.graph_api.licences import needs_p2
from sandbox.graph_api.listing import CONTAINS, EQ, listed, shown
from sandbox.graph_api.review_bodies import READ_ONLY
from sandbox.graph_api.review_checks import SETTING_DEFAULTS, checked_scope, first_day
from sandbox.graph_api.review_rows import definition_row
from sandbox.tenant import Tenant
from sandbox.tenant_directory import Json
from sandbox.tenant_review_records import Review

AR = "identityGovernance/accessReviews/definitions"
SCOPE_QUERY = "scope/microsoft.graph.accessReviewQueryScope/query"
RULES = {"status": EQ, SCOPE_QUERY: CONTAINS}


def found_review(tenant: Tenant, request: Request) -> Review:
    """Return the definition a request is about.

    Raises:
        GraphError: 404 when there is none, 403 without P2.

    """
    needs_p2(tenant)
    tenant.now()
    key = request.params["accessReviewScheduleDefinition-id"].lower()
    review = tenant.reviews.all.get(key)
    if review is None:
        raise not_found(key)
    return review


def list_definitions(tenant: Tenant, request: Request) -> Answer:
    """``GET .../definitions``. Filters as documented: ``status eq`` and ``contains`` on the scope's query."""
    needs_p2(tenant)
    rows = [definition_row(review) for review in tenant.definitions()]
    return listed(request, rows, AR, RULES)


def get_definition(tenant: Tenant, request: Request) -> Answer:
    """``GET .../definitions/{id}``."""
    return shown(request, definition_row(found_review(tenant, request)), AR)


def create_definition(tenant: Tenant, request: Request) -> Answer:
    """``POST .../definitions``."""
    needs_p2(tenant)
    body = _whole(request.content)
    scope = checked_scope(tenant, body)
    now = tenant.now()
    review = tenant.reviews.open(body, scope, by=dict(tenant.app), now=now, first_day=first_day(body, now))
    return shown(request, definition_row(review), AR, status=201)


def replace_definition(tenant: Tenant, request: Request) -> Answer:
    """``PUT .../definitions/{id}``: the whole of it; counts for rounds that have not begun."""
    review = found_review(tenant, request)
    body = _whole(request.content)
    tenant.reviews.replace(review, body, checked_scope(tenant, body), tenant.now())
    return NO_CONTENT


def delete_definition(tenant: Tenant, request: Request) -> Answer:
    """``DELETE .../definitions/{id}``."""
    tenant.reviews.remove(found_review(tenant, request))
    return NO_CONTENT


def _whole(content: Json) -> Json:
    settings = {k: v for k, v in (content["settings"] or {}).items() if v is not None}
    body = {k: v for k, v in content.items() if k not in READ_ONLY and k != "@odata.context"}
    return {**body, "settings": {**SETTING_DEFAULTS, **settings}}
