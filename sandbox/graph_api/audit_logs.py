"""Graph's logs: what was done to accounts, and who signed in; both on the scanty budget of reports."""

from datetime import datetime

from sandbox.graph_api.directory_objects import page_of
from sandbox.graph_api.exchange import Answer, GraphError, Request, not_simulated
from sandbox.graph_api.filtering import (
    Both,
    Comparison,
    Node,
    check_filter,
    predicate,
    read_filter,
)
from sandbox.graph_api.options import cut, offset_page
from sandbox.graph_api.properties import known
from sandbox.tenant import Tenant
from sandbox.tenant_logs import KEPT_FOR, KEPT_FREE

AUDIT, SIGN_IN = "microsoft.graph.directoryAudit", "microsoft.graph.signIn"
PAGE = 1_000
_EQ, _TIME = frozenset({"eq"}), frozenset({"eq", "ge", "le"})
_NAME = frozenset({"eq", "startswith"})
_AUDIT_RULES = {
    "activityDisplayName": _NAME,
    "activityDateTime": _TIME,
    "initiatedBy/user/userPrincipalName": _NAME,
    "loggedByService": _EQ,
    "targetResources/id": _EQ,
}
_SIGN_IN_RULES = {"userId": _EQ, "createdDateTime": _TIME, "appDisplayName": _NAME, "status/errorCode": _EQ}


def list_audits(tenant: Tenant, request: Request) -> Answer:
    """``GET /auditLogs/directoryAudits``: 30 days of it, or 7 in a tenant without P1; newest first."""
    now = tenant.now()
    rows = tenant.audits.since(now - (KEPT_FOR if tenant.premium else KEPT_FREE), now)
    text = request.query.get("$filter")
    if text is not None:
        node = read_filter(text)
        check_filter(node, _AUDIT_RULES, request)
        rows = list(filter(predicate(node), rows))
    page = offset_page(request, rows, default=PAGE, highest=PAGE)
    page["value"] = [cut(request, row, AUDIT, known(AUDIT)) for row in page["value"]]
    context = f"{request.origin}/v1.0/$metadata#auditLogs/directoryAudits"
    return Answer(status=200, body={"@odata.context": context, **page})


def list_sign_ins(tenant: Tenant, request: Request) -> Answer:
    """``GET /auditLogs/signIns``: the interactive sign-ins of one account in the last 30 days; needs P1."""
    if not tenant.premium:
        message = "Neither tenant is B2C or tenant doesn't have premium license"
        raise GraphError(403, "Authentication_RequestFromNonPremiumTenantOrB2CTenant", message)
    now = tenant.now()
    node = read_filter(request.query.get("$filter") or "userId eq ''")
    check_filter(node, _SIGN_IN_RULES, request)
    who = _account(node)
    if not who:
        what = "the sign-ins of a whole tenant; name one account in '$filter' (userId eq '...')"
        raise not_simulated(what)
    return _sign_ins(tenant, request, who, node, now)


def _sign_ins(tenant: Tenant, request: Request, who: str, node: Node, now: datetime) -> Answer:
    record = tenant.directory.account(who.lower())
    rows = [] if record is None else list(filter(predicate(node), tenant.sign_ins.of(record, now)))
    page = page_of(tenant, request, rows, now, context="auditLogs/signIns", default=PAGE, highest=PAGE)
    page["value"] = [cut(request, row, SIGN_IN, known(SIGN_IN)) for row in page["value"]]
    return Answer(status=200, body=page)


def _account(node: Node) -> str | None:
    """Return the account a filter is about, when every row it lets through is that account's."""
    if isinstance(node, Both) and node.word == "and":
        return next((found for found in map(_account, node.parts) if found), None)
    named = isinstance(node, Comparison) and (node.property, node.operator) == ("userId", "eq")
    return str(node.value) if isinstance(node, Comparison) and named else None
