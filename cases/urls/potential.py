"""Addresses of the lists of people who could have a policy."""

from django.urls import path

from cases.views import potential

urlpatterns = [
    path("potential/", potential.potential, name="potential"),
    path("potential/list.xlsx", potential.potential_excel, name="potential-excel"),
    path("own-people/", potential.own_people, name="own-people"),
]
