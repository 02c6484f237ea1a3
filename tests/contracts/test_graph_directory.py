"""One account at a time: read afresh, blocked, deleted, brought back, under the real SDK."""

from datetime import timedelta
from typing import Any

import httpx
import pytest

from reviews.errors import Ambiguous, Forbidden, Gone, Malformed
from reviews.model import GuestId, GuestRole, PersonId, SignIns, Unreadable
from sandbox.stories import STARTS_AT
from sandbox.tenant import DEFAULT_GRANTED, Fault
from tests.contracts.graph_plugs import plugged_in

NOBODY = GuestId("00000000-0000-4000-8000-000000000000")
PATCH = "PATCH /users/{user-id}"
DELETE = "DELETE /users/{user-id}"
RESTORE = "POST /directory/deletedItems/{directoryObject-id}/restore"


async def test_a_guest_is_read_afresh_with_sign_ins_and_sponsors() -> None:
    async with plugged_in() as plugs:
        ada = plugs.guest_id("ada")
        plugs.tenant.sign_in(ada)
        guest = await plugs.directory.guest(ada)
    assert guest is not None
    assert isinstance(guest.sign_ins, SignIns)
    assert guest.sign_ins.successful_at == plugs.clock.now()
    assert isinstance(guest.sponsors, tuple)
    assert [sponsor.id for sponsor in guest.sponsors] == [plugs.person_id("sara")]


async def test_a_guest_read_without_sign_ins_says_so_and_spends_none_of_their_allowance() -> None:
    async with plugged_in() as plugs:
        started = plugs.clock.now()
        for _ in range(30):
            guest = await plugs.directory.guest(plugs.guest_id("ada"), sign_ins=False)
        assert guest is not None
        assert guest.sign_ins == Unreadable(why="not-asked")
        assert plugs.clock.now() == started


async def test_the_sign_in_log_shows_the_newest_success_and_no_failure() -> None:
    async with plugged_in() as plugs:
        ada, asked = plugs.guest_id("ada"), plugs.directory.logged_sign_in
        start = plugs.clock.now()
        assert await asked(ada, start - timedelta(days=30)) is None
        for well in (True, True, False):
            await plugs.wait(hours=1)
            (plugs.tenant.sign_in if well else plugs.tenant.attempt_sign_in)(ada)
        assert await asked(ada, start) == start + timedelta(hours=2)
        assert await asked(ada, start + timedelta(hours=2, seconds=1)) is None
        assert await asked(NOBODY, start) is None


async def test_a_log_that_cannot_be_read_is_unreadable() -> None:
    without = DEFAULT_GRANTED - {"AuditLog.Read.All"}
    for dials, why in (({"premium": False}, "no-licence"), ({"granted": without}, "no-permission")):
        async with plugged_in(**dials) as plugs:
            found = await plugs.directory.logged_sign_in(plugs.guest_id("ada"), plugs.clock.now())
        assert found == Unreadable(why=why)


async def test_the_log_is_asked_no_more_often_than_graph_allows() -> None:
    async with plugged_in() as plugs:
        started = plugs.clock.now()
        for _ in range(12):
            await plugs.directory.logged_sign_in(plugs.guest_id("ada"), started)
        assert {call.status for call in plugs.tenant.calls} == {200}
        assert plugs.clock.now() - started == timedelta(seconds=20)


async def test_who_is_not_in_the_directory_is_none() -> None:
    async with plugged_in() as plugs:
        assert await plugs.directory.guest(NOBODY) is None
        assert await plugs.directory.person(PersonId(NOBODY)) is None
        assert not await plugs.directory.is_deleted(NOBODY)


async def test_an_account_that_cannot_be_understood_is_malformed_and_its_field_named() -> None:
    async with plugged_in() as plugs:

        def garble(_request: httpx.Request, body: dict[str, Any]) -> dict[str, Any]:
            return {**body, "accountEnabled": "perhaps"}

        plugs.wire.change = garble
        with pytest.raises(Malformed, match="accountEnabled") as caught:
            await plugs.directory.guest(plugs.guest_id("ada"))
        assert "perhaps" not in str(caught.value)
        with pytest.raises(Malformed, match="accountEnabled"):
            await plugs.directory.person(plugs.person_id("sara"))


async def test_a_person_is_read_as_they_are_now() -> None:
    async with plugged_in() as plugs:
        sara = await plugs.directory.person(plugs.person_id("sara"))
        dora = await plugs.directory.person(plugs.person_id("dora"))
        nora = await plugs.directory.person(plugs.person_id("nora"))
        assert await plugs.directory.person(plugs.person_id("dirk")) is None
    assert sara is not None
    assert (sara.enabled, sara.user_type, sara.language) == (True, "Member", "en-GB")
    assert dora is not None
    assert not dora.enabled
    assert nora is not None
    assert nora.mail is None


async def test_a_colleague_is_found_by_mail_or_principal_name_and_nobody_by_a_quote() -> None:
    async with plugged_in() as plugs:
        sara, nora = (plugs.tenant.user(plugs.person_id(name)) for name in ("sara", "nora"))
        assert sara is not None
        assert nora is not None
        by_mail = await plugs.directory.colleague(sara["mail"].upper())
        by_name = await plugs.directory.colleague(nora["userPrincipalName"])
        assert by_mail is not None
        assert by_name is not None
        assert (by_mail.id, by_name.id) == (sara["id"], nora["id"])
        assert await plugs.directory.colleague("nobody@contoso.example") is None
        assert await plugs.directory.colleague("o'brien@contoso.example") is None


