"""Sends what is owed, once: pending, drafted, sent, verified, or dropped because its reason has passed.

The outbox protocol. The id of the one draft that may be sent is written down before it is sent; a draft
leaves Drafts once; whatever is not certain is looked at again later and never sent a second time. So a run
may be killed between any two lines here. Source of what Exchange does: Graph ``message: send``.
"""

import logging
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Final

from notifications import effects, matters
from notifications.composing import Setting
from notifications.render import letter
from notifications.words import Words, choose
from reviews import cadence
from reviews.errors import Ambiguous, Gone, Transient
from reviews.policy import Mode, Policy
from reviews.ports import Archive, Clock, Draft, Ledger, Mailer, Policies
from reviews.records import QUESTIONS, REMINDERS, MailKind, MailStep, OwedMail, Rate
from reviews.schedule import local_date

log = logging.getLogger("gatehouse.mail")

SETTLES_IN: Final = timedelta(seconds=5)
"""How long a mail that was sent gets to leave Drafts before it is looked at."""
CLAIM: Final = timedelta(minutes=4)
"""How long a mail belongs to who lays its draft; shorter than a failed message waits."""
_OVER: Final = frozenset({MailStep.VERIFIED, MailStep.DROPPED})
_WAIT_IN_REPORT: Final = QUESTIONS | REMINDERS | {MailKind.GUEST_NOTICE}


