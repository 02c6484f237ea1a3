"""One reading of all guests, page by page: to the very end, or loudly not at all.

A tenant must never look smaller than it is: every doubt about completeness raises CensusIncomplete.
"""

import logging
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import replace
from datetime import datetime
from types import MappingProxyType
from typing import Any

import msgspec

from adapters.graph.client import GraphClient, read_rows
from adapters.graph.mapping import GUEST_FIELDS, NOT_RETURNED, PERSON_FIELDS, read_guest
from adapters.graph.operations import COUNT_GUESTS, LIST_GUESTS, LIST_GUESTS_WITH_SIGN_INS, Operation
from adapters.graph.pacing import Pace
from adapters.graph.partners import GraphPartners
from adapters.graph.refusals import LICENCE, TOKEN, PageExpired
from adapters.graph.seen import Seen
from reviews.errors import CensusIncomplete, Forbidden, GatehouseError, NotSupported
from reviews.guardrails import FEW
from reviews.model import Guest, Nameless, Receipt, SetAside, SignIns, Unreadable
from reviews.ports import Page
from reviews.snapshots import key_of

log = logging.getLogger(__name__)

PAGE_SIZE = 500
"""Most rows of a page that shows signInActivity, and the advised size (graph-facts.md A1)."""
RESTARTS = 2
"""How often an expired page token may send a reading back to its first page."""
COUNT_SLACK = (5, 0.01)
"""Rows that the directory's own count may differ by: so many, or this share, whichever is more. The count
comes from an index that lags, and guests come and go while the census runs."""
GUESTS_ONLY = "userType eq 'Guest'"
SPONSORS = f"sponsors($select={','.join(PERSON_FIELDS)})"

CANARIES: Mapping[str, Callable[[Guest], object]] = MappingProxyType(
    {
        "createdDateTime": lambda guest: guest.created_at,
        "externalUserState": lambda guest: guest.redemption,
        "identities": lambda guest: guest.identities,
        "mail": lambda guest: guest.mail,
    }
)
"""Fields some guest always has. When none shows one, it was not returned: a permission is missing."""

NO_LICENCE = Unreadable(why="no-licence")
NO_PERMISSION = Unreadable(why="no-permission")
NO_EXPANSION = Unreadable(why="not-supported")
IDS_ONLY = Unreadable(why="ids-only")


def why_not(error: Forbidden) -> Unreadable:
    """Return what a refusal of sign-in activity says about it."""
    return NO_LICENCE if error.needs == LICENCE else NO_PERMISSION


def _note_narrowed(what: str, why: Unreadable) -> None:
    log.warning("census narrowed", extra={"event": "census.narrowed", "what": what, "why": why.why})


