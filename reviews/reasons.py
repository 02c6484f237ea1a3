"""Every reason Gatehouse can give, as a code with its meaning: why it asks, acts, holds back or refuses."""

from collections.abc import Mapping
from datetime import date, datetime
from functools import lru_cache
from string import Formatter
from types import MappingProxyType

from reviews.model import Reason

_VERDICTS = {
    "signed-in": "The guest signed in on {on}, {days} days ago.",
    "silent": "The guest last signed in on {on}, {days} days ago.",
    "last-trace": "The last sign-in attempt is from {on}, {days} days ago, before successes were recorded.",
    "attempts-only": "The guest tried to sign in, last on {on}, {days} days ago, and has never succeeded.",
    "attempts-recent": "The guest tried to sign in on {on}, {days} days ago, without success so far.",
    "never-signed-in": "The guest has never signed in, in the {days} days since {on}.",
    "not-signed-in-yet": "The guest has not signed in yet, in the {days} days since {on}.",
    "invitation-open": "The invitation of {on} was never accepted, in {days} days.",
    "invitation-recent": "The invitation of {on} is {days} days old and not accepted yet.",
    "account-new": "The account is {days} days old: too new to judge.",
    "account-new-to-us": "We first met the account {days} days ago: too new to us to judge.",
    "accepted-since": "The guest accepted an invitation on {on}, {days} days ago.",
    "nobody-can-tell": "The account is there since {on}, {days} days; nobody can tell if it is used.",
    "nobody-can-tell-yet": "Nobody can tell if the account is used; it is there since {on}, {days} days.",
    "date-in-future": "A date of the account lies in the future, so none of them is believed.",
    "age-unknown": "The directory does not tell how old the account is.",
    "sign-ins-unreadable": "Sign-in activity could not be read ({why}).",
}

_ABOUT_THE_GUEST = {
    "guest-since": "The account exists since {on}, {days} days.",
    "guest-since-unknown": "It is not known since when the account exists.",
    "attempts-since": "Somebody tried to sign in to it on {on}, without success.",
    "nobody-loses-access": "Nobody has ever used this account.",
}

_REACH = {
    "role-held": "It holds {count} directory roles (read on {on}).",
    "role-eligible": "It may activate {count} directory roles (read on {on}).",
    "role-assignable": "It is in {count} groups that can hold directory roles (read on {on}).",
    "owns-apps": "It owns {count} apps (read on {on}).",
    "owns-groups": "It owns {count} groups (read on {on}).",
    "reaches-high": "It reaches {count} things of the tier high (read on {on}).",
    "reaches-medium": "It reaches {count} things of the tier medium (read on {on}).",
    "label-forbids-guests": "It reaches {count} things whose label forbids guests (read on {on}).",
    "reaches-many": "It reaches {count} things in all (read on {on}).",
    "personal-account": "It signs in with a personal account of {domain}, which outlives any job.",
    "domain-disallowed": "The policy does not allow guests of {domain}.",
    "nobody-vouches": "No sponsor is able to answer for it.",
}

_CHANGES = {
    "first-sign-in": "It signed in for the first time, on {on}.",
    "back-after-silence": "It signed in again on {on}, after the silence asked about before.",
    "new-role": "It has the directory role {name} now.",
    "new-owned": "It owns {name} now.",
    "new-app": "It may use the app {name} now.",
    "new-team": "It is in the team {name} now.",
    "new-group": "It is in the group {name} now.",
    "new-package": "It has the access package {name} now.",
    "new-more": "It reaches {count} more things than before.",
}

