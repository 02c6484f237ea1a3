"""What a house is plugged into: clock, storage, queues, Graph and mailbox, each made when first asked for.

The libraries of storage and Graph are loaded by the part that needs them, not by a cold start.
"""

from functools import cached_property
from types import TracebackType
from typing import TYPE_CHECKING, Self

from adapters.clock import HandClock, SystemClock
from adapters.policy_source import PolicySource
from adapters.settings import Role, Settings
from reviews.errors import BadSettings
from reviews.ports import (
    AccessReviews,
    Archive,
    Clock,
    Connections,
    Directory,
    Ledger,
    LifecyclePolicies,
    Mailer,
    Packages,
    Queue,
    TenantFacts,
)

if TYPE_CHECKING:
    from azure.core.credentials_async import AsyncTokenCredential

    from adapters.graph.client import GraphClient
    from adapters.graph.partners import GraphPartners
    from adapters.signing_keys import SigningKeys
    from adapters.storage import Storage


class Plugs:
    """The plugs of every port that production has: the web role makes no Graph client."""

    def __init__(self, settings: Settings, *, clock: Clock | None = None) -> None:
        self.settings = settings
        now = settings.sandbox_now
        self.clock: Clock = clock or (HandClock(now) if now is not None else SystemClock())
        self.policies = PolicySource(settings.policy_source, self._read_blob)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def close(self) -> None:
        """Close what was opened; safe to repeat."""
        if "storage" in self.__dict__:
            await self.storage.close()
        if "graph" in self.__dict__:
            await self.graph.aclose()
        if "signing_keys" in self.__dict__:
            await self.signing_keys.aclose()

    @cached_property
    def storage(self) -> "Storage":
        """The storage account of the record."""
        from adapters.storage import connect

        if self.settings.state is None:
            raise BadSettings(["STATE__tableServiceUri and its kin: no storage is named"])
        state = self.settings.state
        return connect(state, None if state.connection_string else _credential(state.client_id))

    @cached_property
    def ledger(self) -> Ledger:
        """The record in tables."""
        from adapters.tables.ledger import TableLedger

        return TableLedger(self.storage.tables)

    @property
    def record(self) -> Ledger | None:
        """The ledger, where storage is named; a plan can be drawn without."""
        return None if self.settings.state is None else self.ledger

    @cached_property
    def queue(self) -> Queue:
        """The queues."""
        from adapters.queues import AzureQueue

        return AzureQueue(self.storage.queues)

    @cached_property
    def archive(self) -> Archive:
        """Plans and seals."""
        from adapters.blobs import BlobArchive

        return BlobArchive(self.storage.blobs)

    @cached_property
    def graph(self) -> "GraphClient":
        """The connection to Microsoft Graph, which the role that people reach has no way to make."""
        from adapters.graph.client import GraphClient

        if self.settings.role is Role.WEB:
            raise BadSettings(["APP_ROLE: web has no rights in Graph; run what asks Graph as worker"])
        return GraphClient(
            self.settings.graph_endpoint,
            self.settings.graph_token or _credential(self.settings.identity),
            self.clock,
            turns=self.record,
        )

    @cached_property
    def directory(self) -> Directory:
        """The directory."""
        from adapters.graph.directory import GraphDirectory

        return GraphDirectory(self.graph, self.partners)

    @cached_property
    def partners(self) -> "GraphPartners":
        """What is known of other tenants."""
        from adapters.graph.partners import GraphPartners

        return GraphPartners(self.graph)

    @cached_property
    def connections(self) -> Connections:
        """What ties guests to the tenant."""
        from adapters.graph.connections import GraphConnections

        return GraphConnections(self.graph)

    @cached_property
    def tenant_facts(self) -> TenantFacts:
        """What is true of the tenant as a whole."""
        from adapters.graph.tenant import GraphTenantFacts

        return GraphTenantFacts(self.graph)

    @cached_property
    def access_reviews(self) -> AccessReviews:
        """Native reviews."""
        from adapters.graph.access_reviews import GraphAccessReviews

        return GraphAccessReviews(self.graph)

    @cached_property
    def packages(self) -> Packages:
        """Entitlement management."""
        from adapters.graph.packages import GraphPackages

        return GraphPackages(self.graph)

    @cached_property
    def lifecycle_policies(self) -> LifecyclePolicies:
        """The tenant's own policies that act on guests."""
        from adapters.graph.lifecycle_policies import GraphLifecyclePolicies

        return GraphLifecyclePolicies(self.graph)

    @cached_property
    def mailer(self) -> Mailer:
        """The one mailbox mail leaves from."""
        from adapters.graph.mailbox import PolicyMailbox

        return PolicyMailbox(self.graph, self.policies)

    @cached_property
    def signing_keys(self) -> "SigningKeys":
        """The keys of the tenant's sign-in."""
        import httpx

        from adapters.signing_keys import SigningKeys, keys_url

        return SigningKeys(keys_url(self.settings.tenant_id), self.clock, httpx.AsyncClient())

    async def _read_blob(self, container: str, name: str) -> bytes | None:
        return await self.archive.get(container, name)


def _credential(client_id: str | None) -> "AsyncTokenCredential":
    from azure.identity.aio import DefaultAzureCredential

    return DefaultAzureCredential(managed_identity_client_id=client_id)
