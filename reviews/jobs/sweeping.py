"""Throwing away drafts that nobody will send: a lost reply or a kill may leave one behind."""

import logging
from datetime import datetime, timedelta

from reviews.ports import Ledger, Mailer
from reviews.records import marker

log = logging.getLogger("gatehouse.sweeping")

OLD_ENOUGH = timedelta(hours=1)
"""A younger draft may belong to somebody who is about to write it down."""


async def sweep(mailer: Mailer, ledger: Ledger, now: datetime) -> int:
    """Throw away every old draft of ours whose row is over or names another draft; return how many.

    The drafts are listed before the rows are read: what is owed in between has no draft in the list.
    """
    lying = [one for one in await mailer.leftovers() if now - one.laid_at >= OLD_ENOUGH]
    owed = {marker(home, mail_id): (home, mail_id) for home, mail_id in await ledger.owed_mails()}
    thrown = 0
    for one in lying:
        where = owed.get(one.marker)
        mail = await ledger.owed_mail(*where) if where is not None else None
        if mail is not None and mail.draft_id in {None, one.id}:
            continue
        await mailer.discard(one.id)
        thrown += 1
        log.info("leftover draft thrown away", extra={"event": "mail.swept", "marker": one.marker})
    return thrown
