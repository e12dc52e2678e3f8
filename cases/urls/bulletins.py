"""Addresses of the monthly bulletin (月度通报)."""

from django.urls import path

from cases.supervision import bulletin_views as views

urlpatterns = [
    path("supervision/bulletins/", views.bulletins, name="bulletins"),
    path("supervision/bulletins/draft/", views.draft, name="bulletin-draft"),
    path("supervision/bulletins/<int:pk>/", views.bulletin, name="bulletin"),
    path("supervision/bulletins/<int:pk>/text/", views.text, name="bulletin-text"),
    path("supervision/bulletins/<int:pk>/publish/", views.publish, name="bulletin-publish"),
    path("supervision/bulletins/<int:pk>/send/", views.send, name="bulletin-send"),
    path("supervision/bulletins/<int:pk>/correct/", views.correct, name="bulletin-correct"),
    path("supervision/bulletins/<int:pk>/discard/", views.discard, name="bulletin-discard"),
    path("supervision/bulletins/<int:pk>/bulletin.pdf", views.pdf, name="bulletin-pdf"),
    path("supervision/bulletins/<int:pk>/bulletin.xlsx", views.excel, name="bulletin-excel"),
]
