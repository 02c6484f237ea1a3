"""Who is asked about a privileged guest, when the policy names people for that."""

from reviews.model import Candidate, GuestId, PersonId, Surroundings
from reviews.questions import Question, Round
from reviews.staleness import judge
from tests.builders import FALLBACK, NOW, a_guest, a_policy, guid

WATCH = PersonId(guid(7_777))


def question(*privileged: str) -> Question:
    guest = a_guest()
    policy = a_policy(reviewers={"fallback": [FALLBACK], "privileged": [*privileged]})
    verdict = judge(guest, policy.thresholds, policy.scope.min_account_age, NOW)
    night = Round(policy=policy, now=NOW, name="2026-11-20", role_holders=frozenset({guest.id}))
    return night.question(Candidate(guest=guest, verdict=verdict), Surroundings())


def test_the_people_named_for_privileged_guests_are_asked_instead_of_the_sponsor() -> None:
    assert question(WATCH).action.reviewers == (WATCH,)


def test_a_privileged_guest_is_never_asked_about_itself() -> None:
    only_itself = question(GuestId(a_guest().id))
    assert only_itself.action.reviewers == ()
    assert [rung.code for rung in only_itself.ladder.rungs] == ["no-reviewer"]