class GraphCensus:
    """Reads all guests once, with sign-in activity and sponsors as far as the tenant lets us."""

    def __init__(self, client: GraphClient, partners: GraphPartners) -> None:
        self._client = client
        self._partners = partners
        self._no_sign_ins: Unreadable | None = None
        self._no_sponsors: Unreadable | None = None
        self._seen = Seen()
        self._seen_before: Seen | None = None
        self._started_at: datetime | None = None
        self._finished_at: datetime | None = None
        self._set_aside: list[SetAside] = []
        self._counted: int | None = None
        self._pages = self._rows = self._duplicates = self._restarts = 0
        self._without_sign_ins = self._nameless = self._named = self._sponsorless = 0
        self._lost = set(CANARIES)

    async def pages(self) -> AsyncIterator[Page]:
        """Yield every page once; see ``reviews.ports``. Raises Forbidden when nothing can be listed."""
        if self._started_at is not None:
            raise CensusIncomplete("a census is read once: start another")
        self._started_at = self._client.clock.now()
        self._counted = await self._count()
        while True:
            try:
                async for page in self._reading():
                    yield page
                break
            except PageExpired as error:
                if self._restarts == RESTARTS:
                    words = f"page tokens expired {RESTARTS + 1} times before the last page"
                    raise CensusIncomplete(words) from error
                self._start_again()
        self._check_count()
        self._finished_at = self._client.clock.now()

    def receipt(self) -> Receipt:
        """Return what was read. Raises CensusIncomplete before the last page was yielded."""
        if self._started_at is None or self._finished_at is None:
            raise CensusIncomplete("the census was not read to its last page")
        # Sponsors that no account at all shows were not returned, whatever was asked for.
        guests = self._rows - len(self._set_aside)
        lost = NOT_RETURNED if guests and self._sponsorless == guests else None
        if self._nameless >= FEW and not self._named:
            lost = IDS_ONLY
        no_sponsors = self._no_sponsors or lost
        return Receipt(
            started_at=self._started_at,
            finished_at=self._finished_at,
            pages=self._pages,
            rows=self._rows,
            counted=self._counted,
            duplicates=self._duplicates,
            set_aside=tuple(self._set_aside),
            without_sign_ins=self._without_sign_ins,
            sign_ins="read" if self._no_sign_ins is None else self._no_sign_ins.why,
            sponsors="read" if no_sponsors is None else no_sponsors.why,
            nameless_sponsors=self._nameless,
            restarts=self._restarts,
            lost=tuple(name for name in CANARIES if name in self._lost) if guests >= FEW else (),
        )

    # --- reading ----------------------------------------------------------------------------------

    async def _reading(self) -> AsyncIterator[Page]:
        """Read from the first page to the last."""
        content = await self._first()
        followed: set[str] = set()
        while True:
            rows, link = self._split(content)
            page = self._page(rows)
            yield replace(page, guests=await self._partners.told_apart(page.guests))
            del rows, content, page  # the next page comes into a memory without this one
            if link is None:
                return
            if link in followed:
                raise CensusIncomplete(f"page {self._pages}: a nextLink came twice")
            followed.add(link)
            try:
                content = await self._client.follow(self._operation, link, pace=self._pace)
            except PageExpired:
                raise
            except GatehouseError as error:
                raise CensusIncomplete(f"page {self._pages + 1} could not be read: {error}") from error

    async def _first(self) -> bytes:
        """Ask for the first page; ask for less when the tenant refuses more."""
        while True:
            options: dict[str, Any] = {"filter": GUESTS_ONLY, "top": PAGE_SIZE, "select": list(self._select)}
            if self._no_sponsors is None:
                options["expand"] = [SPONSORS]
            users = self._client.urls.users
            try:
                return await self._client.read(self._operation, users, pace=self._pace, **options)
            except Forbidden as error:
                if self._no_sign_ins is not None or error.needs == TOKEN:
                    raise
                self._no_sign_ins = why_not(error)
                _note_narrowed("sign-ins", self._no_sign_ins)
            except NotSupported:
                if self._no_sponsors is not None:
                    raise
                self._no_sponsors = NO_EXPANSION
                _note_narrowed("sponsors", NO_EXPANSION)

    @property
    def _operation(self) -> Operation:
        return LIST_GUESTS_WITH_SIGN_INS if self._no_sign_ins is None else LIST_GUESTS

    @property
    def _select(self) -> tuple[str, ...]:
        return (*GUEST_FIELDS, "signInActivity") if self._no_sign_ins is None else GUEST_FIELDS

    @property
    def _pace(self) -> Pace | None:
        return self._client.sign_ins if self._no_sign_ins is None else None

    def _split(self, content: bytes) -> tuple[list[msgspec.Raw], str | None]:
        try:
            return read_rows(self._operation, content)
        except GatehouseError as error:
            raise CensusIncomplete(f"page {self._pages + 1} could not be understood") from error

    # --- understanding ----------------------------------------------------------------------------

    def _page(self, rows: list[msgspec.Raw]) -> Page:
        """Understand one page; leave out who was yielded before, from this reading or one before it."""
        guests: list[Guest] = []
        aside: list[SetAside] = []
        again = 0
        self._pages += 1
        for raw in rows:
            one = read_guest(raw, sign_ins=self._no_sign_ins, sponsors=self._no_sponsors)
            object_id = one.id if isinstance(one, Guest) else one.guest_id
            if object_id:
                key = key_of(object_id)
                if not self._seen.add(key):
                    again += 1
                    continue
                if self._seen_before is not None and key in self._seen_before:
                    continue
            self._rows += 1
            if isinstance(one, Guest):
                guests.append(one)
                self._tally(one)
            else:
                aside.append(one)
        self._duplicates += again
        if rows and again == len(rows):
            raise CensusIncomplete(f"page {self._pages} repeats accounts of earlier pages")
        self._set_aside += aside
        return Page(guests=tuple(guests), set_aside=tuple(aside))

    def _start_again(self) -> None:
        """Begin a new reading, remembering who was yielded in those before it."""
        merged, self._seen = self._seen, Seen()
        for key in self._seen_before or ():
            merged.add(key)
        self._seen_before = merged
        self._restarts += 1
        log.warning("census restarted", extra={"event": "census.restarted", "restarts": self._restarts})

    def _tally(self, guest: Guest) -> None:
        if guest.sign_ins == SignIns():
            self._without_sign_ins += 1
        if isinstance(guest.sponsors, Unreadable):
            self._sponsorless += 1
        elif guest.sponsors:
            nameless = sum(isinstance(sponsor, Nameless) for sponsor in guest.sponsors)
            self._nameless += nameless
            self._named += len(guest.sponsors) - nameless
        if self._lost:
            self._lost -= {name for name in self._lost if CANARIES[name](guest)}

    # --- counting ---------------------------------------------------------------------------------

    async def _count(self) -> int | None:
        """Ask the directory how many guests there are; None when it does not say."""
        builder = self._client.urls.users.count
        headers = {"ConsistencyLevel": "eventual"}
        try:
            text = await self._client.read(COUNT_GUESTS, builder, headers=headers, filter=GUESTS_ONLY)
        except (Forbidden, NotSupported):
            return None
        digits = text.decode("utf-8-sig", errors="replace").strip()
        return int(digits) if digits.isdecimal() else None

    def _check_count(self) -> None:
        if self._counted is None:
            return
        least, share = COUNT_SLACK
        apart = abs(self._rows - self._counted)
        if apart > max(least, share * self._counted):
            raise CensusIncomplete(f"read {self._rows} guests, but the directory counts {self._counted}")
