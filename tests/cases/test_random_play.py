"""Random decisions played through the real verbs: whatever happens, nothing waits for ever."""

import contextlib
import random
from collections import Counter, defaultdict
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied

from cases import intake, responses, review
from cases.errors import AlreadyHandled, Incomplete
from cases.models import (
    Card,
    Case,
    CaseState,
    Edge,
    Offer,
    OfferState,
    Suspension,
    WorkItem,
    WorkItemState,
)
from cases.models.work_item import DECIDED, ON_DESK, RUNNING
from cases.sweep import sweep
from policies.schema import Catalogue
from portal.accounts.models import User
from portal.core.ledger import Event
from tests.cases.conftest import MONDAY
from tests.cases.people import ENTERPRISE, GRADUATE, GRADUATE_ID
from tests.fixtures.guards import Clock

pytestmark = pytest.mark.django_db

Make = Callable[..., Case]
REFUSABLE = (AlreadyHandled, Incomplete, PermissionDenied)
GAPS = [{"kind": "field", "code": "p_address", "name": "住址", "reason": "请补充门牌号。"}]
ANSWERS = {"qualify_route": "本科及以上", "residence_reg_no": "330106202600001"}
ENDS = ("approved", "refused", "closed", "withdrawn")


class Play:
    """Two cases of linked people, and everybody who may do something to them."""

    def __init__(self, seed: int, cases: list[Case], officers: dict[str, User], hand: Clock):
        self.dice, self.cases, self.officers, self.hand = random.Random(seed), cases, officers, hand
        self.now = MONDAY

    def step(self) -> None:
        move = self.dice.choice(
            [self.claim, self.approve, self.refuse, self.pause, self.resume, self.ask]
            + [self.answer, self.take, self.decline, self.sweep, self.wait, self.claim]
            + [self.withdraw] * (self.dice.random() < 0.1)
        )
        with contextlib.suppress(*REFUSABLE):
            move()

    def finish(self) -> None:
        """Decide whatever is left, as departments do in the end."""
        for _ in range(80):
            self.now += timedelta(days=3)
            self.hand.set(self.now)
            sweep()
            for item in self.items().filter(state__in=ON_DESK):
                for verb in (
                    self.claim,
                    self.resume,
                    self.dice.choice([self.approve, self.refuse]),
                ):
                    with contextlib.suppress(*REFUSABLE):
                        verb(WorkItem.objects.get(pk=item.pk))
            if not Case.objects.filter(state=CaseState.ACCEPTED).exists():
                return

    def items(self) -> Any:
        return WorkItem.objects.filter(case__in=self.cases).order_by("pk")

    def any_item(self) -> WorkItem:
        on_desk = list(self.items().filter(state__in=ON_DESK))
        if on_desk and self.dice.random() < 0.9:
            return self.dice.choice(on_desk)
        return self.dice.choice(list(self.items()))

    def by(self, item: WorkItem) -> dict[str, Any]:
        return {"work_item_id": item.pk, "officer": self.officers[item.department.code]}

    def claim(self, item: WorkItem | None = None) -> None:
        review.claim(**self.by(item or self.any_item()))

    def approve(self, item: WorkItem | None = None) -> None:
        review.approve(**self.by(item or self.any_item()), result_number="示例〔2026〕1 号")

    def refuse(self, item: WorkItem | None = None) -> None:
        review.refuse(
            **self.by(item or self.any_item()), reasons="不符合条件。", legal_basis="指南"
        )

    def pause(self) -> None:
        review.pause(**self.by(self.any_item()), reason="hearing", note="", expected_days=3)

    def resume(self, item: WorkItem | None = None) -> None:
        review.resume(**self.by(item or self.any_item()))

    def ask(self) -> None:
        review.ask(**self.by(self.any_item()), gaps=GAPS)

    def answer(self) -> None:
        item = self.any_item()
        reason = Suspension.objects.filter(work_item=item, ended_at=None).first()
        responses.answer_department(
            work_item_id=item.pk, actor=item.case.applicant, answers={"p_address": "新址 2 号"}
        )
        assert reason and reason.reason == "supplement", "an answer ended another pause"

    def take(self) -> None:
        if offer := self.an_offer():
            responses.take_offer(offer_id=offer.pk, actor=offer.case.applicant, answers=ANSWERS)

    def decline(self) -> None:
        if offer := self.an_offer():
            responses.decline_offer(offer_id=offer.pk, actor=offer.case.applicant)

    def an_offer(self) -> Offer | None:
        return Offer.objects.order_by("state", "pk").last() if self.dice.random() < 0.7 else None

    def withdraw(self) -> None:
        case = self.dice.choice(self.cases)
        intake.withdraw(case_id=case.pk, actor=case.applicant)

    def sweep(self) -> None:
        assert sweep().failed == 0

    def wait(self) -> None:
        self.now += timedelta(hours=self.dice.choice([1, 5, 30, 80, 200]))
        self.hand.set(self.now)

    def check(self) -> None:
        """Assert what must hold after every step."""
        items = {item.pk: item for item in self.items().select_related("case")}
        needed = defaultdict(list)
        for edge in Edge.objects.order_by("pk"):
            needed[edge.dependant_id].append(items[edge.predecessor_id])
        for item in items.values():
            self.check_item(item, needed[item.pk])
        for case in Case.objects.filter(pk__in=[case.pk for case in self.cases]):
            has_work = any(item.is_open for item in items.values() if item.case_id == case.pk)
            offers = Offer.objects.filter(case=case, state=OfferState.OPEN)
            assert case.is_open == has_work, f"{case.applicant_kind} {case.state}"
            assert case.is_open or not offers, "an open offer in a closed case"
        self.check_events(items)

    def check_item(self, item: WorkItem, needed: list[WorkItem]) -> None:
        offered = Offer.objects.filter(case=item.case_id, state=OfferState.OPEN).exists()
        if item.state == WorkItemState.WAITING:
            assert offered or any(one.is_open for one in needed), f"{item.item_code} waits for ever"
            assert item.check_at is None
        running = Suspension.objects.filter(work_item=item, ended_at=None).count()
        assert running == (item.state == WorkItemState.PAUSED), f"{item.item_code}: open pauses"
        assert (item.due_at is not None) == (item.state in RUNNING)
        assert (item.decided_at is not None) == (item.state in DECIDED)
        cards = Card.objects.filter(work_item=item)
        assert all(card.issued_at >= item.started_at for card in cards if item.started_at)

    def check_events(self, items: dict[int, WorkItem]) -> None:
        kinds = Counter(
            Event.objects.filter(subject__startswith="work_item:").values_list("subject", "kind")
        )
        for item in items.values():
            ends = {end: kinds[item.subject, f"work_item.{end}"] for end in ENDS}
            assert ends == {end: int(item.state == end) for end in ENDS}
            assert kinds[item.subject, "work_item.released"] == (item.started_at is not None)
        for case in self.cases:
            completed = Event.objects.filter(stream=case.pk, kind="case.completed").count()
            state = Case.objects.values_list("state", flat=True).get(pk=case.pk)
            assert completed == (state == CaseState.COMPLETED)


