"""Who is asked about a privileged guest, and which questions wait for somebody else's deed."""

from datetime import timedelta

from reviews.model import (
    Candidate,
    Exposure,
    GuestId,
    LifecyclePolicy,
    LifecycleRule,
    NativeItem,
    Others,
    PackageLifecycle,
    Path,
    PersonId,
    Step,
    Surroundings,
    Thing,
)
from reviews.questions import Question, Round
from reviews.staleness import judge
from tests.builders import FALLBACK, NOW, a_case, a_guest, a_policy, ago, days, guid

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


SILENCE = LifecyclePolicy(
    name="Silent guests",
    action="disableOnly",
    since=ago(300),
    rules=(LifecycleRule(kind="inactivityRule", limit=125),),
)
STAYS = PackageLifecycle(blocks=False)
ITEM = NativeItem(definition_id="d", instance_id="i", resource_id="p", name="Portal")


def asked(around: Surroundings, *, again: bool = False) -> Question:
    guest, policy = a_guest(), a_policy()
    verdict = judge(guest, policy.thresholds, policy.scope.min_account_age, NOW)
    case = a_case(Step.LAPSED) if again else None
    night = Round(policy=policy, now=NOW, name="2026-11-20")
    return night.question(Candidate(guest=guest, verdict=verdict, case=case), around)


def test_a_question_waits_for_a_near_deed_and_says_which_and_until_when() -> None:
    others = Others(lifecycle_policies=(SILENCE,), package_lifecycle=STAYS)
    for again in (False, True):
        question = asked(Surroundings(others=others), again=again)
        assert question.objection is not None
        assert question.objection.code == "lifecycle-policy-acts"
        assert question.objection.params == {"name": "Silent guests", "on": "2026-11-25"}
        assert question.objection in question.action.reasons


def test_what_joins_a_review_of_the_package_waits_for_nobody() -> None:
    others = Others(lifecycle_policies=(SILENCE,), package_lifecycle=STAYS)
    assert asked(Surroundings(others=others, items=(ITEM,))).objection is None
    assert asked(Surroundings(others=Others(package_lifecycle=STAYS))).objection is None
    assert asked(Surroundings()).objection is None


def test_the_end_of_the_account_is_told_once_whether_it_is_near_or_not() -> None:
    for end, waits in ((10, True), (90, False)):
        path = Path(thing=Thing.PACKAGE, id="p", name="Portal", expires_at=NOW + days(end))
        exposure = Exposure(read_at=NOW, paths=(path,), is_governed=True)
        ends = PackageLifecycle(blocks=True, deletes_after=timedelta(days=30))
        question = asked(Surroundings(exposure=exposure, others=Others(package_lifecycle=ends)))
        codes = [one.code for one in question.action.reasons]
        assert codes[-2:] == ["package-lifecycle-acts", "ends-the-account"]
        assert (question.objection is not None) is waits
