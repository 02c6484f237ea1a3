"""What an admin should know of a closer look that failed, and of labels the policy does not name."""

from datetime import timedelta

from reviews.findings import findings
from reviews.model import Exposure, GuestId, Surroundings, Unreadable
from reviews.partners import PartnerCount
from reviews.policy import Policy
from tests.builders import NOW, guid


def found(*around: Surroundings) -> dict[str, dict[str, object]]:
    looked = {GuestId(guid(number)): one for number, one in enumerate(around)}
    counted = PartnerCount(NOW - timedelta(days=1))
    return {one.code: dict(one.params) for one in findings(looked, counted, Policy())}


def test_guests_that_could_not_be_looked_at_are_counted_with_every_reason() -> None:
    failed = [
        Surroundings(exposure=Unreadable(why=why)) for why in ("throttled", "no-permission", "throttled")
    ]
    assert found(*failed) == {"not-looked-at": {"count": 3, "why": "no-permission, throttled"}}


def test_guests_nobody_wanted_to_look_at_are_no_failure() -> None:
    assert found(Surroundings()) == {}


def test_a_label_the_policy_does_not_name_is_named() -> None:
    seen = Surroundings(exposure=Exposure(read_at=NOW, strange_labels=("l-9",)))
    assert found(seen) == {"labels-unknown": {"count": 1, "labels": "l-9"}}
