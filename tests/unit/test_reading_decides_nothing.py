"""However often, by whatever program and with whatever query a page is read: nothing changes."""

import copy
import itertools
import re
from typing import Final
from urllib.parse import urlencode

import azure.functions as func
import httpx
from starlette.routing import Route

from adapters.id_token import HEADER as TOKEN
from tests.builders import SARA
from tests.letters import BATCH, HERE
from tests.reviewers import OURS, TENANT, Site, choice, signed_in
from tests.triggers import registered

SAFE: Final = ("GET", "HEAD", "OPTIONS")
AT_LEAST: Final = 1000
FORM: Final = {"nonce": "n0nce-of-the-batch", **choice(1, "remove")}
QUERIES: Final = ("", urlencode(FORM), urlencode({**FORM, "_method": "POST"}), "code=1&confirm=yes&undo=1")
PLACES: Final = {"batch": (BATCH, "f" * 32, "..", "x'%20or%20''%20eq%20'"), "case": ("case-1", "case-9")}
OVERRIDE: Final = {"X-HTTP-Method-Override": "POST", "X-HTTP-Method": "POST", "X-Method-Override": "POST"}
PROGRAMS: Final[tuple[dict[str, str], ...]] = (
    {},
    {"Purpose": "prefetch", "Sec-Purpose": "prefetch;prerender"},
    {"User-Agent": "Mozilla/5.0 (compatible; a link scanner)", **OVERRIDE},
)


def paths(site: Site) -> list[str]:
    """Return every address of every route the pages have, by the routes themselves."""
    found = []
    for route in routes(site):
        names = re.findall(r"\{(\w+)\}", route.path)
        found += [
            route.path.format(**dict(zip(names, values, strict=True)))
            for values in itertools.product(*(PLACES[name] for name in names))
        ]
    return sorted(set(found))


def routes(site: Site) -> list[Route]:
    found = [route for route in site.app.routes if isinstance(route, Route)]
    assert len(found) == len(site.app.routes), "another sort of route would not be read here"
    return found


async def test_a_thousand_readings_of_all_pages_change_nothing() -> None:
    site = await Site().with_batch(1)
    people: tuple[dict[str, str], ...] = (
        {},
        signed_in(),
        {**signed_in(), TOKEN: site.tokens.token(SARA, TENANT)},
    )
    before = copy.deepcopy(vars(site.ledger))
    asked = 0
    transport = httpx.ASGITransport(app=site.app)
    async with httpx.AsyncClient(transport=transport, base_url=HERE) as client:
        for path, query, method, person, program in itertools.product(
            paths(site), QUERIES, SAFE, people, PROGRAMS
        ):
            headers = {**person, **program, **OURS}
            response = await client.request(method, f"{path}?{query}", headers=headers)
            assert response.status_code in {200, 403, 404, 405}, path
            assert "set-cookie" not in response.headers
            asked += 1
    assert asked >= AT_LEAST
    assert vars(site.ledger) == before
    assert site.queue.messages == []


def test_the_pages_are_all_that_answers_to_a_reading() -> None:
    """What the app registers with the Functions host for GET is among the routes read above."""
    served = {re.sub(r"[{}]", "", route.path) for route in routes(Site())}
    found = {}
    for function in registered():
        trigger = function.get_trigger()
        assert trigger is not None
        binding = trigger.get_dict_repr()
        if binding["type"] == "httpTrigger":
            methods = {func.HttpMethod(method) for method in binding["methods"]}
            found["/" + re.sub(r"[{}]", "", str(binding["route"]))] = methods
    assert {path for path, methods in found.items() if func.HttpMethod.GET in methods} == served
    assert found["/ops/tick"] == {func.HttpMethod.POST}
