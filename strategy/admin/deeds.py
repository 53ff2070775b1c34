"""What publishers do with nodes, in one form: publish, schedule, withdraw, cancel."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django import forms
from django.contrib.auth.base_user import AbstractBaseUser
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from strategy import occasions, publishing
from strategy.models import Node


class DeedForm(forms.Form):
    """What to do with some nodes, and when."""

    PUBLISH, WITHDRAW, CANCEL = "publish", "withdraw", "cancel"

    deed = forms.ChoiceField(
        choices=[
            (PUBLISH, gettext_lazy("Publish")),
            (WITHDRAW, gettext_lazy("Withdraw, with everything below")),
            (CANCEL, gettext_lazy("Cancel what is scheduled")),
        ],
        widget=forms.RadioSelect,
        label=gettext_lazy("What"),
    )
    branch = forms.BooleanField(required=False, label=gettext_lazy("Publish everything below as well"))
    at = forms.SplitDateTimeField(
        required=False,
        widget=forms.SplitDateTimeWidget(
            date_attrs={"type": "date", "aria-label": gettext_lazy("Date")},
            time_attrs={"type": "time", "aria-label": gettext_lazy("Time of day")},
            date_format="%Y-%m-%d",
            time_format="%H:%M",
        ),
        label=gettext_lazy("When"),
        help_text=gettext_lazy("Leave empty to do it now. Give a later time to schedule it, in Swedish time."),
    )

    reason = forms.CharField(
        required=False,
        max_length=500,
        widget=forms.Textarea(attrs={"rows": 2, "class": "vLargeTextField"}),
        label=gettext_lazy("Why"),
        help_text=gettext_lazy("One sentence, for people who read the page's history. May be left empty."),
    )

    settles = forms.MultipleChoiceField(
        required=False,
        widget=forms.CheckboxSelectMultiple,
        label=gettext_lazy("Reports that this settles"),
        help_text=gettext_lazy("The page's history then names them, and they lead to what was changed."),
    )

    def __init__(self, *args: Any, offered: Sequence[tuple[str, str]] = (), **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["settles"].choices = offered
        if not offered:
            del self.fields["settles"]

    def clean(self) -> dict:
        data = super().clean()
        if data.get("settles") and (data.get("deed") != self.PUBLISH or data.get("at")):
            self.add_error("settles", _("Reports are settled by what is published now."))
        if data.get("deed") == self.CANCEL and data.get("at"):
            self.add_error("at", _("Cancelling is done at once."))
        return data


def do(
    nodes: list[Node],
    *,
    by: AbstractBaseUser,
    deed: str,
    branch: bool,
    at: datetime | None,
    reason: str = "",
    settles: Sequence[str] = (),
) -> str:
    """Does the deed and returns what to say of it. Raises publishing.Refused."""
    # A node takes those below it along.
    tops = [node for node in nodes if not any(node.is_descendant_of(other) for other in nodes)]
    if deed == DeedForm.CANCEL:
        for node in nodes:
            publishing.cancel(node)
        return _("What was scheduled has been cancelled.")
    if deed == DeedForm.WITHDRAW:
        count = sum(publishing.withdraw(node, at=at) for node in tops)
        done = ngettext("%(count)d page is withdrawn.", "%(count)d pages are withdrawn.", count)
        later = ngettext("%(count)d page is to be withdrawn.", "%(count)d pages are to be withdrawn.", count)
        return (later if at else done) % {"count": count}
    if branch:
        nodes = [below for node in tops for below in Node.objects.get_tree(node)]
    pages = publishing.publish_together(nodes, at=at, by=by, reason=reason)
    if settles:
        occasions.source().settle(settles, pages, by)
    count = len(pages)
    if not count:
        return _("Nothing had changed, so nothing was published.")
    done = ngettext("%(count)d page is published.", "%(count)d pages are published.", count)
    scheduled = ngettext("%(count)d page is scheduled.", "%(count)d pages are scheduled.", count)
    return (scheduled if at else done) % {"count": count}
