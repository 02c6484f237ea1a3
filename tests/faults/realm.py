"""What outlives a process: the tenant, the tables, the queues, the blobs and the time; all of it copyable."""

import copy
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from adapters.clock import HandClock
from adapters.envelopes import queue_of, seal, seconds_hidden, unseal
from reviews.messages import Message
from sandbox.memory_archive import MemoryArchive
from sandbox.tenant import Tenant
from tests.faults.tables_in_memory import Passed, Rows

HOLD = timedelta(minutes=10)
"""How long a message in hand stays invisible: after a kill it comes back that much later."""
RETRY_AFTER = timedelta(minutes=5)
TRIES = 5
"""How often the host tries a message before it parks it (host.json)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Lying:
    """One message on a queue."""

    number: int
    envelope: str
    visible_at: datetime
    taken: int = 0

    @property
    def message(self) -> Message:
        """The message in its envelope."""
        return unseal(self.envelope)


@dataclass(slots=True, kw_only=True)
class Realm:
    """One world without our program in it."""

    clock: HandClock
    tenant: Tenant
    rows: Rows = field(default_factory=Rows)
    lying: dict[int, Lying] = field(default_factory=dict)
    put: int = 0
    parked: Counter[str] = field(default_factory=Counter)
    blobs: dict[tuple[str, str], bytes] = field(default_factory=dict)

    def twin(self) -> "Realm":
        """Copy this world as it is at this instant."""
        clock, tenant = copy.deepcopy((self.clock, self.tenant))
        return Realm(
            clock=clock,
            tenant=tenant,
            rows=self.rows.twin(),
            lying=dict(self.lying),
            put=self.put,
            parked=self.parked.copy(),
            blobs=dict(self.blobs),
        )

    def double(self) -> None:
        """Put every message a second time, and let all be seen at once: a queue may deliver twice."""
        now = self.clock.now()
        for one in list(self.lying.values()):
            for number in (one.number, self.put + 1):
                self.lying[number] = replace(one, number=number, visible_at=now)
            self.put += 1


class RealmQueue:
    """The queues as a process meets them. One remote call each, as with queue storage."""

    def __init__(self, realm: Realm, passed: Passed) -> None:
        self._realm = realm
        self._passed = passed

    async def put(self, message: Message, *, after: timedelta = timedelta()) -> None:
        """Hand over one message."""
        realm = self._realm
        realm.put += 1
        visible_at = realm.clock.now() + timedelta(seconds=seconds_hidden(after))
        realm.lying[realm.put] = Lying(number=realm.put, envelope=seal(message), visible_at=visible_at)
        self._passed(f"queue: put {type(message).__name__}", True)

    async def parked(self) -> Mapping[str, int]:
        """Count the messages in each poison queue."""
        self._passed("queue: count parked", False)
        return dict(self._realm.parked)

    def take(self) -> Lying | None:
        """Take the oldest visible message in hand; None when there is none."""
        realm = self._realm
        now = realm.clock.now()
        found = next((one for one in realm.lying.values() if one.visible_at <= now), None)
        if found is not None:
            found = replace(found, visible_at=now + HOLD, taken=found.taken + 1)
            del realm.lying[found.number]
            realm.lying[found.number] = found
            self._passed("queue: take", True)
        return found

    def settle(self, held: Lying) -> None:
        """Delete a message that was worked through."""
        del self._realm.lying[held.number]
        self._passed("queue: delete", True)

    def give_back(self, held: Lying) -> None:
        """Have a message that failed come back later, or park it at its last try."""
        realm = self._realm
        if held.taken >= TRIES:
            del realm.lying[held.number]
            realm.parked[f"{queue_of(held.message)}-poison"] += 1
        else:
            realm.lying[held.number] = replace(held, visible_at=realm.clock.now() + RETRY_AFTER)
        self._passed("queue: give back", True)

    @property
    def next_visible(self) -> datetime | None:
        """When the next message can be taken; None when none lies there."""
        return min((one.visible_at for one in self._realm.lying.values()), default=None)


class RealmArchive(MemoryArchive):
    """The blobs as a process meets them."""

    def __init__(self, realm: Realm, passed: Passed) -> None:
        super().__init__()
        self._blobs = realm.blobs
        self._passed = passed

    async def put(self, container: str, name: str, content: bytes) -> None:
        """Keep bytes under a name."""
        await super().put(container, name, content)
        self._passed(f"blobs: put {name}", True)

    async def get(self, container: str, name: str) -> bytes | None:
        """Read bytes back."""
        content = await super().get(container, name)
        self._passed(f"blobs: get {name}", False)
        return content

    async def names(self, container: str, prefix: str = "") -> tuple[str, ...]:
        """List names in order."""
        names = await super().names(container, prefix)
        self._passed("blobs: list", False)
        return names
