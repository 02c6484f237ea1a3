"""What follows an answer, and what follows none."""

from datetime import datetime

from notifications.composing.setting import Setting
from reviews.decisions import rests_until
from reviews.model import Answer, Choice


def follows(answer: Answer, setting: Setting) -> str:
    """Say what happens after an answer, with its date where there is one."""
    if answer.choice is Choice.KEEP:
        until = rests_until(answer, answer.at, setting.policy)
        return setting.words.say("follows.keep", until=until)
    return what_follows(answer.choice, answer.at, setting)


def what_follows(choice: Choice, at: datetime, setting: Setting) -> str:
    """Say what happens after a choice made at a moment."""
    words, policy = setting.words, setting.policy
    match choice:
        case Choice.KEEP:
            return words.say("follows.keep", until=at + policy.reviews.rest_after_keep)
        case Choice.REMOVE:
            first = at + policy.actions.grace
            if policy.actions.soft_delete:
                return words.say("follows.remove", on=first, days=policy.actions.quarantine.days)
            return words.say("follows.remove-block-only", on=first)
        case Choice.DONT_KNOW:
            return words.say("follows.dont-know")
        case Choice.NOT_MINE:
            return words.say("follows.not-mine")


def no_answer(setting: Setting) -> str:
    """Say what happens when nobody answers."""
    return setting.words.say(f"no-answer.{setting.policy.actions.on_no_answer}")
