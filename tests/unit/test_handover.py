"""Handing over: the table of docs/reviews.md, played by the job itself on a sandbox tenant."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from reviews.handover import NAMED_IN_A_ROUND, handed_over, names_too_often, next_in_line, why_hand_over
from reviews.jobs.handing_over import HandingOver
from reviews.messages import OpenBatch
from reviews.model import Batch, BatchStep, Case, Choice, PersonId, Step
from reviews.reasons import because
from reviews.records import Act, Action, Move
from sandbox.memory import MemoryLedger, MemoryQueue
from tests.builders import GUEST, SARA, a_case, a_policy, an_answer, days, guid
from tests.contracts.graph_plugs import Plugs, plugged_in
from tests.tables import DOCS, codes, table

ROWS = table("Handing over", DOCS / "reviews.md")
NOT_ADDRESSES = {
    "(nobody)": "nobody@contoso.example",
    "(no address)": "the man from procurement",
    "(an attack)": "x' or userType eq 'Member' or mail eq 'x@y",
}


class Room:
    """One guest of one batch, Sara asked about her."""

    def __init__(self, plugs: Plugs) -> None:
        self.plugs = plugs
        self.ledger, self.queue = MemoryLedger(), MemoryQueue()
        self.job = HandingOver(
            clock=plugs.clock, directory=plugs.directory, ledger=self.ledger, queue=self.queue
        )
        self.policy = a_policy(reviewers={"fallback": (plugs.person_id("fay"),)})

    async def begin(self, **changes: Any) -> Batch:
        now = self.plugs.clock.now()
        run = await self.ledger.begin_run("night", now, owner="me", now=now, lease=timedelta(minutes=1))
        assert run is not None
        batch = self.plugs.a_batch("ada", step=BatchStep.OPEN, run_id=run.id, **changes)
        ada = batch.guests[0]
        case = a_case(Step.ASKED, guest_id=ada, reviewer=batch.reviewer_id, batch_id=batch.id, version=1)
        ladder = tuple(self.plugs.person_id(name) for name in ("sara", "joost", "fay"))
        ask = Action(key="ask", kind=Act.ASK, guest_id=ada, reviewers=ladder, case_id=case.id)
        await self.ledger.begin_batch(batch, [ask])
        await self.ledger.move(Move(case=case, kind="case-opened", actor="gatehouse", at=now))
        return batch

    async def change(self, batch: Batch, **changes: Any) -> Case:
        case = await self.ledger.case(batch.guests[0])
        assert case is not None
        case = replace(case, version=case.version + 1, **changes)
        await self.ledger.move(Move(case=case, kind="changed", actor="test", at=self.plugs.clock.now()))
        return case

    def address(self, name: str) -> str | None:
        if name == "-":
            return None
        if name in NOT_ADDRESSES:
            return NOT_ADDRESSES[name]
        user = self.plugs.tenant.user(self.plugs.person_id(name.lower()))
        assert user is not None
        address: str = user["mail"] or user["userPrincipalName"]
        return address.upper() if name.isupper() else address


@pytest.mark.parametrize("row", ROWS, ids=str)
async def test_each_documented_hand_over_goes_to_whom_the_page_says(row: dict[str, str]) -> None:
    async with plugged_in() as plugs:
        room = Room(plugs)
        batch = await room.begin(**since(row["Sara"], plugs))
        before = tuple(plugs.person_id(name) for name in codes(row["asked before"]))
        answer = None
        word = row["Sara"].partition(",")[0]
        if word in set(Choice):
            named = room.address(row["names"])
            answer = an_answer(Choice(word), by=plugs.person_id("sara"), passes_to=named)
        answers = () if answer is None else (answer,)
        changes = {"asked_before": before, "hops": int(row["hops"]), "answer": answer, "answers": answers}
        await room.change(batch, **changes)
        happen(row["Sara"], plugs)
        after = await room.job.settle(batch, room.policy)
        after = await room.job.from_absent(after, room.policy)
    assert len(after.handed_over) == (row["because"] != "-")
    for one in after.handed_over:
        assert one.because.code == row["because"]
        assert (one.to.id if one.to else "-") == (
            "-" if row["goes to"] == "-" else plugs.person_id(row["goes to"])
        )


def since(word: str, plugs: Plugs) -> dict[str, Any]:
    if word == "switched on again":
        return {"absent_since": plugs.clock.now() - days(6)}
    if word.startswith("switched off"):
        return {"absent_since": plugs.clock.now() - days(int(word.split()[2]))}
    return {}


def happen(word: str, plugs: Plugs) -> None:
    sara = plugs.person_id("sara")
    if word == "gone":
        plugs.tenant.delete(sara)
    elif word == "without mail":
        plugs.tenant.change(sara, mail=None)
    elif word.startswith("switched off"):
        plugs.tenant.change(sara, accountEnabled=False)


async def test_what_was_decided_is_carried_out_once_however_often_it_is_started() -> None:
    async with plugged_in() as plugs:
        room = Room(plugs)
        batch = await room.begin()
        not_mine = an_answer(Choice.NOT_MINE, by=plugs.person_id("sara"))
        await room.change(batch, answer=not_mine, answers=(not_mine,))
        once = await room.job.settle(batch, room.policy)
        plugs.tenant.delete(plugs.person_id("joost"))
        again = await room.job.settle(once, room.policy)
        assert again == once
        (handed,) = once.handed_over
        assert handed.batch_id is not None
        opened = await room.ledger.batch(handed.batch_id)
        assert opened is not None
        assert (opened.before, opened.reviewer_id) == (batch.id, plugs.person_id("joost"))
        assert opened.nonce != batch.nonce
        assert len(await room.ledger.live_batches()) == 2
        assert room.queue.take() == room.queue.take() == OpenBatch(batch_id=opened.id)


async def test_naming_somebody_else_after_a_refusal_is_settled_anew() -> None:
    async with plugged_in() as plugs:
        room = Room(plugs)
        batch = await room.begin()
        sara = plugs.person_id("sara")
        wrong = an_answer(Choice.NOT_MINE, by=sara, id="wrong", passes_to="nobody@contoso.example")
        asked = tuple(plugs.person_id(name) for name in ("joost", "fay"))
        await room.change(batch, answer=wrong, answers=(wrong,), asked_before=asked)
        batch = await room.job.settle(batch, room.policy)
        right = replace(wrong, id="right", passes_to=room.address("mieke"))
        await room.change(batch, answer=right, answers=(right,))
        batch = await room.job.settle(batch, room.policy)
    assert [one.to.id if one.to else None for one in batch.handed_over] == [None, plugs.person_id("mieke")]


@pytest.mark.parametrize(
    ("step", "said", "why"),
    [
        (Step.ASKED, Choice.NOT_MINE, "not-mine"),
        (Step.ASKED, Choice.REMOVE, "second-opinion"),
        (Step.ASKED, Choice.DONT_KNOW, None),
        (Step.KEPT, Choice.KEEP, None),
        (Step.ASKED, None, None),
    ],
)
def test_a_question_goes_on_when_its_reviewer_cannot_decide_it(
    step: Step, said: Choice | None, why: str | None
) -> None:
    by_others = an_answer(Choice.KEEP, id="other", by=PersonId(guid(9002)))
    answers = (by_others,) if said is None else (by_others, an_answer(said))
    reason = why_hand_over(a_case(step, answers=answers))
    assert (reason.code if reason else None) == why


def test_colleagues_may_be_named_twice_in_a_round() -> None:
    words = tuple(
        an_answer(Choice.NOT_MINE, by=PersonId(guid(9000 + n)), id=str(n), passes_to="x@contoso.example")
        for n in range(NAMED_IN_A_ROUND + 1)
    )
    assert not names_too_often(a_case(answers=words[:NAMED_IN_A_ROUND]))
    assert names_too_often(a_case(answers=words))


def test_nobody_is_asked_twice_and_nobody_about_themselves() -> None:
    tom, uma = PersonId(guid(9002)), PersonId(guid(9003))
    case = a_case(asked_before=(tom,))
    assert next_in_line(case, (SARA, tom, PersonId(GUEST), uma, uma)) == (uma,)


def test_the_next_person_is_not_told_what_was_wrong_with_the_colleague_who_was_named() -> None:
    ask = Action(key="ask", kind=Act.ASK, guest_id=GUEST, reasons=(because("not-in-census"),))
    question = handed_over(ask, a_case(), SARA, because("colleague-unknown"))
    assert [reason.code for reason in question.reasons] == ["not-in-census", "not-mine"]
