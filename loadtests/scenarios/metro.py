"""A weekday's morning: gates upload taps, fares are charged meanwhile, commuters buy coffee."""

from loadtests import shapes
from loadtests.users import holder, metro, shopping


class MetroGate(metro.MetroGate):
    weight = 50


class Coffee(shopping.CodeMerchant):
    weight = 20


class Holder(holder.Holder):
    weight = 30


class MorningPeak(shapes.Profile):
    points = ((0.0, 0.1), (0.5, 1.0), (0.7, 1.0), (1.0, 0.3))
