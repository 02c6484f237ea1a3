"""The public incidents this house can answer: what the published rule would have done, and what ours does.

Every row has a story of its name in this folder, and stands in docs/incidents.md; ``told`` holds the story
against its row.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType


@dataclass(frozen=True, slots=True, kw_only=True)
class Incident:
    """One incident: its story (the test's name without ``test_``), and the verdicts of theirs and ours."""

    story: str
    source: str
    link: str
    theirs: str
    ours: str


_GITHUB = "https://github.com"
_C7N = (
    f"{_GITHUB}/cloud-custodian/cloud-custodian/blob/main/tools/c7n_azure/c7n_azure/resources/entraid_user.py"
)
_HMCTS = f"{_GITHUB}/hmcts/guest-user-management/blob/master/pipeline-scripts/delete-inactive-guest-users.sh"

_ALL = (
    Incident(
        story="a_smaller_page_blanks_the_sign_ins_of_active_guests",
        source="JBines README",
        link=f"{_GITHUB}/JBines/Remove-StaleGuests/blob/master/README.md",
        theirs="removes 10 guests, 10 of them active",
        ours="holds everything: too-many-unseen",
    ),
    Incident(
        story="a_blank_last_sign_in_is_no_inactivity",
        source="CIPP#5311",
        link=f"{_GITHUB}/KelvinTegelaar/CIPP/issues/5311",
        theirs="disables alan, who signed in yesterday",
        ours="asks sara about alan: look-closer; unanswered, does nothing: not-sure-enough",
    ),
    Incident(
        story="a_blank_date_is_looked_up_a_second_time",
        source="CIPP#5311, msgraph-sdk-powershell#1898",
        link=f"{_GITHUB}/microsoftgraph/msgraph-sdk-powershell/issues/1898",
        theirs="disables alan, who signed in yesterday",
        ours="sara says remove; the sign-in log shows alan: ends signed-in, warns nobody",
    ),
    Incident(
        story="an_invitation_nobody_accepted_does_not_slip_through",
        source="CIPP-API#1427",
        link=f"{_GITHUB}/KelvinTegelaar/CIPP-API/pull/1427",
        theirs="disables ada; never finds pim, invited 95 days ago",
        ours="asks sara about ada: remove, asks sara about pim: remove",
    ),
    Incident(
        story="use_without_a_password_is_use",
        source="CIPP#5300",
        link=f"{_GITHUB}/KelvinTegelaar/CIPP/issues/5300",
        theirs="disables mo, in use yesterday",
        ours="asks nobody; left-alone: signed-in",
    ),
    Incident(
        story="use_at_the_keyboard_is_use",
        source="CIPP#2861",
        link=f"{_GITHUB}/KelvinTegelaar/CIPP/issues/2861",
        theirs="disables mo, in use yesterday",
        ours="asks nobody; left-alone: signed-in",
    ),
    Incident(
        story="the_meaning_of_a_rule_flips_in_an_update",
        source="CIPP#5300, CIPP#2861",
        link=f"{_GITHUB}/KelvinTegelaar/CIPP/issues/5300",
        theirs="disables 30 guests, 30 of them in use yesterday",
        ours="asks nobody for 3 nights; tells the operators: 30 guests further",
    ),
    Incident(
        story="the_share_of_blank_dates_grows_from_night_to_night",
        source="JBines README",
        link=f"{_GITHUB}/JBines/Remove-StaleGuests/blob/master/README.md",
        theirs="removes 6 guests, 6 of them active",
        ours="holds everything: unseen-jumped",
    ),
    Incident(
        story="null_and_empty_are_not_opposites",
        source="hmcts pipeline",
        link=_HMCTS,
        theirs="deletes emma, whose date is empty; never nell, whose date is null",
        ours="asks sara about nell: look-closer; sets aside emma",
    ),
    Incident(
        story="a_field_that_never_came_is_no_number",
        source="c7n_azure entraid_user",
        link=_C7N,
        theirs="gives 50 of 50 guests 999 days, 10 of them active",
        ours="holds everything: too-many-unseen",
    ),
    Incident(
        story="the_first_page_is_not_the_tenant",
        source="hmcts pipeline, c7n_azure",
        link=_HMCTS,
        theirs="sees 500 of 1100 guests",
        ours="reads 1100 of 1100 on 3 pages; Graph counts 1100",
    ),
    Incident(
        story="a_lost_link_to_the_next_page_makes_no_smaller_tenant",
        source="hmcts pipeline, c7n_azure",
        link=_HMCTS,
        theirs="sees 500 of 1100 guests",
        ours="draws no plan: CensusIncomplete; tells the operators",
    ),
    Incident(
        story="a_refusal_is_no_empty_tenant",
        source="c7n_azure entraid_user",
        link=_C7N,
        theirs="finds 0 guests, all is well",
        ours="draws no plan: Forbidden; open cases stay open",
    ),
    Incident(
        story="an_unread_setting_unprotects_nobody",
        source="Woodgrove clean-up",
        link=f"{_GITHUB}/microsoft/woodgrove-groceries-clean-up",
        theirs="protects nobody, deletes ada",
        ours="refuses the file, asks nobody; left-alone: exempt",
    ),
    Incident(
        story="sent_is_not_done",
        source="Woodgrove clean-up",
        link=f"{_GITHUB}/microsoft/woodgrove-groceries-clean-up",
        theirs="says it is done",
        ours="re-reads; the case stays blocked, not quarantined",
    ),
    Incident(
        story="sponsors_that_could_not_be_read_are_not_missing",
        source="Zero Trust assessment 21877",
        link=f"{_GITHUB}/microsoft/zerotrustassessment/blob/main/src/powershell/tests/Test-Assessment.21877.ps1",
        theirs="calls ada unsponsored",
        ours="asks sara about max: remove; holds ada: sponsors-unreadable",
    ),
    Incident(
        story="a_denial_on_a_dynamic_group_takes_nothing_away",
        source="azure-docs#74310",
        link=f"{_GITHUB}/MicrosoftDocs/azure-docs/issues/74310",
        theirs="records the denial; ada is still in Research",
        ours="shows sara that Research stays (dynamic); switches off ada",
    ),
    Incident(
        story="a_scanner_that_opens_the_link_decides_nothing",
        source="activepieces#14024",
        link=f"{_GITHUB}/activepieces/activepieces/issues/14024",
        theirs="approved",
        ours="still asked, no answer on record",
    ),
    Incident(
        story="a_timer_that_fires_days_late_is_one_night",
        source="host#5836",
        link=f"{_GITHUB}/Azure/azure-functions-host/issues/5836",
        theirs="works once, 3 days late, for no slot",
        ours="runs the newest slot, 01:30, once; 1 mail to sara in all",
    ),
    Incident(
        story="a_timer_that_fires_twice_is_one_night",
        source="host#4808",
        link=f"{_GITHUB}/Azure/azure-functions-host/issues/4808",
        theirs="works 2 times",
        ours="1 night, 1 mail to sara",
    ),
    Incident(
        story="a_night_that_never_comes_is_told",
        source="Azure-Functions#1666",
        link=f"{_GITHUB}/Azure/Azure-Functions/issues/1666",
        theirs="works 0 times, tells nobody",
        ours="1 mail to the operators within two hours",
    ),
)

INCIDENTS: Mapping[str, Incident] = MappingProxyType({one.story: one for one in _ALL})


def told(story: str, *, theirs: str, ours: str) -> None:
    """Hold what came out of a story against its row."""
    row = INCIDENTS[story]
    assert (theirs, ours) == (row.theirs, row.ours), f"{story} now says: {theirs!r}, {ours!r}"
