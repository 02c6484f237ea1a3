"""Reading what came back: a mail that did not reach its reader is no silence of theirs.

Which batch a message is about is told by what we wrote on our mail ourselves; nothing else in it is believed.
"""

import logging
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from reviews import cadence, incoming
from reviews.incoming import Incoming, Meaning
from reviews.jobs.telling import notice_id
from reviews.model import Batch, BatchStep, Case, Reason, Step
from reviews.policy import Policy
from reviews.ports import Clock, Ledger, Mailer
from reviews.reasons import because
from reviews.records import MailKind, Move, marker

log = logging.getLogger("gatehouse.receiving")

LOOKS_BACK = timedelta(days=1)
"""How far the first reading goes back; every later one goes on where the one before ended."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Receiving:
    """Everything the reading of the mailbox needs."""

    clock: Clock
    ledger: Ledger
    mailer: Mailer

    async def receive(self, since: datetime | None, batches: Sequence[Batch], policy: Policy) -> datetime:
        """Note on open batches and cases what came back since; return until when the mailbox was read.

        Safe to repeat: what was noted once is not noted again.
        """
        begin = since or self.clock.now() - LOOKS_BACK
        questions = {mark: batch for batch in batches for mark in _markers(batch, policy)}
        for message in await self.mailer.incoming(begin):
            begin = max(begin, message.at)
            meaning = incoming.meaning(message)
            if meaning not in {Meaning.BOUNCED, Meaning.AWAY}:
                continue
            mark = await self._marker(message)
            if mark in questions:
                await self._unreached(questions[mark], meaning, message, policy)
            elif mark is not None and meaning is Meaning.BOUNCED:
                await self._notice_bounced(mark, message)
            else:
                log.info("not about a mail that matters", extra={"event": "mail.unmatched"})
        return begin

    async def _marker(self, message: Incoming) -> str | None:
        origin = incoming.origin(message)
        if origin.markers:
            return origin.markers[0]
        for message_id in origin.message_ids:
            mark = await self.mailer.marker_of(message_id)
            if mark is not None:
                return mark
        return None

    async def _unreached(self, batch: Batch, meaning: Meaning, message: Incoming, policy: Policy) -> None:
        """Note that a question did not reach its reviewer; tracking hands it to the next person."""
        stored = await self.ledger.batch(batch.id)
        if stored is None or stored.step is not BatchStep.OPEN or stored.unreached is not None:
            return
        if meaning is Meaning.AWAY and not policy.cadence.pass_on_when_away:
            return
        await self.ledger.save_batch(replace(stored, unreached=_why(meaning, message)))
        log.warning(
            "a question did not reach its reviewer", extra={"event": "mail.unreached", "batch": batch.id}
        )

    async def _notice_bounced(self, mark: str, message: Incoming) -> None:
        """Write into a guest's record that the notice came back. The grace goes on: it was sent."""
        for case in await self.ledger.live_cases():
            if case.step is Step.NOTICED and mark == _notice(case):
                events = await self.ledger.events(case.guest_id)
                if any(event.kind == "notice-bounced" and event.case.id == case.id for event in events):
                    return
                noted = replace(case, version=case.version + 1)
                facts = {"on": message.at.date().isoformat()}
                move = Move(case=noted, kind="notice-bounced", actor="gatehouse", at=self.clock.now())
                await self.ledger.move(replace(move, run_id=case.run_id, facts=facts))
                log.warning("a notice bounced", extra={"event": "mail.notice-bounced", "case": case.id})
                return


def _markers(batch: Batch, policy: Policy) -> tuple[str, ...]:
    """Return the markers of all mails that ask a reviewer about a batch."""
    home = f"batch:{batch.id}"
    ids = [MailKind.REVIEW_REQUEST.value, *(one.mail_id for one in cadence.reminders(batch, policy))]
    return tuple(marker(home, mail_id) for mail_id in ids)


def _notice(case: Case) -> str:
    return marker(f"guest:{case.guest_id}", notice_id(case))


def _why(meaning: Meaning, message: Incoming) -> Reason:
    code = "reviewer-unreached" if meaning is Meaning.BOUNCED else "reviewer-away"
    return because(code, on=message.at.date().isoformat())