@dataclass(frozen=True, slots=True, kw_only=True)
class Sending:
    """Everything the outbox needs. Built once per process by ``adapters.runtime``."""

    clock: Clock
    ledger: Ledger
    archive: Archive
    mailer: Mailer
    policies: Policies
    public_url: str

    async def send(self, home: str, mail_id: str) -> None:
        """Bring one owed mail as far as it goes; safe to repeat at any moment, and in parallel.

        Raises:
            Transient: it is not certain yet where the mail is; the queue tries again and looks first.

        """
        mail = await self.ledger.owed_mail(home, mail_id)
        if mail is None:
            raise Gone(f"no mail {mail_id} is owed in {home}")
        if mail.step in _OVER:
            return
        if mail.step in {MailStep.PENDING, MailStep.DRAFTED}:
            mail = await self._to_sent(mail)
        if mail.step is MailStep.SENT:
            await self._verify(mail)

    async def _to_sent(self, mail: OwedMail) -> OwedMail:
        draft = await self._lying(mail)
        if draft is not None and not draft.is_draft:
            return await self._left(mail, draft)
        policy = await self.policies.current()
        if policy.mode is Mode.REPORT and mail.kind in _WAIT_IN_REPORT:
            return self._wait(mail, "mode-report")
        matter = await matters.matter(mail, self.ledger, self.archive, self.clock.now(), policy)
        if isinstance(matter, matters.Passed):
            return await self._drop(mail, matter.why)
        if not cadence.may_leave(mail.kind, policy, self.clock.now()):
            return self._wait(mail, "quiet-hours")
        if not await self._has_the_day(mail, policy):
            # Whichever mail has the day lists everything that waits for its reader, so it reminds as well.
            is_told = mail.kind in REMINDERS
            return await self._drop(mail, "told-today") if is_told else self._wait(mail, "one-a-day")
        if draft is None:
            mail = await self._claimed(mail)
            draft = await self._draft(mail, matter, policy)
        if mail.step is MailStep.PENDING:
            mail = await self.ledger.save_mail(_drafted(mail, draft))
            self._tell("mail.drafted", mail)
        return await self._send(mail, draft, policy)

    async def _has_the_day(self, mail: OwedMail, policy: Policy) -> bool:
        """Say whether this is the one mail its reader gets today."""
        if mail.kind not in cadence.ONE_A_DAY:
            return True
        today = local_date(policy.tenant.zone, self.clock.now())
        return await self.ledger.take_day(mail.reader, today, mail.marker)

    async def _claimed(self, mail: OwedMail) -> OwedMail:
        """Keep everybody else from laying a second draft, which would lie there for good."""
        now = self.clock.now()
        if mail.claimed_until is not None and mail.claimed_until > now:
            raise Transient(f"mail {mail.id} is being drafted by somebody else")
        return await self.ledger.save_mail(replace(mail, claimed_until=now + CLAIM))

    async def _lying(self, mail: OwedMail) -> Draft | None:
        """Find the message of this mail. None only while none is written down."""
        if mail.draft_id is None:
            return await self.mailer.find(mail.marker)
        draft = await self.mailer.look(mail.draft_id)
        if draft is None:
            raise Transient(f"mail {mail.id}: its message is not to be seen; it may have left")
        return draft

    async def _draft(self, mail: OwedMail, matter: matters.Matter, policy: Policy) -> Draft:
        setting = Setting(
            words=Words(choose(mail.language, policy.tenant, mail.to), policy.tenant.zone),
            policy=policy,
            now=self.clock.now(),
            public_url=self.public_url,
        )
        context = matters.compose(matter, setting)
        page = letter(context, setting.words, mail.to)
        return await self.mailer.draft(replace(page, follows=await self._followed(mail)), mail.marker)

    async def _followed(self, mail: OwedMail) -> str | None:
        """Return the id of the sent question that a reminder repeats; None for every other mail."""
        if mail.kind not in REMINDERS:
            return None
        question = await self.ledger.owed_mail(mail.home, MailKind.REVIEW_REQUEST.value)
        return question.draft_id if question is not None else None

    async def _send(self, mail: OwedMail, draft: Draft, policy: Policy) -> OwedMail:
        rate = Rate(of="mail", turns=1, period=timedelta(minutes=1) / policy.mail.sends_per_minute)
        turn = await self.ledger.take_turn(rate, self.clock.now())
        await self.clock.sleep(turn - self.clock.now())
        try:
            await self.mailer.send(draft.id)
        except Gone as gone:
            # Somebody else sent or removed it since we looked: only another look can tell which.
            raise Ambiguous(f"mail {mail.id}: its draft is gone; looking again later") from gone
        mail = await self._left(mail, draft)
        await self.clock.sleep(SETTLES_IN)
        return mail

    async def _left(self, mail: OwedMail, draft: Draft) -> OwedMail:
        """Write down that the message is on its way: it will never be sent again from here."""
        sent = replace(_drafted(mail, draft), step=MailStep.SENT, sent_at=self.clock.now())
        saved = await self.ledger.save_mail(sent)
        self._tell("mail.sent", saved)
        return saved

    async def _verify(self, mail: OwedMail) -> None:
        """See the message outside Drafts; only then does it count for the cases."""
        draft = await self.mailer.look(mail.draft_id or "")
        if draft is None or draft.is_draft:
            raise Transient(f"mail {mail.id}: not yet seen outside Drafts")
        await effects.apply(mail, self.ledger, self.clock.now())
        await self.ledger.save_mail(replace(mail, step=MailStep.VERIFIED))
        self._tell("mail.verified", mail)

    def _wait(self, mail: OwedMail, why: str) -> OwedMail:
        """Leave a mail as it is: tracking hands it over again."""
        self._tell("mail.waiting", mail, why=why)
        return mail

    async def _drop(self, mail: OwedMail, why: str) -> OwedMail:
        facts: Mapping[str, str | int | None] = {**mail.facts, "dropped": why}
        dropped = await self.ledger.save_mail(replace(mail, step=MailStep.DROPPED, facts=facts))
        self._tell("mail.dropped", dropped, why=why)
        return dropped

    def _tell(self, event: str, mail: OwedMail, **facts: str) -> None:
        extra = {"event": event, "home": mail.home, "mail": mail.id, **facts}
        log.info("%s %s", mail.kind.value, event.partition(".")[2], extra=extra)


def _drafted(mail: OwedMail, draft: Draft) -> OwedMail:
    return replace(
        mail,
        step=MailStep.DRAFTED,
        draft_id=draft.id,
        internet_message_id=draft.internet_message_id,
    )
