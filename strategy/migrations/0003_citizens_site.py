"""What the citizens' site needs: why a page was changed, blocked editions, easy-to-read texts, the accessibility statement."""

import django.contrib.postgres.indexes
import django.db.models.deletion
import django.db.models.functions.datetime
from django.conf import settings
from django.db import migrations, models

import strategy.models.node
from strategy.kinds import pairs

# What stands under what has one pair more.
PAIRS = ", ".join(f"('{kind}', {f"'{parent}'" if parent else 'NULL'})" for kind, parent in pairs())

FUNCTIONS = """
CREATE OR REPLACE FUNCTION strategy_may_stand_under(child text, parent text) RETURNS boolean LANGUAGE sql IMMUTABLE AS $$
    SELECT EXISTS (
        SELECT FROM (VALUES %(pairs)s) AS allowed (child, parent)
        WHERE allowed.child = $1 AND allowed.parent IS NOT DISTINCT FROM $2
    )
$$;

CREATE FUNCTION strategy_lineage(trail text) RETURNS bigint[] LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
    SELECT string_to_array(btrim(trail, '/'), '/')::bigint[]
$$;
""".replace("%(pairs)s", PAIRS)

BLOCKS = """
CREATE FUNCTION strategy_block_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' THEN
        RAISE EXCEPTION 'a block is never deleted' USING ERRCODE = 'restrict_violation';
    END IF;
    IF TG_OP = 'INSERT' THEN
        IF NEW.approved IS NOT NULL THEN
            RAISE EXCEPTION 'a block is proposed before it is decided' USING ERRCODE = 'restrict_violation';
        END IF;
        IF NEW.lifts_id IS NOT NULL AND NOT EXISTS (
            SELECT FROM strategy_block block WHERE block.id = NEW.lifts_id AND block.page_id = NEW.page_id
                AND block.approved AND block.lifts_id IS NULL
        ) THEN
            RAISE EXCEPTION 'only a block of the same edition can be ended' USING ERRCODE = 'restrict_violation';
        END IF;
        NEW.proposed_at := clock_timestamp();
        RETURN NEW;
    END IF;
    IF OLD.approved IS NOT NULL OR (NEW.id, NEW.page_id, NEW.lifts_id, NEW.ground, NEW.reason, NEW.proposed_by_id, NEW.proposed_at)
            IS DISTINCT FROM (OLD.id, OLD.page_id, OLD.lifts_id, OLD.ground, OLD.reason, OLD.proposed_by_id, OLD.proposed_at) THEN
        RAISE EXCEPTION 'a block never changes once it is decided, and before that nothing but the decision'
            USING ERRCODE = 'restrict_violation';
    END IF;
    NEW.decided_at := clock_timestamp();
    RETURN NEW;
END $$;

CREATE TRIGGER strategy_block_kept BEFORE INSERT OR UPDATE OR DELETE ON strategy_block
    FOR EACH ROW EXECUTE FUNCTION strategy_block_guard();
CREATE TRIGGER strategy_block_no_truncate BEFORE TRUNCATE ON strategy_block
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_truncate();
"""

NO_BLOCKS = """
DROP TRIGGER strategy_block_no_truncate ON strategy_block;
DROP TRIGGER strategy_block_kept ON strategy_block;
DROP FUNCTION strategy_block_guard();
"""


class Lineage(models.Func):
    function = "strategy_lineage"


