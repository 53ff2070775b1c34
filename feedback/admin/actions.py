"""
What can be done with an entry on its screen: for each, who may, which form it takes, and what it then does. Whether the
state allows it is for feedback.steps to say.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Any

from django import forms
from django.conf import settings
from django.contrib.auth.models import User
from django.utils.functional import Promise
from django.utils.timezone import localdate
from django.utils.translation import gettext_lazy as _

from feedback import closing, handling, roles, secrecy
from feedback.models import Entry, Standing
from feedback.steps import Closing, Deed, possible
from strategy.dated import STOCKHOLM

LONGEST_TEXT = 20_000


def today() -> date:
    return localdate(timezone=STOCKHOLM)


def texts(rows: int = 3) -> forms.Textarea:
    return forms.Textarea(attrs={"rows": rows, "cols": 40})


class NoForm(forms.Form):
    pass


class PersonField(forms.ModelChoiceField):
    def label_from_instance(self, user: User) -> str:
        return handling.name_of(user)


class AssignForm(forms.Form):
    to = PersonField(User.objects.none(), label=_("Colleague"), required=False, empty_label=_("Nobody"))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["to"].queryset = roles.people("answer_entry")


class ReasonForm(forms.Form):
    reason = forms.CharField(label=_("Reason"), widget=texts(), max_length=LONGEST_TEXT)


class CloseForm(forms.Form):
    reason = forms.CharField(
        label=_("Reason, if it needs one"), widget=texts(2), max_length=LONGEST_TEXT, required=False
    )


class HandOverForm(CloseForm):
    other_number = forms.CharField(
        label=_("Its number there"), max_length=50, help_text=_("In the register of the other authority. It is public.")
    )
    field_order = ["other_number", "reason"]


class NoteForm(forms.Form):
    text = forms.CharField(label=_("Note"), widget=texts(4), max_length=LONGEST_TEXT)


class MarkForm(forms.Form):
    provision = forms.CharField(
        label=_("Provision"),
        max_length=100,
        help_text=_("For example 21 kap. 1 § OSL. It is public, like the date and the authority."),
    )
    decided_on = forms.DateField(
        label=_("Date of the marking"), widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    )
    authority = forms.CharField(label=_("Authority that marks it"), max_length=secrecy.LONGEST_AUTHORITY)
    sender_hidden = forms.BooleanField(label=_("The sender is secret too"), required=False)
    subject_hidden = forms.BooleanField(label=_("What it concerns is secret too"), required=False)
    protected = forms.BooleanField(label=_("The sender has protected personal data"), required=False)

    def clean(self) -> None:
        """What is missing says so at its field; what is there but wrong is told here."""
        given = [self.cleaned_data.get(name) for name in ("provision", "decided_on", "authority")]
        for name, problem in secrecy.refusal(given[0] or "", given[1], given[2] or "", today=today()).items():
            if name not in self.errors:
                self.add_error(name, problem)


@dataclass(frozen=True)
class Action:
    """`do` gets the entry, the value of the button, what the form says, who asks, and what they had seen last."""

    name: str
    deed: Deed
    label: str | Promise
    rights: tuple[str, ...]
    form: type[forms.Form]
    do: Callable[[Entry, str, dict[str, Any], User, int], Any]
    done: str | Promise
    fits: Callable[[Standing, User], bool] = lambda standing, user: True
    buttons: Callable[[Standing], list[tuple[str, str]]] | None = None
    initial: Callable[[Standing], dict[str, Any]] = lambda standing: {}
    help: str | Promise = ""
    is_open: bool = False
    leaves: bool = False

    def is_offered(self, standing: Standing, user: User) -> bool:
        return self.deed in possible(standing.state) and roles.may(user, *self.rights) and self.fits(standing, user)


def _note(entry: Entry, button: str, said: dict[str, Any], by: User, seen: int) -> None:
    if button == "working":
        handling.jot(entry, said["text"], by=by)
    else:
        handling.note(entry, said["text"], by=by, seen=seen)


def _marking(standing: Standing) -> dict[str, Any]:
    flags = {name: getattr(standing, name) for name in ("sender_hidden", "subject_hidden", "protected")}
    return {"decided_on": today(), "authority": settings.SITE_NAME, **flags}


def _note_buttons(standing: Standing) -> list[tuple[str, str]]:
    buttons = [("document", _("Add as a document"))]
    if Deed.CLOSED in possible(standing.state):
        buttons.append(("working", _("Keep as a working note")))
    return buttons


ACTIONS = (
    Action(
        "take",
        Deed.ASSIGNED,
        _("Assign to me"),
        ("answer_entry",),
        NoForm,
        lambda entry, button, said, by, seen: handling.assign(entry, by, by=by, seen=seen),
        _("%(number)s is yours."),
        fits=lambda standing, user: standing.assigned_to_id != user.pk,
    ),
    Action(
        "close",
        Deed.CLOSED,
        _("Close as"),
        ("answer_entry",),
        CloseForm,
        lambda entry, button, said, by, seen: closing.close(entry, button, by=by, reason=said["reason"], seen=seen),
        _("%(number)s is closed."),
        buttons=lambda standing: [(way.value, way.label) for way in closing.offered(standing)],
        is_open=True,
        leaves=True,
    ),
    Action(
        "assign",
        Deed.ASSIGNED,
        _("Assign to a colleague"),
        ("answer_entry",),
        AssignForm,
        lambda entry, button, said, by, seen: handling.assign(entry, said["to"], by=by, seen=seen),
        _("%(number)s is assigned."),
        initial=lambda standing: {"to": standing.assigned_to_id},
        is_open=True,
    ),
    Action(
        "hand_over",
        Deed.CLOSED,
        _("Hand over"),
        ("answer_entry",),
        HandOverForm,
        lambda entry, button, said, by, seen: closing.close(entry, Closing.HANDED_OVER, by=by, seen=seen, **said),
        _("%(number)s is closed as handed over."),
        help=_("To another authority, which has entered it in its own register. The entry is closed."),
        leaves=True,
    ),
    Action(
        "reopen",
        Deed.REOPENED,
        _("Reopen"),
        ("answer_entry",),
        ReasonForm,
        lambda entry, button, said, by, seen: handling.reopen(entry, said["reason"], by=by, seen=seen),
        _("%(number)s is open again."),
    ),
    Action(
        "note",
        Deed.NOTED,
        _("Write a note"),
        ("answer_entry",),
        NoteForm,
        _note,
        _("The note is kept."),
        buttons=_note_buttons,
        help=_(
            "What adds facts to the matter is a document, which gets a number and can be asked for. A working note is "
            "only for remembering: it is no document, and is kept or discarded before the entry is closed."
        ),
    ),
    Action(
        "mark",
        Deed.MARKED_SECRET,
        _("Mark as secret"),
        ("register_entry", "answer_entry"),
        MarkForm,
        lambda entry, button, said, by, seen: secrecy.mark(entry, by=by, seen=seen, **said),
        _("%(number)s is marked as secret."),
        initial=_marking,
        help=secrecy.WARNING,
    ),
    Action(
        "unmark",
        Deed.UNMARKED,
        _("Remove the marking"),
        ("register_entry", "answer_entry"),
        ReasonForm,
        lambda entry, button, said, by, seen: secrecy.unmark(entry, said["reason"], by=by, seen=seen),
        _("%(number)s is no longer marked as secret."),
        fits=lambda standing, user: standing.secret,
    ),
    Action(
        "hold",
        Deed.HELD,
        _("Put disposal on hold"),
        ("register_entry", "approve_disposal"),
        ReasonForm,
        lambda entry, button, said, by, seen: handling.hold(entry, said["reason"], by=by, seen=seen),
        _("%(number)s is kept until the hold is ended."),
        fits=lambda standing, user: not standing.held,
        help=_("While somebody asks for it, or a dispute goes on, nothing of it is disposed of."),
    ),
    Action(
        "unhold",
        Deed.UNHELD,
        _("End the hold"),
        ("register_entry", "approve_disposal"),
        ReasonForm,
        lambda entry, button, said, by, seen: handling.unhold(entry, said["reason"], by=by, seen=seen),
        _("The hold on %(number)s is ended."),
        fits=lambda standing, user: standing.held,
    ),
)
