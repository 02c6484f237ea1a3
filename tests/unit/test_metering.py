"""What bills guests, by the table of docs/reviews.md, and the guard before it."""

from dataclasses import replace
from typing import Any

import pytest

from adapters.graph.access_reviews import new_definition
from reviews.errors import Malformed
from reviews.metering import Forecast, Metered, features, forecast, guarded
from reviews.policy import CostGuard
from tests.builders import a_batch
from tests.tables import DOCS, codes, table

GRAPH = "#microsoft.graph."
INACTIVE = {"@odata.type": f"{GRAPH}accessReviewInactiveUsersQueryScope", "inactiveDuration": "P30D"}
SPONSORS = [{"@odata.type": f"{GRAPH}targetUserSponsors"}]
SHAPES: dict[str, dict[str, Any]] = {
    "our review of a group": new_definition(replace(a_batch(), group_id="g1"), [], CostGuard()),
    "a package policy with a review": {"reviewSettings": {"isEnabled": True, "primaryReviewers": []}},
    "inactive guests of all groups": {"scope": INACTIVE},
    "inactive guests inside another scope": {"scope": {"principalScopes": [INACTIVE]}},
    "a review that points out who is unlike the group": {
        "settings": {
            "recommendationInsightSettings": [
                {"@odata.type": f"{GRAPH}groupPeerOutlierRecommendationInsightSettings"}
            ]
        }
    },
    "a subject marked governed": {"subjectLifecycle": "governed"},
    "a package policy approved by sponsors": {
        "requestApprovalSettings": {"stages": [{"primaryApprovers": SPONSORS}]}
    },
    "a package policy reviewed by sponsors": {"reviewSettings": {"primaryReviewers": SPONSORS}},
    "a package policy that assigns by itself": {
        "automaticRequestSettings": {"requestAccessForAllowedTargets": True}
    },
    "a package policy with a custom extension": {"customExtensionStageSettings": [{"stage": "assigned"}]},
}
ROWS = table("Shapes that bill", DOCS / "reviews.md")
BILLING = [row["shape"] for row in ROWS if row["bills for"] != "-"]


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row["shape"])
def test_each_shape_bills_for_what_is_documented(row: dict[str, str]) -> None:
    assert features(SHAPES[row["shape"]]) == set(codes(row["bills for"]))


def test_every_metered_feature_is_documented() -> None:
    assert {one for row in ROWS for one in codes(row["bills for"])} == set(Metered)
    assert {row["shape"] for row in ROWS} == SHAPES.keys()


@pytest.mark.parametrize("shape", BILLING)
def test_what_bills_cannot_be_built_unless_the_policy_allows_it(shape: str) -> None:
    body = SHAPES[shape]
    with pytest.raises(Malformed, match="allow_metered is false"):
        guarded(body, CostGuard(max_metered_guests_per_month=100), guests=1)
    allowed = CostGuard(allow_metered=True, max_metered_guests_per_month=40)
    assert guarded(body, allowed, guests=40) is body
    with pytest.raises(Malformed, match="41 guests a month"):
        guarded(body, allowed, guests=41)


def test_only_what_is_added_counts() -> None:
    before = SHAPES["a package policy approved by sponsors"]
    after = {**before, **SHAPES["a package policy with a review"]}
    assert guarded(after, CostGuard(), guests=600, before=before) is after
    assert forecast(after, guests=600, before=before) == Forecast(features=frozenset(), guests=0)
    metered = {**after, "subjectLifecycle": "governed"}
    assert forecast(metered, guests=600, before=before) == Forecast(
        features=frozenset({Metered.GOVERNED}), guests=600
    )


def test_what_bills_nobody_is_never_refused() -> None:
    body = SHAPES["our review of a group"]
    assert guarded(body, CostGuard(), guests=100_000) is body
