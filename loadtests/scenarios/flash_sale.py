"""One merchant sells one thing at one moment, and everybody wants it."""

from loadtests import shapes
from loadtests.users import holder, shopping


class Buyer(shopping.FlashSaleBuyer):
    weight = 90


class Holder(holder.Holder):
    weight = 10


class DoorsOpen(shapes.Profile):
    points = ((0.0, 0.05), (0.2, 0.05), (0.2, 1.0), (0.8, 1.0), (1.0, 0.1))
    rises_in_s = 2.0
