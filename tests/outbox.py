"""An outbox to send from: a ledger with a batch, a mailbox, a sender between, and faults on every call."""

from datetime import timedelta
from typing import Any, Final

from adapters.clock import HandClock
from notifications.sending import Sending
from reviews.errors import Ambiguous, Transient
from reviews.model import Case, GuestId, Step
from reviews.policy import Mode
from reviews.records import MailKind, OwedMail
from sandbox.memory import MemoryLedger
from sandbox.memory_archive import MemoryArchive
from sandbox.postbox import Killed, Postbox, Trouble
from tests.builders import NOW, guid
from tests.letters import BATCH, HERE, POLICY, Unchanging, batch, keep_batch

TICKS: Final = 8
"""How often the queue hands a message over again before it parks it, at the least."""
REQUEST: Final = OwedMail(
    home=f"batch:{BATCH}",
    id="review-request",
    kind=MailKind.REVIEW_REQUEST,
    to="sara@contoso.example",
    language="en-GB",
    owed_at=NOW,
)
NOTICE: Final = OwedMail(
    home=f"guest:{guid(1)}",
    id="guest-notice.case-1",
    kind=MailKind.GUEST_NOTICE,
    to="sam.visser@fabrikam.example",
    language="nl-BE",
    owed_at=NOW,
)


class Troubled:
    """A ledger whose calls may go wrong like those of a mailbox, counted together with them."""

    def __init__(self, ledger: MemoryLedger, box: Postbox) -> None:
        self._ledger = ledger
        self._box = box

    def __getattr__(self, name: str) -> Any:
        async def call(*args: Any, **kwargs: Any) -> Any:
            self._box.calls += 1
            trouble = self._box.trouble(name, self._box.calls)
            if trouble is Trouble.CUT:
                raise Killed
            if trouble in {Trouble.REFUSED, Trouble.LOST}:
                raise Transient(name)
            found = await getattr(self._ledger, name)(*args, **kwargs)
            if trouble is Trouble.APPLIED:
                raise Ambiguous(name)
            if trouble is Trouble.KILLED:
                raise Killed
            return found

        return call


class Room:
    """A ledger with one batch of three guests, a mailbox, and a sender between them."""

    def __init__(self, box: Postbox | None = None, mode: Mode = Mode.ENFORCE) -> None:
        self.ledger = MemoryLedger()
        self.archive = MemoryArchive()
        self.clock = HandClock(NOW)
        self.box = box or Postbox(clock=self.clock)
        self.policies = Unchanging(POLICY.model_copy(update={"mode": mode}))
        self.sending = Sending(
            clock=self.clock,
            ledger=Troubled(self.ledger, self.box),
            archive=self.archive,
            mailer=self.box,
            policies=self.policies,
            public_url=HERE,
        )

    async def owe(self, mail: OwedMail, step: Step = Step.OPENED) -> "Room":
        await keep_batch(self.ledger, batch(3), step)
        await self.ledger.owe(mail)
        return self

    async def mail(self, mail: OwedMail) -> OwedMail:
        found = await self.ledger.owed_mail(mail.home, mail.id)
        assert found is not None
        return found

    async def case(self, number: int = 1) -> Case:
        found = await self.ledger.case(GuestId(guid(number)))
        assert found is not None
        return found

    async def tick(self, mail: OwedMail) -> None:
        """Hand the message over once, as the queue does; it comes again unless all went well."""
        try:
            await self.sending.send(mail.home, mail.id)
        except (Transient, Killed):
            self.clock.move(self.clock.now() + timedelta(minutes=15))
