"""Caps: nobody pays more than the day's cap in a day, nor the week's cap in a week."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import replace
from datetime import date

from wallets.transit.domain.days import Tariff, week_of
from wallets.transit.domain.journeys import Journey
from wallets.transit.domain.steps import Kind, Step


def capped(journeys: Iterable[Journey], tariff: Tariff) -> list[Journey]:
    """One rider's journeys in order, each charged what the caps leave.

    A day's charges are the sum of its fares, or the day's cap, or what was left of the week's
    cap: the least of them. Caps are those of the day's table.
    """
    by_day: defaultdict[date, int] = defaultdict(int)
    by_week: defaultdict[date, int] = defaultdict(int)
    charged: list[Journey] = []
    for journey in journeys:
        day, week = journey.day, week_of(journey.day)
        table = tariff.table_of(day)
        limits = (
            (Kind.DAILY_CAP, "cap reached", table.daily_cap - by_day[day]),
            (Kind.WEEKLY_CAP, "week's cap reached", table.weekly_cap - by_week[week]),
        )
        steps, due = journey.steps, journey.charged
        for kind, reason, left in limits:
            above = due - max(left, 0)
            if above > 0:
                steps, due = (*steps, Step(kind, -above, reason)), due - above
        by_day[day] += due
        by_week[week] += due
        charged.append(replace(journey, steps=steps))
    return charged
