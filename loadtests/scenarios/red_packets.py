"""New Year's Eve: at midnight everybody sends red packets at once, to people of any bank."""

from loadtests import shapes
from loadtests.users import holder


class Giver(holder.Giver):
    pass


class Midnight(shapes.Profile):
    points = ((0.0, 0.1), (0.4, 0.1), (0.4, 1.0), (0.6, 1.0), (1.0, 0.2))
    rises_in_s = 2.0
