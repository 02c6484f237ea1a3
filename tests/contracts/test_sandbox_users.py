"""The sandbox lists users as Graph does: page by page, cut to what was selected, filtered as documented."""

from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
from azure.core.credentials import AccessToken
from kiota_abstractions.method import Method
from kiota_abstractions.request_information import RequestInformation
from kiota_authentication_azure.azure_identity_authentication_provider import (
    AzureIdentityAuthenticationProvider,
)
from msgraph.graph_request_adapter import GraphRequestAdapter
from msgraph_core import GraphClientFactory

from adapters.clock import HandClock
from sandbox.graph_api import create_app
from sandbox.stories import a_population
from sandbox.tenant import TOKEN, Tenant
from tests.contracts.graph_room import EVENTUAL, Room, a_room, code_of

GUESTS = "userType eq 'Guest'"
CENSUS = (
    "id,displayName,mail,userPrincipalName,userType,accountEnabled,createdDateTime,creationType,"
    "externalUserState,externalUserStateChangeDateTime,identities,companyName,preferredLanguage,"
    "onPremisesSyncEnabled,signInActivity"
)


@pytest.fixture
async def room() -> AsyncIterator[Room]:
    async with a_room() as made:
        yield made


@pytest.fixture
async def unchecked() -> AsyncIterator[Room]:
    async with a_room(checked=False) as made:
        yield made


async def test_every_guest_is_listed_once_and_always_in_the_same_order(room: Room) -> None:
    first = await room.every("/users", filter=GUESTS, select="id", top="5")
    again = await room.every("/users", filter=GUESTS, select="id", top="7")
    assert [row["id"] for row in first] == [row["id"] for row in again]
    assert {row["id"] for row in first} == {room.id(spec.name) for spec in room.cast.guests}


async def test_what_was_selected_comes_back_and_nothing_else(room: Room) -> None:
    [row] = (await room.get("/users", filter=f"id eq '{room.id('ada')}'", select="companyName,otherMails"))[
        "value"
    ]
    assert set(row) == {"companyName", "otherMails", "id"}


async def test_without_select_the_default_properties_come_back(room: Room) -> None:
    row = await room.get(f"/users/{room.id('ada')}")
    assert "userType" not in row
    assert {"businessPhones", "displayName", "givenName", "mail", "surname", "id"} <= set(row)


async def test_who_never_signed_in_has_no_activity_key_at_all(room: Room) -> None:
    rows = await room.every("/users", filter=GUESTS, select=CENSUS, top="500")
    keyed = {row["id"] for row in rows if "signInActivity" in row}
    assert room.id("nadia") not in keyed
    assert room.id("ada") in keyed


async def test_an_unknown_property_is_refused_and_an_unsimulated_one_says_so(room: Room) -> None:
    unknown = await room.graph.get("/users", params={"$select": "id,userTyp"})
    assert code_of(unknown) == (400, "Request_BadRequest")
    unsimulated = await room.graph.get("/users", params={"$select": "id,aboutMe"})
    assert code_of(unsimulated) == (501, "NotSimulated")


@pytest.mark.parametrize(
    ("options", "status"),
    [
        ({"$top": "999"}, 200),
        ({"$top": "1000"}, 400),
        ({"$top": "0"}, 400),
        ({"$top": "ten"}, 400),
        ({"$top": "500", "$select": "id,signInActivity"}, 200),
        ({"$top": "501", "$select": "id,signInActivity"}, 400),
        ({"$top": "501", "$filter": "signInActivity/lastSignInDateTime le 2026-01-01T00:00:00Z"}, 400),
    ],
)
async def test_a_page_has_a_cap(room: Room, options: dict[str, str], status: int) -> None:
    assert (await room.graph.get("/users", params=options)).status_code == status


async def test_a_page_holds_a_hundred_when_nothing_is_said() -> None:
    population = a_population(250)
    app = create_app(Tenant(population, HandClock(population.as_of)))
    headers = {"Authorization": "Bearer sandbox"}
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), headers=headers) as graph:
        page = (await graph.get("http://127.0.0.1/v1.0/users")).json()
    assert len(page["value"]) == 100


