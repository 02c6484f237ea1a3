"""What mails say follows from the record: order, dates, what comes next, and nothing a guest could abuse."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from pydantic import ValidationError

from admin import mail_examples
from notifications import composing
from notifications.contexts import GuestLine, RunDigest
from notifications.pages import answer_page
from notifications.render import letter
from reviews.model import (
    AskedAs,
    Choice,
    Kind,
    Obstacle,
    Path,
    Recommendation,
    Risk,
    RunId,
    Sight,
    Step,
    Thing,
)
from reviews.policy import Mail, Policy
from reviews.reasons import because
from reviews.records import Act, MailKind, question_kind
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
    done = composing.removal_done(a_card(), None, a_case(Step.DELETED, deleted_at=NOW), setting())
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
    surging = because("partners-surging", count=1, domains="partner.example")
    told = composing.run_digest(RUN, a_run(), replace(a_plan(), findings=(surging,)), "", setting())
    assert told.findings == ("1 domain with far more new guests this week than usual: partner.example.",)


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


def test_the_page_adds_dates_its_reasons_do_not_tell() -> None:
    silent = (because("silent", days=251, on="2026-03-14"),)
    telling = a_card(last_success_at=NOW, reasons=(because("attempts-since", on="2026-10-06"),))
    html = answer_page(batch(1), [telling], {}, setting(), style_nonce="n")
    assert "Last signed in on 20 November 2026." in html
    assert "Invited on 1 February 2024." in html
    html = answer_page(
        batch(1), [a_card(last_success_at=NOW, reasons=silent)], {}, setting(), style_nonce="n"
    )
    assert "20 November 2026." not in html


def line(**sight: object) -> GuestLine:
    """Compose one guest that a closer look was taken at."""
    seen = Sight(kind=Kind.EXTERNAL_GUEST, **sight)  # type: ignore[arg-type]
    return composing.guest_line(a_card(sight=seen), setting().words, told=AskedAs.SPONSOR)


TEAM = Path(thing=Thing.TEAM, id="t", name="Tender 2026", label="Highly confidential")


def test_a_guest_nobody_looked_at_closely_is_said_nothing_of() -> None:
    seen = composing.guest_line(a_card(sight=None), setting().words, told=AskedAs.SPONSOR)
    assert (seen.reach, seen.beyond, seen.unread, seen.risk, seen.changed) == ("", "", "", "", ())


def test_what_a_guest_reaches_is_named_three_times_and_then_counted() -> None:
    app = Path(thing=Thing.APP, id="a", name="Supplier Portal")
    role = Path(thing=Thing.ROLE, id="r", name="Reports Reader", eligible=True)
    assert line(reach=(TEAM,), reach_count=1).reach == "Reaches team “Tender 2026” (Highly confidential)."
    assert line(reach=(TEAM, app, role, app), reach_count=9).reach == (
        "Reaches team “Tender 2026” (Highly confidential), app “Supplier Portal”, "
        "administrator role “Reports Reader” (not switched on), and 6 more."
    )


def test_nothing_reached_is_said_only_when_everything_was_read() -> None:
    assert line(risk=Risk.LOW).reach == "Reaches nothing that we can see."
    assert line().reach == "", "nobody looked"
    unread = line(risk=Risk.LOW, unread=("roles", "packages"))
    assert unread.reach == ""
    assert unread.unread == "We could not read: administrator roles and access packages."


def test_what_a_removal_leaves_is_said_with_its_reason() -> None:
    stuck = replace(TEAM, obstacle=Obstacle.DYNAMIC)
    assert line(beyond=(stuck,)).beyond == (
        "A removal alone does not end this: team “Tender 2026” (a rule fills it)."
    )


def test_only_a_high_risk_is_said_aloud() -> None:
    assert [line(risk=risk).risk for risk in (None, *Risk)] == ["", "", "", "High risk", "Critical risk"]


def test_an_unusual_kind_of_account_is_named() -> None:
    about = composing.about(
        a_card(sight=Sight(kind=Kind.INTERNAL_GUEST, home="Fabrikam BV")), setting().words
    )
    assert about == "sam.visser@fabrikam.example · Fabrikam BV · guest with an account of ours"


def test_a_team_whose_name_is_a_trap_leads_nowhere() -> None:
    trap = Path(thing=Thing.TEAM, id="t", name="http://evil.example", label="www.evil.example")
    meant_well = Path(thing=Thing.GROUP, id="g", name="HR.Team")
    garbled = Path(thing=Thing.APP, id="a", name="\ufffd\ufffd")
    assert line(reach=(trap, meant_well, garbled), reach_count=3).reach == (
        "Reaches team “http evil example” (www evil example), group “HR Team”, and app “no readable name”."
    )


def test_why_the_reader_is_asked_is_said_once() -> None:
    words = setting().words
    fallback = a_card(asked_as=AskedAs.FALLBACK)
    said = "You are asked because no sponsor of this guest can answer."
    assert composing.guest_line(fallback, words, told=AskedAs.SPONSOR).why_you == said
    assert composing.guest_line(fallback, words, told=AskedAs.FALLBACK).why_you == ""
    telling = replace(fallback, reasons=(because("asked-as-fallback"),))
    assert composing.guest_line(telling, words, told=AskedAs.SPONSOR).why_you == ""


def test_after_ten_guests_the_others_are_named_and_after_ninety_counted() -> None:
    (section,) = request(*cards(100)).sections
    assert (len(section.guests), len(section.others), section.unlisted) == (10, 80, 10)
    digest = mail_examples.digest(setting(), new=8, still_open=8)
    assert [len(one.guests) for one in digest.sections] == [8, 2]


WORDED = POLICY.model_copy(
    update={
        "mail": Mail.model_validate(
            {
                "wording": {
                    "en": {
                        "organisation": "Contoso",
                        "question": "First {{ 7*7 }} <b>line</b>.\n\nSecond\nline.",
                        "guest_notice": "Call us.",
                        "closing": "Guest desk, ext. 1234",
                    }
                }
            }
        )
    }
)


def test_the_wording_of_the_admins_is_added_as_it_is_typed() -> None:
    here = setting(policy=WORDED)
    mail = request(a_card(), here=here)
    assert mail.added == ("First {{ 7*7 }} <b>line</b>.", "Second line.")
    assert (mail.organisation, mail.closing) == ("Contoso", ("Guest desk, ext. 1234",))
    html = letter(mail, here.words, "to@contoso.example").html
    assert "First {{ 7*7 }} &lt;b&gt;line&lt;/b&gt;." in html
    assert composing.guest_notice(a_card(), None, here).added == ("Call us.",)


def test_wording_in_one_language_says_nothing_in_another() -> None:
    mail = request(a_card(), here=setting("nl", WORDED))
    assert (mail.organisation, mail.added, mail.closing) == ("contoso.example", (), ())


@pytest.mark.parametrize("wording", ["x" * 601, "a\tb", "a\u0000b"])
def test_wording_that_is_too_long_or_not_plain_is_refused(wording: str) -> None:
    with pytest.raises(ValidationError):
        Mail.model_validate({"wording": {"en": {"question": wording}}})


@pytest.mark.parametrize(
    ("roles", "kind"),
    [
        ((), MailKind.REVIEW_REQUEST),
        ((AskedAs.SPONSOR,), MailKind.REVIEW_REQUEST),
        ((AskedAs.FALLBACK,), MailKind.REVIEW_REQUEST),
        ((AskedAs.CANDIDATE, AskedAs.CANDIDATE), MailKind.CANDIDATE),
        ((AskedAs.ESCALATED,), MailKind.ESCALATION),
        ((AskedAs.HANDED_OVER,), MailKind.HANDOVER),
        ((AskedAs.SPONSOR, AskedAs.CANDIDATE), MailKind.REVIEW_REQUEST),
    ],
)
def test_the_mail_that_asks_follows_from_why_the_reader_is_asked(
    roles: tuple[AskedAs, ...], kind: MailKind
) -> None:
    assert question_kind(roles) is kind