async def test_sign_in_is_blocked_and_allowed_again() -> None:
    async with plugged_in() as plugs:
        ada = plugs.guest_id("ada")
        await plugs.directory.set_enabled(ada, enabled=False)
        assert not plugs.tenant.sign_in(ada)
        await plugs.directory.set_enabled(ada, enabled=False)
        await plugs.directory.set_enabled(ada, enabled=True)
        assert plugs.tenant.sign_in(ada)


async def test_blocking_is_tried_again_after_a_lost_reply_because_it_may_safely_be() -> None:
    async with plugged_in() as plugs:
        lost = Fault(when="after", status=None)
        plugs.break_down(lost, Fault(when="before", status=503), on=PATCH)
        await plugs.directory.set_enabled(plugs.guest_id("ada"), enabled=False)
        assert plugs.asked(PATCH) == 3
        assert not plugs.tenant.user(plugs.guest_id("ada"))["accountEnabled"]  # type: ignore[index]


async def test_a_deleted_guest_lies_among_the_deleted_and_comes_back() -> None:
    async with plugged_in() as plugs:
        ada = plugs.guest_id("ada")
        assert not await plugs.directory.is_deleted(ada)
        await plugs.directory.soft_delete(ada)
        assert await plugs.directory.is_deleted(ada)
        assert await plugs.directory.guest(ada) is None
        await plugs.directory.restore(ada)
        assert not await plugs.directory.is_deleted(ada)
        assert await plugs.directory.guest(ada) is not None


async def test_deleting_whose_reply_was_lost_is_seen_to_have_worked() -> None:
    async with plugged_in() as plugs:
        plugs.break_down(Fault(when="after", status=504), on=DELETE)
        await plugs.directory.soft_delete(plugs.guest_id("ada"))
        assert plugs.tenant.deleted(plugs.guest_id("ada"))


async def test_deleting_who_is_gone_says_gone() -> None:
    async with plugged_in() as plugs:
        plugs.tenant.delete(plugs.guest_id("ada"))
        with pytest.raises(Gone):
            await plugs.directory.soft_delete(plugs.guest_id("ada"))
        with pytest.raises(Gone):
            await plugs.directory.set_enabled(plugs.guest_id("ada"), enabled=False)


async def test_a_restore_whose_reply_was_lost_is_looked_for_not_repeated() -> None:
    async with plugged_in() as plugs:
        ada = plugs.guest_id("ada")
        plugs.tenant.delete(ada)
        plugs.break_down(Fault(when="after", status=None), on=RESTORE)
        await plugs.directory.restore(ada)
        assert plugs.asked(RESTORE) == 1
        assert await plugs.directory.guest(ada, sign_ins=False) is not None


async def test_a_restore_that_may_or_may_not_have_happened_and_did_not_is_ambiguous() -> None:
    async with plugged_in() as plugs:
        plugs.tenant.delete(plugs.guest_id("ada"))
        plugs.break_down(Fault(when="before", status=502), on=RESTORE)
        with pytest.raises(Ambiguous):
            await plugs.directory.restore(plugs.guest_id("ada"))


async def test_after_thirty_days_there_is_no_way_back() -> None:
    async with plugged_in() as plugs:
        plugs.tenant.delete(plugs.guest_id("ada"))
        await plugs.wait(days=31)
        with pytest.raises(Gone):
            await plugs.directory.restore(plugs.guest_id("ada"))


async def test_a_protected_account_and_a_missing_permission_are_forbidden_by_name() -> None:
    async with plugged_in() as plugs:
        with pytest.raises(Forbidden):
            await plugs.directory.set_enabled(plugs.guest_id("petra"), enabled=False)
    async with plugged_in(granted=DEFAULT_GRANTED - {"User.DeleteRestore.All"}) as plugs:
        with pytest.raises(Forbidden) as refused:
            await plugs.directory.soft_delete(plugs.guest_id("ada"))
    assert refused.value.needs == "User.DeleteRestore.All"


async def test_single_reads_of_sign_ins_keep_to_ten_a_minute() -> None:
    async with plugged_in() as plugs:
        for _ in range(25):
            await plugs.directory.guest(plugs.guest_id("ada"))
        assert {call.status for call in plugs.tenant.calls} == {200}
        assert (plugs.clock.now() - STARTS_AT).total_seconds() == 120


async def test_the_tenants_own_facts_are_read_or_unreadable_one_by_one() -> None:
    async with plugged_in() as plugs:
        organization = await plugs.facts.organization()
        assert not isinstance(organization, Unreadable)
        assert organization.domains == (plugs.tenant.population.domain,)
        assert await plugs.facts.licence() == "P2"
        for role in GuestRole:
            plugs.tenant.guest_role = role
            assert await plugs.facts.guest_role() is role
    async with plugged_in(granted={"User.Read.All"}, premium=False) as plugs:
        assert not isinstance(await plugs.facts.organization(), Unreadable)
        assert await plugs.facts.licence() == Unreadable(why="no-permission")
        assert await plugs.facts.guest_role() == Unreadable(why="no-permission")
    async with plugged_in(premium=False) as plugs:
        assert await plugs.facts.licence() == "none"