# --- filters ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("id eq '{ada}'", {"ada"}),
        ("id in ('{ada}', '{pim}')", {"ada", "pim"}),
        ("externalUserState eq 'PendingAcceptance'", {"pim"}),
        ("userType eq 'guest' and accountEnabled eq false", {"boris"}),
        ("(userType eq 'Guest') and createdDateTime ge {recent}", {"nina"}),
        ("signInActivity/lastSuccessfulSignInDateTime le {old}", {"irma", "sven"}),
        ("userType eq 'Guest' and startswith(displayName, 'Ada')", {"ada"}),
        ("externalUserState eq 'PendingAcceptance' or accountEnabled eq false", {"pim", "boris", "dora"}),
    ],
)
async def test_documented_filters_find_what_they_say(room: Room, text: str, names: set[str]) -> None:
    moments = {"recent": "2026-08-20T00:00:00Z", "old": "2025-12-01T01:00:00+01:00"}
    wanted = text.format(ada=room.id("ada"), pim=room.id("pim"), **moments)
    rows = await room.every("/users", filter=wanted, select="id")
    assert {row["id"] for row in rows} == {room.id(name) for name in names}


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("userType ne 'Guest'", "Request_UnsupportedQuery"),
        ("not(userType eq 'Guest')", "Request_UnsupportedQuery"),
        ("endswith(mail, 'example')", "Request_UnsupportedQuery"),
        ("companyName eq 'Fabrikam'", "Request_UnsupportedQuery"),
        ("accountEnabled ge true", "Request_UnsupportedQuery"),
        ("externalUserStateChangeDateTime le 2026-01-01T00:00:00Z", "Request_UnsupportedQuery"),
        (
            f"{GUESTS} and signInActivity/lastSignInDateTime le 2026-01-01T00:00:00Z",
            "Request_UnsupportedQuery",
        ),
        ("createdDateTime le '2026-01-01T00:00:00Z'", "Request_BadRequest"),
        ("accountEnabled eq 'false'", "Request_BadRequest"),
        ("startswith(displayName, 3)", "Request_BadRequest"),
        ("userType eq Guest", "Request_BadRequest"),
        ("userType eq 'Guest' and", "Request_BadRequest"),
        ("userType == 'Guest'", "Request_BadRequest"),
        ("(userType eq 'Guest'", "Request_BadRequest"),
        ("userType eq 'Guest')", "Request_BadRequest"),
        ("", "Request_BadRequest"),
    ],
)
async def test_any_other_filter_is_refused(room: Room, text: str, code: str) -> None:
    assert code_of(await room.graph.get("/users", params={"$filter": text})) == (400, code)


async def test_fifteen_accounts_are_named_in_one_filter_and_no_more() -> None:
    async with a_room(fifty=True) as room:
        ids = [room.id(spec.name) for spec in room.cast.guests]
        fifteen = f"id in ({', '.join(repr(one) for one in ids[:15])})"
        rows = await room.every(
            "/users", filter=fifteen, select="id,signInActivity", expand="sponsors($select=id)"
        )
        assert {row["id"] for row in rows} == set(ids[:15])
        sixteen = f"id in ({', '.join(repr(one) for one in ids[:16])})"
        answer = await room.graph.get("/users", params={"$filter": sixteen})
        assert code_of(answer) == (400, "Request_UnsupportedQuery")


async def test_an_advanced_query_needs_header_and_count_and_forbids_expand(room: Room) -> None:
    asked = {"$filter": "userType ne 'Guest'", "$select": "id"}
    assert (await room.graph.get("/users", params=asked, headers=EVENTUAL)).status_code == 400
    counted = {**asked, "$count": "true"}
    assert (await room.graph.get("/users", params=counted)).status_code == 400
    answer = await room.graph.get("/users", params=counted, headers=EVENTUAL)
    assert answer.json()["@odata.count"] == len(answer.json()["value"]) == 7
    expanded = {**counted, "$expand": "sponsors"}
    refused = await room.graph.get("/users", params=expanded, headers=EVENTUAL)
    assert code_of(refused) == (400, "Request_UnsupportedQuery")


async def test_counting_needs_the_header_and_answers_in_plain_text(room: Room) -> None:
    asked = {"$filter": GUESTS}
    assert (await room.graph.get("/users/$count", params=asked)).status_code == 400
    answer = await room.graph.get("/users/$count", params=asked, headers=EVENTUAL)
    assert (answer.text, answer.headers["content-type"]) == ("12", "text/plain")


async def test_searching_and_sorting_are_not_simulated(room: Room) -> None:
    advanced = {"$count": "true", "$search": '"displayName:Ada"'}
    assert code_of(await room.graph.get("/users", params=advanced, headers=EVENTUAL)) == (501, "NotSimulated")
    sorted_only = {"$orderby": "displayName", "$filter": GUESTS}
    assert code_of(await room.graph.get("/users", params=sorted_only)) == (400, "Request_UnsupportedQuery")


# --- sponsors --------------------------------------------------------------------------------------


async def test_sponsors_come_along_as_users_or_groups(room: Room) -> None:
    rows = await room.every(
        "/users",
        filter=GUESTS,
        select=CENSUS,
        expand="sponsors($select=id,displayName,mail,accountEnabled)",
        top="500",
    )
    sponsors = {row["id"]: row["sponsors"] for row in rows}
    [sara] = sponsors[room.id("ada")]
    assert sara["@odata.type"] == "#microsoft.graph.user"
    assert (sara["id"], sara["displayName"]) == (room.id("sara"), "Sara Sponsor")
    [office] = sponsors[room.id("edsger")]
    assert (office["@odata.type"], office["id"]) == ("#microsoft.graph.group", room.id("Vendor office"))
    assert "accountEnabled" not in office
    assert sponsors[room.id("karel")] == []


