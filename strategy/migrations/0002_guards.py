"""
What must hold whoever writes: the rules of strategy.dated, strategy.kinds and strategy.publishing that constraints on one
row or two can't say, as triggers.
"""

from django.db import migrations

from strategy.kinds import pairs

DATED = """
CREATE FUNCTION dated_guard() RETURNS trigger LANGUAGE plpgsql AS $$
-- For BEFORE INSERT OR UPDATE OR DELETE of a dated table; the argument names the column of the fact's subject.
-- now() is when the transaction began: a publishing transaction reads its moment after that, once it has its locks.
DECLARE
    asked_for tstzrange;
    has_history boolean;
BEGIN
    IF TG_OP = 'DELETE' THEN
        IF lower(OLD.valid) <= clock_timestamp() THEN
            RAISE EXCEPTION '% has begun and is never deleted', TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
        END IF;
        RETURN OLD;
    END IF;
    IF TG_OP = 'INSERT' THEN
        NEW.recorded_at := clock_timestamp();
        IF lower(NEW.valid) < now() THEN
            EXECUTE format('SELECT EXISTS (SELECT FROM %I.%I WHERE %I = $1)', TG_TABLE_SCHEMA, TG_TABLE_NAME, TG_ARGV[0])
                INTO has_history USING (to_jsonb(NEW) ->> TG_ARGV[0])::bigint;
            IF has_history THEN
                RAISE EXCEPTION '% is dated back, and its subject already has a history', TG_TABLE_NAME
                    USING ERRCODE = 'restrict_violation';
            END IF;
        END IF;
        RETURN NEW;
    END IF;
    IF lower(OLD.valid) > clock_timestamp() THEN
        IF lower(NEW.valid) < now() THEN
            RAISE EXCEPTION '% is moved into the past', TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
        END IF;
        NEW.recorded_at := clock_timestamp();
        RETURN NEW;
    END IF;
    asked_for := NEW.valid;
    NEW.valid := OLD.valid;
    IF NEW IS DISTINCT FROM OLD OR lower(asked_for) IS DISTINCT FROM lower(OLD.valid)
            OR lower_inc(asked_for) IS DISTINCT FROM lower_inc(OLD.valid)
            OR upper_inc(asked_for) IS DISTINCT FROM upper_inc(OLD.valid) THEN
        RAISE EXCEPTION '% has begun and never changes', TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
    END IF;
    IF upper(asked_for) IS DISTINCT FROM upper(OLD.valid)
            AND (upper(OLD.valid) <= now() OR upper(asked_for) < now()) THEN
        RAISE EXCEPTION '%: an end moves only while the old and the new one lie ahead', TG_TABLE_NAME
            USING ERRCODE = 'restrict_violation';
    END IF;
    NEW.valid := asked_for;
    RETURN NEW;
END $$;

CREATE FUNCTION refuse_truncate() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% is never emptied', TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
END $$;

CREATE TRIGGER strategy_page_dated BEFORE INSERT OR UPDATE OR DELETE ON strategy_page
    FOR EACH ROW EXECUTE FUNCTION dated_guard('node_id');
CREATE TRIGGER strategy_page_no_truncate BEFORE TRUNCATE ON strategy_page
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_truncate();
"""

NO_DATED = """
DROP TRIGGER strategy_page_no_truncate ON strategy_page;
DROP TRIGGER strategy_page_dated ON strategy_page;
DROP FUNCTION refuse_truncate();
DROP FUNCTION dated_guard();
"""

KIND_PAIRS = ", ".join(f"('{kind}', {f"'{parent}'" if parent else 'NULL'})" for kind, parent in pairs())

