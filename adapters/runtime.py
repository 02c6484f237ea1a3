"""Where everything meets: settings in, a house with all its jobs out. Built once per process.

What it is plugged into stands in ``adapters.plugs``.
"""

import secrets
from functools import cached_property
from typing import TYPE_CHECKING

import azure.functions as func

from adapters.plugs import Plugs
from adapters.release import release
from adapters.settings import read_settings
from adapters.telemetry import put_events_first
from reviews.errors import BadSettings
from reviews.jobs.answering import Answering
from reviews.jobs.backfilling import Backfilling
from reviews.jobs.carrying_out import CarryingOut
from reviews.jobs.covering import Covering
from reviews.jobs.elsewhere import Elsewhere
from reviews.jobs.gathering import Gathering
from reviews.jobs.handing_over import HandingOver
from reviews.jobs.harvest import Harvest
from reviews.jobs.looking_closer import LookingCloser
from reviews.jobs.mending import MendingPackages
from reviews.jobs.night import Night
from reviews.jobs.opening import Opening
from reviews.jobs.rivals import Rivals
from reviews.jobs.sealing import Sealing
from reviews.jobs.tick import Tick
from reviews.jobs.track import Track
from reviews.jobs.undoing import Undoing
from reviews.messages import (
    CarryOut,
    CoverGroup,
    MendPackage,
    Message,
    OpenBatch,
    RunJob,
    SendMail,
    Undo,
    WeighAnswers,
)
from reviews.records import Act

if TYPE_CHECKING:
    from starlette.applications import Starlette

    from notifications.sending import Sending