_REVIEWERS = {
    "no-sponsor": "The guest has no sponsor.",
    "sponsor-unreadable": "A sponsor is known by id only: a permission is missing.",
    "sponsors-unreadable": "Who sponsors the guest could not be read ({why}).",
    "sponsor-is-the-guest": "The guest is named as its own sponsor.",
    "sponsor-not-member": "A sponsor is no member of the organisation.",
    "sponsor-disabled": "The account of a sponsor is switched off.",
    "sponsor-without-mail": "A sponsor has no mail address.",
    "sponsor-never-asked": "The policy says never to ask a sponsor.",
    "sponsor-group-unfit": "A sponsor is a group, and none of its members can answer.",
    "sponsor-group-large": "A sponsor is a group of more than {cap} members, who are not asked one by one.",
    "sponsor-group-dynamic": "A sponsor is a group that a rule fills, whose members are not asked.",
    "sponsor-group-unreadable": "A sponsor is a group whose members could not be read ({why}).",
    "rung-empty": "Nobody is known there ({rung}).",
    "rung-unfit": "Somebody known there cannot answer ({rung}, {why}).",
    "rung-unreadable": "Who is there could not be read ({rung}, {why}).",
    "asked-as-inviter": "No sponsor can answer, so the person who invited the guest is asked.",
    "asked-as-sponsor-group-owner": "The sponsor is a group that is not asked, so its owner is.",
    "asked-as-package-approver": "No sponsor can answer, so an approver of its access package is asked.",
    "asked-as-organisation-sponsor": "No sponsor can answer, so one of its organisation's is asked.",
    "asked-as-group-owner": "No sponsor can answer, so the owner of its most sensitive group is asked.",
    "asked-as-manager": "The sponsor has left, so that person's manager is asked.",
    "asked-as-privileged": "The guest is privileged, so the people named for that are asked.",
    "asked-as-fallback": "No sponsor can answer, so the fallback reviewer is asked.",
    "sponsor-did-not-answer": "The reviewer asked before did not answer by {on}.",
    "no-reviewer": "Nobody can answer: no sponsor is able to, and the policy names no fallback reviewer.",
    "not-mine": "The person asked before said that the guest is not theirs.",
    "second-opinion": "Somebody else has answered, and the policy wants more than one answer.",
    "named-by-reviewer": "The person asked before said that this colleague knows the guest.",
    "colleague-unknown": "Nobody in the directory has the address that the reviewer named.",
    "colleague-asked-before": "The colleague that the reviewer named was asked already.",
    "colleague-cannot": "The colleague that the reviewer named cannot be asked.",
    "too-many-hops": "The question was handed over {hops} times, and no further.",
    "nobody-left-to-ask": "Everybody who may answer was asked already, or cannot.",
    "reviewer-unreached": "The mail to the person asked before came back undelivered on {on}.",
    "reviewer-away": "The person asked before answered automatically on {on}, being away.",
    "reviewer-absent": "The account of the person asked before is switched off since {on}.",
    "reviewer-gone": "The reviewer is no longer in the directory.",
    "reviewer-is-the-guest": "The reviewer is one of the guests asked about.",
    "reviewer-not-member": "The reviewer is no member of the organisation.",
    "reviewer-disabled": "The account of the reviewer is switched off.",
    "reviewer-without-mail": "The reviewer has no mail address.",
    "reviewer-never-asked": "The policy says never to ask the reviewer.",
}

_LEFT_ALONE = {
    "kind-out-of-scope": "The policy leaves accounts of this kind alone ({kind}).",
    "exempt": "The policy exempts the guest until {until}.",
    "account-disabled": "The account was switched off already.",
    "resting": "Somebody answered for the guest, or nobody could, and it is left alone until {until}.",
    "case-open": "A case is open and nothing is due in it (step {step}).",
    "set-aside": "The record of the account could not be understood.",
    "shortlist-full": "Tonight {cap} guests were looked at closely, and this one has to wait its turn.",
}

_GROUNDS = {
    "answered-remove": "A reviewer answered on {on} that access must end.",
    "lapsed": "Nobody answered by {on}, and the policy takes silence as a no.",
    "grace-passed": "The guest was told on {on}, and the grace of {days} days has passed.",
    "answered-for": "A person who is no sponsor answered for the guest on {on}.",
    "block-unverified": "The block of {on} was not yet seen in the directory.",
    "quarantine-passed": "The account is blocked since {on}, and the quarantine of {days} days has passed.",
}

_ENDINGS = {
    "not-in-census": "The account was not among the guests tonight.",
    "not-in-directory": "The account is not in the directory.",
    "converted": "The account is no guest any more ({kind}).",
    "signed-in-since": "The guest signed in on {on}, after the step before.",
    "restored-elsewhere": "Somebody else brought the deleted account back.",
    "unblocked-elsewhere": "Somebody else switched the blocked account on again.",
    "forgotten": "The directory has forgotten the account deleted on {on}.",
    "blocked-for-good": "The policy leaves blocked accounts blocked and does not delete them.",
    "unanswered": "Nobody answered by {on}, and there is nobody else to ask.",
    "silence-keeps": "Nobody answered by {on}, and the policy then lets access stay for a while.",
    "not-agreed": "The reviewers were not of one mind by {on}, and there is nobody else to ask.",
    "never-delivered": "The question never reached the reviewer.",
    "kept": "A reviewer answered on {on} that access is still needed.",
    "done-by-hand": "A person has switched the account off or removed it.",
    "deleted-by-others": "Somebody else deleted the account.",
    "undone": "An operator or the reviewer brought the guest back.",
}

