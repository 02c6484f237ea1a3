"""Graph's /users: list page by page, read one, count, switch off, soft-delete, and who sponsors whom."""

from collections.abc import Callable, Collection
from datetime import datetime

from sandbox.graph_api.directory_objects import PAGE_CAP, PAGE_DEFAULT, live_user
from sandbox.graph_api.exchange import (
    NO_CONTENT,
    Answer,
    GraphError,
    Request,
    bad_request,
    denied,
    not_simulated,
    unsupported,
)
from sandbox.graph_api.filtering import (
    Both,
    Comparison,
    Node,
    Predicate,
    check_filter,
    comparisons,
    predicate,
    read_filter,
)
from sandbox.graph_api.options import expanded, next_link, number, position_of, selected
from sandbox.graph_api.properties import (
    USER,
    USER_BASIC,
    USER_COLLECTIONS,
    USER_DEFAULT,
    USER_SIMULATED,
    known,
    reads_all_of_users,
)
from sandbox.graph_api.sponsors import SponsorShape
from sandbox.tenant import Tenant
from sandbox.tenant_directory import Json

PAGE_CAP_WITH_ACTIVITY = 500
SCANNED_AT_MOST = 20_000
"""After so many accounts a page ends, full or not: Graph too returns short pages with a nextLink."""

_EQ, _TIME = frozenset({"eq", "in"}), frozenset({"eq", "ge", "le"})
_RULES = {
    "id": _EQ,
    "mail": _EQ | {"startswith"},
    "userPrincipalName": _EQ | {"startswith"},
    "displayName": _EQ | {"startswith"},
    "userType": _EQ,
    "accountEnabled": frozenset({"eq"}),
    "creationType": frozenset({"eq"}),
    "externalUserState": frozenset({"eq"}),
    "createdDateTime": _TIME,
    "signInActivity/lastSignInDateTime": _TIME,
    "signInActivity/lastNonInteractiveSignInDateTime": _TIME,
    "signInActivity/lastSuccessfulSignInDateTime": _TIME,
}

Shape = Callable[[Json], Json]


def user_filter(request: Request) -> Node | None:
    """Read and check the ``$filter`` of a user list."""
    text = request.query.get("$filter")
    if text is None:
        return None
    node = read_filter(text)
    check_filter(node, _RULES, request)
    named = {test.property for test in comparisons(node)}
    if len(named) > 1 and any(name.startswith("signInActivity/") for name in named):
        message = "signInActivity can only be filtered by alone."
        raise unsupported(message)
    return node


def touches_activity(request: Request) -> bool:
    """Say whether a request selects or filters sign-in activity, which has its own limits."""
    text = request.query.get("$select", "").split(",")
    return "signInActivity" in [t.strip() for t in text] or "signInActivity" in request.query.get(
        "$filter", ""
    )


def _check_activity(tenant: Tenant, request: Request) -> None:
    if not touches_activity(request):
        return
    if "AuditLog.Read.All" not in tenant.granted:
        message = "Sign-in activity needs AuditLog.Read.All."
        raise denied(message)
    if not tenant.premium:
        message = "Sign-in activity needs Microsoft Entra ID P1 or P2."
        raise GraphError(403, "Authentication_RequestFromNonPremiumTenantOrB2CTenant", message)


def _refuse_unsimulated(request: Request) -> None:
    if "$search" in request.query or ("$orderby" in request.query and "$filter" in request.query):
        if not request.advanced:
            message = "This query needs the header ConsistencyLevel: eventual and $count=true."
            raise unsupported(message)
        if "$expand" in request.query:
            message = "$expand is not supported with advanced queries."
            raise unsupported(message)
    for option in ("$search", "$orderby"):
        if option in request.query:
            raise not_simulated(option)


def user_names(tenant: Tenant, request: Request) -> tuple[str, ...]:
    """Return the properties to show, ``id`` always among them; 403 for what basic reading does not show."""
    asked = selected(request, known(USER), USER_SIMULATED, USER)
    _check_activity(tenant, request)
    if asked is None:
        return USER_DEFAULT
    if not reads_all_of_users(tenant) and not set(asked) <= USER_BASIC:
        raise denied()
    return asked if "id" in asked else (*asked, "id")


def shape_of(names: tuple[str, ...]) -> Shape:
    """Return a function that cuts a user down to some properties; no activity, no key."""
    plain: tuple[tuple[str, list[str] | None], ...] = tuple(
        (name, [] if name in USER_COLLECTIONS else None) for name in names if name != "signInActivity"
    )
    active = "signInActivity" in names

    def shape(record: Json) -> Json:
        shown: Json = {name: record.get(name, absent) for name, absent in plain}
        if active and record.get("signInActivity") is not None:
            shown["signInActivity"] = record["signInActivity"]
        return shown

    return shape


def _listed(shape: Shape, blank: Collection[str]) -> Shape:
    """Leave the activity out for accounts whose activity lists do not show."""
    if not blank:
        return shape

    def listed(record: Json) -> Json:
        shown = shape(record)
        if record["id"] in blank:
            shown.pop("signInActivity", None)
        return shown

    return listed


# --- operations ------------------------------------------------------------------------------------


