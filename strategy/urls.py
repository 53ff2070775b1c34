from django.urls import path, re_path

from strategy import uploads, views

urlpatterns = [
    path("n/<int:node_id>/", views.node, name="node"),
    path("nivaer/<slug:slug>/", views.level, name="level"),
    re_path(rf"^media/(?P<name>{uploads.NAME})$", views.media, name="media"),
    # Whatever slugs staff choose; with a slash at the end, so that CommonMiddleware adds a missing one.
    re_path(r"^(?P<address>(?:[-\w]+/)*)$", views.page, name="page"),
]
