"""The scripted sponsors of the demo: they read their mail and answer, on the real page or in My Access."""

import heapq
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from html.parser import HTMLParser
from typing import Final

from reviews.model import Choice
from sandbox.stories import Story, Style, Temper, follows
from sandbox.tenant import NotAllowed
from sandbox.tenant_mail import SentMail
from sandbox.tenant_review_records import Review
from sandbox.world import SENDER, World

_LINK: Final = re.compile(r"/r/[0-9a-f]{32}")
_OURS: Final = {"sec-fetch-site": "same-origin"}
_SUGGESTED: Final[Mapping[str, Choice]] = {"remove": Choice.REMOVE, "keep": Choice.KEEP}
_OPPOSITE: Final[Mapping[Choice, Choice]] = {Choice.REMOVE: Choice.KEEP, Choice.KEEP: Choice.REMOVE}
_UNCERTAIN: Final = (Choice.KEEP, Choice.REMOVE, Choice.KEEP, Choice.DONT_KNOW)
_STILL_NEEDED: Final = 3
"""How many of every five guests are needed, however silent they are; their sponsors know."""
_ONE_IN: Final = 6
"""One sponsor in so many answers where Microsoft asks, in My Access, and never opens our page."""
_REASON: Final = "Still works with us on the running project."
_SECOND_THOUGHT: Final = "On second thought the project ended in spring."


@dataclass(frozen=True, slots=True, order=True)
class Plan:
    """What a sponsor is going to do, and when. ``number`` keeps the order of equals."""

    at: datetime
    number: int
    what: str = field(compare=False)
    person: str = field(compare=False)
    about: str = field(compare=False)
    """The path of an answer page, or a guest's object id."""


@dataclass(slots=True)
class Question:
    """One guest on the answer page, as its form shows it."""

    version: str = "0"
    tone: str = ""
    answered: bool = False


class AnswerForm(HTMLParser):
    """Reads the answer page as a browser would: its hidden fields, and what is suggested about whom."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.nonce: str | None = None
        self.questions: dict[str, Question] = {}
        self._shown = Question()
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Take a hidden field, the suggestion or the mark of an answer from a tag."""
        of = {name: value or "" for name, value in attrs}
        name, kind = of.get("name", ""), of.get("class", "").split()
        if tag == "input" and name == "nonce":
            self.nonce = of["value"]
        elif tag == "input" and name.startswith("v."):
            self._shown = Question(version=of["value"])
            self.questions[name.removeprefix("v.")] = self._shown
        elif tag == "p" and kind[:1] == ["suggestion"]:
            self._shown.tone = kind[-1]
        elif tag == "p" and kind == ["recorded"]:
            self._shown.answered = True


