"""What is known of a subject: its holder's page, and the pages of staff."""

from django.urls import path

from policies.views import fact_desk, facts

urlpatterns = [
    path("my-facts/<str:kind>/", facts.mine, name="my-facts"),
    path("my-facts/<str:kind>/ask/", facts.ask, name="my-facts-ask"),
    path("subjects/", fact_desk.index, name="subjects"),
    path("subjects/find/", fact_desk.find, name="subject-find"),
    path("subjects/<int:pk>/", fact_desk.subject, name="subject"),
    path("subjects/<int:pk>/<str:code>/", fact_desk.entry, name="subject-fact"),
    path("subjects/<int:pk>/<str:code>/withdraw/", fact_desk.withdraw, name="subject-withdraw"),
    path("subjects/<int:pk>/<str:code>/read/", fact_desk.read, name="subject-read"),
    path("subjects/<int:pk>/<str:code>/proof/", fact_desk.proof, name="subject-proof"),
]
