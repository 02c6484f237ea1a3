"""A census reads every guest of the tenant, or says loudly that it did not."""

from datetime import timedelta
from typing import Any

import httpx
import pytest

from reviews.errors import CensusIncomplete, Forbidden, Throttled
from reviews.model import Person, Redemption, SetAside, SignIns, SponsorGroup, Unreadable
from reviews.ports import Census
from sandbox.stories import STARTS_AT, a_population
from sandbox.tenant import DEFAULT_GRANTED, Fault
from tests.contracts.graph_plugs import plugged_in, read_all

LIST = "GET /users"
SOME_PAGES = 1_300
"""Guests on three pages."""


def is_list(request: httpx.Request) -> bool:
    return request.url.path == "/v1.0/users"


async def test_a_census_yields_every_guest_once_with_sign_ins_and_sponsors() -> None:
    async with plugged_in() as plugs:
        census = plugs.directory.census()
        guests, aside = await read_all(census)
        receipt = census.receipt()
    by_id = {guest.id: guest for guest in guests}
    assert len(by_id) == len(guests) == receipt.rows == receipt.counted == 12
    assert aside == []
    ada = by_id[plugs.guest_id("ada")]
    assert isinstance(ada.sign_ins, SignIns)
    assert ada.sign_ins.successful_at == STARTS_AT - timedelta(days=120)
    assert isinstance(ada.sponsors, tuple)
    assert [sponsor.id for sponsor in ada.sponsors] == [plugs.person_id("sara")]
    assert by_id[plugs.guest_id("nadia")].sign_ins == SignIns()
    assert by_id[plugs.guest_id("pim")].redemption is Redemption.PENDING
    assert by_id[plugs.guest_id("sven")].synced
    assert not by_id[plugs.guest_id("boris")].enabled
    assert by_id[plugs.guest_id("karel")].sponsors == ()
    [office] = by_id[plugs.guest_id("edsger")].sponsors  # type: ignore[misc]
    assert isinstance(office, SponsorGroup)
    [dora] = by_id[plugs.guest_id("grace")].sponsors  # type: ignore[misc]
    assert isinstance(dora, Person)
    assert not dora.enabled
    assert (receipt.sign_ins, receipt.sponsors, receipt.without_sign_ins) == ("read", "read", 2)


async def test_pages_are_followed_to_the_last_and_paced_so_that_graph_never_refuses() -> None:
    async with plugged_in(population=a_population(7_000)) as plugs:
        started = plugs.clock.now()
        census = plugs.directory.census()
        guests, _ = await read_all(census)
        took = plugs.clock.now() - started
        statuses = {call.status for call in plugs.tenant.calls}
    assert len({guest.id for guest in guests}) == 7_000
    assert statuses <= {200, 404}, "a consumer domain has no tenant; everything else is answered"
    assert plugs.asked(LIST) == 14
    assert took == timedelta(minutes=1)


async def test_the_receipt_is_given_only_after_the_last_page() -> None:
    async with plugged_in(population=a_population(SOME_PAGES)) as plugs:
        census = plugs.directory.census()
        async for _page in census.pages():
            with pytest.raises(CensusIncomplete):
                census.receipt()
        assert census.receipt().pages == 3


async def test_a_census_is_read_once() -> None:
    async with plugged_in() as plugs:
        census = plugs.directory.census()
        await read_all(census)
        with pytest.raises(CensusIncomplete):
            await read_all(census)


@pytest.mark.parametrize(
    ("dials", "why"),
    [
        ({"premium": False}, "no-licence"),
        ({"granted": DEFAULT_GRANTED - {"AuditLog.Read.All"}}, "no-permission"),
    ],
)
async def test_a_tenant_that_hides_sign_ins_is_read_without_them_and_says_so(
    dials: dict[str, Any], why: str
) -> None:
    async with plugged_in(**dials) as plugs:
        census = plugs.directory.census()
        guests, _ = await read_all(census)
        assert census.receipt().sign_ins == why
        assert census.receipt().rows == 12
        assert {guest.sign_ins for guest in guests} == {Unreadable(why=why)}
        one = await plugs.directory.guest(plugs.guest_id("ada"))
    assert one is not None
    assert one.sign_ins == Unreadable(why=why)


async def test_an_app_that_may_not_list_users_is_told_which_permission_it_lacks() -> None:
    async with plugged_in(granted=()) as plugs:
        with pytest.raises(Forbidden) as refused:
            await read_all(plugs.directory.census())
    assert refused.value.needs == "User.Read.All"


async def test_a_page_that_fails_for_good_makes_no_smaller_tenant() -> None:
    async with plugged_in(population=a_population(SOME_PAGES)) as plugs:
        plugs.break_down(None, *[Fault(when="before", status=503)] * 20, on=LIST)
        with pytest.raises(CensusIncomplete, match="page 2"):
            await read_all(plugs.directory.census())