class House(Plugs):
    """Every job with everything it needs, made when first asked for."""

    @cached_property
    def night(self) -> Night:
        """The night job."""
        return Night(
            clock=self.clock,
            directory=self.directory,
            ledger=self.ledger,
            queue=self.queue,
            archive=self.archive,
            policies=self.policies,
            looking_closer=self.looking_closer,
            new_owner=new_owner,
            release=release(),
        )

    @cached_property
    def looking_closer(self) -> LookingCloser:
        """The closer look; where no storage is named it has no earlier cards to compare with."""
        return LookingCloser(
            connections=self.connections,
            partners=self.partners,
            gathering=self.gathering,
            policies=self.policies,
            tenant=self.tenant_facts,
            ledger=self.record,
            elsewhere=Elsewhere(clock=self.clock, access_reviews=self.access_reviews, packages=self.packages),
            rivals=self.rivals,
        )

    @cached_property
    def rivals(self) -> Rivals:
        """The look at what else acts on guests."""
        return Rivals(
            access_reviews=self.access_reviews,
            packages=self.packages,
            lifecycle_policies=self.lifecycle_policies,
        )

    @cached_property
    def opening(self) -> Opening:
        """The opening of batches."""
        return Opening(
            clock=self.clock,
            directory=self.directory,
            access_reviews=self.access_reviews,
            ledger=self.ledger,
            queue=self.queue,
            policies=self.policies,
        )

    @cached_property
    def answering(self) -> Answering:
        """The weighing of answers."""
        return Answering(
            clock=self.clock,
            access_reviews=self.access_reviews,
            ledger=self.ledger,
            queue=self.queue,
            policies=self.policies,
            handing_over=self.handing_over,
        )

    @cached_property
    def handing_over(self) -> HandingOver:
        """The handing over of questions."""
        return HandingOver(clock=self.clock, directory=self.directory, ledger=self.ledger, queue=self.queue)

    @cached_property
    def track(self) -> Track:
        """The following of open reviews."""
        return Track(
            clock=self.clock,
            access_reviews=self.access_reviews,
            ledger=self.ledger,
            queue=self.queue,
            policies=self.policies,
            answering=self.answering,
            handing_over=self.handing_over,
            mailer=self.mailer,
            new_owner=new_owner,
        )

    @cached_property
    def carrying_out(self) -> CarryingOut:
        """The carrying out of actions."""
        return CarryingOut(
            clock=self.clock,
            directory=self.directory,
            connections=self.connections,
            rivals=self.rivals,
            ledger=self.ledger,
            queue=self.queue,
            policies=self.policies,
        )

    @cached_property
    def undoing(self) -> Undoing:
        """The way back."""
        return Undoing(
            clock=self.clock,
            directory=self.directory,
            ledger=self.ledger,
            queue=self.queue,
            policies=self.policies,
        )

    @cached_property
    def sealing(self) -> Sealing:
        """The sealing of the record."""
        return Sealing(
            clock=self.clock,
            ledger=self.ledger,
            archive=self.archive,
            policies=self.policies,
            new_owner=new_owner,
        )

    @cached_property
    def backfilling(self) -> Backfilling:
        """The writing down of sponsors."""
        return Backfilling(
            clock=self.clock, directory=self.directory, ledger=self.ledger, policies=self.policies
        )

    @cached_property
    def harvest(self) -> Harvest:
        """The harvest of invitations."""
        from adapters.graph.invitations import GraphInvitations

        return Harvest(
            clock=self.clock,
            ledger=self.ledger,
            invitations=GraphInvitations(self.graph),
            new_owner=new_owner,
        )

    @cached_property
    def gathering(self) -> Gathering:
        """The gathering of the people around candidates."""
        from adapters.graph.people import GraphPeople

        return Gathering(people=GraphPeople(self.graph), ledger=self.record)

    @cached_property
    def mending(self) -> MendingPackages:
        """The keeping of package policies."""
        return MendingPackages(
            clock=self.clock,
            packages=self.packages,
            ledger=self.ledger,
            queue=self.queue,
            archive=self.archive,
            policies=self.policies,
            covering=self.covering,
            new_owner=new_owner,
        )

    @cached_property
    def covering(self) -> Covering:
        """The covering of groups by reviews."""
        from adapters.graph.group_reviews import GraphGroupReviews

        return Covering(
            clock=self.clock,
            policies=self.policies,
            access_reviews=self.access_reviews,
            queue=lambda: self.queue,
            groups=GraphGroupReviews(self.graph),
            people=self.gathering.people,
            archive=lambda: self.archive,
            new_owner=new_owner,
        )

    @cached_property
    def tick(self) -> Tick:
        """What the timer does."""
        return Tick(clock=self.clock, ledger=self.ledger, queue=self.queue, policies=self.policies)

    @cached_property
    def sending(self) -> "Sending":
        """The outbox."""
        from notifications.sending import Sending

        return Sending(
            clock=self.clock,
            ledger=self.ledger,
            archive=self.archive,
            mailer=self.mailer,
            policies=self.policies,
            public_url=self.settings.public_url,
        )

    @cached_property
    def web(self) -> "Starlette":
        """The answer page."""
        from adapters.id_token import SecondProof
        from adapters.web import make_web

        return make_web(
            ledger=self.ledger,
            queue=self.queue,
            clock=self.clock,
            policies=self.policies,
            second_proof=SecondProof(
                keys=self.signing_keys,
                clock=self.clock,
                tenant_id=self.settings.tenant_id.lower(),
                client_id=self.settings.sign_in_client_id,
            ),
            tenant_id=self.settings.tenant_id,
            auth_enabled=self.settings.auth_enabled,
            public_url=self.settings.public_url,
        )

    @cached_property
    def pages(self) -> func.AsgiMiddleware:
        """The answer page, as the Functions host calls it."""
        return func.AsgiMiddleware(self.web)  # type: ignore[no-untyped-call]

    async def serve(self, request: func.HttpRequest, context: func.Context) -> func.HttpResponse:
        """Answer one request of the answer page."""
        response: func.HttpResponse = await self.pages.handle_async(request, context)
        return response

    async def work(self, message: Message) -> None:
        """Do what one queue message asks for."""
        match message:
            case RunJob():
                await self._run(message)
            case OpenBatch():
                await self.opening.open(message.batch_id)
            case CarryOut(kind=Act.ADD_SPONSOR):
                await self.backfilling.add(message)
            case CarryOut():
                await self.carrying_out.carry_out(message)
            case WeighAnswers():
                await self.answering.weigh_batch(message.batch_id)
            case Undo():
                await self.undoing.for_reviewer(message.batch_id)
            case CoverGroup():
                await self.covering.cover(message.group_id)
            case MendPackage():
                await self.mending.mend(message.policy_id)
            case SendMail():
                await self.sending.send(message.home, message.mail_id)

    async def _run(self, message: RunJob) -> None:
        match message.job:
            case "harvest":
                await self.harvest.run(message.slot)
            case "packages":
                await self.mending.run(message.slot)
            case "night":
                await self.night.run(message.slot, message.start)
            case "track":
                await self.track.run(message.slot)
            case "seal":
                await self.sealing.run(message.slot)
            case _:
                raise BadSettings([f"there is no job {message.job}"])

    async def tick_by_request(self, request: func.HttpRequest) -> func.HttpResponse:
        """Do what the timer does, if App Service Authentication let a starter through; else 503 or 403."""
        if not self.settings.auth_enabled:
            return func.HttpResponse(status_code=503)
        if not request.headers.get("X-MS-CLIENT-PRINCIPAL-ID"):
            return func.HttpResponse(status_code=403)
        await self.tick.run()
        return func.HttpResponse(status_code=202)


def new_owner() -> str:
    """Name one attempt at a run; two attempts never share a name."""
    return secrets.token_hex(8)


_HOUSES: list[House] = []


def runtime() -> House:
    """Return this process's house, built at the first trigger.

    Raises:
        BadSettings: every setting that is missing or wrong.

    """
    if not _HOUSES:
        install(House(read_settings()))
    return _HOUSES[0]


def install(house: House) -> None:
    """Have this process's triggers use a house that somebody else built: the local host, with its clock."""
    put_events_first()
    _HOUSES[:] = [house]
