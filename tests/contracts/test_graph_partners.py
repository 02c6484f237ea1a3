"""Other tenants over Graph: what was agreed with partners, whose a domain is, and who is pushed here."""

from datetime import timedelta

from adapters.graph.partners import GraphPartners
from reviews.model import Guest, Organisation, Partner, Unreadable
from sandbox.people_cast import Cast, GuestSpec, MemberSpec
from sandbox.people_organisations import SISTER, tenant_of
from sandbox.stories import STARTS_AT
from sandbox.tenant import DEFAULT_GRANTED
from tests.contracts.graph_plugs import Plugs, plugged_in, read_all

LIST = "GET /policies/crossTenantAccessPolicy/partners"
FIND = "GET /tenantRelationships/findTenantInformationByDomainName(domainName='{domainName}')"
HOLDING = "contoso-holding.example"
"""Another domain of the sister company."""


def two_homes() -> Cast:
    sara = MemberSpec(name="sara", shown_as="Sara Sponsor")
    guests = (
        GuestSpec(name="pia", address_domain=HOLDING, sponsors=("sara",)),
        GuestSpec(name="ada", address_domain="fabrikam.example", sponsors=("sara",)),
    )
    return Cast(guests=guests, members=(sara,), as_of=STARTS_AT)


async def by_name(plugs: Plugs) -> dict[str, Guest]:
    guests, _ = await read_all(plugs.directory.census())
    names = {plugs.guest_id(name): name for name in ("pia", "ada")}
    return {names[guest.id]: guest for guest in guests}


async def test_partners_come_with_what_they_may_do_here() -> None:
    async with plugged_in() as plugs:
        partners = await GraphPartners(plugs.client).partners()
    assert isinstance(partners, tuple)
    assert set(partners) == {
        Partner(tenant_id=tenant_of(SISTER), may_sync=True, is_shut_out=False),
        Partner(tenant_id=tenant_of("fabrikam.example"), may_sync=False, is_shut_out=False),
        Partner(tenant_id=tenant_of("gemeente-zuid.example"), may_sync=False, is_shut_out=True),
    }


async def test_every_domain_of_an_organisation_leads_to_it_and_a_mailbox_provider_to_none() -> None:
    async with plugged_in() as plugs:
        found = await GraphPartners(plugs.client).tenants_of({HOLDING, "nowhere.example"})
    sister = Organisation(tenant_id=tenant_of(SISTER), name="Contoso Group", domain=SISTER)
    assert found == {HOLDING: sister, "nowhere.example": None}


async def test_what_was_read_is_kept_for_the_night_and_read_anew_in_the_next() -> None:
    async with plugged_in() as plugs:
        partners = GraphPartners(plugs.client)
        for _ in range(3):
            await partners.partners()
            await partners.tenants_of({HOLDING, "nowhere.example"})
        assert (plugs.asked(LIST), plugs.asked(FIND)) == (1, 2)
        await plugs.clock.sleep(timedelta(days=1))
        await partners.partners()
        await partners.tenants_of({HOLDING})
        assert (plugs.asked(LIST), plugs.asked(FIND)) == (2, 3)


async def test_a_guest_of_a_partner_that_may_sync_is_told_from_one_that_may_not() -> None:
    async with plugged_in(population=two_homes()) as plugs:
        guests = await by_name(plugs)
        again = await plugs.directory.guest(plugs.guest_id("pia"))
    assert {name: guest.tenant_synced for name, guest in guests.items()} == {"pia": True, "ada": False}
    assert again is not None
    assert again.tenant_synced is True


async def test_where_nobody_may_sync_no_domain_is_looked_up() -> None:
    async with plugged_in(population=two_homes()) as plugs:
        plugs.tenant.partners.clear()
        guests = await by_name(plugs)
        assert (plugs.asked(LIST), plugs.asked(FIND)) == (1, 0)
    assert not any(guest.tenant_synced for guest in guests.values())


async def test_settings_that_cannot_be_read_are_unknown_and_not_none() -> None:
    async with plugged_in(population=two_homes(), granted=DEFAULT_GRANTED - {"Policy.Read.All"}) as plugs:
        guests = await by_name(plugs)
    assert {guest.tenant_synced for guest in guests.values()} == {Unreadable(why="no-permission")}


async def test_a_tenant_that_cannot_be_looked_up_is_unknown_and_not_none() -> None:
    granted = DEFAULT_GRANTED - {"CrossTenantInformation.ReadBasic.All"}
    async with plugged_in(population=two_homes(), granted=granted) as plugs:
        guests = await by_name(plugs)
    assert {guest.tenant_synced for guest in guests.values()} == {Unreadable(why="no-permission")}
