"""One chunk of synthetic cases as rows: what the verbs would have written, table by table."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from itertools import cycle
from typing import Any
from uuid import UUID, uuid4

from django.urls import reverse

from cases import calendar, districts, issuing
from cases.deadlines import AN_INSTANT
from cases.merging import Merged
from cases.models import (
    Card,
    Case,
    CaseState,
    Document,
    Edge,
    Level,
    Limit,
    Origin,
    Rung,
    SharedRequest,
    Stage,
    Supplement,
    Suspension,
    SuspensionReason,
    WorkItem,
    WorkItemState,
)
from cases.models.work_item import RUNNING
from cases.notices import first_reminder
from cases.routing import Plan
from cases.seeding.people import Applicant, identity
from cases.seeding.rows import JSON, NULL, Numbers, Rows
from cases.seeding.stories import CaseStory, ItemStory
from cases.working_time import civil_day
from notifications import wording
from notifications.models import Channel, Message, MessageState
from policies.models import OneThing
from policies.schema import Item, Material
from policies.subjects import identity_index
from portal.accounts.models import PHONE_PURPOSE, Role, User
from portal.core.crypto import blind_index
from portal.core.ledger import Event

REASONS = "所填信息与核验结果不一致，不符合办理条件。"
BASIS = "办事指南规定的申请条件"
CLOSED = "前置事项未获准予，本事项缺少所需的前置结果，不再办理。"
GAP = {"kind": "field", "code": "p_address", "name": "联系地址", "reason": "请填写到门牌号"}


@dataclass(frozen=True, slots=True)
class Staff:
    """Primary keys of those who sign: the clerk, departments by code, their officers."""

    clerk: int
    departments: Mapping[str, int]
    officers: Mapping[str, list[int]]


@dataclass(frozen=True, slots=True)
class Samples:
    """Columns of the stored files to which all documents point."""

    page: dict[str, Any]
    picture: dict[str, Any]


class Chunk:
    """Rows of many cases, waiting to be copied in the order in which they refer to each other."""

    def __init__(self, one_thing: OneThing, staff: Staff, samples: Samples, now: datetime) -> None:
        self.one_thing, self.staff, self.samples, self.now = one_thing, staff, samples, now
        self.calendar = calendar.current()
        self.users, self.cases, self.work_items = Rows(User), Rows(Case), Rows(WorkItem)
        self.edges, self.cards = Rows(Edge, numbered=False), Rows(Card)
        self.rungs = Rows(Rung, numbered=False)
        self.suspensions = Rows(Suspension, numbered=False)
        self.supplements, self.documents = Rows(Supplement), Rows(Document)
        self.requests = Rows(SharedRequest, numbered=False)
        self.events, self.messages = Rows(Event), Rows(Message)
        self._numbers = {
            model: Numbers(model) for model in (User, WorkItem, Card, Supplement, Event)
        }
        self._officers = {code: cycle(people) for code, people in staff.officers.items()}
        self._uploads: dict[str, Callable[[Mapping[str, Any]], None]] = {}
        self._results: dict[str, Callable[[Mapping[str, Any]], None]] = {}
        self._event = self.events.shape(
            "id", "stream", "subject", "kind", "actor_id", "at", "payload", recorded_at=now
        )
        # Events of the case at hand: (instant, kind, subject, actor, payload).
        self._course: list[tuple[datetime, str, str, int | None, str]] = []

    def copy(self) -> None:
        """Write all waiting rows, referred-to tables first."""
        for rows in (
            self.users, self.cases, self.work_items, self.edges, self.cards, self.rungs,
            self.suspensions, self.supplements, self.documents, self.requests, self.events,
            self.messages,
        ):  # fmt: skip
            rows.copy()

    def add_applicant(self) -> Applicant:
        applicant = Applicant(next(self._numbers[User]))
        self.users.add(
            id=applicant.number,
            username=f"seed-{applicant.number}",
            password="!",  # noqa: S106 – unusable: applicants sign in by code
            full_name=applicant.name,
            role=Role.TALENT,
            phone=applicant.phone,
            phone_index=blind_index(applicant.phone, PHONE_PURPOSE),
            phone_verified=True,
            date_joined=self.now,
        )
        return applicant

    def add_case(
        self,
        applicant: Applicant,
        story: CaseStory,
        *,
        number: str | None,
        kind: str,
        codes: tuple[str, ...],
        answers: Mapping[str, Any],
        sealed: Mapping[str, Any],
    ) -> UUID:
        case_id = uuid4()
        refused, accepted = story.state == CaseState.REFUSED, story.accepted_at is not None
        self.cases.add(
            id=case_id,
            number=number,
            applicant_id=applicant.number,
            one_thing_id=self.one_thing.pk,
            version_id=self.one_thing.current_id,
            applicant_kind=kind,
            item_codes=list(codes),
            answers=answers,
            sealed=sealed,
            identity_index=identity_index(identity(applicant, kind)) if number else "",
            district=self._district(kind, answers) if number else "",
            state=story.state.value,
            created_at=story.created_at,
            saved_at=story.submitted_at or story.created_at,
            submitted_at=story.submitted_at,
            received_at=story.received_at,
            deemed_at=story.deemed_at,
            accepted_at=story.accepted_at,
            accepted_by_id=self.staff.clerk if accepted else None,
            promised_days=self._promised if accepted else None,
            due_at=story.due_at,
            closed_at=story.closed_at,
            reasons=REASONS if refused else "",
            legal_basis=BASIS if refused else "",
        )
        return case_id

    def _district(self, kind: str, answers: Mapping[str, Any]) -> str:
        return districts.of_applicant(kind, answers, self.one_thing.catalogue.one_thing.division)

    @property
    def _promised(self) -> int:
        return self.one_thing.catalogue.one_thing.promised_days

    def add_documents(self, case_id: UUID, owner: int, story: CaseStory, merged: Merged) -> None:
        for needed in merged.required_uploads:
            self._upload_of(needed.material)(
                {
                    "id": uuid4(),
                    "case_id": case_id,
                    "obtained_at": story.created_at,
                    "added_by_id": owner,
                }
            )
        if story.submitted_at and not story.closed_at:
            for needed in merged.shared:
                self.requests.add(
                    case_id=case_id,
                    material_code=needed.code,
                    outcome=SharedRequest.Outcome.NOTHING.value,
                    due_at=None,
                )

    def _upload_of(self, material: Material) -> Callable[[Mapping[str, Any]], None]:
        if material.code not in self._uploads:
            self._uploads[material.code] = self.documents.shape(
                "id",
                "case_id",
                "obtained_at",
                "added_by_id",
                material_code=material.code,
                title=material.name,
                origin=Origin.UPLOADED.value,
                file_name=f"{material.name}.pdf",
                **(self.samples.picture if material.pixels else self.samples.page),
            )
        return self._uploads[material.code]

    def _result_of(self, offered: Item) -> Callable[[Mapping[str, Any]], None]:
        if offered.code not in self._results:
            self._results[offered.code] = self.documents.shape(
                "id",
                "case_id",
                "work_item_id",
                "obtained_at",
                "added_by_id",
                material_code=offered.result.material or "",
                title=offered.result.name,
                origin=Origin.PRODUCED.value,
                file_name=f"{offered.result.name}.pdf",
                source=self.one_thing.catalogue.departments[offered.department].name,
                **self.samples.page,
            )
        return self._results[offered.code]

    def add_course(
        self, case_id: UUID, owner: int, number: str, story: CaseStory, route: Plan
    ) -> None:
        """Add what happened after submission: window, work items, cards, events, one message."""
        self._course = []
        self._at_window(case_id, owner, story)
        keys = {item.step.code: next(self._numbers[WorkItem]) for item in story.items}
        for item in story.items:
            self._work_item(case_id, owner, keys[item.step.code], item)
        for step in route.steps if story.items else ():
            for need in step.needs:
                for code in need.any_of:
                    self.edges.add(
                        dependant_id=keys[step.code],
                        predecessor_id=keys[code],
                        slot=need.slot,
                        strength=need.strength,
                        why=need.why,
                    )
        self._events(case_id, owner, number, story)

    def _note(
        self, at: datetime | None, kind: str, subject: str, actor: int | None, **payload: Any
    ) -> None:
        if at is not None:
            self._course.append((at, kind, subject, actor, _payload(payload)))

    def _at_window(self, case_id: UUID, owner: int, story: CaseStory) -> None:
        clerk = self.staff.clerk
        self._note(story.submitted_at, "case.submitted", "", owner)
        if story.asked_at:
            key = next(self._numbers[Supplement])
            self.supplements.add(
                id=key,
                case_id=case_id,
                gaps=[GAP],
                asked_by_id=clerk,
                asked_at=story.asked_at,
                lapses_at=story.lapses_at,
                remind_at=None if story.answered_at else self._reminder(story.lapses_at),
                answered_at=story.answered_at,
                ended_at=None if story.answered_at else story.closed_at,
            )
            self._note(story.asked_at, "case.returned", f"supplement:{key}", clerk, gaps=[])
            self._note(story.answered_at, "case.answered", f"supplement:{key}", owner)
        self._note(story.accepted_at, "case.accepted", "", clerk)
        ends = {
            CaseState.REFUSED: ("case.refused", clerk),
            CaseState.WITHDRAWN: ("case.lapsed", None),
            CaseState.COMPLETED: ("case.completed", None),
        }
        if story.state in ends:
            kind, actor = ends[story.state]
            self._note(story.closed_at, kind, "", actor)

    def _work_item(self, case_id: UUID, owner: int, key: int, item: ItemStory) -> None:
        runs, offered = item.state in RUNNING, item.step.item
        officer = next(self._officers[offered.department]) if item.claimed_at else None
        clock = item.clock if runs else None
        self.work_items.add(
            id=key,
            case_id=case_id,
            item_code=offered.code,
            item_name=offered.name,
            department_id=self.staff.departments[offered.department],
            co_departments=list(offered.co_departments),
            state=item.state.value,
            promised_days=offered.promised_days,
            statutory_days=offered.statutory_days,
            started_at=item.started_at,
            yellow_at=clock.yellow_at if clock else None,
            due_at=clock.due_at if clock else None,
            check_at=self._check_at(item) if clock else None,
            claimed_by_id=officer,
            claimed_at=item.claimed_at,
            decided_by_id=officer if item.decided_at else None,
            decided_at=item.decided_at,
            net_days=item.net_days,
            late_stage=Stage.DEPARTMENT.value if item.was_late else "",
            delivered_at=item.decided_at,
            result_name=offered.result.name,
            result_number=f"示〔{self.now.year}〕{key}号" if _is_approved(item) else "",
            reasons=_reasons(item),
            legal_basis=BASIS if item.state == WorkItemState.REFUSED else "",
        )
        self._item_course(key, officer, item)
        self._cards(key, officer, item)
        if item.pause and officer:
            self._suspension(case_id, owner, key, officer, item)
        if _is_approved(item):
            self._result(case_id, key, officer, item)

    def _check_at(self, item: ItemStory) -> datetime | None:
        """Return when the sweep has to look next, all that was due so far being issued."""
        assert item.clock is not None  # noqa: S101 – it runs
        instants = (item.clock.yellow_at, item.clock.due_at + AN_INSTANT)
        return next((instant for instant in instants if instant > self.now), None)

    def _item_course(self, key: int, officer: int | None, item: ItemStory) -> None:
        subject, code = f"work_item:{key}", item.step.code
        self._note(item.started_at, "work_item.released", subject, None, item=code)
        self._note(item.claimed_at, "work_item.claimed", subject, officer, item=code)
        decision = f"work_item.{item.state.value}"
        self._note(item.decided_at, decision, subject, officer, item=code)
        self._note(item.ended_at, decision, subject, None, item=code)

    def _cards(self, key: int, officer: int | None, item: ItemStory) -> None:
        for level, issued_at in item.cards:
            assert item.clock is not None  # noqa: S101 – without a clock no card
            card, seen_at = next(self._numbers[Card]), item.decided_at
            climbs = self._rungs(issued_at) if level == Level.RED else []
            climbed = [at for at in climbs if at <= (item.decided_at or self.now)]
            waits = item.decided_at is None and len(climbed) < len(climbs)
            self.cards.add(
                id=card,
                work_item_id=key,
                level=Level(level).value,
                cycle=0,
                limit=Limit.PROMISED.value,
                budget=item.step.item.promised_days,
                stage=Stage.DEPARTMENT.value,
                owner_id=officer,
                issued_at=issued_at,
                due_at=item.clock.due_at,
                check_at=climbs[len(climbed)] if waits else None,
                rungs=len(climbed),
                seen_at=seen_at,
                seen_by_id=officer if seen_at else None,
            )
            self._note(
                issued_at,
                f"card.{level}",
                f"work_item:{key}",
                None,
                card=card,
                item=item.step.code,
                cycle=0,
                due_at=item.clock.due_at.isoformat(),
            )
            self._ladder(card, key, item, climbed)

    def _ladder(self, card: int, key: int, item: ItemStory, climbed: list[datetime]) -> None:
        for step, at in enumerate(climbed, 1):
            self.rungs.add(subject=f"card:{card}", step=step, at=at)
            told: dict[str, Any] = {"card": card, "item": item.step.code, "cycle": 0, "step": step}
            self._note(at, "card.escalated", f"work_item:{key}", None, **told)

    def _rungs(self, issued_at: datetime) -> list[datetime]:
        """Return when a red card reaches the leaders, then the supervisors."""
        first = civil_day(issued_at)
        return [
            self.calendar.opening(self.calendar.add(first, days))
            for days in issuing.ESCALATION_DAYS
        ]

    def _reminder(self, term: datetime | None) -> datetime | None:
        """Return when the applicant is reminded next of a term that still runs."""
        return first_reminder(term, after=self.now) if term and term > self.now else None

    def _suspension(
        self, case_id: UUID, owner: int, key: int, officer: int, item: ItemStory
    ) -> None:
        assert item.pause is not None  # noqa: S101 – the caller asked
        began, ended = item.pause
        reason = SuspensionReason.EXPERT_REVIEW
        if item.for_supplement:
            reason = SuspensionReason.SUPPLEMENT
            self.supplements.add(
                id=next(self._numbers[Supplement]),
                case_id=case_id,
                work_item_id=key,
                gaps=[GAP],
                asked_by_id=officer,
                asked_at=began,
                lapses_at=item.pause_due,
                remind_at=None if ended else self._reminder(item.pause_due),
                answered_at=ended,
            )
        self.suspensions.add(
            work_item_id=key,
            reason=reason.value,
            expected_days=10,
            began_at=began,
            ended_at=ended,
            lapses_at=item.pause_due if item.for_supplement else None,
            ordered_by_id=officer,
        )
        subject, code = f"work_item:{key}", item.step.code
        if item.for_supplement:
            self._note(began, "work_item.supplement", subject, officer, item=code)
            self._note(ended, "work_item.answered", subject, owner, item=code)
        else:
            self._note(began, "work_item.paused", subject, officer, item=code, reason=reason.value)
            self._note(ended, "work_item.resumed", subject, officer, item=code)

    def _result(self, case_id: UUID, key: int, officer: int | None, item: ItemStory) -> None:
        self._result_of(item.step.item)(
            {
                "id": uuid4(),
                "case_id": case_id,
                "work_item_id": key,
                "obtained_at": item.decided_at,
                "added_by_id": officer,
            }
        )

    def _events(self, case_id: UUID, owner: int, number: str, story: CaseStory) -> None:
        """Write the case's course in order of time; an open case has one message in the inbox."""
        told = ("case.accepted", "case.submitted") if not story.closed_at else ()
        keys: dict[str, int] = {}
        for at, kind, subject, actor, payload in sorted(self._course, key=lambda note: note[0]):
            keys[kind] = next(self._numbers[Event])
            self._event(
                {
                    "id": keys[kind],
                    "stream": case_id,
                    "subject": subject,
                    "kind": kind,
                    "actor_id": NULL if actor is None else actor,
                    "at": at,
                    "payload": payload,
                }
            )
        for kind in [kind for kind in told if kind in keys][:1]:
            self._message(case_id, owner, keys[kind], kind, number, story)

    def _message(
        self, case_id: UUID, owner: int, event: int, kind: str, number: str, story: CaseStory
    ) -> None:
        params = {"number": number, "one_thing": self.one_thing.name, "due": story.due_at}
        told = wording.filled(kind, Channel.INBOX, params)
        if told is None:
            return
        at = story.accepted_at or story.submitted_at
        self.messages.add(
            id=uuid4(),
            event_id=event,
            recipient_id=owner,
            channel=Channel.INBOX.value,
            kind=kind,
            title=told.title,
            template=told.template,
            sealed=dict(told.values),
            link=reverse("cases:case", args=[case_id]),
            state=MessageState.DELIVERED.value,
            created_at=at,
            settled_at=at,
            due_at=None,
        )


def _payload(payload: dict[str, Any]) -> str:
    """Return a payload as JSON; codes and numbers need no escaping for COPY."""
    if payload.keys() == {"item"}:
        return f'{{"item":"{payload["item"]}"}}'
    return JSON(payload)


def _is_approved(item: ItemStory) -> bool:
    return item.state == WorkItemState.APPROVED


def _reasons(item: ItemStory) -> str:
    if item.state == WorkItemState.REFUSED:
        return REASONS
    return CLOSED if item.state == WorkItemState.CLOSED else ""
