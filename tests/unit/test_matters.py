"""What a mail is about is read afresh, and a mail without its records is parked or dropped, never guessed."""

from dataclasses import replace
from datetime import timedelta

import pytest

from notifications.matters import AboutRun, Matter, Passed, compose, matter
from notifications.pages import answer_page
from reviews.errors import Malformed
from reviews.model import Step
from reviews.reasons import because
from reviews.records import MailKind, OwedMail, Run, RunStep
from sandbox.memory import MemoryArchive, MemoryLedger
from tests.builders import NOW, RUN, guid
from tests.letters import BATCH, POLICY, a_card, a_plan, a_run, batch, keep_batch, setting


def a_mail(kind: MailKind, home: str, mail_id: str | None = None, **facts: str) -> OwedMail:
    return OwedMail(
        home=home,
        id=mail_id or str(kind),
        kind=kind,
        to="a@b.example",
        language="en",
        owed_at=NOW,
        facts=facts,
    )


async def about(mail: OwedMail, ledger: MemoryLedger | None = None) -> Matter | Passed:
    return await matter(mail, ledger or MemoryLedger(), MemoryArchive(), NOW, POLICY)


async def test_a_home_nobody_knows_is_parked() -> None:
    with pytest.raises(Malformed):
        await about(a_mail(MailKind.RESTORED, "house:1"))


async def test_a_mail_of_a_batch_that_is_gone_is_dropped() -> None:
    assert await about(a_mail(MailKind.REVIEW_REQUEST, f"batch:{BATCH}")) == Passed(why="batch-gone")


async def test_a_guest_without_a_card_is_parked() -> None:
    ledger = MemoryLedger()
    await keep_batch(ledger, batch(1), Step.DENIED)
    ledger._cards.clear()  # no port takes cards back
    with pytest.raises(Malformed):
        await about(a_mail(MailKind.GUEST_NOTICE, f"guest:{guid(1)}", "guest-notice.case-1"), ledger)


async def test_a_second_notice_of_the_same_case_is_about_that_case() -> None:
    ledger = MemoryLedger()
    await keep_batch(ledger, batch(1), Step.DENIED)
    mail = a_mail(MailKind.GUEST_NOTICE, f"guest:{guid(1)}", "guest-notice.case-1.answer-2")
    assert not isinstance(await about(mail, ledger), Passed)


async def test_an_alarm_is_dropped_once_the_run_has_finished_after_all() -> None:
    ledger = MemoryLedger()
    run = await ledger.begin_run("night", NOW, owner="o", now=NOW, lease=timedelta(minutes=5))
    assert run is not None
    alarm = a_mail(MailKind.RUN_DIGEST, f"run:{run.id}", "alert-night-overdue.1", alert="night-overdue")
    assert isinstance(await about(alarm, ledger), AboutRun)
    await ledger.save_run(replace(run, step=RunStep.FINISHED))
    assert await about(alarm, ledger) == Passed(why="run-finished")


def test_a_digest_needs_no_plan_but_shows_one() -> None:
    run: Run = a_run()
    mail = a_mail(MailKind.RUN_DIGEST, f"run:{RUN}")
    for plan in (None, a_plan()):
        assert compose(AboutRun(mail=mail, run_id=RUN, run=run, plan=plan), setting()).KIND is mail.kind


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
