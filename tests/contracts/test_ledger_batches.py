"""What every ledger does with batches, answers and mail, in memory and in Table Storage."""

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest

from reviews.errors import Conflict, Gone, Malformed
from reviews.model import BatchId, BatchStep, CaseId, Choice, GuestId, PersonId, UndoRequest
from reviews.ports import Ledger
from reviews.records import MailStep
from tests.contracts.ledger_samples import (
    ANN,
    BATCH,
    BOB,
    NOW,
    RUN,
    a_batch,
    a_card,
    a_case,
    a_mail,
    a_move,
    a_submission,
    an_answer,
    an_ask,
)

# --- batches ---------------------------------------------------------------------------------------


async def test_a_batch_is_begun_once(ledger: Ledger) -> None:
    batch = a_batch()
    assert await ledger.begin_batch(batch, [an_ask(BOB), an_ask(ANN)]) == batch
    saved = await ledger.save_batch(replace(batch, step=BatchStep.GROUPED, group_id="g"))

    assert await ledger.begin_batch(batch, [an_ask(ANN)]) == saved
    assert await ledger.batch(BATCH) == saved
    assert saved == replace(batch, version=2, step=BatchStep.GROUPED, group_id="g")
    assert [ask.guest_id for ask in await ledger.asks(BATCH)] == [ANN, BOB]
    assert await ledger.live_batches() == (BATCH,)
    with pytest.raises(Conflict):
        await ledger.save_batch(batch)


async def test_a_batch_begun_ten_times_at_once_is_one(ledger: Ledger) -> None:
    batches = [replace(a_batch(), nonce=f"nonce {number}") for number in range(10)]

    begun = await asyncio.gather(*(ledger.begin_batch(batch, [an_ask()]) for batch in batches))

    assert set(begun) == {await ledger.batch(BATCH)}


async def test_of_racing_saves_of_a_batch_one_wins(ledger: Ledger) -> None:
    batch = await ledger.begin_batch(a_batch(), [])
    saves = [ledger.save_batch(replace(batch, group_id=f"g{number}")) for number in range(8)]

    results = await asyncio.gather(*saves, return_exceptions=True)

    assert [type(result) for result in results].count(Conflict) == 7
    assert await ledger.batch(BATCH) in results


async def test_of_racing_saves_of_a_mail_one_wins(ledger: Ledger) -> None:
    mail = a_mail(f"batch:{BATCH}")
    await ledger.owe(mail)
    saves = [ledger.save_mail(replace(mail, draft_id=f"d{number}")) for number in range(8)]

    results = await asyncio.gather(*saves, return_exceptions=True)

    assert [type(result) for result in results].count(Conflict) == 7
    assert await ledger.owed_mail(mail.home, mail.id) in results


async def test_a_batch_larger_than_one_transaction(ledger: Ledger) -> None:
    guests = [GuestId(f"{number:08d}-0000-4000-8000-000000000000") for number in range(250)]

    await ledger.begin_batch(a_batch(guests=tuple(guests)), [an_ask(guest) for guest in guests])
    await ledger.save_cards(BATCH, [a_card(guest, "n" * 20_000) for guest in guests])

    assert [ask.guest_id for ask in await ledger.asks(BATCH)] == guests
    assert [card.guest_id for card in await ledger.cards(BATCH)] == guests


async def test_cards_are_written_over_and_leave_the_asks_alone(ledger: Ledger) -> None:
    await ledger.begin_batch(a_batch(), [an_ask(ANN), an_ask(BOB)])
    await ledger.save_cards(BATCH, [a_card(BOB), a_card(ANN)])
    await ledger.save_cards(BATCH, [a_card(ANN, "Ann Łódź 🐌")])

    assert await ledger.cards(BATCH) == (a_card(ANN, "Ann Łódź 🐌"), a_card(BOB))
    assert await ledger.asks(BATCH) == (an_ask(ANN), an_ask(BOB))
    assert await ledger.cards(BatchId("c" * 32)) == ()


async def test_a_closed_batch_is_not_live_and_owes_its_mail(ledger: Ledger) -> None:
    batch = await ledger.begin_batch(a_batch(), [an_ask()])
    mail = a_mail(f"batch:{BATCH}", "review-request")
    batch = await ledger.save_batch(replace(batch, step=BatchStep.OPEN), owes=[mail])
    batch = await ledger.save_batch(replace(batch, step=BatchStep.CLOSED), owes=[mail])

    assert await ledger.live_batches() == ()
    assert await ledger.batch(BATCH) == batch
    assert await ledger.owed_mails() == ((f"batch:{BATCH}", "review-request"),)


async def test_a_reviewer_finds_their_open_batches(ledger: Ledger) -> None:
    begun = await ledger.begin_batch(a_batch(), [an_ask()])
    assert await ledger.batches_of(begun.reviewer_id) == ()
    opened = await ledger.save_batch(replace(begun, step=BatchStep.OPEN))
    assert await ledger.batches_of(begun.reviewer_id) == (BATCH,)
    assert await ledger.batches_of(PersonId("somebody-else")) == ()
    await ledger.save_batch(replace(opened, step=BatchStep.CLOSED))
    assert await ledger.batches_of(begun.reviewer_id) == ()


async def test_an_unknown_batch_is_none_and_cannot_be_saved(ledger: Ledger) -> None:
    assert await ledger.batch(BATCH) is None
    with pytest.raises(Gone):
        await ledger.save_batch(a_batch())


