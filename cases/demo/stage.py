"""Playing the sample cases: the real verbs in turn, on a business clock held in the past.

What happens is put in one queue by its instant, so numbers, events and messages of all cases come
in the order in which they would have come. The sweep runs in between, as the beat would.
"""

import heapq
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from itertools import count
from random import Random
from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import transaction

from cases import (
    application,
    calendar,
    cards,
    drafting,
    intake,
    responses,
    review,
    shared_data,
    uploads,
)
from cases.demo import pages
from cases.demo.people import Person, answers
from cases.demo.samples import CLAIMED, Desk, Sample
from cases.models import Card, Case, Offer, OfferState, WorkItem, WorkItemState
from cases.sweep import sweep
from cases.working_time import Calendar, civil_day
from policies.models import OneThing
from portal.accounts.demo import DEPARTMENTS, make_demo_accounts
from portal.accounts.models import Role, User
from portal.core import clock

SEED = 2026
SWEPT_AT = (time(9, 1), time(13, 31), time(17, 31))
GAP = {"kind": "material", "reason": "材料扫描不清晰，请重新上传清晰完整的文件。"}
REFUSED_AT_WINDOW = (
    "申请人的毕业时间不在本事项的受理范围内。",
    "《“一件事”办事指南》受理条件第二款",
)

Happening = Callable[[], None]


@dataclass
class Played:
    """One sample on stage: its row, and the work items whose way is already arranged."""

    sample: Sample
    case_id: Any = None
    arranged: set[int] = field(default_factory=set)


def play(samples: Sequence[Sample]) -> int:
    """Make the sample cases up to now and return how many; all or none."""
    with transaction.atomic():
        Stage(clock.now(), calendar.current()).play(samples)
    return len(samples)


