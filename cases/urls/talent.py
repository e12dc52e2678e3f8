"""Pages of applicants: picking, filling, following their own cases."""

from django.urls import path

from cases.views import answer, case, form, menu

urlpatterns = [
    path("one-things/<slug:slug>/", menu.menu, name="menu"),
    path("one-things/<slug:slug>/plan/", menu.plan, name="menu-plan"),
    path("one-things/<slug:slug>/start/", menu.start, name="start"),
    path("places/", form.find_places, name="places"),
    path("cases/", case.mine, name="mine"),
    path("cases/<uuid:pk>/", case.case, name="case"),
    path("cases/<uuid:pk>/form/", form.form, name="form"),
    path("cases/<uuid:pk>/save/", form.save, name="save"),
    path("cases/<uuid:pk>/submit/", form.submit, name="submit"),
    path("cases/<uuid:pk>/withdraw/", case.withdraw, name="withdraw"),
    path("cases/<uuid:pk>/documents/<slug:material>/", form.upload, name="upload"),
    path("cases/<uuid:pk>/supplements/<int:supplement_id>/", answer.supplement, name="supplement"),
    path(
        "cases/<uuid:pk>/supplements/<int:supplement_id>/answer/",
        answer.answer_supplement,
        name="answer-supplement",
    ),
    path(
        "cases/<uuid:pk>/supplements/<int:supplement_id>/documents/<slug:material>/",
        answer.upload_for_supplement,
        name="upload-for-supplement",
    ),
    path("offers/<int:offer_id>/", answer.offer, name="offer"),
    path("offers/<int:offer_id>/take/", answer.take_offer, name="take-offer"),
    path("offers/<int:offer_id>/decline/", answer.decline_offer, name="decline-offer"),
    path(
        "offers/<int:offer_id>/documents/<slug:material>/",
        answer.upload_for_offer,
        name="upload-for-offer",
    ),
    path("documents/<uuid:pk>/", case.document, name="document"),
    path("documents/<uuid:pk>/remove/", form.remove_document, name="remove-document"),
]