async def test_an_answer_is_kept_once_and_in_order(ledger: Ledger) -> None:
    assert await ledger.append_answer(a_submission(BOB))
    assert await ledger.append_answer(a_submission(ANN, 2, Choice.KEEP))
    assert await ledger.append_answer(a_submission(ANN, 1))
    assert not await ledger.append_answer(a_submission(ANN, 1, Choice.KEEP))

    assert await ledger.answers(BATCH) == (
        a_submission(ANN, 1),
        a_submission(ANN, 2, Choice.KEEP),
        a_submission(BOB),
    )


async def test_a_wish_to_have_a_guest_back_is_kept_once_a_case(ledger: Ledger) -> None:
    first, again = [
        UndoRequest(batch_id=BATCH, guest_id=ANN, case_id=CaseId("c1"), by=PersonId("sara"), at=at)
        for at in (NOW, NOW + timedelta(hours=1))
    ]
    later = replace(again, case_id=CaseId("c2"))
    assert await ledger.undo_requests(BATCH) == ()
    for wish in (first, again, later, later):
        await ledger.ask_undo(wish)
    assert await ledger.undo_requests(BATCH) == (first, later)


async def test_of_racing_answers_one_is_kept(ledger: Ledger) -> None:
    choices = [Choice.KEEP, Choice.REMOVE, Choice.DONT_KNOW]
    kept = await asyncio.gather(*(ledger.append_answer(a_submission(ANN, 1, choice)) for choice in choices))

    assert sorted(kept) == [False, False, True]
    [answer] = await ledger.answers(BATCH)
    assert answer.answer.choice is choices[kept.index(True)]


# --- mail ------------------------------------------------------------------------------------------


async def test_a_mail_goes_its_way_and_is_owed_until_it_is_verified(ledger: Ledger) -> None:
    home = f"batch:{BATCH}"
    await ledger.owe(a_mail(home, "answer-receipt.1"))
    mail = await ledger.owed_mail(home, "answer-receipt.1")
    assert mail == a_mail(home, "answer-receipt.1")
    await ledger.owe(replace(mail, to="nobody@example.com"))

    drafted = await ledger.save_mail(replace(mail, step=MailStep.DRAFTED, draft_id="d"))
    assert drafted == replace(mail, version=2, step=MailStep.DRAFTED, draft_id="d")
    with pytest.raises(Conflict):
        await ledger.save_mail(replace(mail, step=MailStep.DRAFTED, draft_id="e"))
    sent = await ledger.save_mail(replace(drafted, step=MailStep.SENT, sent_at=NOW))
    assert await ledger.owed_mails() == ((home, mail.id),)

    await ledger.save_mail(replace(sent, step=MailStep.VERIFIED))
    await ledger.owe(mail)

    assert await ledger.owed_mails() == ()


async def test_a_dropped_mail_is_owed_no_longer(ledger: Ledger) -> None:
    await ledger.move(a_move(a_case(), owes=(a_mail(f"guest:{ANN}"),)))
    mail = await ledger.owed_mail(f"guest:{ANN}", "guest-notice.1")
    assert mail is not None

    await ledger.save_mail(replace(mail, step=MailStep.DROPPED))

    assert await ledger.owed_mails() == ()


async def test_mails_of_one_id_in_different_homes_are_different(ledger: Ledger) -> None:
    homes = [f"batch:{BATCH}", f"guest:{ANN}", f"run:{RUN}", "run:night:2026-11-21T01:30Z"]
    for home in homes:
        await ledger.owe(a_mail(home, "run-digest"))

    assert await ledger.owed_mails() == tuple((home, "run-digest") for home in sorted(homes))


async def test_a_mail_never_owed_cannot_be_saved(ledger: Ledger) -> None:
    with pytest.raises(Gone):
        await ledger.save_mail(a_mail(f"guest:{ANN}"))
    assert await ledger.owed_mail(f"guest:{ANN}", "x") is None


@pytest.mark.parametrize("home", ["", "guest:", "person:1", "nowhere"])
async def test_a_home_that_is_none_is_refused(ledger: Ledger, home: str) -> None:
    with pytest.raises(Malformed):
        await ledger.owe(a_mail(home))


async def test_the_card_of_the_last_decided_case_is_found_again(ledger: Ledger) -> None:
    later = BatchId("c" * 32)
    await ledger.begin_batch(a_batch(), [an_ask(ANN)])
    await ledger.save_cards(BATCH, [a_card(ANN)])
    await ledger.begin_batch(replace(a_batch(), id=later), [an_ask(ANN), an_ask(BOB)])
    await ledger.save_cards(later, [replace(a_card(ANN), name="Later"), a_card(BOB)])
    await ledger.move(a_move(a_case(ANN, answer=an_answer(choice=Choice.KEEP))))
    await ledger.move(a_move(a_case(ANN, version=2, batch_id=later, answer=None)))
    await ledger.move(a_move(a_case(BOB, batch_id=later, answer=an_answer(choice=Choice.DONT_KNOW))))

    assert await ledger.answered_cards([ANN, BOB]) == {ANN: a_card(ANN)}
    assert await ledger.answered_cards([]) == {}


async def test_the_mails_of_a_home_are_listed_whatever_became_of_them(ledger: Ledger) -> None:
    home, other = f"batch:{BATCH}", f"batch:{'c' * 32}"
    for mail in (a_mail(home, "b.2"), a_mail(home, "a.1"), a_mail(other, "a.1")):
        await ledger.owe(mail)
    await ledger.save_mail(replace(a_mail(home, "a.1"), step=MailStep.DROPPED))

    listed = await ledger.mails(home)

    assert [(mail.id, mail.step) for mail in listed] == [("a.1", MailStep.DROPPED), ("b.2", MailStep.PENDING)]
    assert await ledger.mails(f"run:{RUN}") == ()
