from django import template
from django.template import Context

from feedback.forms import ReportForm
from feedback.shown import hidden_values

register = template.Library()


@register.inclusion_tag("feedback/parts/report_form.html", takes_context=True)
def report_form(context: Context) -> dict:
    """
    The form for the page that is shown: `edition` (an id, or nothing for a computed page) and `moment` of its context.
    It is the same for every reader: no token, no clock.
    """
    shown = hidden_values(context["request"].path_info, context.get("edition"), context.get("moment"))
    return {"form": ReportForm(initial=shown), "site": context.get("site")}
