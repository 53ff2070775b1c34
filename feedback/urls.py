from django.urls import path

from feedback import views

urlpatterns = [
    path("meddela-fel/", views.report, name="report"),
    path("kvittens/<slug:token>/", views.receipt, name="receipt"),
]
