"""Sends what is owed, once: pending, drafted, sent, verified, or dropped because its reason has passed.

The outbox protocol. The id of the one draft that may be sent is written down before it is sent; a draft
leaves Drafts once; whatever is not certain is looked at again later and never sent a second time. So a run
may be killed between any two lines here. Source of what Exchange does: Graph ``message: send``.
"""

import hashlib
import logging
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Final

from notifications import effects, matters
from notifications.composing import Setting
from notifications.render import letter
from notifications.words import Words, choose
from reviews.errors import Ambiguous, Gone, Transient
from reviews.policy import Mode, Policy
from reviews.ports import Archive, Clock, Draft, Ledger, Mailer, Policies
from reviews.records import QUESTIONS, REMINDERS, MailKind, MailStep, OwedMail

log = logging.getLogger("gatehouse.mail")

SETTLES_IN: Final = timedelta(seconds=5)
"""How long a mail that was sent gets to leave Drafts before it is looked at."""
CLAIM: Final = timedelta(minutes=4)
"""How long a mail belongs to who lays its draft; shorter than a failed message waits."""
_OVER: Final = frozenset({MailStep.VERIFIED, MailStep.DROPPED})
_WAIT_IN_REPORT: Final = QUESTIONS | REMINDERS | {MailKind.GUEST_NOTICE}


def marker(home: str, mail_id: str) -> str:
    """Return what ties a message in the mailbox to its row in the outbox."""
    return hashlib.sha256(f"{home}|{mail_id}".encode()).hexdigest()[:32]


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
            self._tell("mail.waiting", mail, why="mode-report")
            return mail
        matter = await matters.matter(mail, self.ledger, self.archive, self.clock.now(), policy)
        if isinstance(matter, matters.Passed):
            return await self._drop(mail, matter.why)
        if draft is None:
            mail = await self._claimed(mail)
            draft = await self._draft(mail, matter, policy)
        if mail.step is MailStep.PENDING:
            mail = await self.ledger.save_mail(_drafted(mail, draft))
            self._tell("mail.drafted", mail)
        return await self._send(mail, draft)

    async def _claimed(self, mail: OwedMail) -> OwedMail:
        """Keep everybody else from laying a second draft, which would lie there for good."""
        now = self.clock.now()
        if mail.claimed_until is not None and mail.claimed_until > now:
            raise Transient(f"mail {mail.id} is being drafted by somebody else")
        return await self.ledger.save_mail(replace(mail, claimed_until=now + CLAIM))

    async def _lying(self, mail: OwedMail) -> Draft | None:
        """Find the message of this mail. None only while none is written down."""
        if mail.draft_id is None:
            return await self.mailer.find(marker(mail.home, mail.id))
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
        return await self.mailer.draft(letter(context, setting.words, mail.to), marker(mail.home, mail.id))

    async def _send(self, mail: OwedMail, draft: Draft) -> OwedMail:
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
