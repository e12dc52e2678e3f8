"""The addresses of joint handling, one module per group of people."""

from cases.urls import (
    alerts,
    analysis,
    bulletins,
    maturity,
    navigator,
    papers,
    potential,
    recommending,
    supervision,
    talent,
    window,
)

app_name = "cases"
urlpatterns = [
    *talent.urlpatterns,
    *window.urlpatterns,
    *supervision.urlpatterns,
    *bulletins.urlpatterns,
    *papers.urlpatterns,
    *alerts.urlpatterns,
    *maturity.urlpatterns,
    *recommending.urlpatterns,
    *navigator.urlpatterns,
    *potential.urlpatterns,
    *analysis.urlpatterns,
]
