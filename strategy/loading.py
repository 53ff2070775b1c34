"""
A strategy file, put into the tree and published.

Nodes are made or found by their key. What the file names, it decides; what it leaves out, it leaves alone. A node that
was never public becomes public from the file's date, history included; what the file changes on a public one becomes
public now. A node that was withdrawn stays so, with all below it.
"""

from bisect import bisect_left
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from operator import attrgetter
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import connection, models, transaction

from strategy import documents, publishing
from strategy.dated import start_of_day
from strategy.editions import editions_of
from strategy.kinds import NodeKind
from strategy.models import (
    AccessibilityExemption,
    AccessibilityFailure,
    EasyText,
    Illustration,
    KindWord,
    Node,
    Page,
    RelatedMaterial,
    Translation,
)
from strategy.strategy_file import Entry, Fault, StrategyFile, StrategyFileError

TREE_FIELDS = {"id", "path", "depth", "numchild"}

# Names in the file that a document has too, under the same name. The others are compared one by one.
SAME_IN_DOCUMENT = {
    "number", "example", "illustrations", "related", "global_goals", "period", "target_year", "decision", "indicator",
    "stage", "board", "statement",
}  # fmt: skip


@dataclass
class Outcome:
    """What a load did, or would do, in the order of the file."""

    made: list[Node] = field(default_factory=list)
    changed: list[Node] = field(default_factory=list)
    moved: list[Node] = field(default_factory=list)
    published: list[Node] = field(default_factory=list)
    left_withdrawn: list[Node] = field(default_factory=list)

    def __bool__(self) -> bool:
        return bool(self.made or self.changed or self.moved or self.published)


def load(
    strategy: StrategyFile,
    *,
    dry_run: bool = False,
    progress: Callable[[list[Entry]], Iterable[Entry]] = iter,
) -> Outcome:
    """
    Put `strategy` into the tree and publish it: all of it, or nothing if any of it is refused (StrategyFileError).

    With `dry_run` everything is done and then undone. `progress` is given the entries, and passes them on one by one.
    """
    with transaction.atomic():
        Node.objects.lock()
        outcome = _Loading(strategy).run(progress)
        # What the database checks at commit is to be known before that.
        connection.check_constraints()
        transaction.set_rollback(dry_run)
    return outcome