class Sponsors:
    """Everybody who is asked. They act when ``act`` is called, on what fell due until then."""

    def __init__(self, world: World, story: Story) -> None:
        self.troubles: list[str] = []
        """What went wrong: an answer that was not taken although it should have been."""
        self.answered = self.natively = self.left = 0
        self._world = world
        self._story = story
        self._plans: list[Plan] = []
        self._made = self._read = 0
        self._addresses = _addresses(world, story)

    async def act(self) -> bool:
        """Read new mail, then do everything that is due by now; True when an answer was handed in."""
        before = self.answered
        mails = self._world.tenant.mail.left
        for mail in mails[self._read :]:
            self._receive(mail)
        self._read = len(mails)
        now = self._world.clock.now()
        while self._plans and self._plans[0].at <= now:
            plan = heapq.heappop(self._plans)
            if plan.what == "leave":
                self._world.tenant.change(plan.person, accountEnabled=False)
                self.left += 1
            elif plan.what == "recant":
                self._recant(plan)
            elif self._prefers_my_access(plan.person):
                self._answer_natively(plan)
            else:
                await self._sit_down(plan)
        return self.answered > before

    def _receive(self, mail: SentMail) -> None:
        person = self._addresses.get(mail.to[0].lower())
        link = _LINK.search(mail.body)
        if person is None or link is None or mail.from_address != SENDER:
            return
        how = self._story.temper(person)
        if how.leaves_after is not None and self._world.tenant.population.find(person) is not None:
            self._intend(mail.at + how.leaves_after, "leave", person, "")
        if how.answers_after is not None:
            self._intend(mail.at + how.answers_after, "answer", person, link[0])

    def _intend(self, at: datetime, what: str, person: str, about: str) -> None:
        self._made += 1
        heapq.heappush(self._plans, Plan(at, self._made, what, person, about))

    async def _sit_down(self, plan: Plan) -> None:
        """Open the page, answer as many guests as this sponsor does at a time, come back for the rest."""
        how = self._story.temper(plan.person)
        shown = await self._world.host.request("GET", plan.about, as_person=plan.person)
        form = AnswerForm(shown.text)
        if shown.status_code != 200:
            self.troubles.append(f"{plan.person} was not shown {plan.about}: {shown.status_code}")
        waiting = [guest for guest, one in form.questions.items() if not one.answered]
        if form.nonce is None or not waiting:
            return
        chosen = {guest: _choice(how, plan.person, guest, form) for guest in waiting[: how.per_sitting]}
        await self._send(plan, form, chosen)
        if len(waiting) > len(chosen) and how.answers_after is not None:
            self._intend(plan.at + how.answers_after, "answer", plan.person, plan.about)
        if how.recants_after is not None:
            for guest in (guest for guest, choice in chosen.items() if choice is Choice.KEEP):
                self._intend(plan.at + how.recants_after, "recant", plan.person, guest)

    async def _send(self, plan: Plan, form: AnswerForm, chosen: Mapping[str, Choice]) -> None:
        data = {"nonce": form.nonce}
        for guest, question in form.questions.items():
            data[f"v.{guest}"] = question.version
        for guest, choice in chosen.items():
            data[f"c.{guest}"] = choice.value
            data[f"j.{guest}"] = _REASON if choice is Choice.KEEP else ""
        sent = await self._world.host.request(
            "POST", plan.about, as_person=plan.person, data=data, headers=_OURS
        )
        if sent.status_code == 303:
            self.answered += len(chosen)
        else:
            self.troubles.append(f"{plan.person} could not answer on {plan.about}: {sent.status_code}")

    def _prefers_my_access(self, person: str) -> bool:
        prompt = self._story.temper(person).style is Style.PROMPT
        return prompt and int(person[-4:], 16) % _ONE_IN == 0

    def _answer_natively(self, plan: Plan) -> None:
        """Answer everything that waits for this sponsor in My Access."""
        for review in self._world.tenant.definitions():
            if review.status != "InProgress" or plan.person not in review.contacted:
                continue
            for guest, item in review.items.items():
                if item.decision == "NotReviewed":
                    gone = item.recommendation == "Deny" and not _is_needed(guest)
                    word = ("Deny", "") if gone else ("Approve", _REASON)
                    self._decide(review, guest, *word, plan.person)

    def _decide(self, review: Review, guest: str, decision: str, why: str, person: str) -> None:
        try:
            self._world.tenant.decide(review.id, review.instance_id, guest, decision, why, person)
        except NotAllowed as refusal:
            self.troubles.append(f"{person} could not answer in My Access: {refusal}")
        else:
            self.natively += 1

    def _recant(self, plan: Plan) -> None:
        """Say the opposite in My Access, while the review of that guest still runs."""
        for review in reversed(self._world.tenant.definitions()):
            if review.status == "InProgress" and plan.about in review.items:
                self._decide(review, plan.about, "Deny", _SECOND_THOUGHT, plan.person)
                return


def _addresses(world: World, story: Story) -> dict[str, str]:
    population = story.population
    found = {}
    for number in range(population.member_count):
        record = world.tenant.user(population.member(number)["id"])
        if record is not None and record.get("mail"):
            found[str(record["mail"]).lower()] = str(record["id"])
    return found


def _is_needed(guest: str) -> bool:
    return int(guest[-4:], 16) % 5 < _STILL_NEEDED


def _choice(how: Temper, person: str, guest: str, form: AnswerForm) -> Choice:
    """Follow the suggestion or say its opposite; where there is none, go by what is known of the guest."""
    suggested = _SUGGESTED.get(form.questions[guest].tone)
    if how.style is Style.DISAGREES:
        return Choice.KEEP
    if suggested is None:
        return _UNCERTAIN[int(guest[-1], 16) % len(_UNCERTAIN)]
    if suggested is Choice.REMOVE and _is_needed(guest):
        return Choice.KEEP
    return suggested if follows(how, person, guest) else _OPPOSITE[suggested]