_HELD = {
    "without-licence": "No Microsoft Entra ID P1: invitations and age alone count, nothing harmful is done.",
    "sign-ins-not-read": "Sign-in activity could not be read for anyone ({why}): nothing happens.",
    "sponsors-not-read": "Sponsors could not be read for anyone ({why}): nothing happens.",
    "regret": "Since {on}, silent for {threshold} days: {flagged} times; back in a year: {returned} times.",
    "regret-too-early": "Nights are remembered since {on}: too early to say how many guests come back.",
    "too-many-unseen": "{percent} % of the accepted guests show no sign-in; above {limit} % nothing happens.",
    "guests-shrunk": "{percent} % of the guests of last night are missing; above {limit} % nothing happens.",
    "unseen-jumped": "{percent} % of guests show no sign-in, {points} points more than before ({limit}).",
    "fields-lost": "No account shows {fields}, so they were not returned: nothing happens.",
    "rules-changed": "New rules, {count} guests further ({limit}): night {night} of {nights} that looks on.",
    "too-many-set-aside": "{percent} % of the accounts were not understood; above {limit} % nothing happens.",
    "cap-harmful": "{count} harmful steps are due and {cap} are allowed: none happens without approval.",
    "cap-asks": "Tonight's {cap} questions are used up.",
    "reviewer-full": "The reviewer has {cap} questions open.",
    "asks-without-reviewer": "{count} guests have nobody who can answer for them.",
    "quiet-day": "Today is a quiet day.",
    "sponsors-proposed": "The policy proposes sponsors and does not write them down.",
    "sponsors-full": "The guest has {most} sponsors, and the directory takes no more.",
    "mode-propose": "The mode is propose: harmful steps wait for approval.",
}

_TOLD = {
    "invitations-lost": "Who invited guests was not noted in time: {days} days of the audit log are lost.",
    "invitations-unreadable": "Who invited guests could not be read from the audit log ({why}).",
}

_FINDINGS = {
    "privileged-guests": "{count} guests hold or may activate a directory role.",
    "privileges-not-read": "Who holds a directory role could not be read ({why}).",
    "labels-unknown": "{count} sensitivity labels that guests meet are not in the policy ({labels}).",
    "groups-unowned": "{count} groups that guests reach have no owner who can answer ({groups}).",
    "partners-new": "{count} domains sent their first guests this week ({domains}).",
    "partners-surging": "{count} domains sent far more guests this week than usual ({domains}).",
    "partners-disallowed": "{count} guests come from domains the policy does not allow ({domains}).",
    "personal-accounts": "{count} guests use a personal mailbox, which outlives any job.",
    "not-looked-at": "{count} guests could not be looked at closely ({why}).",
}

_OBJECTIONS = {
    "case-moved-on": "The case has moved on (step {step}).",
    "kind-not-allowed": "This must not be done to accounts of this kind ({kind}).",
    "tenant-sync-unknown": "Whether another tenant pushes this account here could not be read ({why}).",
    "not-answered": "There is neither an answer that access must end nor a lapse the policy takes for one.",
    "not-sure-enough": "Nobody answered, and the facts alone are not certain enough ({confidence}).",
    "log-unreadable": "Nobody answered, and the sign-in log could not be read ({why}).",
    "in-use": "Nobody answered, and the account turns out not to be stale.",
    "guest-without-mail": "The guest has no mail address to be told at.",
    "unwatched": "Nobody can tell whether the account is used, so a person must take the next step.",
    "no-notice": "The guest was never told.",
    "grace-running": "The grace runs until {until}.",
    "quarantine-running": "The quarantine runs until {until}.",
    "not-blocked": "The account is not blocked.",
    "soft-delete-off": "The policy does not delete accounts.",
    "mode-forbids": "The mode of the policy does not allow it now.",
    "no-longer-so": "What was planned has no ground any more.",
    "block-does-not-hold": "The account was blocked and is on again: something else switches it on.",
    "privileged": "The guest is privileged ({count} paths): a person decides and acts, never a program.",
    "privileges-unread": "Whether the guest is privileged could not be read ({what}).",
    "directory-refuses": "The directory refuses to change the account ({needs}).",
}

