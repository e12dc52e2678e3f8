"""Recognition of talent (人才认定): who may recognise, by which route, and its end.

A recognition issues the talent code and states the fact `talent_level`; its end takes both back in
the same transaction. Routes and their limits are data (recognition.yaml).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import Count, Q
from django.urls import reverse

from notifications.sending import Notice, tell
from policies import codes, subjects
from policies.models import Level, Recognition, Recommender, Route, Subject, SubjectKind
from policies.recognition_rules import NotMet, ground, is_higher, rules
from policies.subjects import RECOGNITION, Statement
from portal.accounts.models import DEPARTMENT_ROLES, User
from portal.core import clock, ledger
from portal.core.chinese import day_words

FACT = "talent_level"
EXPIRED = "认定有效期届满"


class Refused(Exception):
    """The recognition cannot be made or ended; `problems` says by field what stands against it."""

    def __init__(self, **problems: str) -> None:
        super().__init__("；".join(problems.values()))
        self.problems = problems


@dataclass(frozen=True, slots=True)
class Quota:
    """A recommender's places of one calendar year (年度名额)."""

    total: int
    used: int

    @property
    def left(self) -> int:
        return max(self.total - self.used, 0)


def may_recognise(user: User) -> bool:
    """Whether a user is an officer or leader of a department that recognises talents."""
    department = user.department if user.role in DEPARTMENT_ROLES else None
    return department is not None and department.code in rules().departments


def look_up(*, name: str, number: str, officer: User) -> Subject:
    """Return the person with an ID number, put on file where new; that somebody looked stands on
    record.

    Raises Refused where the person on file has another name, and PermissionDenied.
    """
    _check_officer(officer)
    with transaction.atomic():
        found = subjects.find(SubjectKind.PERSON, number)
        if found is None or not found.name:
            found = subjects.subject_for(SubjectKind.PERSON, number, name)
        ledger.record(
            ledger.Entry("subject.looked_up", subject=f"subject:{found.pk}", actor_id=officer.pk)
        )
    if found.name != name:
        raise Refused(name="姓名与已建档的信息不一致，请对照证件核对姓名和号码。")
    return found


@transaction.atomic
def recognise(
    *,
    subject_id: int,
    level: str,
    route: str,
    stated: Mapping[str, Any],
    officer: User,
    recommender_id: int | None = None,
    valid_until: date | None = None,
) -> Recognition:
    """Recognise a person as talent of a level and issue the talent code (人才码).

    Raises Refused, and PermissionDenied for whoever may not recognise.
    """
    _check_officer(officer)
    subject = Subject.objects.select_for_update().get(pk=subject_id, kind=SubjectKind.PERSON)
    _check_none_in_force(subject)
    if valid_until and valid_until <= clock.today():
        raise Refused(valid_until="有效期应晚于今天。")
    evidence = _checked_ground(level, route, stated)
    recommender = _take_place(recommender_id) if route == Route.RECOMMENDATION else None
    made = Recognition(
        subject=subject,
        level=level,
        route=route,
        recommender=recommender,
        recognised_by=officer,
        valid_until=valid_until,
    )
    made.evidence = evidence
    made.save()
    subjects.record(
        subject, {FACT: Statement(level, valid_until=valid_until)}, RECOGNITION, recorded_by=officer
    )
    codes.issue(subject, by=officer)
    _note(made, "recognition.made", officer, route=made.get_route_display())
    return made


@transaction.atomic
def end(*, recognition_id: int, reasons: str, officer: User) -> Recognition:
    """End a recognition (退出) for reasons; the talent code is void from this moment.

    Raises Refused where it has ended already or no reason is given, and PermissionDenied.
    """
    _check_officer(officer)
    if not reasons.strip():
        raise Refused(reasons="请填写退出原因，原因会告知本人。")
    held = _locked(recognition_id)
    if held.ended_at:
        raise Refused(reasons="这项认定已经退出，不必重复办理。")
    return _end(held, reasons.strip(), officer)


def expire(on: date) -> int:
    """End what is past its last day (到期退出); return how many. Safe to repeat at any time."""
    late = Recognition.objects.filter(ended_at=None, valid_until__lt=on)
    return sum(_expire_one(pk, on) for pk in late.values_list("pk", flat=True))


@transaction.atomic
def _expire_one(recognition_id: int, on: date) -> bool:
    held = _locked(recognition_id)
    if held.ended_at or held.holds_on(on):
        return False
    _end(held, EXPIRED, None)
    return True


def quota(recommender: Recommender, year: int) -> Quota:
    """Return how many of a year's places are used; an ended recognition has used its place."""
    used = recommender.recognitions.filter(_within(year)).count()
    return Quota(recommender.yearly_quota, used)


def quotas(year: int) -> list[tuple[Recommender, Quota]]:
    """Return every recommender with the places of a year, those on the list first."""
    used = Count("recognitions", filter=_within(year, "recognitions__"))
    rows = Recommender.objects.annotate(used=used).order_by("-is_active", "pk")
    return [(row, Quota(row.yearly_quota, row.used)) for row in rows]


