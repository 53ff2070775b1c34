"""
One line for every kind of page: axe, the HTML checker, weight and layout look at each, in both languages.

Addresses are those of Kristianstad's content, without the language; words in braces are filled in by `content` in
conftest.py.
"""

ROADMAP = "/vi-lyfter-tillsammans/strategisk-fardplan/"
GOAL = f"{ROADMAP}arbetsmarknad/egen-forsorjning/"
RESULT = f"{GOAL}arbetsloshet/"

PAGES = [
    ("start", "/"),
    ("vision", "/vi-lyfter-tillsammans/"),
    ("theme", "/vi-lyfter-tillsammans/tillvaxt/"),
    ("core mission", "/vi-lyfter-tillsammans/grunduppdrag-kommunstyrelsen/"),
    ("roadmap", ROADMAP),
    ("area", f"{ROADMAP}arbetsmarknad/"),
    ("goal", GOAL),
    ("result", RESULT),
    ("effort", f"{RESULT}team-med-arbetsformedlingen/"),
    ("board", "/kommunstyrelsen/"),
    ("text", "/om/"),
    ("statement", "/tillganglighet/"),
    ("level", "/nivaer/resultatmal/"),
    ("easy to read", "/lattlast/"),
    ("easy to read, a vision", "/lattlast/vi-lyfter-tillsammans/"),
    ("search", "/sok/?q=skola"),
    ("search, misspelt", "/sok/?q=arbetsl%C3%B6shten"),
    ("filtered list", "/sok/?slag=effort&skede=started"),
    ("whole roadmap", "/hela-fardplanen/"),
    ("global goals", "/globala-mal/"),
    ("global goal", "/globala-mal/8/"),
    ("latest", "/det-senaste/"),
    ("changes", "/n/{result}/andringar/"),
    ("comparison", "/n/{result}/andringar/?fran={first}&till={last}"),
    ("another day", f"{GOAL}?den=2024-05-01"),
    ("a day ahead", "/?den=2090-01-01"),
    ("cookies", "/kakor/"),
    ("personal data", "/diarium/lagring/"),
    ("report", "/meddela-fel/"),
    ("receipt", "{receipt}"),
    ("signed heads", "/diarium/huvuden/"),
    ("public register", "/diarium/?q=fel&till=2099-12-31&fran=2020-01-01"),
    ("public register, nothing", "/diarium/?q=finns+inte&fran=x"),
    ("entry of the register", "/diarium/{entry}/"),
]

# They answer with a status of 400 or more.
ERROR_PAGES = [
    ("not found", "/finns-inte/"),
    ("withdrawn", "/tillfallig/"),
    ("no easy text", "/lattlast/kommunstyrelsen/"),
    ("blocked", "/blockerad/"),
    ("a day that is none", "/om/?den=x"),
    ("before the first edition", "/?den=2019-01-01"),
    ("broken", "/fail/broken/"),
]