def list_users(tenant: Tenant, request: Request) -> Answer:
    """``GET /users``."""
    _refuse_unsimulated(request)
    node = user_filter(request)
    names = user_names(tenant, request)
    if node is not None and not reads_all_of_users(tenant):
        raise denied()
    expand, inner = expanded(request, "sponsors")
    if expand and request.advanced:
        message = "$expand is not supported with advanced queries."
        raise unsupported(message)
    cap = PAGE_CAP_WITH_ACTIVITY if touches_activity(request) else PAGE_CAP
    top = number(request, "$top", PAGE_DEFAULT, lowest=1, highest=cap)
    now = tenant.now()
    sponsors = SponsorShape(tenant, inner, now) if expand else None
    shape = _listed(shape_of(names), tenant.sign_ins.missing_from_lists)
    rows, following = _page(tenant, node, shape, sponsors, position_of(tenant, request, now), top, now)
    page: Json = {"@odata.context": f"{request.origin}/v1.0/$metadata#users"}
    if request.advanced and "$skiptoken" not in request.query:
        page["@odata.count"] = _count(tenant, node, now)
    if following is not None:
        page["@odata.nextLink"] = next_link(tenant, request, following, now)
    return Answer(status=200, body={**page, "value": rows})


def _page(
    tenant: Tenant,
    node: Node | None,
    shape: Shape,
    sponsors: SponsorShape | None,
    start: int,
    top: int,
    now: datetime,
) -> tuple[list[Json], int | None]:
    """Return one page and the position of the next, or None after the last account that matches."""
    rows: list[Json] = []
    named = _named(node)
    if named is not None:
        found = [record for record in (tenant.directory.user(n, now) for n in named) if record is not None]
        return [_full(shape, sponsors, record) for record in found], None
    directory, matches = tenant.directory, _predicate(node)
    check_hidden = bool(directory.visible_at)
    for position, record in directory.scan(start, guests_only=_only_guests(node)):
        if position - start >= SCANNED_AT_MOST:
            return rows, position
        if not matches(record) or (check_hidden and directory.hidden(record["id"], now)):
            continue
        if len(rows) == top:
            return rows, position
        rows.append(_full(shape, sponsors, record))
    return rows, None


def _full(shape: Shape, sponsors: SponsorShape | None, record: Json) -> Json:
    shown = shape(record)
    if sponsors is not None:
        shown["sponsors"] = sponsors.of(record["id"])
    return shown


def _named(node: Node | None) -> list[str] | None:
    """Return the ids a filter asks for by name, which need no scan; else None."""
    if not isinstance(node, Comparison) or node.property != "id" or node.operator not in {"eq", "in"}:
        return None
    values = node.value if isinstance(node.value, tuple) else (node.value,)
    return sorted({str(value).lower() for value in values})


def _predicate(node: Node | None) -> Predicate:
    if node is None:
        return lambda _: True
    if node == Comparison(property="userType", operator="eq", value="Guest"):
        return lambda record: record["userType"] == "Guest"
    return predicate(node)


def _only_guests(node: Node | None) -> bool:
    if isinstance(node, Both) and node.word == "and":
        return any(_only_guests(part) for part in node.parts)
    return isinstance(node, Comparison) and (node.property, node.operator, node.value) == (
        "userType",
        "eq",
        "Guest",
    )


def _count(tenant: Tenant, node: Node | None, now: datetime) -> int:
    matches, directory = _predicate(node), tenant.directory
    live = directory.scan(0, guests_only=_only_guests(node))
    return sum(1 for _, record in live if matches(record) and not directory.hidden(record["id"], now))


def count_users(tenant: Tenant, request: Request) -> Answer:
    """``GET /users/$count``: text, and only with ConsistencyLevel: eventual."""
    if not request.eventual:
        message = "$count needs the header ConsistencyLevel: eventual."
        raise bad_request(message)
    _refuse_unsimulated(request)
    node = user_filter(as_advanced(request))
    return Answer(status=200, body=str(_count(tenant, node, tenant.now())))


def as_advanced(request: Request) -> Request:
    """Return the request as its filter is checked: on the ``$count`` segment the header alone is enough."""
    return Request(
        method=request.method,
        path=request.path,
        query={**request.query, "$count": "true"},
        headers=request.headers,
        body=b"",
        origin=request.origin,
    )


def get_user(tenant: Tenant, request: Request) -> Answer:
    """``GET /users/{id}``, by object id."""
    names = user_names(tenant, request)
    expand, inner = expanded(request, "sponsors")
    now = tenant.now()
    record = live_user(tenant, request, now)
    shown = {"@odata.context": f"{request.origin}/v1.0/$metadata#users/$entity", **shape_of(names)(record)}
    if expand:
        shown["sponsors"] = SponsorShape(tenant, inner, now).of(record["id"])
    return Answer(status=200, body=shown)


def update_user(tenant: Tenant, request: Request) -> Answer:
    """``PATCH /users/{id}``: sign-in on or off, for those who hold no admin role."""
    now = tenant.now()
    record = live_user(tenant, request, now)
    content = {name: value for name, value in request.content.items() if name != "@odata.type"}
    if not content or content.get("accountEnabled", True) is None:
        message = "The request body has no property to change."
        raise bad_request(message)
    writes_all = {"User.ReadWrite.All", "Directory.ReadWrite.All"} & tenant.granted
    pair = {"User.EnableDisableAccount.All", "User.Read.All"}
    if not writes_all and not (set(content) == {"accountEnabled"} and pair <= tenant.granted):
        raise denied()
    if "accountEnabled" in content and tenant.reach.shielded(record["id"], now):
        raise denied()
    tenant.directory.change(record["id"], content)
    if "accountEnabled" in content:
        tenant.audit("Enable account" if content["accountEnabled"] else "Disable account", record)
    return NO_CONTENT


def delete_user(tenant: Tenant, request: Request) -> Answer:
    """``DELETE /users/{id}``: into the recycle bin for 30 days."""
    now = tenant.now()
    record = live_user(tenant, request, now)
    if tenant.reach.shielded(record["id"], now):
        raise denied()
    tenant.directory.deleted[record["id"]] = now
    tenant.audit("Delete user", record)
    return NO_CONTENT
