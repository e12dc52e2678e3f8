"""Tallies (汇总): counts of work items kept up to date, so that no page counts a million rows.

Database triggers append one `TallyDelta` per move of a work item (in the same transaction, locking
nothing); beat folds them into the three tables. What a page reads is table plus deltas, so it is
exact. See cases.supervision.tallies, and docs/adr for why rows are never updated in place.
"""

from django.db import models


class Dimensions(models.Model):
    """What work items are counted by. Plain numbers: the rows they mean are never deleted."""

    one_thing_id = models.BigIntegerField()
    department_id = models.BigIntegerField()
    item_code = models.CharField(max_length=16)
    district = models.CharField(max_length=6, blank=True, default="")

    class Meta:
        abstract = True


class StandingTally(Dimensions):
    """How many work items stand where now: waiting, normal, yellow, red, paused, applicant."""

    status = models.CharField(max_length=10)
    count = models.IntegerField(default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["one_thing_id", "department_id", "item_code", "district", "status"],
                name="cases_standingtally_once",
            )
        ]

    def __str__(self) -> str:
        return f"{self.item_code} {self.status}"


class DailyTally(Dimensions):
    """What was begun and decided on one day in Asia/Shanghai; `net` and `promised` are sums."""

    day = models.DateField()
    started = models.IntegerField(default=0)
    decided = models.IntegerField(default=0)
    late = models.IntegerField(default=0)
    late_at_window = models.IntegerField(default=0)
    promised = models.IntegerField(default=0)
    net = models.FloatField(default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["day", "one_thing_id", "department_id", "item_code", "district"],
                name="cases_dailytally_once",
            )
        ]

    def __str__(self) -> str:
        return f"{self.day} {self.item_code}"


class NetTally(models.Model):
    """A day's decided items by net working days, rounded up: percentiles come from it."""

    day = models.DateField()
    one_thing_id = models.BigIntegerField()
    department_id = models.BigIntegerField()
    item_code = models.CharField(max_length=16)
    days = models.PositiveSmallIntegerField()
    count = models.IntegerField(default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["day", "one_thing_id", "department_id", "item_code", "days"],
                name="cases_nettally_once",
            )
        ]

    def __str__(self) -> str:
        return f"{self.day} {self.item_code} {self.days}"


class TallyDelta(Dimensions):
    """A move that is not folded yet: `count` work items went from standing `was` to `status`.

    `started_on` and `decided_on` say that a clock began or a decision fell with it. A negative
    count takes a move back. `promised` and `net` are sums over the decided ones.
    """

    was = models.CharField(max_length=10, blank=True, default="")
    status = models.CharField(max_length=10, blank=True, default="")
    count = models.IntegerField(default=0)
    started_on = models.DateField(null=True)
    decided_on = models.DateField(null=True)
    days = models.PositiveSmallIntegerField(null=True)
    late = models.CharField(max_length=10, blank=True, default="")
    promised = models.IntegerField(default=0)
    net = models.FloatField(default=0)

    def __str__(self) -> str:
        return f"{self.item_code} {self.was} → {self.status}"
