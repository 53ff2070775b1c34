"""
Everything that happens is an event, and what people write is in passages of their own. What was received before stands
in the register as its first events.
"""

import secrets
from hashlib import sha256

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.state import StateApps

from feedback import steps

STEPS = ", ".join(f"('{kind}', '{before}', '{after}')" for kind, before, after in steps.rows())


# The register was locked while it was written, so order of receipt is order of the events.
def enter_what_is_there(apps: StateApps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    from feedback.canonical import commitment, event_data, leaf_hash
    from feedback.due import due_after
    from feedback.register import in_utc

    entries = apps.get_model("feedback", "Entry").objects.order_by("received_at", "pk")
    event_model, passage_model, standing_model = (
        apps.get_model("feedback", name) for name in ("Event", "Passage", "Standing")
    )
    for sequence, entry in enumerate(entries.iterator()):
        texts = {"message": entry.message, "email": entry.email}
        salted = {name: (secrets.token_bytes(32), text) for name, text in texts.items() if text}
        facts = {
            "address": entry.address,
            "edition": entry.edition_id,
            "kind": entry.kind,
            "language": entry.language,
            "receipt": sha256(entry.token.encode()).hexdigest(),
            "received_at": in_utc(entry.received_at),
            "shown_at": in_utc(entry.shown_at),
        }
        event = event_model(
            sequence=sequence,
            entry=entry,
            kind="received",
            at=entry.received_at,
            from_state="",
            to_state="received",
            facts=facts,
            commitments={name: commitment(salt, text).hex() for name, (salt, text) in salted.items()},
        )
        event.leaf = leaf_hash(
            event_data(
                sequence=sequence,
                entry=f"{entry.series} {entry.year}/{entry.number}",
                kind="received",
                at=entry.received_at,
                by="",
                from_state="",
                to_state="received",
                facts=facts,
                commitments=event.commitments,
            )
        )
        event.save(force_insert=True)
        for name, (salt, text) in salted.items():
            passage_model.objects.create(event=event, name=name, salt=salt, text=text)
        standing_model.objects.create(
            entry=entry,
            last=event,
            state="received",
            due_on=due_after(entry.received_at),
            wants_answer=bool(entry.email),
        )


GUARDS = """
CREATE FUNCTION feedback_step_is_allowed(kind text, before text, after text) RETURNS boolean LANGUAGE sql IMMUTABLE AS $$
    SELECT EXISTS (
        SELECT FROM (VALUES %(steps)s) AS allowed (kind, before, after)
        WHERE allowed.kind = $1 AND allowed.before = $2 AND allowed.after = $3
    )
$$;

CREATE FUNCTION feedback_event_guard() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    next bigint;
    before text;
BEGIN
    IF TG_OP <> 'INSERT' THEN
        RAISE EXCEPTION 'what happened is never changed and never deleted' USING ERRCODE = 'restrict_violation';
    END IF;
    SELECT coalesce(max(sequence) + 1, 0) INTO next FROM feedback_event;
    IF NEW.sequence <> next THEN
        RAISE EXCEPTION 'the next event is %, not %', next, NEW.sequence
            USING ERRCODE = 'check_violation', CONSTRAINT = 'feedback_event_guard';
    END IF;
    SELECT to_state INTO before FROM feedback_event WHERE entry_id = NEW.entry_id ORDER BY sequence DESC LIMIT 1;
    IF NEW.from_state <> coalesce(before, '') THEN
        RAISE EXCEPTION 'the entry is in the state "%", not "%"', coalesce(before, ''), NEW.from_state
            USING ERRCODE = 'check_violation', CONSTRAINT = 'feedback_event_guard';
    END IF;
    IF NOT feedback_step_is_allowed(NEW.kind, NEW.from_state, NEW.to_state)
            OR (NEW.entry_id IS NULL) <> (NEW.to_state = '') THEN
        RAISE EXCEPTION '"%" does not lead from "%" to "%"', NEW.kind, NEW.from_state, NEW.to_state
            USING ERRCODE = 'check_violation', CONSTRAINT = 'feedback_event_guard';
    END IF;
    IF length(NEW.leaf) <> 32 THEN
        RAISE EXCEPTION 'the hash of an event has 32 bytes'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'feedback_event_guard';
    END IF;
    IF NEW.kind = 'disposed' AND NOT feedback_disposal_is_proposed(NEW.entry_id, NEW.by_id) THEN
        RAISE EXCEPTION 'an entry is disposed of when somebody else has proposed it, and nobody holds it'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'feedback_event_guard';
    END IF;
    RETURN NEW;
END $$;

CREATE FUNCTION feedback_disposal_is_proposed(entry bigint, approver integer) RETURNS boolean LANGUAGE sql STABLE AS $$
    SELECT coalesce(proposal.kind = 'proposed' AND proposal.by_id IS NOT NULL AND proposal.by_id <> approver, false)
        AND coalesce(hold.kind <> 'held', true)
    FROM (VALUES (1)) AS one
    LEFT JOIN LATERAL (
        SELECT kind, by_id FROM feedback_event WHERE entry_id = $1 AND kind IN ('proposed', 'rejected', 'reopened')
        ORDER BY sequence DESC LIMIT 1
    ) AS proposal ON true
    LEFT JOIN LATERAL (
        SELECT kind FROM feedback_event WHERE entry_id = $1 AND kind IN ('held', 'unheld')
        ORDER BY sequence DESC LIMIT 1
    ) AS hold ON true
$$;

CREATE FUNCTION feedback_passage_guard() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    committed text;
BEGIN
    IF TG_OP = 'UPDATE' THEN
        RAISE EXCEPTION 'what was written is never changed' USING ERRCODE = 'restrict_violation';
    END IF;
    IF TG_OP = 'DELETE' THEN
        IF NOT feedback_is_disposed(OLD.event_id) THEN
            RAISE EXCEPTION 'what was written is never deleted, unless its entry is disposed of'
                USING ERRCODE = 'restrict_violation';
        END IF;
        RETURN OLD;
    END IF;
    SELECT commitments ->> NEW.name INTO committed FROM feedback_event WHERE sequence = NEW.event_id;
    IF committed IS DISTINCT FROM encode(sha256(NEW.salt || convert_to(NEW.text, 'UTF8')), 'hex')
            OR length(NEW.salt) <> 32 OR feedback_is_disposed(NEW.event_id) THEN
        RAISE EXCEPTION 'a text that its event does not commit to'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'feedback_passage_guard';
    END IF;
    RETURN NEW;
END $$;

CREATE FUNCTION feedback_is_disposed(event bigint) RETURNS boolean LANGUAGE sql STABLE AS $$
    SELECT EXISTS (
        SELECT FROM feedback_event disposal JOIN feedback_event own ON own.entry_id = disposal.entry_id
        WHERE own.sequence = $1 AND disposal.kind = 'disposed'
    )
$$;

CREATE FUNCTION feedback_event_is_whole() RETURNS trigger LANGUAGE plpgsql AS $$
-- Runs at commit: all that an event commits to is there, or all of it is disposed of.
DECLARE
    texts integer;
    expected integer;
BEGIN
    IF NEW.kind = 'disposed' THEN
        IF EXISTS (
            SELECT FROM feedback_passage passage JOIN feedback_event own ON own.sequence = passage.event_id
            WHERE own.entry_id = NEW.entry_id
        ) THEN
            RAISE EXCEPTION 'something of what is disposed of is still there'
                USING ERRCODE = 'check_violation', CONSTRAINT = 'feedback_event_is_whole';
        END IF;
    ELSIF NOT feedback_is_disposed(NEW.sequence) THEN
        SELECT count(*) INTO texts FROM feedback_passage WHERE event_id = NEW.sequence;
        SELECT count(*) INTO expected FROM jsonb_object_keys(NEW.commitments);
        IF texts <> expected THEN
            RAISE EXCEPTION 'event % commits to % texts and has %', NEW.sequence, expected, texts
                USING ERRCODE = 'check_violation', CONSTRAINT = 'feedback_event_is_whole';
        END IF;
    END IF;
    RETURN NULL;
END $$;

CREATE FUNCTION feedback_entry_has_begun() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM feedback_event WHERE entry_id = NEW.id AND kind = 'received') THEN
        RAISE EXCEPTION 'an entry without an event that receives it'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'feedback_entry_has_begun';
    END IF;
    RETURN NULL;
END $$;

CREATE TRIGGER feedback_event_kept BEFORE INSERT OR UPDATE OR DELETE ON feedback_event
    FOR EACH ROW EXECUTE FUNCTION feedback_event_guard();
CREATE TRIGGER feedback_passage_kept BEFORE INSERT OR UPDATE OR DELETE ON feedback_passage
    FOR EACH ROW EXECUTE FUNCTION feedback_passage_guard();
CREATE CONSTRAINT TRIGGER feedback_event_whole AFTER INSERT ON feedback_event DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION feedback_event_is_whole();
CREATE CONSTRAINT TRIGGER feedback_entry_begun AFTER INSERT ON feedback_entry DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION feedback_entry_has_begun();
CREATE TRIGGER feedback_event_no_truncate BEFORE TRUNCATE ON feedback_event
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_truncate();
CREATE TRIGGER feedback_passage_no_truncate BEFORE TRUNCATE ON feedback_passage
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_truncate();
-- For a session that pretends to be a replica, too.
ALTER TABLE feedback_event ENABLE ALWAYS TRIGGER feedback_event_kept;
ALTER TABLE feedback_event ENABLE ALWAYS TRIGGER feedback_event_whole;
ALTER TABLE feedback_passage ENABLE ALWAYS TRIGGER feedback_passage_kept;
ALTER TABLE feedback_entry ENABLE ALWAYS TRIGGER feedback_entry_begun;
""".replace("%(steps)s", STEPS)


class Migration(migrations.Migration):
    dependencies = [
        ("feedback", "0003_kind"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Event",
            fields=[
                ("sequence", models.BigIntegerField(primary_key=True, serialize=False, verbose_name="event")),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("received", "Received"),
                            ("assigned", "Assigned"),
                            ("noted", "Note added"),
                            ("answered", "Answered"),
                            ("sent", "E-mail sent"),
                            ("not_sent", "E-mail not sent"),
                            ("corrected", "Page corrected"),
                            ("closed", "Closed"),
                            ("reopened", "Reopened"),
                            ("described", "Described for the public register"),
                            ("marked_secret", "Marked as secret"),
                            ("unmarked", "Marking of secrecy removed"),
                            ("read", "Secret text read"),
                            ("released", "Released to the public register"),
                            ("withdrawn", "Taken back from the public register"),
                            ("held", "Disposal put on hold"),
                            ("unheld", "Hold ended"),
                            ("proposed", "Disposal proposed"),
                            ("rejected", "Proposed disposal rejected"),
                            ("disposed", "Disposed of"),
                            ("key_changed", "Signing key changed"),
                            ("recovered", "Recovered from an older copy"),
                            ("searched", "Searched for a person"),
                            ("exported", "Exported"),
                        ],
                        max_length=20,
                        verbose_name="what",
                    ),
                ),
                ("at", models.DateTimeField(verbose_name="when")),
                (
                    "from_state",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("received", "Received"),
                            ("in_progress", "In progress"),
                            ("answered", "Answered"),
                            ("closed", "Closed"),
                            ("disposed", "Disposed of"),
                        ],
                        max_length=20,
                    ),
                ),
                (
                    "to_state",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("received", "Received"),
                            ("in_progress", "In progress"),
                            ("answered", "Answered"),
                            ("closed", "Closed"),
                            ("disposed", "Disposed of"),
                        ],
                        max_length=20,
                        verbose_name="state",
                    ),
                ),
                ("facts", models.JSONField(default=dict)),
                ("commitments", models.JSONField(default=dict)),
                ("leaf", models.BinaryField(max_length=32)),
                (
                    "by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="by",
                    ),
                ),
                (
                    "entry",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="events",
                        to="feedback.entry",
                    ),
                ),
            ],
            options={
                "verbose_name": "event",
                "verbose_name_plural": "events",
                "ordering": ["sequence"],
            },
        ),
        migrations.CreateModel(
            name="Passage",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.CharField(max_length=20)),
                ("salt", models.BinaryField(max_length=32)),
                ("text", models.TextField()),
                (
                    "event",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="passages", to="feedback.event"
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="Standing",
            fields=[
                (
                    "entry",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        primary_key=True,
                        related_name="standing",
                        serialize=False,
                        to="feedback.entry",
                    ),
                ),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("received", "Received"),
                            ("in_progress", "In progress"),
                            ("answered", "Answered"),
                            ("closed", "Closed"),
                            ("disposed", "Disposed of"),
                        ],
                        max_length=20,
                        verbose_name="state",
                    ),
                ),
                ("due_on", models.DateField(verbose_name="due")),
                ("wants_answer", models.BooleanField(verbose_name="wants an answer")),
                ("answered_at", models.DateTimeField(null=True, verbose_name="answered")),
                (
                    "closing",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("fixed", "Fixed"),
                            ("answered", "Answered"),
                            ("no_action", "No action needed"),
                            ("handed_over", "Handed over to another authority"),
                            ("little_importance", "Of little importance"),
                        ],
                        max_length=20,
                        verbose_name="closed as",
                    ),
                ),
                ("closed_at", models.DateTimeField(null=True, verbose_name="closed")),
                ("documents", models.PositiveSmallIntegerField(default=1, verbose_name="documents")),
                (
                    "sender",
                    models.CharField(
                        choices=[
                            ("private", "Private person"),
                            ("organisation", "Organisation or authority"),
                            ("role", "Staff or politician in that role"),
                        ],
                        default="private",
                        max_length=20,
                        verbose_name="sender",
                    ),
                ),
                ("secret", models.BooleanField(default=False, verbose_name="secret")),
                ("sender_hidden", models.BooleanField(default=False)),
                ("subject_hidden", models.BooleanField(default=False)),
                ("protected", models.BooleanField(default=False, verbose_name="protected personal data")),
                ("held", models.BooleanField(default=False, verbose_name="on hold")),
                ("proposed", models.BooleanField(default=False, verbose_name="disposal proposed")),
                (
                    "assigned_to",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="assigned to",
                    ),
                ),
                (
                    "described",
                    models.ForeignKey(
                        null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="feedback.event"
                    ),
                ),
                (
                    "last",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="feedback.event"
                    ),
                ),
                (
                    "released",
                    models.ForeignKey(
                        null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="feedback.event"
                    ),
                ),
            ],
        ),
        migrations.AddIndex(
            model_name="event",
            index=models.Index(fields=["entry", "-sequence"], name="feedback_event_of_entry"),
        ),
        migrations.AddConstraint(
            model_name="passage",
            constraint=models.UniqueConstraint(fields=("event", "name"), name="feedback_passage_once_in_an_event"),
        ),
        migrations.AddIndex(
            model_name="standing",
            index=models.Index(fields=["state", "due_on"], name="feedback_standing_inbox"),
        ),
        migrations.RunPython(enter_what_is_there),
        # What is still to be checked would keep the tables from being changed.
        migrations.RunSQL("SET CONSTRAINTS ALL IMMEDIATE"),
        migrations.RemoveField(
            model_name="entry",
            name="email",
        ),
        migrations.RemoveField(
            model_name="entry",
            name="message",
        ),
        migrations.RunSQL(GUARDS),
    ]
