"""
Keeping an edition from being shown: a court, personal data, an infringed right. One person proposes it and another
decides, and ending it goes the same way. What is blocked is what the edition says: its re-issues are blocked with it.

Who may do it is asked where it is done (BLOCK). Each deed waits for the tree's lock, as those of publishing do.
"""

from collections.abc import Iterator
from contextlib import contextmanager

from django.contrib.auth.base_user import AbstractBaseUser
from django.db import transaction
from django.db.models.functions import Now
from django.utils.translation import gettext as _

from strategy import documents
from strategy.models import Block, Node, Page
from strategy.models.block import BlockQuerySet

BLOCK = "strategy.block_page"


class Refused(Exception):
    """The deed can't be done; the message says why in words for the person who asked."""


def propose(page: Page, *, ground: str, reason: str, by: AbstractBaseUser) -> Block:
    """Propose that nobody is shown `page`. `reason` is what everybody is told instead, once it is approved."""
    with _deed():
        if not Page.objects.begun().filter(pk=page.pk).exists():
            raise Refused(_("This edition has not been public. Change or cancel what is scheduled instead."))
        if Page.objects.blocked().filter(pk=page.pk).exists():
            raise Refused(_("This edition is already blocked."))
        if Block.objects.waiting().filter(page__in=Page.objects.saying_the_same(page)).exists():
            raise Refused(_("This has already been proposed and is waiting for a decision."))
        return _proposed(Block(page=page, ground=ground, reason=_said(reason), proposed_by=by))


def propose_end(block: Block, *, reason: str, by: AbstractBaseUser) -> Block:
    """Propose that `block` ends, so that its edition is shown again."""
    with _deed():
        if not Block.objects.in_force().filter(pk=block.pk).exists():
            raise Refused(_("This block is not in force."))
        if Block.objects.waiting().filter(lifts=block).exists():
            raise Refused(_("This has already been proposed and is waiting for a decision."))
        proposal = Block(page=block.page, lifts=block, ground=block.ground, reason=_said(reason), proposed_by=by)
        return _proposed(proposal)


def decide(proposal: Block, *, approve: bool, by: AbstractBaseUser) -> None:
    """Approve or decline what somebody else has proposed. It holds from this moment."""
    with _deed():
        proposal.refresh_from_db()
        if proposal.approved is not None:
            raise Refused(_("This has already been decided."))
        if proposal.proposed_by_id == by.pk:
            raise Refused(_("You have proposed this yourself. Somebody else has to decide it."))
        others = _saying_it_again(proposal) if approve and not proposal.lifts_id else []
        for other in [proposal, *others]:
            Block.objects.filter(pk=other.pk).update(approved=approve, decided_by=by, decided_at=Now())
        proposal.refresh_from_db()


def _saying_it_again(proposal: Block) -> list[Block]:
    """
    Proposals like this one for what else of the node's history says the same: it was published, changed, and published
    again. What is scheduled can be cancelled instead, and has to be.
    """
    blocked = documents.upgrade(Page.objects.values_list("document", flat=True).get(pk=proposal.page_id))
    editions = Page.objects.filter(node=proposal.page.node_id).exclude(content_since=proposal.page.content_since)
    same = {
        page.content_since: page
        for page in editions.readable().order_by("-valid")
        if documents.same_content(page.document, blocked)
    }
    begun = set(editions.begun().values_list("pk", flat=True))
    if any(page.pk not in begun for page in same.values()):
        raise Refused(_("A scheduled edition of the page says the same. Cancel it first."))
    if Block.objects.waiting().filter(page__in=same.values()).exists():
        raise Refused(_("Another edition that says the same is proposed to be blocked too. Decide that first."))
    like = {"ground": proposal.ground, "reason": proposal.reason, "proposed_by": proposal.proposed_by}
    return [Block.objects.create(page=page, **like) for page in same.values()]


def waiting_for(person: AbstractBaseUser) -> BlockQuerySet:
    """What others have proposed, and `person` can decide."""
    return Block.objects.waiting().exclude(proposed_by=person)


@contextmanager
def _deed() -> Iterator[None]:
    with transaction.atomic():
        Node.objects.lock()
        yield


def _said(reason: str) -> str:
    if not reason.strip():
        raise Refused(_("Write the reason."))
    return reason.strip()


def _proposed(block: Block) -> Block:
    block.save()
    block.refresh_from_db()
    return block
