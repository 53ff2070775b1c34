from django.urls import path

from feedback import diary, keeping, proofs, views

urlpatterns = [
    path("diarium/lagring/", keeping.keeping, name="keeping"),
    path("meddela-fel/", views.report, name="report"),
    path("kvittens/<slug:token>/", views.receipt, name="receipt"),
    path("kvittens/<slug:token>/bevis.tlog-proof", proofs.receipt_proof, name="receipt_proof"),
    path("kvittens/<slug:token>/bevis.json", proofs.receipt_event, name="receipt_event"),
    path("diarium/huvuden/", proofs.signed_heads, name="heads"),
    path("diarium/huvuden/huvuden.atom", proofs.heads_feed, name="heads_feed"),
    path("diarium/huvuden/<int:size>.txt", proofs.head, name="head"),
    path("diarium/huvuden/<int:epoch>/<int:size>.txt", proofs.head, name="head"),
    path("diarium/huvuden/<int:older>-<int:newer>.txt", proofs.continuation, name="continuation"),
    path("diarium/huvuden/<int:epoch>/<int:older>-<int:newer>.txt", proofs.continuation, name="continuation"),
    path("diarium/huvuden/verify.py", proofs.verifier, name="verifier"),
    path("diarium/", diary.diary, name="diary"),
    path("diarium/diarium.csv", diary.diary_csv, name="diary_csv"),
    path("diarium/diarium.atom", diary.diary_feed, name="diary_feed"),
    path("diarium/<str:series>/<int:year>/<int:number>/", diary.diary_entry, name="diary_entry"),
]
