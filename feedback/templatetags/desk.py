"""What waits in the register, for the start page of staff. One query."""

from typing import Any

from django import template
from django.template import RequestContext
from django.urls import reverse
from django.utils.timezone import localdate
from django.utils.translation import ngettext

from feedback import inbox
from feedback.roles import may
from strategy.dated import STOCKHOLM

register = template.Library()


@register.simple_tag(takes_context=True)
def in_register(context: RequestContext) -> dict[str, Any]:
    """`ways` into the inbox with their counts, and `notices`: sentences, and where to. Nothing for who may not read."""
    user = context.request.user
    if not may(user, "view_entry"):
        return {}
    found = inbox.counts(user, localdate(timezone=STOCKHOLM))
    notices = []
    if found["proposed"] and may(user, "propose_disposal", "approve_disposal"):
        text = ngettext(
            "%(count)d proposal of disposal waits for approval.",
            "%(count)d proposals of disposal wait for approval.",
            found["proposed"],
        )
        url = reverse("admin:feedback_entry_disposals")
        notices.append({"text": text % {"count": found["proposed"]}, "url": url})
    if found["stuck"] and may(user, "answer_entry"):
        text = ngettext(
            "Mail about %(count)d report could not be sent, or perhaps was not. See to it.",
            "Mail about %(count)d reports could not be sent, or perhaps was not. See to it.",
            found["stuck"],
        )
        url = f"{reverse('admin:feedback_entry_changelist')}?mark=mail"
        notices.append({"text": text % {"count": found["stuck"]}, "url": url})
    return {"ways": inbox.ways(found), "notices": notices}