@transaction.atomic
def save_recommender(
    *, officer: User, name: str, organisation: str, yearly_quota: int, pk: int | None = None
) -> Recommender:
    """Put somebody on the list of recommenders (举荐人名单), or change an entry of it."""
    _check_officer(officer)
    found = Recommender.objects.select_for_update().get(pk=pk) if pk else Recommender()
    found.name, found.organisation, found.yearly_quota = name, organisation, yearly_quota
    found.save()
    kind = "recommender.changed" if pk else "recommender.listed"
    _note_recommender(found, kind, officer, {"yearly_quota": yearly_quota})
    return found


@transaction.atomic
def set_active(*, officer: User, recommender_id: int, is_active: bool) -> Recommender:
    """Take a recommender off the list, or back onto it; past recommendations stand."""
    _check_officer(officer)
    found = Recommender.objects.select_for_update().get(pk=recommender_id)
    found.is_active = is_active
    found.save(update_fields=["is_active"])
    _note_recommender(found, "recommender.restored" if is_active else "recommender.left", officer)
    return found


def _check_officer(user: User) -> None:
    if not may_recognise(user):
        raise PermissionDenied


def _check_none_in_force(subject: Subject) -> None:
    held = subject.recognitions.select_for_update(of=("self",)).filter(ended_at=None).first()
    if held is None:
        return
    if held.holds_on(clock.today()):
        level = held.get_level_display()
        raise Refused(level=f"此人已认定为 {level}人才；重新认定前，请先为原认定办理退出。")
    _end(held, EXPIRED, None)


def _checked_ground(level: str, route: str, stated: Mapping[str, Any]) -> dict[str, str]:
    if level not in Level.values:
        raise Refused(level="请选择人才层次。")
    if route not in Route.values:
        raise Refused(route="请选择认定方式。")
    try:
        found = ground(route, stated)
    except NotMet as error:
        raise Refused(**error.problems) from error
    if is_higher(level, found.highest):
        most = Level(found.highest).label
        raise Refused(
            level=f"按所填的认定依据，最高可认定为 {most}，不能认定为 {Level(level).label}。"
        )
    return dict(found.evidence)


def _take_place(recommender_id: int | None) -> Recommender:
    """Return a recommender with a place left this year, locked until the place is taken."""
    listed = Recommender.objects.select_for_update()
    recommender = listed.filter(pk=recommender_id).first() if recommender_id else None
    if recommender is None:
        raise Refused(recommender="请选择举荐人。")
    if not recommender.is_active:
        raise Refused(recommender="该举荐人已不在册，不能举荐。")
    places = quota(recommender, clock.today().year)
    if not places.left:
        raise Refused(
            recommender=f"该举荐人本年度的 {places.total} 个名额已用完，"
            f"{day_words(date(clock.today().year + 1, 1, 1))}起可再举荐。"
        )
    return recommender


def _within(year: int, prefix: str = "") -> Q:
    """Return the condition that a recognition was made in a calendar year of Asia/Shanghai."""
    zone = ZoneInfo(settings.TIME_ZONE)
    begin, after = (datetime(one, 1, 1, tzinfo=zone) for one in (year, year + 1))
    return Q(**{f"{prefix}recognised_at__gte": begin, f"{prefix}recognised_at__lt": after})


def _locked(recognition_id: int) -> Recognition:
    """Return a recognition, with its subject locked first: the order in which all verbs lock."""
    subject_id = Recognition.objects.values_list("subject_id", flat=True).get(pk=recognition_id)
    Subject.objects.select_for_update().get(pk=subject_id)
    return Recognition.objects.select_for_update(of=("self",)).get(pk=recognition_id)


def _end(held: Recognition, reasons: str, officer: User | None) -> Recognition:
    held.ended_at, held.ended_by, held.reasons = clock.now(), officer, reasons
    held.save(update_fields=["ended_at", "ended_by", "reasons"])
    subjects.record(held.subject, {FACT: Statement(None)}, RECOGNITION, recorded_by=officer)
    codes.revoke(held.subject, reasons=reasons, by=officer)
    _note(held, "recognition.ended", officer, reasons=reasons)
    return held


def _note(held: Recognition, kind: str, officer: User | None, **params: str) -> None:
    """Write the event, and tell the talent who has an account; the ledger gets no free text."""
    event = ledger.record(
        ledger.Entry(
            kind,
            subject=f"subject:{held.subject_id}",
            actor_id=officer.pk if officer else None,
            payload={"recognition": held.pk, "level": held.level, "route": held.route},
        )
    )
    if held.subject.user:
        link = reverse("policies:my-code", args=[SubjectKind.PERSON.value])
        params = {"level": held.get_level_display(), **params}
        tell([Notice(event, held.subject.user, kind, params, link=link)])


def _note_recommender(
    found: Recommender, kind: str, officer: User, payload: dict[str, Any] | None = None
) -> None:
    ledger.record(
        ledger.Entry(
            kind, subject=f"recommender:{found.pk}", actor_id=officer.pk, payload=payload or {}
        )
    )
