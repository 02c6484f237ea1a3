"""The address that starts a tick from outside does nothing for a caller whom the platform has not named."""

import azure.functions as func
import pytest

from adapters.runtime import House
from adapters.settings import read_settings
from reviews.errors import BadSettings
from tests.unit.test_settings import LOCAL

STARTER = {"X-MS-CLIENT-PRINCIPAL-ID": "a-starter"}


@pytest.mark.parametrize(("enabled", "headers", "status"), [("", STARTER, 503), ("true", {}, 403)])
async def test_nobody_unknown_starts_a_tick(enabled: str, headers: dict[str, str], status: int) -> None:
    house = House(read_settings({**LOCAL, "WEBSITE_AUTH_ENABLED": enabled}))
    response = await house.tick_by_request(request(headers))
    assert response.status_code == status
    assert response.get_body() == b""


async def test_a_starter_whom_the_platform_names_reaches_the_tick() -> None:
    house = House(read_settings({**LOCAL, "WEBSITE_AUTH_ENABLED": "true"}))
    with pytest.raises(BadSettings, match="no storage is named"):
        await house.tick_by_request(request(STARTER))


def request(headers: dict[str, str]) -> func.HttpRequest:
    return func.HttpRequest(method="POST", url="/ops/tick", headers=headers, body=b"")
