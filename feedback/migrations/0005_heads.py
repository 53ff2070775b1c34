"""Signed heads, and the numbers that a register goes on from when it was recovered from an older copy."""

from django.db import migrations, models

GUARDS = """
CREATE FUNCTION feedback_head_guard() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    largest bigint;
BEGIN
    IF TG_OP <> 'INSERT' THEN
        RAISE EXCEPTION 'what was signed is never changed and never deleted' USING ERRCODE = 'restrict_violation';
    END IF;
    SELECT max(size) INTO largest FROM feedback_head WHERE epoch = NEW.epoch;
    IF NEW.size <= coalesce(largest, 0) OR length(NEW.root) <> 32 THEN
        RAISE EXCEPTION 'a head of % after one of %', NEW.size, coalesce(largest, 0)
            USING ERRCODE = 'check_violation', CONSTRAINT = 'feedback_head_guard';
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER feedback_head_kept BEFORE INSERT OR UPDATE OR DELETE ON feedback_head
    FOR EACH ROW EXECUTE FUNCTION feedback_head_guard();
CREATE TRIGGER feedback_head_no_truncate BEFORE TRUNCATE ON feedback_head
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_truncate();
-- For a session that pretends to be a replica, too.
ALTER TABLE feedback_head ENABLE ALWAYS TRIGGER feedback_head_kept;

-- One more than the highest, and after a recovery none that may have been given before it.
CREATE FUNCTION feedback_next_number(series text, year integer) RETURNS integer LANGUAGE sql STABLE AS $$
    SELECT greatest(
        (SELECT coalesce(max(entry.number), 0) + 1 FROM feedback_entry entry
            WHERE entry.series = $1 AND entry.year = $2),
        (SELECT max((goes_on ->> 'next')::integer)
            FROM feedback_event event, jsonb_array_elements(event.facts -> 'numbers') AS goes_on
            WHERE event.kind = 'recovered' AND goes_on ->> 'series' = $1 AND (goes_on ->> 'year')::integer = $2)
    )
$$;

CREATE OR REPLACE FUNCTION feedback_entry_guard() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    next integer;
BEGIN
    IF TG_OP <> 'INSERT' THEN
        RAISE EXCEPTION 'what was received is never changed and never deleted' USING ERRCODE = 'restrict_violation';
    END IF;
    next := feedback_next_number(NEW.series, NEW.year);
    IF NEW.number <> next THEN
        RAISE EXCEPTION 'the next number of % % is %, not %', NEW.series, NEW.year, next, NEW.number
            USING ERRCODE = 'check_violation', CONSTRAINT = 'feedback_entry_guard';
    END IF;
    RETURN NEW;
END $$;
"""

NO_GUARDS = """
CREATE OR REPLACE FUNCTION feedback_entry_guard() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    next integer;
BEGIN
    IF TG_OP <> 'INSERT' THEN
        RAISE EXCEPTION 'what was received is never changed and never deleted' USING ERRCODE = 'restrict_violation';
    END IF;
    SELECT coalesce(max(number), 0) + 1 INTO next FROM feedback_entry WHERE series = NEW.series AND year = NEW.year;
    IF NEW.number <> next THEN
        RAISE EXCEPTION 'the next number of % % is %, not %', NEW.series, NEW.year, next, NEW.number
            USING ERRCODE = 'check_violation', CONSTRAINT = 'feedback_entry_guard';
    END IF;
    RETURN NEW;
END $$;
DROP FUNCTION feedback_next_number(text, integer);
DROP TRIGGER feedback_head_no_truncate ON feedback_head;
DROP TRIGGER feedback_head_kept ON feedback_head;
DROP FUNCTION feedback_head_guard();
"""


class Migration(migrations.Migration):
    dependencies = [("feedback", "0004_events")]

    operations = [
        migrations.CreateModel(
            name="Head",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("epoch", models.PositiveSmallIntegerField(default=1)),
                ("size", models.BigIntegerField(verbose_name="events")),
                ("root", models.BinaryField(max_length=32)),
                ("text", models.TextField(verbose_name="head")),
                ("signed_at", models.DateTimeField(verbose_name="signed")),
            ],
            options={"verbose_name": "signed head", "verbose_name_plural": "signed heads"},
        ),
        migrations.AddConstraint(
            model_name="head",
            constraint=models.UniqueConstraint(fields=("epoch", "size"), name="feedback_head_signed_once"),
        ),
        migrations.AddIndex(
            model_name="event",
            index=models.Index(
                condition=models.Q(("kind", "recovered")), fields=["sequence"], name="feedback_event_recovered"
            ),
        ),
        migrations.RunSQL(GUARDS, NO_GUARDS),
    ]
