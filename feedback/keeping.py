"""The page that says which personal data are kept, why and how long: what feedback.retention goes by, no more."""

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from feedback.retention import OF_THE_ENTRY, Line, Plan, plan, worded
from portal.methods import read_only
from strategy.surroundings import Surroundings
from strategy.viewpoint import Viewpoint
from strategy.views.public import one_snapshot


@read_only
@one_snapshot
def keeping(request: HttpRequest) -> HttpResponse:
    """What holds today: what held before is in the municipality's own decisions."""
    found = plan()
    written_in = found.rules[0].title
    context = {
        **Surroundings.at(Viewpoint(request.LANGUAGE_CODE)).context(request.path),
        "rows": [row_of(line, found) for line in found.lines],
        "rules": found.of_entries,
        "text_language": request.LANGUAGE_CODE if request.LANGUAGE_CODE in written_in else settings.LANGUAGE_CODE,
    }
    return render(request, "feedback/keeping.html", context)


def row_of(line: Line, found: Plan) -> dict:
    """`rule` is None for what goes with its message: how long that is hangs on what the message is."""
    return {
        "what": worded(line.what),
        "purpose": worded(line.purpose),
        "basis": worded(found.bases[line.basis]),
        "rule": None if line.rule == OF_THE_ENTRY else found.rule(line.rule),
    }
