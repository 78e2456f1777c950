"""An ordinary hour, the same from beginning to end: what a machine holds for long."""

from loadtests import shapes
from loadtests.users import holder, metro, shopping, staff


class Holder(holder.Holder):
    weight = 70


class QrMerchant(shopping.QrMerchant):
    weight = 15


class CodeMerchant(shopping.CodeMerchant):
    weight = 10


class MetroGate(metro.MetroGate):
    weight = 3


class Treasurer(staff.Treasurer):
    weight = 1


class Approver(staff.Approver):
    weight = 1


class AdminReader(staff.AdminReader):
    weight = 1


class Steady(shapes.Profile):
    points = ((0.0, 0.2), (0.1, 1.0), (1.0, 1.0))
