"""What staff are told on their start page."""

from django import template
from django.template import RequestContext
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.timezone import localdate
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from strategy import blocking, statement

register = template.Library()


@register.simple_tag(takes_context=True)
def notices(context: RequestContext) -> list[dict[str, str]]:
    """What waits for the one who asks, who may do something about it: a sentence and where to."""
    user = context.request.user
    found = []
    if user.has_perm("strategy.change_node"):
        text = _("“%(title)s” was last updated on %(on)s, more than twelve months ago. Review it.")
        found += [
            {
                "text": text % {"title": page.title, "on": date_format(statement.updated_on(page), "j F Y")},
                "url": reverse("admin:strategy_node_change", args=[page.node_id]),
            }
            for page in statement.grown_old(localdate())
        ]
    if user.has_perm(blocking.BLOCK) and (count := blocking.waiting_for(user).count()):
        text = ngettext(
            "%(count)d proposal about a block waits for your decision.",
            "%(count)d proposals about blocks wait for your decision.",
            count,
        )
        found.append(
            {"text": text % {"count": count}, "url": f"{reverse('admin:strategy_block_changelist')}?state=waiting"}
        )
    return found