_PACKAGES = {
    "package-for-anyone": "Anyone from outside may ask for the package.",
    "package-unapproved": "Nobody approves requests for the package.",
    "package-never-ends": "The package never ends and is never reviewed.",
    "package-lasts-long": "The package lasts {days} days without a review; {limit} days are allowed.",
    "package-unreviewed": "The package is never reviewed.",
    "package-review-over": "The review of the package does not come round any more.",
    "package-no-fallback": "The review of the package names no fallback reviewer.",
    "package-removes-no-fallback": "Silence takes the package away, and no fallback reviewer is named.",
    "package-no-suggestions": "The review of the package shows no suggestions.",
    "package-self-review": "Guests are the only ones to review their own package.",
    "package-nobody-to-review": "Nobody can be named to review the package: our policy has no fallback.",
    "group-owners-unread": "Who owns the group could not be read ({why}).",
    "group-nobody-to-review": (
        "Nobody can be named to review the group: no fit owner, and our policy has no fallback."
    ),
}

_OTHERS = {
    "in-native-review": "Another review, {name}, asks about the guest already, until {on}.",
    "kept-natively": "Somebody kept the guest in another review on {on}.",
    "package-round-near": "The review of the guest's package begins on {on}: the question is put there.",
    "asked-in-package": "The answer goes to the review of an access package too ({packages}).",
    "lifecycle-policy-acts": "The guest lifecycle policy {name} of the tenant acts on the guest on {on}.",
    "package-lifecycle-acts": "Entitlement management acts by itself when the last package ends, on {on}.",
    "co-members-visible": "Guests could see who else is asked about, and the policy does not allow that.",
    "ends-the-account": "With the last package the account goes: blocked, and deleted {days} days later.",
    "guest-needs-it": "The guest was asked and says that it still needs access ({on}).",
    "guest-is-done": "The guest was asked and says that it needs no access any more ({on}).",
    "guest-was-silent": "The guest was asked whether it still needs access, and has not said so.",
    "reviewer-moved": "The reviewer worked in {department} when last asked about the guest.",
    "others-not-read": "What other reviews and policies do about guests could not be read ({what}).",
}

_REFUSALS = {
    "not-a-reviewer": "The answer is not from a reviewer of this guest.",
    "answered-by-the-guest": "Guests do not answer for themselves.",
    "case-closed": "The case is closed.",
    "already-blocked": "The account is blocked already; the way back is an operator's undo.",
    "after-deadline": "The answer came after the deadline of {on}.",
    "answer-before-question": "The answer is older than the question.",
    "answer-from-the-future": "The answer bears a time that is still to come.",
    "older-answer": "A newer answer is on record.",
    "case-replaced": "The guest has been asked about anew since, or somebody else is asked now.",
    "nothing-to-undo": "Nothing was done to the guest that could be undone.",
    "justification-missing": "Keeping this guest needs a reason in words.",
}

CODES: Mapping[str, str] = MappingProxyType(
    _VERDICTS
    | _ABOUT_THE_GUEST
    | _REACH
    | _CHANGES
    | _REVIEWERS
    | _LEFT_ALONE
    | _GROUNDS
    | _ENDINGS
    | _HELD
    | _TOLD
    | _FINDINGS
    | _OBJECTIONS
    | _PACKAGES
    | _OTHERS
    | _REFUSALS
)
"""Every code there is, with its meaning in one English sentence; docs/policy.md prints the same list."""

PARAMS: Mapping[str, frozenset[str]] = MappingProxyType(
    {
        code: frozenset(name for _, name, _, _ in Formatter().parse(meaning) if name)
        for code, meaning in CODES.items()
    }
)
"""The parameters each code carries: no more and no fewer."""


def because(code: str, **params: str | int) -> Reason:
    """Make a reason. Days are whole days, ``on`` and ``until`` are ISO dates in UTC.

    Raises:
        ValueError: there is no such code, or the parameters are not the ones of its sentence.

    """
    expected = PARAMS.get(code)
    if expected is None:
        raise ValueError(f"{code!r} is no reason: add it to reviews.reasons and to both languages")
    if params.keys() != expected:
        raise ValueError(f"reason {code!r} takes {sorted(expected)}, not {sorted(params)}")
    return Reason(code=code, params=params)


@lru_cache(maxsize=16_384)
def _on_day(code: str, days: int, on: int) -> Reason:
    return because(code, days=days, on=date.fromordinal(on).isoformat())


def dated(code: str, at: datetime, now: datetime) -> Reason:
    """Make a reason about a past moment: its date and the whole days since.

    Guests of the same day share one reason, which keeps a plan of many guests small.
    """
    return _on_day(code, max((now - at).days, 0), at.toordinal())
