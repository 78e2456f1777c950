"""Figures as they were, for charts over time: what no row of the business says any more."""

from django.db import models

SERIES_LENGTH_MAX = 64


class Sample(models.Model):
    """What a figure was at a moment. A task takes them (`sampling`); nothing decides by them.

    `value` is fen or a number, a level or a running total: so that rows may be thinned out.
    """

    series = models.CharField(max_length=SERIES_LENGTH_MAX)
    at = models.DateTimeField()
    value = models.BigIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["series", "at"], name="console_one_sample_a_moment"),
        ]
        indexes = [models.Index(fields=["at"], name="console_sample_age")]

    def __str__(self) -> str:
        return f"{self.series} {self.at}: {self.value}"
