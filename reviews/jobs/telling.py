"""Mails that are owed to people who run Gatehouse, or to reviewers about what was done."""

from collections.abc import Mapping
from datetime import datetime

from reviews.model import Case, Person, Reason, RunId
from reviews.policy import Policy
from reviews.records import MailKind, OwedMail


def operators_digest(
    run_id: RunId, policy: Policy, now: datetime, *, alert: str | None = None
) -> tuple[OwedMail, ...]:
    """Owe every operator the digest of a run, or an alert about it. One mail an operator and matter."""
    matter = "run-digest" if alert is None else f"alert-{alert}"
    return tuple(
        OwedMail(
            home=f"run:{run_id}",
            id=f"{matter}.{number}",
            kind=MailKind.RUN_DIGEST,
            to=address,
            language=policy.tenant.language,
            owed_at=now,
            facts={"alert": alert} if alert else {},
        )
        for number, address in enumerate(policy.mail.operators, start=1)
    )


def manual_task(case: Case, why: Reason, policy: Policy, now: datetime) -> tuple[OwedMail, ...]:
    """Owe every operator the task that only a person can do. One mail an operator, case and reason."""
    return tuple(
        OwedMail(
            home=f"guest:{case.guest_id}",
            id=f"{MailKind.MANUAL_TASK.value}.{case.id}.{why.code}.{number}",
            kind=MailKind.MANUAL_TASK,
            to=address,
            language=policy.tenant.language,
            owed_at=now,
            facts={**why.params, "because": why.code},
        )
        for number, address in enumerate(policy.mail.operators, start=1)
    )


def notice_id(case: Case) -> str:
    """Name a guest's notice: a denial taken back and given again is another reason for another one."""
    return f"{MailKind.GUEST_NOTICE}.{case.id}.{case.answer.id[:8] if case.answer else 'lapsed'}"


def to_reviewer(
    kind: MailKind, case: Case, reviewer: Person | None, policy: Policy, now: datetime
) -> tuple[OwedMail, ...]:
    """Owe the reviewer word of what was done to a guest; nobody when the reviewer has no mailbox."""
    if reviewer is None or reviewer.mail is None:
        return ()
    facts: Mapping[str, str | int | None] = {"case": case.id, "batch": case.batch_id}
    return (
        OwedMail(
            home=f"guest:{case.guest_id}",
            id=f"{kind.value}.{case.id}",
            kind=kind,
            to=reviewer.mail,
            language=reviewer.language or policy.tenant.language,
            owed_at=now,
            facts=facts,
        ),
    )
