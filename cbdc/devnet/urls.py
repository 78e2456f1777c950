"""Paths of the development network alone (API.md, "Devnet only")."""

from django.http import HttpRequest, HttpResponse
from django.urls import path

from cbdc.api.answers import Answer, render
from cbdc.devnet.seeding import seeded


def seed(request: HttpRequest) -> HttpResponse:
    """What was seeded at this institution."""
    return render(Answer(200, seeded()))


urlpatterns = [path("seed", seed)]
