"""Addresses of recommendations (主动推荐): one's own, and how they are taken up."""

from django.urls import path

from cases.views import recommending

urlpatterns = [
    path("recommendations/", recommending.recommendations, name="recommendations"),
    path("recommendations/shown/", recommending.shown, name="recommendations-shown"),
    path("recommendations/open/", recommending.open_up, name="recommendations-open"),
    path("recommendations/<int:pk>/dismiss/", recommending.dismiss, name="recommendation-dismiss"),
    path("uptake/", recommending.uptake, name="uptake"),
    path("uptake/excel/", recommending.uptake_excel, name="uptake-excel"),
]