class _Loading:
    def __init__(self, strategy: StrategyFile) -> None:
        self.strategy = strategy
        self.entries = strategy.entries
        self.outcome = Outcome()
        self.faults: list[Fault] = []
        self.children: dict[str, list[Entry]] = {entry.key: [] for entry in self.entries}
        for entry in self.entries[1:]:
            self.children[entry.parent.key].append(entry)
        self.nodes: dict[str, Node] = {node.key: node for node in Node.objects.filter(key__in=self.children)}
        self._adopt_start()

        ids = [node.pk for node in self.nodes.values()]
        self.ever_public = set(Page.objects.filter(node__in=ids).values_list("node", flat=True))
        # The edition that holds now, or the first that lies ahead.
        self.public: dict[int, Page] = {}
        for page in Page.objects.from_now().filter(node__in=ids).order_by("valid"):
            self.public.setdefault(page.node_id, page)

    def run(self, progress: Callable[[list[Entry]], Iterable[Entry]]) -> Outcome:
        for entry in progress(self.entries):
            self._put(entry)
        self._relate()
        self._raise_faults()
        self._read_places()
        settled = {entry.key: self._settled(entry) for entry in self.entries}
        self._arrange(settled, live=False)
        self._enter_history()
        self._arrange(settled, live=True)
        self._publish_changes()
        return self.outcome

    def _node(self, entry: Entry) -> Node:
        return self.nodes[entry.key]

    def _raise_faults(self) -> None:
        if self.faults:
            raise StrategyFileError(self.faults)

    def _adopt_start(self) -> None:
        """A tree has one start page: if the portal has one without a key, made by hand, it is the file's."""
        start = self.entries[0]
        if start.key in self.nodes:
            return
        present = Node.objects.of_kind(NodeKind.START).first()
        if present is None:
            return
        if present.key:
            text = f"expected “{present.key}”, the key of the start page that the portal has; found “{start.key}”."
            raise StrategyFileError([Fault(f"{start.place}.key", text)])
        present.key = start.key
        present.save(update_fields=["key"])
        self.nodes[start.key] = present

    # Drafts.

    def _put(self, entry: Entry) -> None:
        node = self.nodes.get(entry.key)
        made = node is None
        if made:
            node = Node(key=entry.key, kind=entry.kind, slug=entry.slug)
        elif node.kind != entry.kind:
            text = f"expected {node.kind}, which “{entry.key}” is in the portal; found {entry.kind}."
            self.faults.append(Fault(f"{entry.place}.kind", text))
            return
        changed = self._set(node, entry)
        if made:
            if not self.faults:
                parent = entry.parent and self._node(entry.parent)
                if parent:
                    Node.objects.add_child(parent, instance=node)
                else:
                    Node.objects.add_root(instance=node)
            self.nodes[entry.key] = node
        elif changed and not self.faults:
            node.save(update_fields=changed)
        if self.faults:
            return
        changed_parts = self._put_parts(node, entry)
        if made:
            self.outcome.made.append(node)
        elif changed or changed_parts:
            self.outcome.changed.append(node)

    def _set(self, node: Node, entry: Entry) -> list[str]:
        """Set what the file says; returns the names of the fields that differ from before."""
        values = {name: value for name, value in entry.values().items() if name not in ("boards", "themes")}
        before = {name: getattr(node, name) for name in values}
        for name, value in values.items():
            setattr(node, name, sorted(value) if name == "global_goals" else value)
        self._clean(node, entry.place_of, TREE_FIELDS)
        return [name for name in values if getattr(node, name) != before[name]]

    def _clean(self, row: models.Model, place_of: Callable[[str], str], exclude: set[str]) -> None:
        """What the model says of each field, which turns days, decimals and rich text into what is stored as well."""
        try:
            row.clean_fields(exclude=exclude)
        except ValidationError as error:
            for name, messages in error.message_dict.items():
                self.faults.append(Fault(place_of(name), " ".join(messages)))

    def _put_parts(self, node: Node, entry: Entry) -> bool:
        """The rows that belong to the node. Returns whether any of them differs from before."""
        fields = entry.fields
        changed = [
            self._put_translation(node, language, text, f"{entry.place}.translations.{language}")
            for language, text in fields.get("translations", {}).items()
        ]
        changed += [
            self._put_easy_text(node, language, text, f"{entry.place}.easy_to_read.{language}")
            for language, text in fields.get("easy_to_read", {}).items()
        ]
        if "illustrations" in fields:
            wanted = [Illustration(node=node, order=order, **row) for order, row in enumerate(fields["illustrations"])]
            changed.append(self._replace(node.illustrations, wanted, f"{entry.place}.illustrations"))
        if "related" in fields:
            wanted = [
                RelatedMaterial(
                    node=node,
                    order=order,
                    **{("address" if name == "url" else name): value for name, value in row.items()},
                )
                for order, row in enumerate(fields["related"])
            ]
            changed.append(self._replace(node.related_material, wanted, f"{entry.place}.related"))
        statement = fields.get("statement", {})
        for name, model in (("failures", AccessibilityFailure), ("exemptions", AccessibilityExemption)):
            if name in statement:
                wanted = [model(node=node, order=order, **row) for order, row in enumerate(statement[name])]
                changed.append(self._replace(getattr(node, name), wanted, f"{entry.place}.statement.{name}"))
        if not entry.parent:
            changed += [
                self._put_word(node, kind, language, word)
                for kind, languages in self.strategy.words.items()
                for language, word in languages.items()
            ]
        return any(changed)

    def _put_translation(self, node: Node, language: str, text: dict[str, Any], place: str) -> bool:
        row = node.translations.filter(language=language).first() or Translation(node=node, language=language)
        values = {("by_portal" if name == "portal" else name): value for name, value in text.items()}
        return self._save_row(row, values, place)

    def _put_easy_text(self, node: Node, language: str, text: dict[str, str], place: str) -> bool:
        row = node.easy_texts.filter(language=language).first() or EasyText(node=node, language=language)
        return self._save_row(row, text, place)

    def _put_word(self, node: Node, kind: str, language: str, word: dict[str, str]) -> bool:
        row = node.words.filter(kind=kind, language=language).first()
        return self._save_row(
            row or KindWord(node=node, kind=kind, language=language), word, f"words.{kind}.{language}"
        )

    def _save_row(self, row: models.Model, values: dict[str, Any], place: str) -> bool:
        before = {name: getattr(row, name) for name in values}
        for name, value in values.items():
            setattr(row, name, value)
        self._clean(row, lambda name: f"{place}.{name}", {"id", "node"})
        if self.faults or (row.pk and all(getattr(row, name) == before[name] for name in values)):
            return False
        row.save()
        return True

    def _replace(self, rows: models.Manager, wanted: list[models.Model], place: str) -> bool:
        """Put `wanted` where `rows` are, unless they say the same."""
        for index, row in enumerate(wanted):
            self._clean(row, lambda name, index=index: f"{place}[{index}].{name}", {"id", "node"})
        names = [item.attname for item in rows.model._meta.concrete_fields if item.name not in ("id", "order")]
        said = attrgetter(*names)
        if self.faults or [said(row) for row in rows.all()] == [said(row) for row in wanted]:
            return False
        rows.all().delete()
        for row in wanted:
            row.save()
        return True

    def _relate(self) -> None:
        """Boards and themes, once every node is there."""
        if self.faults:
            return
        for entry in self.entries:
            node = self._node(entry)
            for name in ("boards", "themes"):
                if name not in entry.fields:
                    continue
                wanted = {self.nodes[key].pk for key in entry.fields[name]}
                if wanted == set(getattr(node, name).values_list("pk", flat=True)):
                    continue
                getattr(node, name).set(wanted)
                if node not in self.outcome.made and node not in self.outcome.changed:
                    self.outcome.changed.append(node)

    # Places and addresses.

    def _read_places(self) -> None:
        """Paths of the tree by node id: a move changes its neighbours' too."""
        self.paths = dict(Node.objects.filter(key__in=self.children).values_list("pk", "path"))

    def _standing(self, parent: Entry) -> list[Node]:
        """The file's children of `parent` that stand under it in the tree, in the file's order."""
        above = self.paths[self._node(parent).pk]
        nodes = [self._node(child) for child in self.children[parent.key]]
        return [node for node in nodes if self.paths[node.pk][: -Node.steplen] == above]

    def _settled(self, parent: Entry) -> set[int]:
        """Public children that stand in the file's order already: the fewest possible are moved."""
        public = [node.pk for node in self._standing(parent) if node.pk in self.public]
        return {public[index] for index in _longest_rising([self.paths[pk] for pk in public])}

    def _arrange(self, settled: dict[str, set[int]], *, live: bool) -> None:
        """Move and rename what stands elsewhere in the file: what isn't public before it is, then what is."""
        stuck: list[tuple[Entry, publishing.Refused]] = []
        pending = [entry for entry in self.entries if (self._node(entry).pk in self.public) == live]
        while pending:
            for entry in pending:
                node = self._node(entry)
                try:
                    moved = self._move(node, entry, settled)
                except publishing.Refused as refused:
                    node.refresh_from_db()
                    stuck.append((entry, refused))
                    continue
                if entry.parent:
                    settled[entry.parent.key].add(node.pk)
                if moved and node not in self.outcome.made:
                    self.outcome.moved.append(node)
            # One may wait for another's slug: try again for as long as that helps.
            if len(stuck) == len(pending):
                raise StrategyFileError([Fault(f"{entry.place}.slug", str(refused)) for entry, refused in stuck])
            pending, stuck = [entry for entry, _refused in stuck], []

    def _move(self, node: Node, entry: Entry, settled: dict[str, set[int]]) -> bool:
        place = self._better_place(node, entry, settled[entry.parent.key]) if entry.parent else None
        if not place and node.slug == entry.slug:
            return False
        with transaction.atomic():
            if place:
                publishing.move(node, *place)
            if node.slug != entry.slug:
                publishing.rename(node, entry.slug)
        self._read_places()
        return True

    def _better_place(self, node: Node, entry: Entry, settled: set[int]) -> tuple[Node, str] | None:
        """None if `node` stands right; else right of the last settled sibling before it, or left of the next one."""
        siblings = [self._node(child) for child in self.children[entry.parent.key]]
        index = siblings.index(node)
        before = next((other for other in reversed(siblings[:index]) if other.pk in settled), None)
        after = next((other for other in siblings[index + 1 :] if other.pk in settled), None)
        path = self.paths[node.pk]
        parent = self._node(entry.parent)
        if (
            path[: -Node.steplen] == self.paths[parent.pk]
            and (before is None or self.paths[before.pk] < path)
            and (after is None or path < self.paths[after.pk])
        ):
            return None
        if before:
            return before, "right"
        return (after, "left") if after else (parent, "last-child")

    # What becomes public.

    def _enter_history(self) -> None:
        """From the file's date, or from when the page above has been public without a break, if that is later."""
        editions = editions_of(self.public)
        since: dict[int, datetime] = {}
        withdrawn: set[str] = set()
        for entry in self.entries:
            node = self._node(entry)
            was_withdrawn = node.pk in self.ever_public and node.pk not in self.public
            if was_withdrawn or (entry.parent and entry.parent.key in withdrawn):
                withdrawn.add(entry.key)
                self.outcome.left_withdrawn.append(node)
            elif node.pk not in self.public:
                moment = start_of_day(entry.published_on)
                above = entry.parent and self._node(entry.parent).pk
                earliest = since.get(above) or (_unbroken_since(editions[above]) if above in self.public else moment)
                since[node.pk] = max(moment, earliest)
        if since:
            self._publish(lambda: publishing.enter_history(since))

    def _publish_changes(self) -> None:
        """Where the public reads something else than what the file says. Staff's drafts beside that don't count."""
        moment = Node.objects.lock()
        now, later = [], []
        live = Node.objects.filter(pk__in=self.public).with_content().in_bulk()
        for entry in self.entries:
            if node := live.get(self._node(entry).pk):
                page = self.public[node.pk]
                if self._said(documents.build(node), entry) != self._said(documents.upgrade(page.document), entry):
                    (later if page.is_ahead(moment) else now).append((node, page))
        if now:
            self._publish(lambda: publishing.publish_together([node for node, _page in now]))
        for node, page in later:
            self._publish(lambda node=node, page=page: [publishing.publish(node, at=page.begins_at)])

    def _said(self, document: dict, entry: Entry) -> dict[str, Any]:
        """The part of a document that the file has a say in."""
        fields = entry.fields
        texts = {settings.LANGUAGE_CODE: fields.keys() & {"title", "lead", "body"}} | {
            language: text.keys() for language, text in fields.get("translations", {}).items()
        }
        said: dict[str, Any] = {name: document[name] for name in fields.keys() & SAME_IN_DOCUMENT}
        said |= {name: {row["node"] for row in document[name]} for name in fields.keys() & {"boards", "themes"}}
        said["texts"] = {
            (language, name): document["texts"].get(language, {}).get("by_portal" if name == "portal" else name)
            for language, names in texts.items()
            for name in names
        }
        easy = document["easy_to_read"]
        said["easy_to_read"] = {language: easy.get(language) for language in fields.get("easy_to_read", {})}
        if not entry.parent:
            said["words"] = {
                (kind, language): document["words"].get(kind, {}).get(language)
                for kind, languages in self.strategy.words.items()
                for language in languages
            }
        return said

    def _publish(self, deed: Callable[[], list[Page | None]]) -> None:
        try:
            pages = deed()
        except publishing.NotPublishable as refused:
            entries = {self._node(entry).pk: entry for entry in self.entries}
            raise StrategyFileError(
                [
                    Fault(entries[problem.node.pk].place_of(problem.field), problem.message)
                    for problem in refused.problems
                ]
            ) from refused
        except publishing.Refused as refused:
            raise StrategyFileError([Fault("", str(refused))]) from refused
        by_id = {node.pk: node for node in self.nodes.values()}
        self.outcome.published += [by_id[page.node_id] for page in pages if page]


def _unbroken_since(editions: list[Page]) -> datetime:
    """When the last of these editions that no other leads up to began."""
    begins_at = editions[-1].begins_at
    for page in reversed(editions[:-1]):
        if page.ends_at == begins_at:
            begins_at = page.begins_at
    return begins_at


def _longest_rising(paths: list[str]) -> list[int]:
    """Indexes of a longest subsequence of `paths` that rises."""
    tails: list[int] = []
    before: list[int | None] = []
    for index, path in enumerate(paths):
        length = bisect_left(tails, path, key=lambda tail: paths[tail])
        before.append(tails[length - 1] if length else None)
        tails[length : length + 1] = [index]
    rising, index = [], tails[-1] if tails else None
    while index is not None:
        rising.append(index)
        index = before[index]
    return rising[::-1]
