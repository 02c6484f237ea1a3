"""The operator's line against a served sandbox: seeing, acting, undoing, verifying, saying what is wrong."""

import asyncio
import json
import re
from collections.abc import Iterator, Mapping
from datetime import timedelta
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from adapters.clock import HandClock
from admin.cli import app
from reviews.model import GuestId, GuestRole, Step
from reviews.records import MailKind
from sandbox.graph_api import create_app, serve
from sandbox.package_stories import a_package, a_policy
from sandbox.people_cast import Cast
from sandbox.stories import STARTS_AT, a_handful
from sandbox.tenant import DEFAULT_GRANTED, Tenant
from sandbox.tenant_licence import Licence
from sandbox.world import SENDER, environment, policy_text, served
from tests.stories.telling import moment

NOBODY = "00000000-0000-0000-0000-000000000000"


class Line:
    """The command line, its tenant and its settings."""

    def __init__(self, tenant: Tenant, cast: Cast, settings: dict[str, str], policy: Path) -> None:
        self.tenant = tenant
        self.cast = cast
        self.settings = settings
        self.policy = policy

    def run(self, *words: str) -> Result:
        return CliRunner().invoke(app, list(words), env=self.settings)


@pytest.fixture
def line(tmp_path: Path) -> Iterator[Line]:
    cast = a_handful().population
    assert isinstance(cast, Cast)
    tenant = Tenant(cast, HandClock(moment(0, 3)), mailboxes=[SENDER])
    policy = tmp_path / "policy.yaml"
    policy.write_text(policy_text({"reviewers": {"fallback": [cast.id_of("fay")]}}, cast))
    with serve(create_app(tenant)) as graph:
        settings = environment(graph, None, policy, moment(0, 3), cast.tenant_id, "http://127.0.0.1:7071")
        yield Line(tenant, cast, settings, policy)


def test_plan_prints_one_object_and_changes_nothing(line: Line) -> None:
    result = line.run("plan", "--json")

    assert result.exit_code == 0, result.output
    plan = json.loads(result.stdout)
    assert {"taken_at", "guests", "receipt", "policy_hash", "plan_hash", "actions", "held"} <= plan.keys()
    assert plan["guests"] == 12
    for action in [*plan["actions"], *plan["held"]]:
        assert {"key", "kind", "guest_id", "reviewers", "reasons", "because"} <= action.keys()
        assert all({"code", "params"} == reason.keys() for reason in action["reasons"])
    assert all("held_by" in held for held in plan["held"])
    # Each request inside a batch is a call of its own.
    changing = {call.operation for call in line.tenant.calls if not call.operation.startswith("GET ")}
    assert changing <= {"POST /$batch"}


def test_plan_is_a_table_for_people(line: Line) -> None:
    result = line.run("plan")

    assert result.exit_code == 0
    assert "12 guests read" in result.stdout
    assert "This tenant has Microsoft Entra ID P2" in result.stdout
    assert "put natively: cohort" in result.stdout
    assert "silent" in result.stdout
    assert "nothing was changed" in result.stdout


def test_every_mail_is_written_to_a_folder_with_an_index(line: Line, tmp_path: Path) -> None:
    result = line.run("mail", "preview", "--out", str(tmp_path / "mails"))

    assert result.exit_code == 0, result.output
    index = (tmp_path / "mails" / "index.html").read_text(encoding="utf-8")
    named = re.findall(r'href="([^"]+)"', index)
    assert len(named) == 3 * 4 * 2 * len(MailKind)
    assert [name for name in named if not (tmp_path / "mails" / name).exists()] == []


def test_a_test_mail_leaves_once_and_bears_no_real_guest(line: Line) -> None:
    result = line.run("mail", "send-test", "admin@contoso.example", "--mail", "paused", "--language", "nl")

    assert result.exit_code == 0, result.output
    assert "sent in nl: Gastbeoordelingen gestopt" in result.stdout
    sends = [call for call in line.tenant.calls if call.operation.endswith("/send")]
    assert len(sends) == 1


def test_partners_are_counted_by_domain(line: Line) -> None:
    counted = json.loads(line.run("partners", "--json").stdout)
    shown = line.run("partners").stdout

    assert sum(one["guests"] for one in counted["partners"]) + counted["guests_without_domain"] == 12
    assert counted["partners"][0]["domain"] == "fabrikam.example"
    assert "fabrikam.example" in shown


def test_packages_are_looked_at_without_storage(line: Line) -> None:
    result = line.run("packages", "--json")

    assert result.exit_code == 0, result.output
    assert json.loads(result.stdout) == {"policies": [], "faulty": 0, "mendable": 0, "rounds": []}


