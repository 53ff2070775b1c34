"""What holds whoever writes: what was received never changes, and numbers run without gaps."""

from django.db import migrations

GUARDS = """
CREATE FUNCTION feedback_entry_guard() RETURNS trigger LANGUAGE plpgsql AS $$
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

CREATE TRIGGER feedback_entry_kept BEFORE INSERT OR UPDATE OR DELETE ON feedback_entry
    FOR EACH ROW EXECUTE FUNCTION feedback_entry_guard();
-- For a session that pretends to be a replica, too.
ALTER TABLE feedback_entry ENABLE ALWAYS TRIGGER feedback_entry_kept;
CREATE TRIGGER feedback_entry_no_truncate BEFORE TRUNCATE ON feedback_entry
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_truncate();
"""

NO_GUARDS = """
DROP TRIGGER feedback_entry_no_truncate ON feedback_entry;
DROP TRIGGER feedback_entry_kept ON feedback_entry;
DROP FUNCTION feedback_entry_guard();
"""


class Migration(migrations.Migration):
    dependencies = [("feedback", "0001_initial"), ("strategy", "0002_guards")]

    operations = [migrations.RunSQL(GUARDS, NO_GUARDS)]
