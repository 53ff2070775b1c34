"""What is searched (strategy.models.search): the words of every edition, which the database keeps by itself."""

import django.contrib.postgres.fields
import django.contrib.postgres.fields.ranges
import django.contrib.postgres.indexes
import django.contrib.postgres.search
import django.db.models.deletion
from django.contrib.postgres.operations import TrigramExtension, UnaccentExtension
from django.db import migrations, models

# As strategy.search has them (a test compares): a stemmer more is a migration more.
STEMMERS = {
    "ar": "arabic", "hy": "armenian", "eu": "basque", "ca": "catalan", "da": "danish", "nl": "dutch", "en": "english",
    "fi": "finnish", "fr": "french", "de": "german", "el": "greek", "hi": "hindi", "hu": "hungarian",
    "id": "indonesian", "ga": "irish", "it": "italian", "lt": "lithuanian", "ne": "nepali", "nb": "norwegian",
    "nn": "norwegian", "pt": "portuguese", "ro": "romanian", "ru": "russian", "sr": "serbian", "es": "spanish",
    "sv": "swedish", "ta": "tamil", "tr": "turkish", "yi": "yiddish",
}  # fmt: skip

CONFIGS = " ".join(f"WHEN '{code}' THEN 'pg_catalog.{name}'::regconfig" for code, name in STEMMERS.items())

WORDS = r"""
CREATE FUNCTION strategy_search_vector(language text, words text) RETURNS tsvector LANGUAGE plpgsql STABLE AS $$
-- With accents and without them. What a vector can't hold any more of is left out.
DECLARE
    config regconfig := CASE split_part(language, '-', 1) %(configs)s ELSE 'pg_catalog.simple'::regconfig END;
    -- The parser takes barn/ungdom for the name of a file and 2021-2024 for two numbers, one of them below zero.
    shown text := regexp_replace(
        normalize(left(coalesce(words, ''), 100000), NFC),
        '[^[:alnum:].:]+|[.:](?![[:alnum:]])|(?<![[:alnum:]])[.:]', ' ', 'g'
    );
BEGIN
    RETURN to_tsvector(config, shown) || to_tsvector(config, unaccent(shown));
END $$;

CREATE FUNCTION strategy_text_of_html(html text) RETURNS text LANGUAGE sql IMMUTABLE AS $$
-- Of what strategy.rich_text leaves: tags within a word part nothing, all others part words.
    SELECT replace(replace(replace(replace(
        regexp_replace(
            regexp_replace(html, '</?(?:strong|em|a)(?:[^>"]|"[^"]*")*>', '', 'g'), '<(?:[^>"]|"[^"]*")*>', ' ', 'g'
        ), '&nbsp;', ' '), '&lt;', '<'), '&gt;', '>'), '&amp;', '&')
$$;

CREATE FUNCTION strategy_keep_words(page strategy_page) RETURNS void LANGUAGE plpgsql AS $$
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
    heading tsvector;
BEGIN
    FOR language, said IN SELECT * FROM jsonb_each(texts) LOOP
        body := strategy_text_of_html(said ->> 'body');
        heading := setweight(
            strategy_search_vector(language, concat_ws(' . ', document ->> 'number', said ->> 'title')), 'A'
        ) || setweight(strategy_search_vector(language, said ->> 'lead'), 'B');
        INSERT INTO strategy_searchtext (
            page_id, node_id, content_since, valid, language, languages, heading, words
        ) VALUES (
            page.id, page.node_id, page.content_since, page.valid, language, ARRAY(SELECT jsonb_object_keys(texts)),
            heading,
            heading
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

CREATE FUNCTION strategy_page_words() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' THEN
        DELETE FROM strategy_searchtext WHERE page_id = OLD.id;
        RETURN NULL;
    END IF;
    IF TG_OP = 'UPDATE' THEN
        IF NEW.document IS NOT DISTINCT FROM OLD.document AND NEW.node_id = OLD.node_id
                AND NEW.content_since = OLD.content_since THEN
            UPDATE strategy_searchtext SET valid = NEW.valid WHERE page_id = NEW.id AND valid <> NEW.valid;
            RETURN NULL;
        END IF;
        DELETE FROM strategy_searchtext WHERE page_id = NEW.id;
    END IF;
    PERFORM strategy_keep_words(NEW);
    RETURN NULL;
END $$;

CREATE TRIGGER strategy_page_words AFTER INSERT OR UPDATE OR DELETE ON strategy_page
    FOR EACH ROW EXECUTE FUNCTION strategy_page_words();

SELECT strategy_keep_words(page) FROM strategy_page AS page;
""".replace("%(configs)s", CONFIGS)

# Long vectors stand aside, so that what is looked at in every row (period, language, heading) is read by itself.
ASIDE = """
ALTER TABLE strategy_searchtext ALTER COLUMN words SET STORAGE EXTERNAL;
ALTER TABLE strategy_searchtext SET (toast_tuple_target = 128);
"""

NO_WORDS = """
DROP TRIGGER strategy_page_words ON strategy_page;
DROP FUNCTION strategy_page_words();
DROP FUNCTION strategy_keep_words(strategy_page);
DROP FUNCTION strategy_text_of_html(text);
DROP FUNCTION strategy_search_vector(text, text);
"""


class Migration(migrations.Migration):
    dependencies = [
        ("strategy", "0003_citizens_site"),
    ]

    operations = [
        TrigramExtension(),
        UnaccentExtension(),
        migrations.CreateModel(
            name="SearchWord",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("language", models.CharField(max_length=10)),
                ("word", models.CharField(max_length=60)),
                ("plain", models.CharField(max_length=60)),
            ],
            options={
                "indexes": [
                    django.contrib.postgres.indexes.GinIndex(
                        django.contrib.postgres.indexes.OpClass("plain", "gin_trgm_ops"),
                        fastupdate=False,
                        name="strategy_searchword_alike",
                    )
                ],
                "constraints": [
                    models.UniqueConstraint(fields=("language", "word"), name="strategy_searchword_once_in_a_language")
                ],
            },
        ),
        migrations.CreateModel(
            name="SearchText",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("node_id", models.BigIntegerField()),
                ("content_since", models.DateTimeField()),
                ("valid", django.contrib.postgres.fields.ranges.DateTimeRangeField()),
                ("language", models.CharField(max_length=10)),
                ("languages", django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=10))),
                ("heading", django.contrib.postgres.search.SearchVectorField()),
                ("words", django.contrib.postgres.search.SearchVectorField()),
                (
                    "page",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.DO_NOTHING, related_name="search_texts", to="strategy.page"
                    ),
                ),
            ],
            options={
                "indexes": [
                    django.contrib.postgres.indexes.GinIndex(
                        fastupdate=False, fields=["words"], name="strategy_searchtext_words"
                    )
                ],
            },
        ),
        migrations.RunSQL(ASIDE, migrations.RunSQL.noop),
        migrations.RunSQL(WORDS, NO_WORDS),
    ]