async def test_a_page_that_fails_for_a_moment_is_asked_for_again() -> None:
    async with plugged_in(population=a_population(SOME_PAGES)) as plugs:
        drop = Fault(when="after", status=None)
        plugs.break_down(None, Fault(when="before", status=504), drop, on=LIST)
        guests, _ = await read_all(plugs.directory.census())
    assert len(guests) == SOME_PAGES


async def test_a_storm_of_refusals_is_waited_out_for_as_long_as_graph_says() -> None:
    async with plugged_in(population=a_population(SOME_PAGES)) as plugs:
        storm = Fault(when="before", status=429, code="TooManyRequests", retry_after=timedelta(seconds=40))
        plugs.break_down(None, storm, storm, on=LIST)
        started = plugs.clock.now()
        guests, _ = await read_all(plugs.directory.census())
        assert plugs.clock.now() - started >= timedelta(seconds=80)
    assert len(guests) == SOME_PAGES


async def test_a_refusal_with_a_very_long_wait_goes_back_to_the_queue() -> None:
    async with plugged_in() as plugs:
        storm = Fault(when="before", status=429, code="TooManyRequests", retry_after=timedelta(minutes=10))
        plugs.break_down(storm, on=LIST)
        with pytest.raises(Throttled) as refused:
            await read_all(plugs.directory.census())
    assert refused.value.retry_after == timedelta(minutes=10)


async def test_an_empty_page_with_a_nextlink_is_followed() -> None:
    async with plugged_in(population=a_population(SOME_PAGES)) as plugs:
        emptied: list[str] = []

        def empty_first(request: httpx.Request, page: dict[str, Any]) -> dict[str, Any]:
            if not is_list(request) or emptied:
                return page
            emptied.append(str(request.url))
            return {**page, "value": [], "@odata.nextLink": str(request.url)}

        plugs.wire.change = empty_first
        census = plugs.directory.census()
        guests, _ = await read_all(census)
    assert len(guests) == SOME_PAGES
    assert census.receipt().pages == 4


async def test_a_nextlink_that_comes_twice_ends_the_reading() -> None:
    async with plugged_in(population=a_population(SOME_PAGES)) as plugs:
        links: list[str] = []

        def same_link(request: httpx.Request, page: dict[str, Any]) -> dict[str, Any]:
            if is_list(request) and "@odata.nextLink" in page:
                links.append(page["@odata.nextLink"])
                page["@odata.nextLink"] = links[0]
            return page

        plugs.wire.change = same_link
        with pytest.raises(CensusIncomplete, match=r"twice|repeats"):
            await read_all(plugs.directory.census())


async def test_a_page_that_repeats_an_earlier_one_ends_the_reading() -> None:
    async with plugged_in(population=a_population(SOME_PAGES)) as plugs:
        pages: list[dict[str, Any]] = []

        def repeat(request: httpx.Request, page: dict[str, Any]) -> dict[str, Any]:
            if is_list(request):
                pages.append(page)
                return {**page, "value": pages[0]["value"]}
            return page

        plugs.wire.change = repeat
        with pytest.raises(CensusIncomplete, match="repeats"):
            await read_all(plugs.directory.census())


async def test_an_account_that_moved_between_pages_is_yielded_once() -> None:
    async with plugged_in(population=a_population(SOME_PAGES)) as plugs:
        last: list[Any] = []

        def overlap(request: httpx.Request, page: dict[str, Any]) -> dict[str, Any]:
            if is_list(request):
                page["value"] = last + page["value"]
                last[:] = page["value"][-1:]
            return page

        plugs.wire.change = overlap
        census = plugs.directory.census()
        guests, _ = await read_all(census)
    assert len(guests) == len({guest.id for guest in guests}) == SOME_PAGES
    assert census.receipt().duplicates == 2


async def test_pages_that_lose_rows_are_found_out_by_the_directorys_own_count() -> None:
    async with plugged_in(population=a_population(SOME_PAGES)) as plugs:

        def lose(request: httpx.Request, page: dict[str, Any]) -> dict[str, Any]:
            return {**page, "value": page["value"][7:]} if is_list(request) else page

        plugs.wire.change = lose
        with pytest.raises(CensusIncomplete, match="counts 1300"):
            await read_all(plugs.directory.census())


@pytest.mark.parametrize("lost", ["value", "rows"])
async def test_a_page_without_a_list_ends_the_reading(lost: str) -> None:
    async with plugged_in(population=a_population(SOME_PAGES)) as plugs:

        def tear(request: httpx.Request, page: dict[str, Any]) -> dict[str, Any]:
            if not is_list(request) or "$skiptoken" not in str(request.url):
                return page
            return {"@odata.context": "x"} if lost == "value" else {**page, "value": None}

        plugs.wire.change = tear
        with pytest.raises(CensusIncomplete, match="page 2"):
            await read_all(plugs.directory.census())


