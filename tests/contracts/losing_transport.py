"""A transport that loses replies: what was asked for has happened, but the caller is not told."""

from collections.abc import Awaitable, Callable
from enum import StrEnum
from typing import Any

from azure.core.exceptions import ServiceRequestError, ServiceResponseError
from azure.core.pipeline.transport import AioHttpTransport


class Loss(StrEnum):
    """How one request goes wrong."""

    NEVER_SENT = "never-sent"
    REPLY_LOST = "reply-lost"
    SENT_TWICE = "sent-twice"
    """The first reply was lost and the library repeated the request: only the second reply is seen."""


class LosingTransport(AioHttpTransport):  # type: ignore[misc]  # the library hides its base from mypy
    """Passes everything on, except that the request numbered ``lose`` (1 is the first) goes wrong."""

    def __init__(self) -> None:
        super().__init__()
        self.writes: list[str] = []
        self.lose: dict[int, Loss] = {}
        self.meanwhile: Callable[[], Awaitable[object]] | None = None
        """What somebody else does between a write and the loss of its reply."""

    async def send(self, request: Any, **kwargs: Any) -> Any:
        if request.method in {"GET", "HEAD"}:
            return await super().send(request, **kwargs)
        self.writes.append(f"{request.method} {request.url}")
        match self.lose.get(len(self.writes)):
            case Loss.NEVER_SENT:
                raise ServiceRequestError("the test did not send this")
            case Loss.REPLY_LOST:
                await self._take_effect(request, **kwargs)
                raise ServiceResponseError("the test lost this reply")
            case Loss.SENT_TWICE:
                await self._take_effect(request, **kwargs)
        return await super().send(request, **kwargs)

    async def _take_effect(self, request: Any, **kwargs: Any) -> None:
        await super().send(request, **kwargs)
        if self.meanwhile is not None:
            await self.meanwhile()
