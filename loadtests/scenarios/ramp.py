"""More and more people pay, until the platform fails: the highest rate that it held."""

from loadtests import shapes
from loadtests.users import holder


class Holder(holder.Holder):
    pass


class Ramp(shapes.Ramp):
    steps = 10
