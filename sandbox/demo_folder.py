"""The folder a demo leaves behind: every mail, every plan, the evidence, and a page that sums it up."""

import json
import re
import shutil
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, Final

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from admin.explained import because
from admin.planning import as_object
from notifications.names import clean
from notifications.words import Words
from reviews.evidence import canonical
from reviews.model import GuestId
from reviews.records import Event
from sandbox.demo_charts import Chart, bars, lines
from sandbox.demo_record import COLUMNS, Night, Record, tellings
from sandbox.mailbox import text_of
from sandbox.stories import Story
from sandbox.tenant import Tenant
from sandbox.tenant_mail import SentMail

TEMPLATES: Final = Path(__file__).parent / "templates"
_PLAIN: Final = re.compile(r"[^a-z0-9]+")
_STEPS: Final = ("asked", "notices", "blocked", "deleted", "restored")
_SILENT: Final = ("stale", "never-seen", "attempts-only")
_SHOWN_GUESTS: Final = 6


@dataclass(frozen=True, slots=True, kw_only=True)
class Filed:
    """A mail as the index shows it."""

    file: str
    mail: SentMail


def leave(folder: Path, record: Record, story: Story, tenant: Tenant) -> None:
    """Write everything, into an empty folder of that name."""
    if folder.exists():
        shutil.rmtree(folder)
    folder.mkdir(parents=True)
    pages = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    filed = _write_mails(folder / "mails", record.mails, pages)
    _write_plans(folder / "plans", record.nights)
    shown = _chosen_guests(record)
    _write_evidence(folder / "evidence", record, shown)
    _page(
        folder / "index.html",
        pages,
        "summary.html",
        {
            "story": story,
            "days": story.lasts.days,
            "record": record,
            "columns": COLUMNS,
            "mails": len(filed),
            "charts": _charts(record.nights),
            "tier": _tier(record.nights),
            "guests": [_told(guest, record.events[guest], tenant) for guest in shown],
            "missing": record.missing(),
        },
    )


def _page(file: Path, pages: Environment, template: str, values: dict[str, Any]) -> None:
    file.write_text(pages.get_template(template).render(values), encoding="utf-8")


def _write_mails(folder: Path, mails: Iterable[SentMail], pages: Environment) -> tuple[Filed, ...]:
    folder.mkdir()
    filed = []
    for number, mail in enumerate(mails, start=1):
        words = _PLAIN.sub("-", mail.subject.lower()).strip("-")[:40].strip("-")
        name = f"{number:05d}-{words or 'mail'}"
        html, text = mail.html, mail.text
        (folder / f"{name}.html").write_text(
            html if html is not None else f"<!doctype html><title>mail</title><pre>{_escaped(text)}</pre>",
            encoding="utf-8",
        )
        (folder / f"{name}.txt").write_text(
            f"From: {mail.from_address}\nTo: {', '.join(mail.to)}\nDate: {mail.at:%Y-%m-%d %H:%M} UTC\n"
            f"Subject: {mail.subject}\n\n{text_of(html) if html is not None else text}",
            encoding="utf-8",
        )
        filed.append(Filed(file=name, mail=mail))
    by_day: dict[date, list[Filed]] = defaultdict(list)
    by_person: dict[str, list[Filed]] = defaultdict(list)
    for one in filed:
        by_day[one.mail.at.date()].append(one)
        by_person[", ".join(one.mail.to)].append(one)
    _page(folder / "index.html", pages, "mails_by_day.html", {"days": by_day, "count": len(filed)})
    _page(
        folder / "people.html",
        pages,
        "mails_by_person.html",
        {"people": dict(sorted(by_person.items())), "count": len(filed)},
    )
    return tuple(filed)


def _escaped(text: str | None) -> str:
    return (text or "").replace("&", "&amp;").replace("<", "&lt;")


def plan_file(night: Night) -> str:
    """Return the name of the file that holds a night's plan."""
    return f"{night.run.id.replace(':', '-')}.json"


