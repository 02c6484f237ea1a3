"""Plans, seals and policy versions as blobs: written once under a name, never changed."""

from azure.core.exceptions import ResourceExistsError, ResourceNotFoundError
from azure.storage.blob.aio import BlobServiceClient

from adapters.storage_faults import translated
from reviews.errors import Conflict
from reviews.evidence import canonical, digest, parse
from reviews.model import RunId
from reviews.records import Plan

PLANS = "plans"
EVIDENCE = "evidence"
POLICIES = "policies"
CHANGES = "changes"
CONTAINERS = (POLICIES, "census", PLANS, EVIDENCE, CHANGES)


def plan_name(run_id: RunId) -> str:
    """Name the blob of a run's plan, for example ``night-2026-11-20T01-30Z.json``."""
    return f"{run_id.replace(':', '-')}.json"


class BlobArchive:
    """The archive in a storage account's containers."""

    def __init__(self, service: BlobServiceClient) -> None:
        self._service = service

    async def create_containers(self) -> None:
        """Make the containers where there are none; in production the deployment makes them."""
        for name in CONTAINERS:
            async with translated(f"container {name}"):
                if not await self._service.get_container_client(name).exists():
                    await self._service.create_container(name)

    async def save_plan(self, run_id: RunId, plan: Plan) -> str:
        """Keep a plan as canonical JSON; return the SHA-256 of its bytes. Raises Conflict as ``put``."""
        content = canonical(plan)
        await self.put(PLANS, plan_name(run_id), content)
        return digest(content)

    async def plan(self, run_id: RunId) -> Plan | None:
        """Read a plan back. Raises Malformed."""
        content = await self.get(PLANS, plan_name(run_id))
        return None if content is None else parse(Plan, content)

    async def put(self, container: str, name: str, content: bytes) -> None:
        """Keep bytes under a name that is free, or that holds these very bytes.

        A name that is taken may be our own write whose reply was lost, so its content decides.

        Raises:
            Conflict: the name holds something else.

        """
        where = f"blob {container}/{name}"
        async with translated(where):
            blob = self._service.get_blob_client(container, name)
            try:
                await blob.upload_blob(content, overwrite=False)
            except ResourceExistsError as error:
                if await self.get(container, name) != content:
                    raise Conflict(f"{where} is there with a different content") from error

    async def get(self, container: str, name: str) -> bytes | None:
        """Read bytes back; None when there are none."""
        async with translated(f"blob {container}/{name}"):
            try:
                stream = await self._service.get_blob_client(container, name).download_blob()
                content = await stream.readall()
            except ResourceNotFoundError as error:
                # A missing blob is an answer; a missing container is a fault of the deployment.
                if getattr(error, "error_code", None) == "ContainerNotFound":
                    raise
                return None
        return content

    async def names(self, container: str, prefix: str = "") -> tuple[str, ...]:
        """List names in order."""
        async with translated(f"container {container}"):
            client = self._service.get_container_client(container)
            return tuple(sorted([name async for name in client.list_blob_names(name_starts_with=prefix)]))
