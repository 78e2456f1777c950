"""Lunch: the shops fill within minutes, everybody pays, and at two it is quiet again."""

from loadtests import shapes
from loadtests.users import holder, metro, shopping, staff


class Holder(holder.Holder):
    weight = 50


class QrMerchant(shopping.QrMerchant):
    weight = 25


class CodeMerchant(shopping.CodeMerchant):
    weight = 20


class MetroGate(metro.MetroGate):
    weight = 3


class Treasurer(staff.Treasurer):
    weight = 1


class Approver(staff.Approver):
    weight = 1


class AdminReader(staff.AdminReader):
    weight = 1


class LunchRush(shapes.Profile):
    points = ((0.0, 0.2), (0.15, 0.3), (0.35, 1.0), (0.75, 1.0), (1.0, 0.2))