def _write_plans(folder: Path, nights: Iterable[Night]) -> None:
    folder.mkdir()
    for night in nights:
        content = json.dumps(as_object(night.plan), ensure_ascii=False, indent=1)
        (folder / plan_file(night)).write_text(content + "\n", encoding="utf-8")


def _write_evidence(folder: Path, record: Record, shown: Iterable[GuestId]) -> None:
    for below in ("seals", "guests"):
        (folder / below).mkdir(parents=True)
    for name, content in record.seals.items():
        (folder / "seals" / name.replace("/", "-").replace(":", "-")).write_bytes(content)
    for guest in shown:
        events = [json.loads(canonical(event)) for event in record.events[guest]]
        text = json.dumps(events, ensure_ascii=False, indent=1)
        (folder / "guests" / f"{guest}.json").write_text(text + "\n", encoding="utf-8")
    report = record.report
    found = [{"what": fault.what, "where": fault.where} for fault in report.faults]
    summary = {"rows": report.rows, "events": report.events, "blobs": report.blobs, "faults": found}
    (folder / "verify.json").write_text(json.dumps(summary, indent=1) + "\n", encoding="utf-8")


def _chosen_guests(record: Record) -> tuple[GuestId, ...]:
    """Choose the guests whose way is told in full: those to whom the most different things happened."""

    def variety(guest: GuestId) -> tuple[int, str]:
        events = record.events[guest]
        seen = {name for event in events for name in tellings(event)}
        special = any(event.facts.get("source") == "my-access" for event in events)
        return -len(seen) - 2 * special - 2 * ("restored" in seen), guest

    chosen: dict[frozenset[str], GuestId] = {}
    for guest in sorted(record.events, key=variety):
        kinds = frozenset(event.kind for event in record.events[guest])
        chosen.setdefault(kinds, guest)
    return tuple(chosen.values())[:_SHOWN_GUESTS]


def _told(guest: GuestId, events: Iterable[Event], tenant: Tenant) -> dict[str, Any]:
    words = Words("en", "UTC")
    account = tenant.directory.account(guest) or {}
    return {
        "id": guest,
        "name": clean(str(account.get("displayName") or guest)),
        "mail": clean(str(account.get("mail") or "")),
        "lines": [(event.at, event.kind.replace("-", " "), _why(event, words)) for event in events],
    }


def _why(event: Event, words: Words) -> str:
    if event.kind == "case-opened":
        return " ".join(words.reason(reason) for reason in event.case.reasons)
    if event.kind == "answered":
        source = "My Access" if event.facts.get("source") == "my-access" else "the answer page"
        return f"{event.facts.get('choice')}, on {source}"
    return because(event, words)


def _charts(nights: tuple[Night, ...]) -> dict[str, Any]:
    stale = [sum(_counted(night, kind) for kind in _SILENT) for night in nights]
    pending = [_counted(night, "unredeemed") for night in nights]
    weeks = list(_weeks(nights))
    return {
        "stale": lines(
            Chart(
                title="Guests nobody uses, night by night",
                labels=tuple(f"{night.morning:%d %b}" for night in nights),
                series={"silent": stale, "never accepted": pending},
            )
        ),
        "steps": bars(
            Chart(
                title="What happened, week by week",
                labels=tuple(label for label, _ in weeks),
                series={name: [counts.get(name, 0) for _, counts in weeks] for name in _STEPS},
            )
        ),
        "names": _STEPS,
    }


def _tier(nights: tuple[Night, ...]) -> str:
    """Say what the tenant was able to on the last night."""
    able = nights[-1].plan.tier if nights else None
    return "" if able is None else Words("en", "UTC").say(f"tier.{able}")


def _counted(night: Night, kind: str) -> int:
    return night.plan.counts.get(f"activity.{kind}", 0)


def _weeks(nights: tuple[Night, ...]) -> Iterator[tuple[str, dict[str, int]]]:
    weeks: dict[date, dict[str, int]] = {}
    for night in nights:
        day = night.morning
        counts = weeks.setdefault(date.fromordinal(day.toordinal() - day.weekday()), defaultdict(int))
        for name, count in night.counts.items():
            counts[name] += count
    for monday, counts in weeks.items():
        yield f"{monday:%d %b}", counts