async def test_one_expand_at_a_time(room: Room) -> None:
    for text in ("sponsors,manager", "manager", "sponsors($expand=manager)"):
        answer = await room.graph.get("/users", params={"$expand": text})
        assert code_of(answer) == (400, "Request_BadRequest")


async def test_a_deleted_sponsor_drops_out_and_comes_back_when_restored(room: Room) -> None:
    path = f"/users/{room.id('ada')}/sponsors"
    assert [row["id"] for row in (await room.get(path, select="id,mail"))["value"]] == [room.id("sara")]
    room.tenant.delete(room.id("sara"))
    assert (await room.get(path))["value"] == []
    assert room.tenant.directory.sponsors(room.id("ada")) == ()
    await room.graph.post(f"/directory/deletedItems/{room.id('sara')}/restore")
    assert [row["id"] for row in (await room.get(path))["value"]] == [room.id("sara")]


# --- the next page ---------------------------------------------------------------------------------


async def test_a_next_link_keeps_the_host_that_was_asked(room: Room) -> None:
    answer = await room.graph.get("http://localhost:7071/v1.0/users?$top=3")
    assert answer.json()["@odata.nextLink"].startswith("http://localhost:7071/v1.0/users?")


async def test_a_next_link_runs_out(room: Room) -> None:
    link = (await room.get("/users", top="3"))["@odata.nextLink"]
    await room.wait(minutes=59)
    assert (await room.graph.get(link)).status_code == 200
    await room.wait(minutes=2)
    assert code_of(await room.graph.get(link)) == (400, "Directory_ExpiredPageToken")


async def test_a_page_token_works_only_where_it_was_made(room: Room) -> None:
    link = (await room.get("/users", top="3"))["@odata.nextLink"]
    for forged in (
        link.replace("top=3", "top=4"),
        link[:-4] + "AAAA",
        link.partition("skiptoken=")[0] + "skiptoken=x",
    ):
        assert code_of(await room.graph.get(forged)) == (400, "Request_BadRequest")


async def test_a_sign_in_between_two_pages_does_not_shift_the_pages(room: Room) -> None:
    page = await room.get("/users", filter=GUESTS, select="id", top="6")
    room.tenant.sign_in(room.id("ada"))
    room.tenant.delete(room.id("pim"))
    rest = (await room.graph.get(page["@odata.nextLink"])).json()
    assert len({row["id"] for row in page["value"] + rest["value"]}) == 12


async def test_a_million_guests_are_not_made_to_read_one_page() -> None:
    population = a_population(1_000_000)
    app = create_app(Tenant(population, HandClock(population.as_of)))
    headers = {"Authorization": "Bearer sandbox"}
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), headers=headers) as graph:
        url = "http://127.0.0.1/v1.0/users"
        answer = await graph.get(url, params={"$filter": GUESTS, "$select": CENSUS, "$top": "500"})
    assert len(answer.json()["value"]) == 500


async def test_one_of_a_million_is_found_by_id_without_reading_the_rest() -> None:
    population = a_population(1_000_000)
    app = create_app(Tenant(population, HandClock(population.as_of)))
    headers = {"Authorization": "Bearer sandbox"}
    last = population.guest(999_999)["id"]
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), headers=headers) as graph:
        answer = await graph.get(
            "http://127.0.0.1/v1.0/users", params={"$filter": f"id eq '{last}'", "$select": "id"}
        )
    page = answer.json()
    assert (page["value"], page.get("@odata.nextLink")) == ([{"id": last}], None)


# --- under the real SDK ----------------------------------------------------------------------------


class _FixedToken:
    def get_token(self, *_scopes: str, **_options: Any) -> AccessToken:
        return AccessToken(TOKEN, 4_000_000_000)


async def test_the_real_sdk_reads_pages_from_it(room: Room) -> None:
    transport = httpx.ASGITransport(create_app(room.tenant))
    client = GraphClientFactory.create_with_default_middleware(client=httpx.AsyncClient(transport=transport))
    scopes = ["https://graph.microsoft.com/.default"]
    provider = AzureIdentityAuthenticationProvider(_FixedToken(), scopes=scopes, allowed_hosts=["127.0.0.1"])
    adapter = GraphRequestAdapter(provider, client=client)
    adapter.base_url = "http://127.0.0.1/v1.0"
    url = f"{adapter.base_url}/users?$filter={GUESTS}&$select=id&$top=5"
    ids: list[str] = []
    while url:
        request = RequestInformation()
        request.http_method = Method.GET
        request.url = url
        page = httpx.Response(200, content=await adapter.send_primitive_async(request, "bytes", {})).json()
        ids += [row["id"] for row in page["value"]]
        url = page.get("@odata.nextLink", "")
    await client.aclose()
    assert ids == [room.id(spec.name) for spec in room.cast.guests]