def test_what_the_tenant_is_able_to_is_said_by_plan_and_doctor(line: Line) -> None:
    line.tenant.licence, line.tenant.guest_role = Licence.P1, GuestRole.LIMITED

    assert json.loads(line.run("plan", "--json").stdout)["tier"] == "P1"
    told = line.run("doctor").output
    assert "This tenant has Microsoft Entra ID P1: sign-ins are read, and no native review is opened." in told
    assert "guests see the directory limited: reviews.cohort decides (one-per-group)" in told


def test_what_may_be_billed_and_what_bills_already_is_said(line: Line) -> None:
    line.tenant.licence = Licence.GOVERNANCE
    sponsors = [{"@odata.type": "#microsoft.graph.targetUserSponsors"}]
    policy = a_policy(line.tenant, a_package(line.tenant, "Portal"))
    policy.record["requestApprovalSettings"]["stages"][0]["primaryApprovers"] = sponsors

    told = line.run("doctor").output
    assert "cost_guard: nothing that bills guests is built" in told
    assert "access package policies that bill guests already: 1" in told
    assert [one["bills"] for one in json.loads(line.run("packages", "--json").stdout)["policies"]] == [
        ["sponsor-approval"]
    ]
    assert "bills the guests it acts on: sponsor-approval" in line.run("packages").output

    allowed = {"cost_guard": {"allow_metered": True, "max_metered_guests_per_month": 40}}
    line.policy.write_text(policy_text(allowed, line.cast))
    assert "cost_guard: at most 40 guests a month may be billed" in line.run("doctor").output


def test_a_missing_permission_narrows_the_plan_and_is_named(line: Line) -> None:
    line.tenant.granted = DEFAULT_GRANTED - {"AuditLog.Read.All"}

    plan = json.loads(line.run("plan", "--json").stdout)

    assert plan["receipt"]["sign_ins"] == "no-permission"
    assert plan["actions"] == []


def test_a_tenant_that_cannot_be_read_is_told_with_its_remedy(line: Line) -> None:
    line.tenant.granted = frozenset()

    result = line.run("plan")

    assert result.exit_code == 3
    assert "User.Read.All" in result.output


def test_doctor_finds_what_is_missing(line: Line) -> None:
    assert line.run("doctor").exit_code == 0

    line.tenant.granted = DEFAULT_GRANTED - {
        "AuditLog.Read.All",
        "AccessReview.ReadWrite.All",
        "Policy.Read.All",
    }
    line.tenant.mailboxes = frozenset()
    sick = line.run("doctor")

    assert sick.exit_code == 3
    for named in ("AuditLog.Read.All", "AccessReview", "Policy.Read.All", "Mail.ReadWrite"):
        assert named in sick.output


def test_doctor_probes_what_only_a_tenant_can_tell_and_changes_nothing(line: Line) -> None:
    before = line.tenant.definitions()

    told = line.run("doctor", "--probe")

    assert told.exit_code == 0, told.output
    assert "what-the-tenant-can: P2 (subscriptions: P2; access reviews: open to us)" in told.output
    assert "12 guests, 0 without a list of sponsors" in told.output
    assert "apps-decide: by hand" in told.output
    assert line.tenant.definitions() == before

    line.tenant.granted = DEFAULT_GRANTED - {"AccessReview.ReadWrite.All", "AccessReview.Read.All"}
    refused = line.run("doctor", "--probe").output
    assert "P1 (subscriptions: P2; access reviews: refused)" in refused


def test_wrong_settings_are_all_named_and_end_with_2(line: Line) -> None:
    line.settings.update({"GRAPH_TOKEN": "", "SANDBOX_NOW": "soon", "APP_ROLE": "king"})

    result = line.run("plan")

    assert result.exit_code == 2
    for name in ("GRAPH_TOKEN", "SANDBOX_NOW", "APP_ROLE"):
        assert name in result.output


def test_a_command_that_needs_storage_says_so(line: Line) -> None:
    result = line.run("night")

    assert result.exit_code == 2
    assert "STATE__tableServiceUri" in result.output


def test_a_policy_file_is_checked_with_lines(line: Line, tmp_path: Path) -> None:
    bad = tmp_path / "bad.yaml"
    bad.write_text("mode: never\nquiet: {weekend: true}\n")

    assert line.run("policy", "check").exit_code == 0
    refused = line.run("policy", "check", str(bad))
    missing = line.run("policy", "check", str(tmp_path / "nowhere.yaml"))
    line.policy.write_text("mode: never\n")

    assert refused.exit_code == missing.exit_code == 2
    assert "bad.yaml:1: mode" in refused.output
    assert "bad.yaml:2: quiet.weekend" in refused.output
    assert line.run("plan").exit_code == 2


