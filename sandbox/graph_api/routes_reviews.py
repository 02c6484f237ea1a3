"""The routes of access reviews."""

from sandbox.graph_api import access_reviews, bodies
from sandbox.graph_api.bodies import Fields
from sandbox.graph_api.exchange import Operation
from sandbox.graph_api.route import OFFSET_LIST, Budget, Route, options

_AR = "/identityGovernance/accessReviews/definitions"
_DEF = f"{_AR}/{{accessReviewScheduleDefinition-id}}"
_INS = f"{_DEF}/instances/{{accessReviewInstance-id}}"
_ITEM = f"{_INS}/decisions/{{accessReviewInstanceDecisionItem-id}}"


def _review(
    name: str, perform: Operation, taken: frozenset[str] = frozenset(), body: Fields | None = None
) -> Route:
    return Route(name=name, perform=perform, options=taken, body=body, budget=Budget.REVIEWS)


ROUTES = (
    _review(f"GET {_AR}", access_reviews.list_definitions, OFFSET_LIST),
    _review(f"POST {_AR}", access_reviews.create_definition, body=bodies.NEW_DEFINITION),
    _review(f"GET {_DEF}", access_reviews.get_definition, options("select")),
    _review(f"DELETE {_DEF}", access_reviews.delete_definition),
    _review(f"GET {_DEF}/instances", access_reviews.list_instances, OFFSET_LIST),
    _review(f"GET {_INS}", access_reviews.get_instance, options("select")),
    _review(f"POST {_INS}/stop", access_reviews.stop_instance),
    _review(f"POST {_INS}/sendReminder", access_reviews.send_reminder),
    _review(f"POST {_INS}/batchRecordDecisions", access_reviews.record_decisions, body=bodies.BATCH_DECISION),
    _review(
        f"GET {_INS}/contactedReviewers", access_reviews.list_contacted, options("select", "skip", "top")
    ),
    _review(f"GET {_INS}/decisions", access_reviews.list_decisions, OFFSET_LIST),
    _review(f"GET {_ITEM}", access_reviews.get_decision, options("select")),
    _review(f"PATCH {_ITEM}", access_reviews.update_decision, body=bodies.DECISION),
)