async def test_a_lost_field_sets_that_guest_aside_and_the_others_go_on() -> None:
    async with plugged_in() as plugs:
        ada = plugs.guest_id("ada")

        def lose_field(request: httpx.Request, page: dict[str, Any]) -> dict[str, Any]:
            if is_list(request):
                for row in page["value"]:
                    if row["id"] == ada:
                        del row["externalUserState"]
            return page

        plugs.wire.change = lose_field
        census = plugs.directory.census()
        guests, aside = await read_all(census)
    assert len(guests) == 11
    assert aside == [SetAside(guest_id=ada, field="externalUserState")]
    assert census.receipt().set_aside == tuple(aside)


async def test_sponsors_that_are_not_returned_are_unreadable_not_absent() -> None:
    async with plugged_in() as plugs:

        def without(request: httpx.Request, page: dict[str, Any]) -> dict[str, Any]:
            if is_list(request):
                for row in page["value"]:
                    del row["sponsors"]
            return page

        plugs.wire.change = without
        census = plugs.directory.census()
        guests, _ = await read_all(census)
    assert {guest.sponsors for guest in guests} == {Unreadable(why="not-returned")}
    assert census.receipt().sponsors == "not-returned"


async def test_an_expired_page_token_restarts_the_reading_without_yielding_anyone_twice() -> None:
    async with plugged_in(population=a_population(SOME_PAGES)) as plugs:
        plugs.tenant.page_token_lifetime = timedelta(hours=1)
        census = plugs.directory.census()
        seen: list[str] = []
        turn = 0
        async for page in census.pages():
            seen += [guest.id for guest in page.guests]
            turn += 1
            if turn == 2:
                await plugs.wait(hours=2)
        receipt = census.receipt()
    assert len(seen) == len(set(seen)) == SOME_PAGES
    assert (receipt.restarts, receipt.duplicates) == (1, 0)


async def test_page_tokens_that_keep_expiring_end_the_reading() -> None:
    async with plugged_in(population=a_population(SOME_PAGES)) as plugs:
        census = plugs.directory.census()

        async def read_slowly(census: Census) -> None:
            async for _page in census.pages():
                await plugs.wait(hours=2)

        with pytest.raises(CensusIncomplete, match="expired 3 times"):
            await read_slowly(census)


async def test_a_forged_nextlink_gets_no_token_and_no_request_at_all() -> None:
    async with plugged_in(population=a_population(SOME_PAGES)) as plugs:

        def forge(request: httpx.Request, page: dict[str, Any]) -> dict[str, Any]:
            return (
                {**page, "@odata.nextLink": "https://evil.example/v1.0/users"} if is_list(request) else page
            )

        plugs.wire.change = forge
        with pytest.raises(CensusIncomplete, match="another host"):
            await read_all(plugs.directory.census())
        assert {request.url.host for request in plugs.wire.requests} == {"127.0.0.1"}


async def test_nextlinks_are_sent_back_exactly_as_graph_wrote_them() -> None:
    async with plugged_in(population=a_population(SOME_PAGES), checked=False) as plugs:
        written: list[str] = []

        def note(request: httpx.Request, page: dict[str, Any]) -> dict[str, Any]:
            if is_list(request) and "@odata.nextLink" in page:
                page["@odata.nextLink"] += "&odd=%7E%2D%24%2Ex"
                written.append(page["@odata.nextLink"])
            return page

        plugs.wire.change = note
        with pytest.raises(CensusIncomplete):  # the sandbox knows no option "odd"
            await read_all(plugs.directory.census())
        assert str(plugs.wire.requests[-1].url) == written[0]


@pytest.mark.parametrize("field", ["createdDateTime", "externalUserState", "identities", "mail"])
async def test_a_field_that_comes_back_empty_for_all_is_named_on_the_receipt(field: str) -> None:
    async with plugged_in() as plugs:

        def lose(_request: httpx.Request, body: dict[str, Any]) -> dict[str, Any]:
            for row in body.get("value", []):
                if field in row:
                    row[field] = [] if field == "identities" else None
            return body

        plugs.wire.change = lose
        census = plugs.directory.census()
        await read_all(census)
        assert census.receipt().lost == (field,)


async def test_a_field_that_one_account_shows_is_not_lost() -> None:
    async with plugged_in() as plugs:
        census = plugs.directory.census()
        await read_all(census)
        assert census.receipt().lost == ()


async def test_sponsors_of_which_only_the_ids_come_are_a_missing_permission() -> None:
    async with plugged_in() as plugs:

        def strip(_request: httpx.Request, body: dict[str, Any]) -> dict[str, Any]:
            for row in body.get("value", []):
                kept = [
                    {"@odata.type": one["@odata.type"], "id": one["id"]} for one in row.get("sponsors", [])
                ]
                if "sponsors" in row:
                    row["sponsors"] = kept
            return body

        plugs.wire.change = strip
        census = plugs.directory.census()
        await read_all(census)
        assert census.receipt().sponsors == "ids-only"
        assert census.receipt().nameless_sponsors >= 5