def test_the_schema_of_the_policy_is_printed(line: Line) -> None:
    schema = json.loads(line.run("policy", "schema").stdout)

    assert schema["additionalProperties"] is False
    assert "mode" in schema["properties"]


def test_the_clock_of_the_sandbox_is_the_commands_clock(line: Line) -> None:
    line.settings["SANDBOX_NOW"] = (STARTS_AT.replace(day=5)).isoformat()

    assert json.loads(line.run("plan", "--json").stdout)["taken_at"].startswith("2026-09-05T00:00:00")


async def said(settings: Mapping[str, str], *words: str) -> Result:
    """Run the command line beside the sandbox, on a thread of its own."""
    return await asyncio.to_thread(CliRunner().invoke, app, list(words), env=dict(settings))


async def test_a_night_a_denial_an_undo_and_a_verification_by_hand(tmp_path: Path) -> None:
    story = a_handful()
    cast = story.population
    assert isinstance(cast, Cast)
    policy = {"reviewers": {"fallback": [cast.id_of("fay")]}, "caps": {"harmful_share": 1.0}}
    async with served(cast, folder=tmp_path, start=moment(0, 3), policy=policy) as world:
        settings = dict(world.settings)

        night = await said(settings, "night")
        again = await said(settings, "night")
        await world.host.drain(retry_now=True)
        assert "ask " in night.stdout, night.output
        assert "is over" in again.stdout

        ada = cast.id_of("ada")
        told = await said(settings, "guest", ada)
        assert "asked" in told.stdout, told.output
        assert "the record holds" in told.stdout
        assert json.loads((await said(settings, "guest", ada, "--json")).stdout)["case"]["step"] == "asked"
        assert "not in the directory" in (await said(settings, "guest", NOBODY)).stdout

        world.clock.move(world.clock.now() + timedelta(hours=1))
        settings["SANDBOX_NOW"] = world.clock.now().isoformat()
        review = next(r for r in world.tenant.definitions() if ada in r.items)
        world.tenant.decide(review.id, review.instance_id, ada, "Deny", "gone", cast.id_of("sara"))
        tracked = await said(settings, "track")
        assert "batches" in tracked.stdout, tracked.output
        assert "denied" in (await said(settings, "guest", ada)).stdout

        assert "restored" in (await said(settings, "undo", ada)).stdout
        assert "nothing to undo" in (await said(settings, "undo", ada)).stdout
        assert "0 guests" in (await said(settings, "undo", "night:2026-09-01T01:30Z")).stdout
        assert (await said(settings, "approve", "0" * 64)).exit_code == 1
        assert (await said(settings, "doctor")).exit_code == 0

        verified = await said(settings, "evidence", "verify")
        assert verified.exit_code == 0, verified.output
        assert json.loads((await said(settings, "evidence", "verify", "--json")).stdout)["faults"] == []


async def test_a_plan_over_its_cap_is_approved_by_its_hash(tmp_path: Path) -> None:
    cast = a_handful().population
    assert isinstance(cast, Cast)
    policy = {"reviewers": {"fallback": [cast.id_of("fay")]}, "caps": {"harmful_per_run": 0}}
    async with served(cast, folder=tmp_path, start=moment(0, 3), policy=policy) as world:
        await world.host.fire_timers()
        await world.host.drain(retry_now=True)
        world.clock.move(moment(0, 5))
        ada = cast.id_of("ada")
        review = next(r for r in world.tenant.definitions() if ada in r.items)
        world.tenant.decide(review.id, review.instance_id, ada, "Deny", "gone", cast.id_of("sara"))
        for when in (moment(0, 12), moment(1, 2)):
            await world.host.fire_timers(when)
            await world.host.drain(retry_now=True)
        (run, *_) = await world.house.ledger.recent_runs("night", 1)
        assert run.plan_hash is not None
        settings = {**world.settings, "SANDBOX_NOW": world.clock.now().isoformat()}

        approved = await said(settings, "approve", run.plan_hash)
        await world.host.drain(retry_now=True)

        assert "1 actions handed over" in approved.stdout, approved.output
        case = await world.house.ledger.case(GuestId(ada))
        assert case is not None
        assert case.step is Step.NOTICED
