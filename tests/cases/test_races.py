"""Two people at once: one wins, the other reads that it was handled, nothing happens twice.

Each race is run with the row locks taken out as well, to show that it is one: both acts read the
old state before either writes.
"""

from collections.abc import Callable
from contextlib import suppress
from threading import Barrier, BrokenBarrierError, Thread, current_thread, main_thread
from typing import Any

import pytest
from django.db import connection
from django.db.models import QuerySet

from cases import intake, moves, review
from cases.models import Case, WorkItem
from portal.accounts.models import Role, User
from portal.core import clock
from portal.core.ledger import Event
from tests.cases.conftest import MONDAY, item, make_user

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("monday")]

Make = Callable[..., Case]
Officers = dict[str, User]


@pytest.fixture(params=[True, False], ids=["locked", "without locks"])
def locked(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> bool:
    """Hold both acts between reading and writing; with the lock on, only one gets that far."""
    both_have_read = Barrier(2)
    move = moves.move
    # With the lock on, the second never comes; without it, it may take its time on a busy machine.
    patience = 0.5 if request.param else 20

    def move_together(*args: Any, **kwargs: Any) -> None:
        with suppress(BrokenBarrierError):  # broken: the other one waits for the lock
            if current_thread() is not main_thread():
                both_have_read.wait(timeout=patience)
        move(*args, **kwargs)

    for module in (intake, review):
        monkeypatch.setattr(module, "move", move_together)
    if not request.param:
        monkeypatch.setattr(QuerySet, "select_for_update", lambda self, **kwargs: self)
    return bool(request.param)


def in_parallel(*acts: Callable[[], object]) -> list[str]:
    """Run acts in threads that start together; return what came of each, as type names."""
    start, outcomes = Barrier(len(acts)), [""] * len(acts)

    def run(number: int) -> None:
        with clock.at(MONDAY):
            start.wait()
            try:
                outcomes[number] = type(acts[number]()).__name__
            except Exception as error:
                outcomes[number] = type(error).__name__
            finally:
                connection.close()

    threads = [Thread(target=run, args=(number,)) for number in range(len(acts))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sorted(outcomes)


def written(kind: str) -> int:
    return Event.objects.filter(kind=kind).count()


def test_two_officers_claim_one_work_item(accepted: Make, officers: Officers, locked: bool) -> None:
    work_item = item(accepted("P01"), "P01")
    second = make_user("second", Role.OFFICER, officers["D01"].department)

    outcomes = in_parallel(
        *(
            lambda officer=officer: review.claim(work_item_id=work_item.pk, officer=officer)
            for officer in (officers["D01"], second)
        )
    )

    assert outcomes == (["AlreadyHandled", "WorkItem"] if locked else ["WorkItem", "WorkItem"])
    assert written("work_item.claimed") == (1 if locked else 2)


def test_one_decision_in_two_windows(accepted: Make, officers: Officers, locked: bool) -> None:
    work_item = item(accepted("P01"), "P01")
    WorkItem.objects.filter(pk=work_item.pk).update(
        state="handling", claimed_by=officers["D01"], claimed_at=MONDAY
    )
    mine = {"work_item_id": work_item.pk, "officer": officers["D01"]}

    outcomes = in_parallel(
        lambda: review.approve(**mine, result_number="第 1 号"),
        lambda: review.refuse(**mine, reasons="不符合条件。", legal_basis="办事指南"),
    )

    decided = written("work_item.approved") + written("work_item.refused")
    assert outcomes == (["AlreadyHandled", "WorkItem"] if locked else ["WorkItem", "WorkItem"])
    assert decided == (1 if locked else 2)


def test_a_form_sent_twice_makes_one_case(draft: Make, talent: User, locked: bool) -> None:
    case = draft("P01")

    outcomes = in_parallel(
        *[lambda: intake.submit(case_id=case.pk, actor=talent, answers={}, signed=True)] * 2
    )

    # Without the lock the unique constraint on shared requests is what is left.
    assert outcomes == (["Case", "Case"] if locked else ["Case", "IntegrityError"])
    assert written("case.submitted") == 1


def test_two_clerks_accept_one_case(submitted: Make, clerk: User, locked: bool) -> None:
    case = submitted("P01")
    second = make_user("second", Role.CLERK)

    outcomes = in_parallel(
        *(
            lambda clerk=clerk: intake.accept(case_id=case.pk, clerk=clerk)
            for clerk in (clerk, second)
        )
    )

    # Without the lock the unique constraint on (case, item) is what is left.
    assert outcomes == (["AlreadyHandled", "Case"] if locked else ["Case", "IntegrityError"])
    assert written("case.accepted") == 1


def test_two_predecessors_decided_at_once_release_the_dependant(
    accepted: Make, officers: Officers
) -> None:
    case = accepted("P01", "P03", "P05", settle_type="人才市场集体户")
    both = [item(case, code) for code in ("P01", "P05")]
    for work_item in both:
        review.claim(work_item_id=work_item.pk, officer=officers["D01"])

    in_parallel(
        *(
            lambda pk=work_item.pk: review.approve(
                work_item_id=pk, officer=officers["D01"], result_number="第 1 号"
            )
            for work_item in both
        )
    )

    assert item(case, "P03").state == "ready"


def test_the_last_two_decisions_at_once_complete_the_case(
    accepted: Make, officers: Officers
) -> None:
    case = accepted("P01", "P05")
    for code in ("P01", "P05"):
        review.claim(work_item_id=item(case, code).pk, officer=officers["D01"])

    in_parallel(
        *(
            lambda code=code: review.approve(
                work_item_id=item(case, code).pk, officer=officers["D01"], result_number="1"
            )
            for code in ("P01", "P05")
        )
    )

    assert Case.objects.get(pk=case.pk).state == "completed"
    assert written("case.completed") == 1