def selection(dice: random.Random, catalogue: Catalogue, applicant: str) -> list[str]:
    """Return items that may be applied for together."""
    offered = [item.code for item in catalogue.items_for(applicant)]  # type: ignore[arg-type]
    while True:
        codes = dice.sample(offered, dice.randint(1, len(offered)))
        if {"P03", "P08"} <= set(offered) and dice.random() < 0.4:
            codes = list(dict.fromkeys([*codes, "P03", "P08"]))
        if not catalogue.exclusions_among(codes):
            return codes


@pytest.mark.parametrize("seed", range(16))
def test_nothing_waits_for_ever(
    seed: int,
    submitted: Make,
    catalogue: Catalogue,
    clerk: User,
    officers: dict[str, User],
    clock: Clock,
) -> None:
    clock.set(MONDAY)
    dice = random.Random(seed)
    # With 大专 or 本科 the household registration waits for the social insurance; else not.
    education, degree = dice.choice([("21", "4"), ("31", "0"), ("14", "3"), ("14", "3")])
    settle_type = dice.choice([GRADUATE["settle_type"], "人才市场集体户"])
    answers: dict[str, Any] = {
        "person": {"p_edu": education, "p_degree": degree, "settle_type": settle_type},
        "enterprise": {"e_legal_id": GRADUATE_ID, "hires": ENTERPRISE["hires"]},
    }
    cases = []
    for applicant, changes in answers.items():
        case = submitted(*selection(dice, catalogue, applicant), **changes)
        cases.append(intake.accept(case_id=case.pk, clerk=clerk))
    play = Play(seed, cases, officers, clock)

    for _ in range(30):
        play.step()
        play.check()
    play.finish()
    play.check()

    assert not Case.objects.filter(state=CaseState.ACCEPTED).exists()
