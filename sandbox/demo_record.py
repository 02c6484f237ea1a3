"""What the demo's quarter came to, read back from the record itself, and whether all of it happened."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from types import MappingProxyType
from typing import Final
from zoneinfo import ZoneInfo

from adapters.tables.audit import AuditReport, audit
from adapters.tables.table import each
from reviews.model import GuestId, Source
from reviews.records import Event, Plan, Run
from sandbox.tenant_mail import SentMail
from sandbox.world import World

_HOME: Final = ZoneInfo("Europe/Amsterdam")
MANY_NIGHTS: Final = 400
_TELLING: Final[Mapping[str, str]] = MappingProxyType(
    {
        "question-delivered": "asked",
        "answered": "answered",
        "lapsed": "lapsed",
        "notice-sent": "notices",
        "block-verified": "blocked",
        "delete-verified": "deleted",
        "restored": "restored",
    }
)
_CHOSEN: Final[Mapping[str, str]] = MappingProxyType({"keep": "kept", "remove": "denied"})
COLUMNS: Final = (
    "asked",
    "answered",
    "kept",
    "denied",
    "lapsed",
    "notices",
    "blocked",
    "deleted",
    "restored",
)
"""What is counted of events, in the order in which it befalls a guest."""

EXPECTED: Final[Mapping[str, str]] = MappingProxyType(
    {
        "asked": "no guest was asked about",
        "kept": "no guest was kept",
        "denied": "no guest was denied",
        "notices": "no guest was warned",
        "blocked": "no guest was blocked and seen to be blocked",
        "quarantined": "no guest went through quarantine",
        "deleted": "no guest was soft-deleted",
        "restored": "no guest was restored",
        "natively": "no answer given in My Access was read back",
        "escalated": "no question was put to the fallback reviewer after a lapse",
    }
)
"""What a quarter has to show, and what is said when it does not."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Night:
    """One night and what followed until the next: its run, its plan, the events and mails by kind."""

    run: Run
    plan: Plan
    counts: Mapping[str, int]
    mails: int

    @property
    def morning(self) -> date:
        """The day, on the tenant's own clock, that the night led to."""
        return self.run.slot.astimezone(_HOME).date()


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """The whole quarter: nights oldest first, every guest's events, every mail, the verification."""

    nights: tuple[Night, ...]
    events: Mapping[GuestId, tuple[Event, ...]]
    mails: tuple[SentMail, ...]
    seals: Mapping[str, bytes]
    report: AuditReport
    parked: Mapping[str, int]
    totals: Mapping[str, int]

    def missing(self) -> tuple[str, ...]:
        """Name everything a sound quarter would have and this one has not."""
        wrong = [words for name, words in EXPECTED.items() if not self.totals.get(name)]
        wrong += [f"{count} messages are parked on {queue}" for queue, count in self.parked.items()]
        wrong += [f"the record does not hold: {one.what} at {one.where}" for one in self.report.faults]
        return tuple(wrong)


async def read_record(world: World) -> Record:
    """Read everything that was written down, and verify it."""
    ledger, archive = world.house.ledger, world.house.archive
    touched = await ledger.touched(datetime.min.replace(tzinfo=UTC).date())
    events = dict(zip(touched, await each(touched, ledger.events), strict=True))
    runs = sorted(await ledger.recent_runs("night", MANY_NIGHTS), key=lambda run: run.slot)
    plans = await each(runs, lambda run: archive.plan(run.id))
    drawn = [(run, plan) for run, plan in zip(runs, plans, strict=True) if plan is not None]
    mails = world.tenant.sent()
    every = [event for line in events.values() for event in line]
    seals = {name: await archive.get("evidence", name) or b"" for name in await archive.names("evidence")}
    return Record(
        nights=tuple(_nights(drawn, every, mails)),
        events=MappingProxyType(events),
        mails=mails,
        seals=MappingProxyType(seals),
        report=await audit(world.house.storage),
        parked=await world.house.queue.parked(),
        totals=MappingProxyType(_totals(every, mails)),
    )


def tellings(event: Event) -> Iterable[str]:
    """Name the columns that an event counts in."""
    if event.kind in _TELLING:
        yield _TELLING[event.kind]
    if event.kind == "answered" and event.facts.get("choice") in _CHOSEN:
        yield _CHOSEN[str(event.facts["choice"])]


def _totals(every: Iterable[Event], mails: Sequence[SentMail]) -> dict[str, int]:
    counts: Counter[str] = Counter(mails=len(mails))
    for event in every:
        counts.update(tellings(event))
        counts["events"] += 1
        counts["quarantined"] += event.kind == "delete-verified" and event.case.blocked_at is not None
        counts["natively"] += event.kind == "answered" and event.facts.get("source") == Source.MY_ACCESS.value
        counts["escalated"] += event.kind == "question-delivered" and event.case.escalated
    return dict(counts)


def _nights(
    drawn: Sequence[tuple[Run, Plan]], every: Iterable[Event], mails: Iterable[SentMail]
) -> Iterable[Night]:
    slots = [run.slot for run, _ in drawn]
    counts: list[Counter[str]] = [Counter() for _ in drawn]
    sent = Counter(_night_of(slots, mail.at) for mail in mails)
    for event in every:
        counts[_night_of(slots, event.at)].update(tellings(event))
    for number, (run, plan) in enumerate(drawn):
        yield Night(run=run, plan=plan, counts=MappingProxyType(counts[number]), mails=sent[number])


def _night_of(slots: Sequence[datetime], at: datetime) -> int:
    """Return the number of the night that a moment comes after; what came before the first counts there."""
    return max(sum(slot <= at for slot in slots) - 1, 0)
