"""Every operation the sandbox answers, named as in Microsoft's metadata. The rest is not simulated."""

import re
from dataclasses import dataclass
from enum import StrEnum
from functools import cache

from sandbox.graph_api import access_reviews, bodies, deleted_items, groups, mail, organization, users
from sandbox.graph_api.bodies import Fields
from sandbox.graph_api.exchange import Operation

BATCH = "POST /$batch"


class Budget(StrEnum):
    """Which of Graph's allowances a request is charged to."""

    DIRECTORY = "directory"
    REPORTS = "reports"
    MAIL = "mail"
    REVIEWS = "reviews"


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """One operation: who answers it, which query options and body it takes, what it costs."""

    name: str
    perform: Operation
    options: frozenset[str] = frozenset()
    body: Fields | None = None
    budget: Budget = Budget.DIRECTORY
    cost: int = 1
    sends: bool = False

    @property
    def method(self) -> str:
        """The HTTP method."""
        return self.name.partition(" ")[0]

    @property
    def template(self) -> str:
        """The path with its parameters in braces."""
        return self.name.partition(" ")[2]


def _options(*names: str) -> frozenset[str]:
    return frozenset(f"${name}" for name in names)


_DIRECTORY_LIST = _options("count", "filter", "select", "skiptoken", "top")
_OFFSET_LIST = _options("count", "filter", "select", "skip", "top")
_AR = "/identityGovernance/accessReviews/definitions"
_DEF = f"{_AR}/{{accessReviewScheduleDefinition-id}}"
_INS = f"{_DEF}/instances/{{accessReviewInstance-id}}"
_ITEM = f"{_INS}/decisions/{{accessReviewInstanceDecisionItem-id}}"

_USERS = (
    Route(name="GET /users/$count", perform=users.count_users, options=_options("filter", "search"), cost=2),
    Route(
        name="GET /users",
        perform=users.list_users,
        options=_DIRECTORY_LIST | _options("expand", "orderby", "search"),
        cost=2,
    ),
    Route(name="GET /users/{user-id}", perform=users.get_user, options=_options("expand", "select")),
    Route(name="PATCH /users/{user-id}", perform=users.update_user, body=bodies.USER_CHANGE),
    Route(name="DELETE /users/{user-id}", perform=users.delete_user),
    Route(name="GET /users/{user-id}/sponsors", perform=users.list_sponsors, options=_options("select")),
    Route(
        name="GET /directory/deletedItems/graph.user",
        perform=deleted_items.list_deleted_users,
        options=_options("select", "skiptoken", "top"),
    ),
    Route(
        name="GET /directory/deletedItems/{directoryObject-id}",
        perform=deleted_items.get_deleted,
        options=_options("select"),
    ),
    Route(name="POST /directory/deletedItems/{directoryObject-id}/restore", perform=deleted_items.restore),
)
_GROUPS = (
    Route(name="GET /groups", perform=groups.list_groups, options=_DIRECTORY_LIST),
    Route(name="POST /groups", perform=groups.create_group, body=bodies.NEW_GROUP),
    Route(name="GET /groups/{group-id}", perform=groups.get_group, options=_options("select")),
    Route(name="PATCH /groups/{group-id}", perform=groups.update_group, body=bodies.GROUP_CHANGE),
    Route(name="DELETE /groups/{group-id}", perform=groups.delete_group),
    Route(
        name="GET /groups/{group-id}/members",
        perform=groups.list_members,
        options=_options("select", "skiptoken", "top"),
        cost=3,
    ),
    Route(name="POST /groups/{group-id}/members/$ref", perform=groups.add_member, body=bodies.REFERENCE),
    Route(name="DELETE /groups/{group-id}/members/{directoryObject-id}/$ref", perform=groups.remove_member),
    Route(name="DELETE /groups/{group-id}/members/{directoryObject-id}", perform=groups.delete_member_object),
)


def _review(
    name: str, perform: Operation, options: frozenset[str] = frozenset(), body: Fields | None = None
) -> Route:
    return Route(name=name, perform=perform, options=options, body=body, budget=Budget.REVIEWS)


