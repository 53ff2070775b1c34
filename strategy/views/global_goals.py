"""The 17 goals of Agenda 2030, and what serves each of them."""

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render

from strategy.gathering import Gathering, global_goal_tallies
from strategy.global_goals import GLOBAL_GOALS
from strategy.surroundings import Surroundings
from strategy.viewpoint import Viewpoint
from strategy.views.public import public_page


@public_page
def global_goals(request: HttpRequest, viewpoint: Viewpoint) -> HttpResponse:
    """All 17, those that nothing serves too. Two queries."""
    around = Surroundings.at(viewpoint)
    tallies = global_goal_tallies(around)
    goals = [
        {
            "number": number,
            "name": name,
            "url": viewpoint.to("global_goal", number=number),
            "tallies": ", ".join(str(tally) for tally in tallies[number]),
        }
        for number, name in GLOBAL_GOALS.items()
    ]
    return render(request, "strategy/global_goals.html", {**around.context(request.path), "goals": goals})


@public_page
def global_goal(request: HttpRequest, viewpoint: Viewpoint, number: int) -> HttpResponse:
    """Four queries."""
    # Of 8 and 08, one is an address.
    if number not in GLOBAL_GOALS or not request.path.endswith(f"/{number}/"):
        raise Http404
    around = Surroundings.at(viewpoint)
    context = {
        **around.context(request.path),
        "number": number,
        "name": GLOBAL_GOALS[number],
        "gathered": Gathering.under_global_goal(number, around.moment).context(around),
        **{name: _beside(number + step) for name, step in (("previous", -1), ("next", 1))},
    }
    return render(request, "strategy/global_goal.html", context)


def _beside(number: int) -> dict | None:
    return {"number": number, "name": GLOBAL_GOALS[number]} if number in GLOBAL_GOALS else None
