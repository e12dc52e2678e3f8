"""Addresses of supervision (监督)."""

from django.urls import path

from cases.supervision import acts, views

urlpatterns = [
    path("supervision/", views.overview_page, name="supervision"),
    path("supervision/work-items/", views.work_items, name="supervision-work-items"),
    path("supervision/cases/", views.cases, name="supervision-cases"),
    path("supervision/trends/", views.trends_page, name="supervision-trends"),
    path("supervision/bottlenecks/", views.bottlenecks, name="supervision-bottlenecks"),
    path("supervision/stages/", views.stages, name="supervision-stages"),
    path("supervision/hours/", views.hours, name="supervision-hours"),
    path("supervision/screen/", views.screen_page, name="supervision-screen"),
    path("supervision/excel/<slug:page>/", views.excel, name="supervision-excel"),
    path("supervision/cases/<uuid:pk>/", acts.case, name="supervision-case"),
    path("supervision/cases/<uuid:pk>/urge/", acts.urge, name="urge"),
    path("supervision/cards/<int:pk>/revoke/", acts.revoke, name="revoke-card"),
    path("supervision/urgings/", acts.urgings, name="urgings"),
]
