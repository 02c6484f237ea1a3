"""What mails say follows from the record: order, dates, what comes next, and nothing a guest could abuse."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from notifications import composing
from notifications.contexts import RunDigest
from reviews.model import Choice, Recommendation, Risk, RunId, Step
from reviews.policy import Policy
from reviews.records import Act
from tests.builders import NOW, RUN, a_case, a_person
from tests.letters import (
    POLICY,
    a_card,
    a_plan,
    a_run,
    a_submission,
    batch,
    cards,
    every_mail,
    request,
    setting,
    strict,
)


def test_the_riskiest_come_first_then_those_we_suggest_to_remove_then_by_name() -> None:
    shown = composing.in_order(cards(7))
    assert [card.sight.risk if card.sight else None for card in shown[:2]] == [Risk.HIGH, Risk.LOW]
    order = [(card.recommendation, card.name) for card in shown]
    assert [one for one, _ in order] == [
        *[Recommendation.REMOVE] * 4,
        Recommendation.LOOK_CLOSER,
        Recommendation.CANNOT_TELL,
        Recommendation.KEEP,
    ]
    removals = [name.casefold() for one, name in order[1:] if one is Recommendation.REMOVE]
    assert removals == sorted(removals)


def test_the_question_names_deadline_link_and_every_guest_in_words() -> None:
    mail = request(*cards(3))
    [section] = mail.sections
    assert section.deadline == mail.deadline == "Friday 4 December 2026"
    assert section.deadline_time == "23:59 (Central European Standard Time)"
    assert section.answer_url == "https://guests.contoso.example/r/5ca1ab1e0ddba11c0ffee0ddba11cafe"
    assert {line.name for line in section.guests} == {"Sam Visser", "Aïsha El Amrani", "Bjørn Ødegård"}
    assert section.guests[0].because[0] == "Last signed in on 14 March 2026, 251 days ago."
    assert section.guests[0].about == "sam.visser@fabrikam.example · Fabrikam"


def test_names_that_look_like_links_are_replaced_in_the_readers_language() -> None:
    trap = [a_card(5)]
    assert request(*trap, here=setting("en")).sections[0].guests[0].name == "Guest of litware.example"
    assert request(*trap, here=setting("nl")).sections[0].guests[0].name == "Gast van litware.example"
    nameless = [replace(a_card(5), mail=None, company="www.evil.example")]
    line = request(*nameless, here=setting("en")).sections[0].guests[0]
    assert (line.name, line.about) == ("Guest without a readable name", "")


@pytest.mark.parametrize(
    ("choice", "policy", "said"),
    [
        (Choice.KEEP, POLICY, "Access stays. We do not ask again before 19 May 2027."),
        (
            Choice.REMOVE,
            POLICY,
            (
                "The guest is warned first. Sign-in is blocked on 27 November 2026 at the earliest; "
                "30 days later the account is deleted."
            ),
        ),
        (
            Choice.REMOVE,
            strict(),
            "The guest is warned first. Sign-in is blocked on 27 November 2026 at the earliest.",
        ),
        (Choice.DONT_KNOW, POLICY, "Nothing changes now. We may ask a colleague."),
        (Choice.NOT_MINE, POLICY, "Nothing changes now. We ask somebody else."),
    ],
)
def test_what_follows_an_answer_is_what_the_policy_says(choice: Choice, policy: Policy, said: str) -> None:
    assert composing.what_follows(choice, NOW, setting(policy=policy)) == said


def test_a_keep_until_a_day_rests_until_that_day() -> None:
    kept = a_submission(Choice.KEEP, 1).answer
    soon = replace(kept, until=date(2026, 12, 31))
    assert composing.follows(soon, setting()) == "Access stays. We do not ask again before 31 December 2026."
    late = replace(kept, until=date(2030, 1, 1))
    assert composing.follows(late, setting()) == composing.follows(kept, setting())


def test_what_follows_silence_is_what_the_policy_says() -> None:
    assert "ask a colleague" in composing.no_answer(setting())
    assert "access ends" in composing.no_answer(setting(policy=strict()))


def test_the_receipt_lists_what_the_cases_hold_and_counts_what_is_open() -> None:
    whole = batch(3)
    answers = (a_submission(Choice.KEEP, 1).answer, None)
    cases = {
        guest: a_case(Step.ASKED, number, answer=answer)
        for number, (guest, answer) in enumerate(zip(whole.guests, answers, strict=False), start=1)
    }
    receipt = composing.answer_receipt(whole, cards(3), cases, setting())
    assert [(line.name, line.answer) for line in receipt.answers] == [("Sam Visser", "Keep")]
    assert receipt.open_count == 1


def test_the_notice_counts_grace_from_the_moment_it_leaves() -> None:
    notice = composing.guest_notice(a_card(), a_person(), setting())
    assert notice.blocked_from == "Friday 27 November 2026"
    assert notice.deleted_after == "30 days"
    assert notice.contact_name == "Sara Sponsor"
    assert composing.guest_notice(a_card(), None, setting(policy=strict())).deleted_after == ""


def test_a_deleted_account_can_come_back_for_thirty_days() -> None:
    done = composing.removal_done(a_card(), None, NOW, setting())
    assert (done.deleted_on, done.restorable_until) == ("Friday 20 November 2026", "Sunday 20 December 2026")
    assert done.reviewer_name == "colleague"


def test_the_digest_counts_actions_and_held_ones_and_repeats_alerts() -> None:
    digest = composing.run_digest(RUN, a_run(), a_plan(), "", setting())
    assert [(line.what, line.count) for line in digest.actions] == [
        ("Questions to put", 2),
        ("Cases to close", 1),
    ]
    assert [line.count for line in digest.held] == [2]
    assert digest.alerts == ("26 harmful steps are due and 25 are allowed: none happens without approval.",)
    assert digest.lead == "1,234 guest accounts were read. Mode: ask and act."
    assert digest.plan_hash == "9f" * 32


def test_an_alarm_about_a_night_that_never_began_needs_no_run() -> None:
    digest = composing.run_digest(RunId("night:2026-11-20T01:30Z"), None, None, "night-overdue", setting())
    assert digest.night == "Friday 20 November 2026"
    assert digest.lead == ""
    assert digest.alerts[0].startswith("The night is more than two hours late")


def test_a_run_without_a_plan_still_says_how_many_guests_it_read() -> None:
    digest = composing.run_digest(RUN, a_run(), None, "", setting())
    assert digest.lead.startswith("1,234 guest accounts")
    assert not digest.actions
    assert not digest.held
    assert not digest.alerts
    assert composing.run_digest(RUN, replace(a_run(), guests=None), None, "", setting()).lead.startswith("0 ")


def test_every_kind_of_action_has_words_in_the_digest() -> None:
    plan = a_plan()
    acts = tuple(replace(plan.actions[0], kind=kind, key=kind) for kind in Act)
    digest = composing.run_digest(RUN, a_run(), replace(plan, actions=acts), "", setting("nl"))
    assert isinstance(digest, RunDigest)
    assert {line.count for line in digest.actions} == {1}
    assert len({line.what for line in digest.actions}) == len(Act)


def test_without_home_domains_the_organisation_is_the_senders_domain() -> None:
    here = setting(policy=Policy())
    assert here.organisation == "contoso.example"
    assert here.contact == "guest-desk@contoso.example"


@pytest.mark.parametrize("zone", ["Europe/Amsterdam", "America/New_York", "Australia/Lord_Howe"])
def test_the_last_day_is_the_last_day_in_the_tenants_zone_also_around_clock_changes(zone: str) -> None:
    tenant = POLICY.tenant.model_copy(update={"zone": zone})
    here = setting(policy=POLICY.model_copy(update={"tenant": tenant}))
    for day in range(365):
        noon = datetime(2026, 1, 1, 12, tzinfo=UTC) + timedelta(days=day)
        mail = request(*cards(1), here=here, deadline=noon)
        local = noon.astimezone(here.words.here)
        assert mail.deadline.endswith(f"{local.day} {local:%B} {local.year}")
        assert mail.sections[0].deadline_time.startswith(f"{local:%H:%M} (")


def test_composing_says_the_same_twice() -> None:
    assert every_mail("en", 7) == every_mail("en", 7)
