from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Self

from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import EmailValidator
from django.http import QueryDict
from django.utils.functional import Promise
from django.utils.timezone import now
from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext_lazy as _

from feedback import register
from feedback.models import Entry
from feedback.personal_data import holds_personal_number
from feedback.shown import shown_now, shown_then

SHORTEST = 3
LONGEST = 5000

NOT_SHOWN = _("The form did not say which page it was about. It does now: check your text and send it again.")

PERSONAL_NUMBER = _(
    "There seems to be a personal identity number in your message. What you send can be read by anybody who asks for "
    "it. Do you want to remove the number? If not, send the message as it is."
)


@dataclass(frozen=True)
class Wording:
    """What the form says for one kind of message: its heading, what to write, how, and what it says if nothing is."""

    heading: Promise
    question: Promise
    hint: Promise
    missing: Promise


WORDINGS = {
    Entry.Kind.ERROR: Wording(
        heading=_("Report errors on page"),
        question=_("Your message"),
        hint=_("Tell us what is wrong and where on the page, or what you need."),
        missing=_("Write what is wrong."),
    ),
    Entry.Kind.FAILURE: Wording(
        heading=_("Report an accessibility failure"),
        question=_("What does not work?"),
        hint=_("Tell us where on the page, and what you use, such as a screen reader or a keyboard."),
        missing=_("Write what does not work."),
    ),
    Entry.Kind.REQUEST: Wording(
        heading=_("Ask for accessible content"),
        question=_("What do you need?"),
        hint=_("Tell us which content, and in what format."),
        missing=_("Write what you need."),
    ),
    Entry.Kind.OTHER: Wording(
        heading=_("Write to us about the page"),
        question=_("Your message"),
        hint=_("Tell us what it is about."),
        missing=_("Write your message."),
    ),
}


class HiddenField(forms.Field):
    """Text that no reporter has written or can correct: ReportForm.clean() judges all of it together."""

    widget = forms.HiddenInput

    def __init__(self) -> None:
        super().__init__(required=False)

    def to_python(self, value: Any) -> str:
        return value or ""


class MessageField(forms.Field):
    """Text as its writer meant it: with line ends of one sort, and without space around it."""

    widget = forms.Textarea

    def to_python(self, value: Any) -> str:
        return (value or "").replace("\r\n", "\n").replace("\r", "\n").strip()

    def validate(self, value: str) -> None:
        super().validate(value)
        if "\0" in value:
            raise ValidationError(
                _("The message has a character in it that can't be stored (a null character). Write the text again."),
                code="null",
            )
        if len(value) < SHORTEST:
            text = ngettext("Write at least %(least)d character.", "Write at least %(least)d characters.", SHORTEST)
            raise ValidationError(text, code="short", params={"least": SHORTEST})
        if len(value) > LONGEST:
            raise ValidationError(
                _("The message has %(count)d characters, of at most %(most)d. Shorten it or send it in parts."),
                code="long",
                params={"count": len(value), "most": LONGEST},
            )


class ReportForm(forms.Form):
    address = HiddenField()
    edition = HiddenField()
    shown_at = HiddenField()
    # People don't see it; programs fill it in.
    website = forms.Field(required=False)
    # That the sender was asked about a personal identity number, which nobody is asked twice (REC-62).
    asked = HiddenField()
    kind = forms.ChoiceField(
        choices=Entry.Kind.choices,
        initial=Entry.Kind.ERROR,
        required=False,
        widget=forms.RadioSelect,
        error_messages={"invalid_choice": _("Choose what your message is about.")},
    )
    message = MessageField()
    email = forms.CharField(
        required=False,
        max_length=254,
        empty_value="",
        validators=[
            EmailValidator(
                _("Write the e-mail address in full, such as name@example.com, or leave the field empty."), allowlist=[]
            )
        ],
        error_messages={
            "max_length": _("The e-mail address is too long: it may have at most %(limit_value)d characters.")
        },
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["message"].error_messages["required"] = self.wording.missing

    @classmethod
    def unsent(cls, data: Mapping[str, str]) -> Self:
        """With what was written, and no judgement of it: it was not looked at."""
        return cls(initial={name: data.get(name, field.initial or "") for name, field in cls.base_fields.items()})

    @classmethod
    def put_right(cls, data: QueryDict, address: str) -> Self:
        """With what was written, and hidden fields that can be sent; it is refused for what they said before."""
        form = cls(data.copy())
        form.data.update(shown_now(data.get("address", ""), address).values)
        form.add_error(None, ValidationError(NOT_SHOWN, code="shown"))
        return form

    @property
    def chosen_kind(self) -> str:
        kind = self["kind"].value()
        return kind if kind in Entry.Kind else Entry.Kind.ERROR

    @property
    def wording(self) -> Wording:
        return WORDINGS[Entry.Kind(self.chosen_kind)]

    def clean_kind(self) -> str:
        """A page that was kept from before it was asked for has no such field."""
        return self.cleaned_data["kind"] or Entry.Kind.ERROR

    def clean(self) -> None:
        self.shown = shown_then(self.cleaned_data)
        if holds_personal_number(self.cleaned_data.get("message", "")) and not self.cleaned_data["asked"]:
            # Asked, not refused: whatever is sent next is received.
            self.data = self.data.copy()
            self.data["asked"] = "1"
            self.add_error("message", ValidationError(PERSONAL_NUMBER, code="personal_number"))
        if self.shown is None:
            raise ValidationError(NOT_SHOWN, code="shown")

    @property
    def only_asks(self) -> bool:
        """Nothing is wrong with it: its sender is asked once whether to send it so."""
        return {error.code for errors in self.errors.as_data().values() for error in errors} == {"personal_number"}

    @property
    def shown_fields(self) -> list[forms.BoundField]:
        """The hidden fields that have something to say: most pages have never asked."""
        return [field for field in self.hidden_fields() if field.name != "asked" or field.value()]

    def renew(self, address: str) -> None:
        """Have the hidden fields say what can be sent, where what they said could not; without a page, `address`."""
        if self.shown is None:
            self.data = self.data.copy()
            self.data.update(shown_now(self.cleaned_data["address"], address).values)

    def save(self, *, sender: str) -> Entry:
        return register.receive(
            sender=sender,
            address=self.shown.address,
            edition_id=self.shown.edition_id,
            shown_at=self.shown.at,
            language=get_language(),
            kind=self.cleaned_data["kind"],
            message=self.cleaned_data["message"],
            email=self.cleaned_data["email"],
            suspected_spam=bool(self.cleaned_data["website"]) or self.was_written_at_once,
        )

    @property
    def was_written_at_once(self) -> bool:
        """In less time than a person takes. Pages of another day, and those that were kept, tell of no haste."""
        return now() - self.shown.at < timedelta(seconds=settings.LEAST_SECONDS_TO_WRITE)
