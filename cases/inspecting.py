"""What joint handling makes of an inspection: parked items that are ripe, and recommendations."""

from django.db import transaction

from cases import maturity, recommending
from policies import inspection
from policies.inspection import Changes
from policies.models import Inspection
from portal.core import clock


def inspect(*, full: bool = False) -> Inspection:
    """Inspect everyone where that is needed, and follow up what came of facts and of time."""
    return inspection.inspect(clock.today(), full=full, tell=follow_up)


def inspect_where_due() -> Inspection | None:
    """Do the same once for each new day, and when a policy was published or came into force."""
    return inspect() if inspection.is_due(clock.today()) else None


@transaction.atomic
def inspect_next() -> bool:
    """Take the next changed subjects and tell whether there were any; they come back where anything
    of this fails."""
    changes = inspection.inspect_changed()
    if changes.subject_ids:
        follow_up(changes)
    return bool(changes.subject_ids)


def follow_up(changes: Changes) -> None:
    """Judge what was put aside anew, as a new version may have another day; then recommend."""
    others = {subject_id for subject_id, _ in (*changes.gained, *changes.lost)}
    maturity.reconsider({*changes.subject_ids, *others})
    recommending.react(changes)
