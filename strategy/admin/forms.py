"""The form of a node shows what its kind is asked for, and says before saving what publishing would refuse."""

import hashlib
import json
from decimal import Decimal
from typing import Any

from django import forms
from django.db import transaction
from django.utils.text import slugify
from django.utils.translation import gettext_lazy as _
from treebeard.forms import TreeNodeChoiceField

from strategy import documents, publishing
from strategy.global_goals import GLOBAL_GOALS
from strategy.kinds import KINDS, NodeKind
from strategy.models import Node


class NodeForm(forms.ModelForm):
    """
    For a node of one kind: `kind`, and whether its editor `may_publish`, are set by the subclass that NodeAdmin makes.

    `parent` is where the node stands; choosing another moves it.
    """

    kind: str = ""
    may_publish: bool = False

    version = forms.CharField(required=False, widget=forms.HiddenInput)
    parent = TreeNodeChoiceField(queryset=Node.objects.none(), label=_("Stands under"))
    global_goals = forms.TypedMultipleChoiceField(
        choices=[(number, f"{number}. {name}") for number, name in GLOBAL_GOALS.items()],
        coerce=int,
        required=False,
        widget=forms.CheckboxSelectMultiple,
        label=_("Global goals"),
    )

    class Meta:
        model = Node
        localized_fields = ("baseline_value", "target_value")
        fields = "__all__"  # noqa: DJ007 NodeAdmin.get_fields() names those of the kind
        widgets = {
            "title": forms.TextInput(attrs={"class": "vLargeTextField"}),
            "lead": forms.Textarea(attrs={"rows": 3, "class": "vLargeTextField"}),
            "boards": forms.CheckboxSelectMultiple,
            "themes": forms.CheckboxSelectMultiple,
            "direction": forms.RadioSelect,
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.instance.kind = self.instance.kind or self.kind
        for name in self._meta.localized_fields:
            if isinstance(self.initial.get(name), Decimal):
                self.initial[name] = Decimal(f"{self.initial[name].normalize():f}")
        if "slug" in self.fields:
            self.fields["slug"].required = False
        if "direction" in self.fields:
            self.fields["direction"].choices = Node.Direction.choices
        for name in ("boards", "themes"):
            if name in self.fields:
                self.fields[name].queryset = self.fields[name].queryset.exclude(pk=self.instance.pk)
                self.fields[name].widget.can_add_related = False
        if "parent" in self.fields:
            self._offer_parents()
        self.initial["version"] = version_of(self.instance)

    def _offer_parents(self) -> None:
        field = self.fields["parent"]
        field.queryset = Node.objects.of_kind(*KINDS[self.instance.kind].under)
        if self.instance.pk:
            field.initial = self.instance.parent
        elif field.queryset.count() == 1:
            field.initial = field.queryset.first()

    def clean(self) -> dict:
        data = super().clean()
        # Until the admin's transaction ends, so that what is judged here still holds when it is saved.
        Node.objects.lock()
        if self.instance.kind != NodeKind.START and "slug" in self.fields:
            data["slug"] = data.get("slug") or slugify(data.get("title", ""))[:80].strip("-")
        if not self.errors:
            self._refuse_what_publishing_would(data)
        saved = version_of(self.instance)
        if data.get("version", "") not in ("", saved):
            # What was read is old; the next time, it is known.
            self.data = self.data.copy()
            self.data["version"] = saved
            text = _("Someone else has changed this page since you opened it. Save again to use yours instead.")
            self.add_error(None, text)
        return data

    def _refuse_what_publishing_would(self, data: dict) -> None:
        """Does the moves for real and takes them back: the rules live in publishing alone."""
        parent = data.get("parent")
        slug = data.get("slug", self.instance.slug)
        if self.instance.pk is None:
            siblings = Node.objects.get_children(parent) if parent else Node.objects.none()
            if siblings.filter(slug=slug).exists():
                self.add_error("slug", _("Another page here already has the slug “%(slug)s”.") % {"slug": slug})
            self.instance.depth = parent.depth + 1 if parent else 1
            return
        node = Node.objects.get(pk=self.instance.pk)
        try:
            with transaction.atomic():
                if parent and parent != node.parent:
                    publishing.move(node, parent, "last-child", may_publish=self.may_publish)
                if slug != node.slug:
                    publishing.rename(node, slug, may_publish=self.may_publish)
                transaction.set_rollback(True)
        except publishing.Refused as refused:
            self.add_error("slug" if "slug" in self.changed_data else "parent", str(refused))


def version_of(node: Node) -> str:
    """Changes when anything of the saved node does that its form shows."""
    if node.pk is None:
        return ""
    saved = Node.objects.with_content().get(pk=node.pk)
    shown = [documents.build(saved), saved.slug, saved.parent and saved.parent.pk]
    return hashlib.sha256(json.dumps(shown, sort_keys=True).encode()).hexdigest()
