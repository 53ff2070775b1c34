"""
What lists, filters and counts ask of an edition, in columns of its own that the database fills from its document and
trail; and indexes of the words of titles and leads, for putting what is found in order.
"""

import django.contrib.postgres.fields
import django.contrib.postgres.indexes
from django.db import migrations, models

from strategy.models.search import HEADING, TITLE

FACTS = r"""
CREATE FUNCTION strategy_nodes_named(document jsonb, key text) RETURNS bigint[] LANGUAGE sql IMMUTABLE AS $$
    SELECT coalesce(array_agg((named ->> 'node')::bigint), '{}') FROM jsonb_array_elements(document -> key) AS named
$$;

CREATE FUNCTION strategy_page_facts() RETURNS trigger LANGUAGE plpgsql AS $$
-- After the guards of what has begun, by its name: those compare rows as they are written.
BEGIN
    NEW.lineage := strategy_lineage(NEW.trail);
    NEW.boards := strategy_nodes_named(NEW.document, 'boards');
    NEW.themes := strategy_nodes_named(NEW.document, 'themes');
    NEW.global_goals := ARRAY(SELECT goal::smallint FROM jsonb_array_elements_text(NEW.document -> 'global_goals') AS goal);
    NEW.stage := coalesce(NEW.document ->> 'stage', '');
    -- As people number things, 2.10 after 2.9: every run of digits is filled up to eight.
    NEW.sort_number := regexp_replace(
        regexp_replace(coalesce(NEW.document ->> 'number', ''), '(\d+)', '0000000\1', 'g'), '\d*(\d{8})', '\1', 'g'
    );
    RETURN NEW;
END $$;

CREATE TRIGGER strategy_page_facts BEFORE INSERT OR UPDATE ON strategy_page
    FOR EACH ROW EXECUTE FUNCTION strategy_page_facts();

-- Documents, and nothing else, stand aside, so that lists and counts read the columns alone.
ALTER TABLE strategy_page SET (toast_tuple_target = 128);
DO $$
DECLARE name text;
BEGIN
    FOR name IN SELECT attname FROM pg_attribute WHERE attrelid = 'strategy_page'::regclass AND attstorage = 'x' AND attnum > 0 AND NOT attisdropped LOOP
        IF name <> 'document' THEN
            EXECUTE format('ALTER TABLE strategy_page ALTER COLUMN %I SET STORAGE MAIN', name);
        END IF;
    END LOOP;
END $$;
"""

# What has begun never changes, but for what it was always made of.
FILL = """
SET CONSTRAINTS ALL IMMEDIATE;
ALTER TABLE strategy_page DISABLE TRIGGER USER;
ALTER TABLE strategy_page ENABLE TRIGGER strategy_page_facts;
-- The document too, so that it is put aside.
UPDATE strategy_page SET document = document || '{}';
ALTER TABLE strategy_page ENABLE TRIGGER USER;
"""

# As migration 0004 has it, but for the column of headings: indexes read them out of all words.
KEEP_WORDS = r"""
CREATE OR REPLACE FUNCTION strategy_keep_words(page strategy_page) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    document jsonb := page.document;
    texts jsonb := CASE jsonb_typeof(document -> 'texts') WHEN 'object' THEN document -> 'texts' ELSE '{}' END;
    related text := (
        SELECT string_agg(row ->> 'title', ' . ')
        FROM jsonb_path_query(document, '$.related[*] ? (@.title.type() == "string")') AS row
    );
    language text;
    said jsonb;
    body text;
BEGIN
    FOR language, said IN SELECT * FROM jsonb_each(texts) LOOP
        body := strategy_text_of_html(said ->> 'body');
        INSERT INTO strategy_searchtext (
            page_id, node_id, content_since, valid, language, languages, words
        ) VALUES (
            page.id, page.node_id, page.content_since, page.valid, language, ARRAY(SELECT jsonb_object_keys(texts)),
            setweight(strategy_search_vector(language, concat_ws(' . ', document ->> 'number', said ->> 'title')), 'A')
            || setweight(strategy_search_vector(language, said ->> 'lead'), 'B')
            || setweight(strategy_search_vector(language, concat_ws(
                ' . ', document #>> '{indicator,name}', document #>> '{board,code}', related
            )), 'C')
            || setweight(strategy_search_vector(language, body), 'D')
        );
        INSERT INTO strategy_searchword (language, word, plain)
        SELECT DISTINCT language, word, left(unaccent(word), 60)
        FROM regexp_split_to_table(
            lower(left(concat_ws(' ', said ->> 'title', said ->> 'lead', document #>> '{indicator,name}', body), 100000)),
            '[^[:alpha:]]+'
        ) AS word
        WHERE length(word) BETWEEN 4 AND 60
        ON CONFLICT DO NOTHING;
    END LOOP;
END $$;
"""


class Migration(migrations.Migration):
    dependencies = [
        ("strategy", "0005_newest_ends"),
    ]

    operations = [
        migrations.AddField(
            model_name="page",
            name="lineage",
            field=django.contrib.postgres.fields.ArrayField(
                base_field=models.BigIntegerField(), db_default=[], editable=False
            ),
        ),
        migrations.AddField(
            model_name="page",
            name="boards",
            field=django.contrib.postgres.fields.ArrayField(
                base_field=models.BigIntegerField(), db_default=[], editable=False
            ),
        ),
        migrations.AddField(
            model_name="page",
            name="themes",
            field=django.contrib.postgres.fields.ArrayField(
                base_field=models.BigIntegerField(), db_default=[], editable=False
            ),
        ),
        migrations.AddField(
            model_name="page",
            name="global_goals",
            field=django.contrib.postgres.fields.ArrayField(
                base_field=models.SmallIntegerField(), db_default=[], editable=False
            ),
        ),
        migrations.AddField(
            model_name="page",
            name="stage",
            field=models.CharField(db_default="", editable=False, max_length=20),
        ),
        migrations.AddField(
            model_name="page",
            name="sort_number",
            field=models.TextField(db_default="", editable=False),
        ),
        migrations.RunSQL(FACTS),
        migrations.RunSQL(FILL),
        migrations.RemoveIndex(model_name="page", name="strategy_page_lineage"),
        migrations.AddIndex(
            model_name="page",
            index=django.contrib.postgres.indexes.GinIndex(fields=["lineage"], name="strategy_page_lineages"),
        ),
        migrations.AddIndex(
            model_name="page",
            index=django.contrib.postgres.indexes.GinIndex(
                fields=["boards", "themes", "global_goals"], name="strategy_page_named"
            ),
        ),
        migrations.RunSQL(KEEP_WORDS),
        migrations.RemoveField(model_name="searchtext", name="heading"),
        migrations.AddIndex(
            model_name="searchtext",
            index=django.contrib.postgres.indexes.GinIndex(TITLE, fastupdate=False, name="strategy_searchtext_title"),
        ),
        migrations.AddIndex(
            model_name="searchtext",
            index=django.contrib.postgres.indexes.GinIndex(
                HEADING, fastupdate=False, name="strategy_searchtext_heading"
            ),
        ),
    ]
