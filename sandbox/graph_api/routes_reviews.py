"""The routes of access reviews."""

from sandbox.graph_api import access_reviews, review_bodies, review_decisions, review_instances
from sandbox.graph_api.bodies import Fields
from sandbox.graph_api.exchange import Operation
from sandbox.graph_api.route import OFFSET_LIST, Budget, Route, options

_AR = "/identityGovernance/accessReviews/definitions"
_DEF = f"{_AR}/{{accessReviewScheduleDefinition-id}}"
_INS = f"{_DEF}/instances/{{accessReviewInstance-id}}"
_ITEM = "decisions/{accessReviewInstanceDecisionItem-id}"
_STAGE = f"{_INS}/stages/{{accessReviewStage-id}}"
_ONE = options("select")


def _review(
    name: str, perform: Operation, taken: frozenset[str] = frozenset(), body: Fields | None = None
) -> Route:
    return Route(name=name, perform=perform, options=taken, body=body, budget=Budget.REVIEWS)


_DEFINITIONS = (
    _review(f"GET {_AR}", access_reviews.list_definitions, OFFSET_LIST),
    _review(f"POST {_AR}", access_reviews.create_definition, body=review_bodies.NEW_DEFINITION),
    _review(f"GET {_DEF}", access_reviews.get_definition, _ONE),
    _review(f"PUT {_DEF}", access_reviews.replace_definition, body=review_bodies.WHOLE_DEFINITION),
    _review(f"DELETE {_DEF}", access_reviews.delete_definition),
)
_INSTANCES = (
    _review(f"GET {_DEF}/instances", review_instances.list_instances, OFFSET_LIST),
    _review(f"GET {_INS}", review_instances.get_instance, _ONE),
    _review(f"PATCH {_INS}", review_instances.update_instance, body=review_bodies.INSTANCE),
    _review(f"POST {_INS}/stop", review_instances.stop_instance),
    _review(f"POST {_INS}/applyDecisions", review_instances.apply_decisions),
    _review(f"POST {_INS}/resetDecisions", review_instances.reset_decisions),
    _review(f"POST {_INS}/sendReminder", review_instances.send_reminder),
    _review(
        f"GET {_INS}/contactedReviewers", review_instances.list_contacted, options("select", "skip", "top")
    ),
)
_DECISIONS = (
    _review(
        f"POST {_INS}/batchRecordDecisions",
        review_decisions.record_decisions,
        body=review_bodies.BATCH_DECISION,
    ),
    _review(f"GET {_INS}/decisions", review_decisions.list_decisions, OFFSET_LIST),
    _review(f"GET {_INS}/{_ITEM}", review_decisions.get_decision, _ONE),
    _review(f"PATCH {_INS}/{_ITEM}", review_decisions.update_decision, body=review_bodies.DECISION),
)
_STAGES = (
    _review(f"GET {_INS}/stages", review_decisions.list_stages, OFFSET_LIST),
    _review(f"GET {_STAGE}", review_decisions.get_stage, _ONE),
    _review(f"POST {_STAGE}/stop", review_decisions.stop_stage),
    _review(
        f"POST {_STAGE}/batchRecordDecisions",
        review_decisions.record_stage_decisions,
        body=review_bodies.BATCH_DECISION,
    ),
    _review(f"GET {_STAGE}/decisions", review_decisions.list_stage_decisions, OFFSET_LIST),
    _review(f"GET {_STAGE}/{_ITEM}", review_decisions.get_stage_decision, _ONE),
    _review(f"PATCH {_STAGE}/{_ITEM}", review_decisions.update_decision, body=review_bodies.DECISION),
)
ROUTES = (*_DEFINITIONS, *_INSTANCES, *_DECISIONS, *_STAGES)