class Stage:
    """The queue of what is still to happen, and the people who do it."""

    def __init__(self, now: datetime, working_days: Calendar) -> None:
        self.now, self.today = now, civil_day(now)
        self.calendar = working_days
        self.random = Random(SEED)  # noqa: S311 - times of day
        self.order = count()
        self.queue: list[tuple[datetime, int, Happening]] = []
        self.staff = make_demo_accounts()
        self.applicants: dict[int, User] = {}
        self.one_thing = OneThing.objects.select_related("current").get(slug="hangzhou")
        self.catalogue = self.one_thing.catalogue
        self.played: list[Played] = []

    def play(self, samples: Sequence[Sample]) -> None:
        for sample in samples:
            self._file(Played(sample))
        for instant in self._sweeps(max(sample.filed for sample in samples)):
            self._at(instant, self._sweep)
        while self.queue:
            instant, _, happening = heapq.heappop(self.queue)
            with clock.at(instant):
                happening()

    def _at(self, instant: datetime, happening: Happening) -> None:
        """Put something in the queue, unless it would be in the future."""
        if instant < self.now:
            heapq.heappush(self.queue, (instant, next(self.order), happening))

    def _later(self, days: int) -> datetime:
        """Return an instant some working days after the present one; a while later for none."""
        present = clock.now()
        if days == 0:
            soon = present + timedelta(minutes=self.random.randint(20, 55))
            if soon < self.calendar.closing(civil_day(soon)) and self.calendar.is_working(
                civil_day(soon)
            ):
                return soon
            days = 1
        return self._moment(self.calendar.add(civil_day(present), days))

    def _moment(self, day: date) -> datetime:
        minutes = self.random.choice((self.random.randint(10, 170), self.random.randint(280, 400)))
        return self.calendar.opening(day) + timedelta(minutes=minutes)

    def _sweeps(self, days: int) -> Iterator[datetime]:
        for back in range(days, -1, -1):
            day = self.calendar.add(self.today, -back)
            yield from (self.calendar.at(day, moment) for moment in SWEPT_AT)

    def _sweep(self) -> None:
        if sweep(now=clock.now()).failed:
            raise RuntimeError("A sweep could not settle some rows.")
        self._arrange_desks()
        if clock.now().hour == SWEPT_AT[0].hour:
            self._acknowledge()

    def _acknowledge(self) -> None:
        """Let leaders see what was issued on earlier days, except some cards."""
        morning = self.calendar.opening(civil_day(clock.now()))
        unseen = Card.objects.filter(seen_at=None, issued_at__lt=morning)
        for card in unseen.select_related("work_item__department"):
            if card.pk % 3:
                leader = self._staff_of(card.work_item, "00")
                cards.acknowledge(card_id=card.pk, officer=leader)

    # ---- the applicant ------------------------------------------------------------------------

    def _applicant(self, number: int) -> User:
        if number not in self.applicants:
            person = Person(number)
            self.applicants[number] = self.staff.get(person.phone) or User.objects.create(
                username=f"sample{number:03d}",
                role=Role.TALENT,
                full_name=person.name,
                phone=person.phone,
                phone_verified=True,
            )
        return self.applicants[number]

    def _file(self, played: Played) -> None:
        self.played.append(played)
        day = self.calendar.add(self.today, -played.sample.filed)
        self._at(self._moment(day), lambda: self._begin(played))

    def _begin(self, played: Played) -> None:
        sample, applicant = played.sample, self._applicant(played.sample.person)
        case = drafting.start(
            applicant=applicant,
            one_thing=self.one_thing,
            kind=sample.kind,
            codes=sample.items,
            existing=sample.existing,
        )
        played.case_id = case.pk
        given = self._answers(case, sample)
        if sample.draft:
            half = dict(list(given.items())[: len(given) // 2])
            drafting.save(case_id=case.pk, actor=applicant, answers=half)
            return
        case = drafting.save(case_id=case.pk, actor=applicant, answers=given)
        self._upload(case, applicant)
        intake.submit(case_id=case.pk, actor=applicant, answers=given, signed=True)
        shared_data.drain(limit=100)
        self._arrange_window(played)

    def _answers(self, case: Case, sample: Sample) -> dict[str, Any]:
        asked = {element.code: element for element in self.catalogue.fields_of(case.item_codes)}
        return answers(Person(sample.person), sample.kind, asked, clock.today())

    def _upload(self, case: Case, applicant: User, codes: Sequence[str] = ()) -> None:
        wanted = codes or [needed.code for needed in application.merged_form(case).required_uploads]
        for code in wanted:
            uploads.add_document(
                case=case, actor=applicant, material_code=code, upload=self._page(code)
            )

    def _page(self, code: str) -> SimpleUploadedFile:
        material = self.catalogue.materials[code]
        if material.pixels:
            return SimpleUploadedFile("证件照.jpg", pages.portrait(), "image/jpeg")
        return SimpleUploadedFile(f"{material.name[:20]}.pdf", pages.page(), "application/pdf")

    # ---- the window -----------------------------------------------------------------------------

    def _arrange_window(self, played: Played) -> None:
        sample = played.sample
        steps = (
            (sample.asked, self._ask),
            (sample.refused, self._refuse),
            (sample.accepted, self._accept),
            (sample.withdrawn, self._withdraw),
        )
        for days, step in steps:
            if days is not None:
                self._at(self._later(days), lambda step=step: step(played))  # type: ignore[misc]

    def _clerk(self, played: Played) -> User:
        return self.staff["window01" if played.sample.person % 2 else "window02"]

    def _ask(self, played: Played) -> None:
        case = Case.objects.get(pk=played.case_id)
        needed = application.merged_form(case).required_uploads[-1]
        gap = {**GAP, "code": needed.code, "name": needed.material.name}
        intake.ask(case_id=case.pk, clerk=self._clerk(played), gaps=[gap])  # type: ignore[list-item]
        if played.sample.answered is not None:
            self._at(self._later(played.sample.answered), lambda: self._answer(played, needed.code))

    def _answer(self, played: Played, code: str) -> None:
        applicant = self._applicant(played.sample.person)
        self._upload(Case.objects.get(pk=played.case_id), applicant, [code])
        intake.answer(case_id=played.case_id, actor=applicant, answers={})

    def _refuse(self, played: Played) -> None:
        reasons, basis = REFUSED_AT_WINDOW
        intake.refuse(
            case_id=played.case_id, clerk=self._clerk(played), reasons=reasons, legal_basis=basis
        )

    def _accept(self, played: Played) -> None:
        intake.accept(case_id=played.case_id, clerk=self._clerk(played))
        self._arrange_desks()

    def _withdraw(self, played: Played) -> None:
        intake.withdraw(case_id=played.case_id, actor=self._applicant(played.sample.person))

    # ---- the departments ------------------------------------------------------------------------

    def _staff_of(self, work_item: WorkItem, seat: str) -> User:
        stem, _ = DEPARTMENTS[work_item.department.code]
        return self.staff[f"{stem}{seat}"]

    def _arrange_desks(self) -> None:
        """Arrange what is done with every item that has come to a desk since the last look."""
        by_case = {played.case_id: played for played in self.played}
        ready = WorkItem.objects.filter(state=WorkItemState.READY, case__in=by_case.keys() - {None})
        for work_item in ready.order_by("pk"):
            played = by_case[work_item.case_id]
            desk = played.sample.desks.get(work_item.item_code)
            if desk and work_item.pk not in played.arranged:
                played.arranged.add(work_item.pk)
                self._arrange(played, work_item.pk, desk)

    def _arrange(self, played: Played, pk: int, desk: Desk) -> None:
        claim = self._later(0)
        self._at(claim, lambda: self._claim(pk))
        if desk != CLAIMED:
            with clock.at(claim):
                act = self._later(desk.after)
            self._at(act, lambda: self._act(played, pk, desk))

    def _claim(self, pk: int) -> None:
        work_item = WorkItem.objects.select_related("department").get(pk=pk)
        if work_item.state == WorkItemState.READY:
            officer = self._staff_of(work_item, "01" if pk % 2 else "02")
            review.claim(work_item_id=pk, officer=officer)

    def _act(self, played: Played, pk: int, desk: Desk) -> None:
        work_item = WorkItem.objects.select_related("claimed_by").get(pk=pk)
        officer = work_item.claimed_by
        if work_item.state != WorkItemState.HANDLING or officer is None:
            return
        match desk.act:
            case "approve":
                self._approve(pk, officer)
            case "refuse":
                review.refuse(
                    work_item_id=pk, officer=officer, reasons=desk.reason, legal_basis=desk.basis
                )
                self._arrange_offer(played)
            case "ask":
                self._ask_applicant(played, work_item, officer, desk)
            case "pause":
                self._pause(pk, officer, desk)
        self._arrange_desks()

    def _approve(self, pk: int, officer: User) -> None:
        work_item = WorkItem.objects.select_related("department").get(pk=pk)
        if work_item.state == WorkItemState.HANDLING:
            year, short = clock.today().year, work_item.department.short_name[1:3]
            number = f"杭{short}〔{year}〕{1000 + pk}号"
            review.approve(work_item_id=pk, officer=officer, result_number=number)
            self._arrange_desks()

    def _pause(self, pk: int, officer: User, desk: Desk) -> None:
        expected = {"publicity": 5, "expert_review": 10}.get(desk.reason, 8)
        review.pause(
            work_item_id=pk, officer=officer, reason=desk.reason, note="", expected_days=expected
        )
        if desk.lasting is not None:
            self._at(self._later(desk.lasting), lambda: self._resume(pk, officer, desk))

    def _resume(self, pk: int, officer: User, desk: Desk) -> None:
        review.resume(work_item_id=pk, officer=officer)
        if desk.finish is not None:
            self._at(self._later(desk.finish), lambda: self._approve(pk, officer))

    def _ask_applicant(
        self, played: Played, work_item: WorkItem, officer: User, desk: Desk
    ) -> None:
        code = {"P08": "M06", "P01": "M03"}.get(work_item.item_code, "M04")
        name = self.catalogue.materials[code].name
        gap: Any = {"kind": "material", "code": code, "name": name, "reason": desk.reason}
        review.ask(work_item_id=work_item.pk, officer=officer, gaps=[gap])
        if desk.lasting is not None:
            self._at(
                self._later(desk.lasting),
                lambda: self._supplement(played, work_item.pk, code, officer, desk),
            )

    def _supplement(self, played: Played, pk: int, code: str, officer: User, desk: Desk) -> None:
        applicant = self._applicant(played.sample.person)
        self._upload(Case.objects.get(pk=played.case_id), applicant, [code])
        responses.answer_department(work_item_id=pk, actor=applicant, answers={})
        if desk.finish is not None:
            self._at(self._later(desk.finish), lambda: self._approve(pk, officer))

    def _arrange_offer(self, played: Played) -> None:
        sample = played.sample
        if sample.take_offer is not None:
            self._at(self._later(sample.take_offer), lambda: self._choose(played, take=True))
        if sample.decline_offer is not None:
            self._at(self._later(sample.decline_offer), lambda: self._choose(played, take=False))

    def _choose(self, played: Played, *, take: bool) -> None:
        applicant = self._applicant(played.sample.person)
        offer = Offer.objects.filter(case=played.case_id, state=OfferState.OPEN).first()
        if offer is None:
            return
        if not take:
            responses.decline_offer(offer_id=offer.pk, actor=applicant)
            return
        asked = {element.code: element for element in self.catalogue.fields_of([offer.item_code])}
        given = answers(Person(played.sample.person), "person", asked, clock.today())
        responses.take_offer(offer_id=offer.pk, actor=applicant, answers=given)
        self._arrange_desks()