class Migration(migrations.Migration):
    dependencies = [
        ("strategy", "0002_guards"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.RunSQL(FUNCTIONS, "DROP FUNCTION strategy_lineage(text)"),
        migrations.CreateModel(
            name="AccessibilityExemption",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("order", models.PositiveSmallIntegerField(default=0, verbose_name="order")),
                (
                    "language",
                    models.CharField(
                        choices=strategy.models.node.languages,
                        default="sv",
                        help_text="Of its words. A page in another language shows its own rows when it has any.",
                        max_length=10,
                        verbose_name="language",
                    ),
                ),
                (
                    "ground",
                    models.CharField(
                        choices=[
                            ("burden", "An unreasonable burden (section 12 of the Act)"),
                            ("outside", "Outside the Act (section 9)"),
                        ],
                        max_length=10,
                        verbose_name="ground",
                    ),
                ),
                ("what", models.TextField(verbose_name="content")),
                ("why", models.TextField(verbose_name="reason")),
            ],
            options={
                "verbose_name": "exempt content",
                "verbose_name_plural": "exempt content",
                "ordering": ["order", "pk"],
                "abstract": False,
            },
        ),
        migrations.CreateModel(
            name="AccessibilityFailure",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("order", models.PositiveSmallIntegerField(default=0, verbose_name="order")),
                (
                    "language",
                    models.CharField(
                        choices=strategy.models.node.languages,
                        default="sv",
                        help_text="Of its words. A page in another language shows its own rows when it has any.",
                        max_length=10,
                        verbose_name="language",
                    ),
                ),
                (
                    "situation",
                    models.CharField(
                        choices=[
                            ("no_sight", "Use without sight"),
                            ("low_sight", "Use with limited sight"),
                            ("colour", "Use without perception of colour"),
                            ("no_hearing", "Use without hearing"),
                            ("low_hearing", "Use with limited hearing"),
                            ("no_voice", "Use without a voice"),
                            ("dexterity", "Use with limited fine motor control"),
                            ("mobility", "Use with limited reach or strength"),
                            ("seizures", "Sensitivity to flicker"),
                            ("cognition", "Use with limited cognition"),
                        ],
                        max_length=20,
                        verbose_name="situation of use",
                    ),
                ),
                (
                    "criterion",
                    models.CharField(
                        choices=[
                            ("1.1.1", "1.1.1 Non-text Content"),
                            ("1.2.1", "1.2.1 Audio-only and Video-only (Prerecorded)"),
                            ("1.2.2", "1.2.2 Captions (Prerecorded)"),
                            ("1.2.3", "1.2.3 Audio Description or Media Alternative (Prerecorded)"),
                            ("1.2.4", "1.2.4 Captions (Live)"),
                            ("1.2.5", "1.2.5 Audio Description (Prerecorded)"),
                            ("1.3.1", "1.3.1 Info and Relationships"),
                            ("1.3.2", "1.3.2 Meaningful Sequence"),
                            ("1.3.3", "1.3.3 Sensory Characteristics"),
                            ("1.3.4", "1.3.4 Orientation"),
                            ("1.3.5", "1.3.5 Identify Input Purpose"),
                            ("1.4.1", "1.4.1 Use of Color"),
                            ("1.4.2", "1.4.2 Audio Control"),
                            ("1.4.3", "1.4.3 Contrast (Minimum)"),
                            ("1.4.4", "1.4.4 Resize Text"),
                            ("1.4.5", "1.4.5 Images of Text"),
                            ("1.4.10", "1.4.10 Reflow"),
                            ("1.4.11", "1.4.11 Non-text Contrast"),
                            ("1.4.12", "1.4.12 Text Spacing"),
                            ("1.4.13", "1.4.13 Content on Hover or Focus"),
                            ("2.1.1", "2.1.1 Keyboard"),
                            ("2.1.2", "2.1.2 No Keyboard Trap"),
                            ("2.1.4", "2.1.4 Character Key Shortcuts"),
                            ("2.2.1", "2.2.1 Timing Adjustable"),
                            ("2.2.2", "2.2.2 Pause, Stop, Hide"),
                            ("2.3.1", "2.3.1 Three Flashes or Below Threshold"),
                            ("2.4.1", "2.4.1 Bypass Blocks"),
                            ("2.4.2", "2.4.2 Page Titled"),
                            ("2.4.3", "2.4.3 Focus Order"),
                            ("2.4.4", "2.4.4 Link Purpose (In Context)"),
                            ("2.4.5", "2.4.5 Multiple Ways"),
                            ("2.4.6", "2.4.6 Headings and Labels"),
                            ("2.4.7", "2.4.7 Focus Visible"),
                            ("2.4.11", "2.4.11 Focus Not Obscured (Minimum)"),
                            ("2.5.1", "2.5.1 Pointer Gestures"),
                            ("2.5.2", "2.5.2 Pointer Cancellation"),
                            ("2.5.3", "2.5.3 Label in Name"),
                            ("2.5.4", "2.5.4 Motion Actuation"),
                            ("2.5.7", "2.5.7 Dragging Movements"),
                            ("2.5.8", "2.5.8 Target Size (Minimum)"),
                            ("3.1.1", "3.1.1 Language of Page"),
                            ("3.1.2", "3.1.2 Language of Parts"),
                            ("3.2.1", "3.2.1 On Focus"),
                            ("3.2.2", "3.2.2 On Input"),
                            ("3.2.3", "3.2.3 Consistent Navigation"),
                            ("3.2.4", "3.2.4 Consistent Identification"),
                            ("3.2.6", "3.2.6 Consistent Help"),
                            ("3.3.1", "3.3.1 Error Identification"),
                            ("3.3.2", "3.3.2 Labels or Instructions"),
                            ("3.3.3", "3.3.3 Error Suggestion"),
                            ("3.3.4", "3.3.4 Error Prevention (Legal, Financial, Data)"),
                            ("3.3.7", "3.3.7 Redundant Entry"),
                            ("3.3.8", "3.3.8 Accessible Authentication (Minimum)"),
                            ("4.1.2", "4.1.2 Name, Role, Value"),
                            ("4.1.3", "4.1.3 Status Messages"),
                        ],
                        max_length=10,
                        verbose_name="WCAG criterion",
                    ),
                ),
                ("what", models.TextField(verbose_name="what does not work")),
                ("why", models.TextField(verbose_name="why, and when it is mended")),
                ("instead", models.TextField(blank=True, verbose_name="what can be used instead")),
            ],
            options={
                "verbose_name": "accessibility failure",
                "verbose_name_plural": "accessibility failures",
                "ordering": ["order", "pk"],
                "abstract": False,
            },
        ),
        migrations.CreateModel(
            name="Block",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "ground",
                    models.CharField(
                        choices=[
                            ("court", "A court has decided it"),
                            ("personal_data", "Personal data that may not be shown"),
                            ("right", "Someone else's right, such as copyright"),
                        ],
                        max_length=20,
                        verbose_name="ground",
                    ),
                ),
                (
                    "reason",
                    models.TextField(
                        help_text="Shown to everybody where the page was. Repeat nothing of what is not to be shown.",
                        verbose_name="reason",
                    ),
                ),
                (
                    "proposed_at",
                    models.DateTimeField(
                        db_default=django.db.models.functions.datetime.Now(), editable=False, verbose_name="proposed"
                    ),
                ),
                ("approved", models.BooleanField(null=True, verbose_name="approved")),
                ("decided_at", models.DateTimeField(blank=True, null=True, verbose_name="decided")),
            ],
            options={
                "verbose_name": "block",
                "verbose_name_plural": "blocks",
                "ordering": ["-proposed_at"],
                "permissions": [("block_page", "Can block editions, together with another person")],
            },
        ),
        migrations.CreateModel(
            name="EasyText",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "language",
                    models.CharField(
                        choices=strategy.models.node.languages, default="sv", max_length=10, verbose_name="language"
                    ),
                ),
                ("title", models.CharField(max_length=200, verbose_name="title")),
                (
                    "body",
                    models.TextField(
                        help_text="Short sentences, one thing in each. Everyday words.", verbose_name="body"
                    ),
                ),
            ],
            options={
                "verbose_name": "easy-to-read text",
                "verbose_name_plural": "easy-to-read texts",
                "ordering": ["language"],
            },
        ),
        migrations.AddField(
            model_name="node",
            name="assessed_on",
            field=models.DateField(blank=True, null=True, verbose_name="assessed on"),
        ),
        migrations.AddField(
            model_name="node",
            name="assessment_method",
            field=models.CharField(
                blank=True,
                choices=[
                    ("own", "The municipality's own assessment"),
                    ("external", "An assessment by others"),
                    ("both", "The municipality's own assessment and one by others"),
                ],
                max_length=10,
                verbose_name="method of assessment",
            ),
        ),
        migrations.AddField(
            model_name="node",
            name="compliance",
            field=models.CharField(
                blank=True,
                choices=[("full", "Fully compliant"), ("partial", "Partly compliant"), ("none", "Not compliant")],
                max_length=10,
                verbose_name="compliance",
            ),
        ),
        migrations.AddField(
            model_name="node",
            name="reviewed_on",
            field=models.DateField(
                blank=True,
                help_text="When someone last read the page and found it right, whether or not its text changed.",
                null=True,
                verbose_name="reviewed on",
            ),
        ),
        migrations.AddField(
            model_name="page",
            name="reason",
            field=models.TextField(
                blank=True,
                db_default="",
                help_text="Why the page was changed, for those who read its history.",
                verbose_name="why",
            ),
        ),
        migrations.AlterField(
            model_name="illustration",
            name="language",
            field=models.CharField(
                choices=strategy.models.node.languages,
                default="sv",
                help_text="Of its words. A page in another language shows its own rows when it has any.",
                max_length=10,
                verbose_name="language",
            ),
        ),
        migrations.AlterField(
            model_name="kindword",
            name="kind",
            field=models.CharField(
                choices=[
                    ("start", "Start page"),
                    ("vision", "Vision"),
                    ("theme", "Theme"),
                    ("core_mission", "Core mission"),
                    ("roadmap", "Strategic roadmap"),
                    ("area", "Focus area"),
                    ("goal", "Strategic goal"),
                    ("result", "Result target"),
                    ("effort", "Effort"),
                    ("board", "Board"),
                    ("text", "Text page"),
                    ("statement", "Accessibility statement"),
                ],
                max_length=20,
                verbose_name="kind",
            ),
        ),
        migrations.AlterField(
            model_name="kindword",
            name="language",
            field=models.CharField(
                choices=strategy.models.node.languages, default="sv", max_length=10, verbose_name="language"
            ),
        ),
        migrations.AlterField(
            model_name="node",
            name="kind",
            field=models.CharField(
                choices=[
                    ("start", "Start page"),
                    ("vision", "Vision"),
                    ("theme", "Theme"),
                    ("core_mission", "Core mission"),
                    ("roadmap", "Strategic roadmap"),
                    ("area", "Focus area"),
                    ("goal", "Strategic goal"),
                    ("result", "Result target"),
                    ("effort", "Effort"),
                    ("board", "Board"),
                    ("text", "Text page"),
                    ("statement", "Accessibility statement"),
                ],
                max_length=20,
                verbose_name="kind",
            ),
        ),
        migrations.AlterField(
            model_name="page",
            name="kind",
            field=models.CharField(
                choices=[
                    ("start", "Start page"),
                    ("vision", "Vision"),
                    ("theme", "Theme"),
                    ("core_mission", "Core mission"),
                    ("roadmap", "Strategic roadmap"),
                    ("area", "Focus area"),
                    ("goal", "Strategic goal"),
                    ("result", "Result target"),
                    ("effort", "Effort"),
                    ("board", "Board"),
                    ("text", "Text page"),
                    ("statement", "Accessibility statement"),
                ],
                max_length=20,
                verbose_name="kind",
            ),
        ),
        migrations.AlterField(
            model_name="relatedmaterial",
            name="language",
            field=models.CharField(
                choices=strategy.models.node.languages,
                default="sv",
                help_text="Of its words. A page in another language shows its own rows when it has any.",
                max_length=10,
                verbose_name="language",
            ),
        ),
        migrations.AlterField(
            model_name="translation",
            name="language",
            field=models.CharField(
                choices=strategy.models.node.other_languages, max_length=10, verbose_name="language"
            ),
        ),
        migrations.AddIndex(
            model_name="page",
            index=django.contrib.postgres.indexes.GinIndex(Lineage("trail"), name="strategy_page_lineage"),
        ),
        migrations.AddIndex(
            model_name="page",
            index=models.Index(fields=["-content_since", "-id"], name="strategy_page_newest"),
        ),
        migrations.AddField(
            model_name="accessibilityexemption",
            name="node",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE, related_name="exemptions", to="strategy.node"
            ),
        ),
        migrations.AddField(
            model_name="accessibilityfailure",
            name="node",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE, related_name="failures", to="strategy.node"
            ),
        ),
        migrations.AddField(
            model_name="block",
            name="decided_by",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
                verbose_name="decided by",
            ),
        ),
        migrations.AddField(
            model_name="block",
            name="lifts",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="lifted_by",
                to="strategy.block",
                verbose_name="ends the block",
            ),
        ),
        migrations.AddField(
            model_name="block",
            name="page",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="blocks",
                to="strategy.page",
                verbose_name="edition",
            ),
        ),
        migrations.AddField(
            model_name="block",
            name="proposed_by",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
                verbose_name="proposed by",
            ),
        ),
        migrations.AddField(
            model_name="easytext",
            name="node",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE, related_name="easy_texts", to="strategy.node"
            ),
        ),
        migrations.AddConstraint(
            model_name="block",
            constraint=models.CheckConstraint(
                condition=models.Q(("decided_by", models.F("proposed_by")), _negated=True),
                name="strategy_block_decided_by_another",
            ),
        ),
        migrations.AddConstraint(
            model_name="block",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("approved", None), ("decided_at", None), ("decided_by", None)),
                    models.Q(("approved__isnull", False), ("decided_at__isnull", False), ("decided_by__isnull", False)),
                    _connector="OR",
                ),
                name="strategy_block_decided_whole_or_not_at_all",
            ),
        ),
        migrations.AddConstraint(
            model_name="block",
            constraint=models.UniqueConstraint(
                condition=models.Q(("approved", None)),
                fields=("page",),
                name="strategy_block_one_proposal_for_an_edition_at_a_time",
            ),
        ),
        migrations.AddConstraint(
            model_name="easytext",
            constraint=models.UniqueConstraint(
                fields=("node", "language"), name="strategy_easytext_one_for_each_language"
            ),
        ),
        migrations.RunSQL(BLOCKS, NO_BLOCKS),
    ]
