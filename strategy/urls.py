from django.urls import path, re_path

from strategy import uploads
from strategy.views import changes, easy, feeds, files, global_goals, latest, levels, pages, search, statement, tree

urlpatterns = [
    path("n/<int:node_id>/", pages.node, name="node"),
    path("n/<int:node_id>/andringar/", changes.changes, name="changes"),
    path("det-senaste/", latest.latest, name="latest"),
    path("feed/alla.atom", feeds.feed, name="feed"),
    path("feed/alla.ics", feeds.calendar, name="calendar"),
    path("feed/<int:node_id>.atom", feeds.feed, name="feed"),
    path("feed/<int:node_id>.ics", feeds.calendar, name="calendar"),
    re_path(r"^lattlast/(?P<address>(?:[-\w]+/)*)$", easy.easy, name="easy"),
    path("tillganglighet.json", statement.statement, name="statement"),
    path("nivaer/<slug:slug>/", levels.level, name="level"),
    path("sok/", search.search, name="search"),
    path("hela-fardplanen/", tree.tree, name="tree"),
    path("hela-fardplanen/<int:node_id>/", tree.tree, name="tree"),
    path("globala-mal/", global_goals.global_goals, name="global_goals"),
    path("globala-mal/<int:number>/", global_goals.global_goal, name="global_goal"),
    re_path(rf"^media/(?P<name>{uploads.NAME})$", files.media, name="media"),
    # Whatever slugs staff choose; with a slash at the end, so that CommonMiddleware adds a missing one.
    re_path(r"^(?P<address>(?:[-\w]+/)*)$", pages.page, name="page"),
]