_REVIEWS = (
    _review(f"GET {_AR}", access_reviews.list_definitions, _OFFSET_LIST),
    _review(f"POST {_AR}", access_reviews.create_definition, body=bodies.NEW_DEFINITION),
    _review(f"GET {_DEF}", access_reviews.get_definition, _options("select")),
    _review(f"DELETE {_DEF}", access_reviews.delete_definition),
    _review(f"GET {_DEF}/instances", access_reviews.list_instances, _OFFSET_LIST),
    _review(f"GET {_INS}", access_reviews.get_instance, _options("select")),
    _review(f"POST {_INS}/stop", access_reviews.stop_instance),
    _review(f"POST {_INS}/sendReminder", access_reviews.send_reminder),
    _review(f"POST {_INS}/batchRecordDecisions", access_reviews.record_decisions, body=bodies.BATCH_DECISION),
    _review(
        f"GET {_INS}/contactedReviewers", access_reviews.list_contacted, _options("select", "skip", "top")
    ),
    _review(f"GET {_INS}/decisions", access_reviews.list_decisions, _OFFSET_LIST),
    _review(f"GET {_ITEM}", access_reviews.get_decision, _options("select")),
    _review(f"PATCH {_ITEM}", access_reviews.update_decision, body=bodies.DECISION),
)


def _mail(
    name: str,
    perform: Operation,
    options: frozenset[str] = frozenset(),
    body: Fields | None = None,
    *,
    sends: bool = False,
) -> Route:
    return Route(name=name, perform=perform, options=options, body=body, budget=Budget.MAIL, sends=sends)


_MAIL_LIST = _options("expand", "filter", "select", "skip", "top")
_MESSAGES = "/users/{user-id}/messages"
_MAIL = (
    _mail(f"GET {_MESSAGES}", mail.list_messages, _MAIL_LIST),
    _mail(f"POST {_MESSAGES}", mail.create_draft, body=bodies.MESSAGE),
    _mail(f"GET {_MESSAGES}/{{message-id}}", mail.get_message, _options("expand", "select")),
    _mail(f"PATCH {_MESSAGES}/{{message-id}}", mail.update_draft, body=bodies.MESSAGE_CHANGE),
    _mail(f"DELETE {_MESSAGES}/{{message-id}}", mail.delete_message),
    _mail(f"POST {_MESSAGES}/{{message-id}}/send", mail.send_draft, sends=True),
    _mail("GET /users/{user-id}/mailFolders/{mailFolder-id}/messages", mail.list_folder, _MAIL_LIST),
)
_TENANT = (
    Route(
        name="GET /policies/authorizationPolicy",
        perform=organization.get_authorization_policy,
        options=_options("select"),
    ),
    Route(name="GET /organization", perform=organization.list_organization, options=_options("select")),
    Route(name="GET /subscribedSkus", perform=organization.list_skus, options=_options("select"), cost=3),
    Route(
        name="GET /auditLogs/directoryAudits",
        perform=organization.list_audits,
        options=_options("filter", "select", "skip", "top"),
        budget=Budget.REPORTS,
    ),
)
ROUTES = (*_USERS, *_GROUPS, *_REVIEWS, *_MAIL, *_TENANT)

_ALIASES = {"/directory/deletedItems/microsoft.graph.user": "/directory/deletedItems/graph.user"}

_FUNCTIONS = frozenset({"/users/delta", "/groups/delta"})
"""Paths that look like an object's, and are not."""


@cache
def _patterns() -> dict[tuple[str, int], list[tuple[re.Pattern[str], tuple[str, ...], Route]]]:
    """Return the routes by method and number of path segments, literal segments before parameters."""
    table: dict[tuple[str, int], list[tuple[re.Pattern[str], tuple[str, ...], Route]]] = {}
    for route in ROUTES:
        names = tuple(re.findall(r"\{([^}]+)\}", route.template))
        parts = re.split(r"\{[^}]+\}", route.template)
        pattern = re.compile("([^/()]+)".join(re.escape(part) for part in parts))
        table.setdefault((route.method, route.template.count("/")), []).append((pattern, names, route))
    for rows in table.values():
        rows.sort(key=lambda row: len(row[1]))
    return table


def find_route(method: str, path: str) -> tuple[Route, dict[str, str]] | None:
    """Return the operation behind a request and its path parameters, or None."""
    path = _ALIASES.get(path, path)
    if path in _FUNCTIONS:
        return None
    for pattern, names, route in _patterns().get((method, path.count("/")), ()):
        match = pattern.fullmatch(path)
        if match is not None:
            return route, dict(zip(names, match.groups(), strict=True))
    return None


def operation_name(method: str, path: str) -> str:
    """Return the metadata's name of an operation; method and path as they are when it is not simulated."""
    found = find_route(method, path)
    return found[0].name if found is not None else f"{method} {path}"