KINDS = """
CREATE FUNCTION strategy_may_stand_under(child text, parent text) RETURNS boolean LANGUAGE sql IMMUTABLE AS $$
    SELECT EXISTS (
        SELECT FROM (VALUES %(pairs)s) AS allowed (child, parent)
        WHERE allowed.child = $1 AND allowed.parent IS NOT DISTINCT FROM $2
    )
$$;

CREATE FUNCTION strategy_node_kind_guard() RETURNS trigger LANGUAGE plpgsql AS $$
-- Runs at commit, since a move rewrites many paths one after the other: looks at what the tree has become.
DECLARE
    node record;
    parent record;
    place text;
    wrong text;
BEGIN
    IF TG_OP <> 'INSERT' THEN
        -- What stands under the place that the node had, or has now, may be under what is there now.
        FOREACH place IN ARRAY CASE TG_OP WHEN 'DELETE' THEN ARRAY[OLD.path] ELSE ARRAY[OLD.path, NEW.path] END LOOP
            -- Not LIKE, which finds its index only when its pattern is known beforehand.
            SELECT child.kind INTO wrong FROM strategy_node child
            LEFT JOIN strategy_node above ON above.path = place
            WHERE child.path ~>~ place AND child.path ~<=~ (place || 'ZZZZ') AND length(child.path) = length(place) + 4
                AND (above.kind IS NULL OR NOT strategy_may_stand_under(child.kind, above.kind))
            LIMIT 1;
            IF FOUND THEN
                RAISE EXCEPTION 'a % may not stand under what is there now', wrong
                    USING ERRCODE = 'check_violation', CONSTRAINT = 'strategy_node_kind_guard';
            END IF;
        END LOOP;
        IF TG_OP = 'DELETE' THEN
            RETURN NULL;
        END IF;
    END IF;
    SELECT id, path, depth, kind INTO node FROM strategy_node WHERE id = NEW.id;
    IF NOT FOUND THEN
        RETURN NULL;
    END IF;
    IF node.depth * 4 <> length(node.path) THEN
        RAISE EXCEPTION 'the depth of a node is that of its path'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'strategy_node_kind_guard';
    END IF;
    SELECT kind INTO parent FROM strategy_node WHERE path = left(node.path, length(node.path) - 4);
    IF NOT strategy_may_stand_under(node.kind, parent.kind) OR (parent.kind IS NULL AND node.depth > 1) THEN
        RAISE EXCEPTION 'a % may not stand under %', node.kind, coalesce(parent.kind, 'nothing')
            USING ERRCODE = 'check_violation', CONSTRAINT = 'strategy_node_kind_guard';
    END IF;
    IF TG_OP = 'UPDATE' AND OLD.kind <> NEW.kind THEN
        IF EXISTS (SELECT FROM strategy_page WHERE node_id = NEW.id) THEN
            RAISE EXCEPTION 'the kind of what has been public never changes'
                USING ERRCODE = 'check_violation', CONSTRAINT = 'strategy_node_kind_guard';
        END IF;
    END IF;
    RETURN NULL;
END $$;

CREATE CONSTRAINT TRIGGER strategy_node_kind AFTER INSERT OR DELETE OR UPDATE OF path, depth, kind ON strategy_node
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION strategy_node_kind_guard();

CREATE FUNCTION strategy_page_kind_guard() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    node_kind text := (SELECT kind FROM strategy_node WHERE id = NEW.node_id);
    parent_kind text := (SELECT kind FROM strategy_node WHERE id = NEW.parent_id);
BEGIN
    IF NEW.kind <> node_kind OR NOT strategy_may_stand_under(NEW.kind, parent_kind) THEN
        RAISE EXCEPTION 'the page of a % may not be a % under %', node_kind, NEW.kind, coalesce(parent_kind, 'nothing')
            USING ERRCODE = 'check_violation', CONSTRAINT = 'strategy_page_kind_guard';
    END IF;
    IF NEW.trail NOT LIKE '%/' || coalesce(NEW.parent_id || '/', '') || NEW.node_id || '/' THEN
        RAISE EXCEPTION 'the trail % does not lead to the page', NEW.trail
            USING ERRCODE = 'check_violation', CONSTRAINT = 'strategy_page_kind_guard';
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER strategy_page_kind BEFORE INSERT OR UPDATE OF kind, node_id, parent_id, trail ON strategy_page
    FOR EACH ROW EXECUTE FUNCTION strategy_page_kind_guard();
""".replace("%(pairs)s", KIND_PAIRS)

NO_KINDS = """
DROP TRIGGER strategy_page_kind ON strategy_page;
DROP FUNCTION strategy_page_kind_guard();
DROP TRIGGER strategy_node_kind ON strategy_node;
DROP FUNCTION strategy_node_kind_guard();
DROP FUNCTION strategy_may_stand_under(text, text);
"""

PARENTS = """
CREATE FUNCTION strategy_public_periods(node bigint) RETURNS tstzmultirange LANGUAGE sql STABLE AS $$
    SELECT coalesce(range_agg(valid), '{}'::tstzmultirange) FROM strategy_page WHERE node_id = node
$$;

CREATE FUNCTION strategy_page_parent_guard() RETURNS trigger LANGUAGE plpgsql AS $$
-- Runs at commit: a page is public only while its parent is, whatever the order in which both were written.
BEGIN
    IF TG_OP <> 'DELETE' AND EXISTS (
        SELECT FROM strategy_page page
        WHERE page.id = NEW.id AND page.parent_id IS NOT NULL
            AND NOT page.valid <@ strategy_public_periods(page.parent_id)
    ) THEN
        RAISE EXCEPTION 'page % is public when its parent is not', NEW.id
            USING ERRCODE = 'check_violation', CONSTRAINT = 'strategy_page_parent_guard';
    END IF;
    IF TG_OP <> 'INSERT' AND EXISTS (
        SELECT FROM strategy_page child
        WHERE child.parent_id = OLD.node_id AND NOT child.valid <@ strategy_public_periods(OLD.node_id)
    ) THEN
        RAISE EXCEPTION 'a page under node % is public when that is not', OLD.node_id
            USING ERRCODE = 'check_violation', CONSTRAINT = 'strategy_page_parent_guard';
    END IF;
    RETURN NULL;
END $$;

CREATE CONSTRAINT TRIGGER strategy_page_parent AFTER INSERT OR DELETE OR UPDATE OF valid, node_id, parent_id ON strategy_page
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION strategy_page_parent_guard();
"""

NO_PARENTS = """
DROP TRIGGER strategy_page_parent ON strategy_page;
DROP FUNCTION strategy_page_parent_guard();
DROP FUNCTION strategy_public_periods(bigint);
"""


class Migration(migrations.Migration):
    dependencies = [("strategy", "0001_initial")]

    operations = [
        migrations.RunSQL(DATED, NO_DATED),
        migrations.RunSQL(KINDS, NO_KINDS),
        migrations.RunSQL(PARENTS, NO_PARENTS),
    ]
