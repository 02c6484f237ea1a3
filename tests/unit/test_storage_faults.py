"""What the storage libraries raise, and which of our errors it becomes."""

from datetime import timedelta

import pytest
from azure.core.exceptions import (
    AzureError,
    ClientAuthenticationError,
    HttpResponseError,
    IncompleteReadError,
    ResourceExistsError,
    ResourceModifiedError,
    ResourceNotFoundError,
    ServiceRequestError,
    ServiceResponseError,
)

from adapters.storage_faults import translate, translated
from reviews.errors import Conflict, Forbidden, GatehouseError, Gone, Permanent, Throttled, Transient


class Reply:
    """As much of an HTTP response as the library's errors read."""

    reason = "because"

    def __init__(self, status: int, headers: dict[str, str] | None = None) -> None:
        self.status_code = status
        self.headers = headers or {}

    def text(self) -> str:
        return ""


def _answered(status: int, headers: dict[str, str] | None = None) -> HttpResponseError:
    return HttpResponseError(response=Reply(status, headers))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("error", "ours"),
    [
        (ResourceExistsError("x"), Conflict),
        (ResourceModifiedError("x"), Conflict),
        (ResourceNotFoundError("x"), Permanent),
        (ClientAuthenticationError("x"), Forbidden),
        (ServiceRequestError("x"), Transient),
        (ServiceResponseError("x"), Transient),
        (IncompleteReadError("x"), Transient),
        (HttpResponseError("x"), Transient),
        (_answered(400), Permanent),
        (_answered(401), Forbidden),
        (_answered(403), Forbidden),
        (_answered(404), Permanent),
        (_answered(408), Transient),
        (_answered(409), Conflict),
        (_answered(412), Conflict),
        (_answered(413), Permanent),
        (_answered(429), Throttled),
        (_answered(500), Transient),
        (_answered(503), Throttled),
        (_answered(504), Transient),
    ],
    ids=lambda value: getattr(
        value, "__name__", f"{type(value).__name__} {getattr(value, 'status_code', '')}"
    ),
)
def test_each_fault_has_its_word(error: AzureError, ours: type[GatehouseError]) -> None:
    told = translate(error, "guests 1/S")

    assert type(told) is ours
    assert "guests 1/S" in str(told)


def test_missing_storage_never_passes_for_a_guest_that_is_gone() -> None:
    assert not isinstance(translate(_answered(404), "x"), Gone)
    assert not isinstance(translate(ResourceNotFoundError("x"), "x"), Gone)


@pytest.mark.parametrize(
    ("headers", "pause"),
    [({"Retry-After": "7"}, timedelta(seconds=7)), ({}, None), ({"Retry-After": "soon"}, None)],
)
def test_a_pause_that_was_asked_for_is_passed_on(headers: dict[str, str], pause: timedelta | None) -> None:
    told = translate(_answered(503, headers), "x")

    assert isinstance(told, Throttled)
    assert told.retry_after == pause


def test_who_is_refused_learns_which_role_is_missing() -> None:
    told = translate(_answered(403), "x")

    assert isinstance(told, Forbidden)
    assert "Storage Table" in str(told.needs)


async def test_only_the_faults_of_storage_are_translated() -> None:
    with pytest.raises(Conflict) as caught:
        async with translated("x"):
            raise ResourceExistsError("x")
    assert isinstance(caught.value.__cause__, ResourceExistsError)
    with pytest.raises(KeyError):
        async with translated("x"):
            raise KeyError
