"""Officers who recognise, people and firms who are recognised, institutions that read."""

from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from policies import institutions, recognition, subjects
from policies.institutions import Issued
from policies.models import Policy, PolicyState, PolicyVersion, Recognition, Recommender, Subject
from portal.accounts.models import Department, Role, User
from portal.core import clock
from tests.policies.factories import resident_id, uscc

SHANGHAI = ZoneInfo("Asia/Shanghai")
NAME = "沈一舟"
FIRM = "杭州某某科技有限公司"
CONTEST = {
    "contest": "大学生创业大赛，快递柜项目",
    "rank": "一等",
    "role": "leader",
    "proof": "证书1",
}
MARKET = {
    "measure": "taxable_income",
    "amount": "200000",
    "position": "某某公司，副总经理",
    "proof": "纳税记录",
}
WORD = {"grounds": "学术成果突出", "proof": "举荐信1"}
ROUTES = {"contest": CONTEST, "market": MARKET, "recommendation": WORD}


def department(code: str = "D01") -> Department:
    found, _ = Department.objects.get_or_create(
        code=code, defaults={"name": code, "short_name": code}
    )
    return found


def user(username: str, role: Role, **more: Any) -> User:
    made = User(username=username, role=role, **more)
    made.set_unusable_password()
    made.save()
    return made


def person(number: int = 501, name: str = NAME, owner: User | None = None) -> Subject:
    body = f"33019919971203{number:03d}"
    return subjects.subject_for("person", resident_id(body), name, user=owner)


def firm(owner: User | None = None) -> Subject:
    return subjects.subject_for("enterprise", uscc(), FIRM, user=owner)


def recommender(quota: int = 2) -> Recommender:
    return Recommender.objects.create(name="顾院士", organisation="某研究院", yearly_quota=quota)


def recognised(
    subject: Subject, officer: User, level: str = "C", valid_until: date | None = None
) -> Recognition:
    return recognition.recognise(
        subject_id=subject.pk,
        level=level,
        route="contest",
        stated=CONTEST,
        officer=officer,
        valid_until=valid_until,
    )


def by_word(subject: Subject, officer: User, of: Recommender | None) -> Recognition:
    return recognition.recognise(
        subject_id=subject.pk,
        level="D",
        route="recommendation",
        stated=WORD,
        officer=officer,
        recommender_id=of.pk if of else None,
    )


def institution(by: User, name: str = "某医院", *scopes: str) -> Issued:
    return institutions.add(by=by, name=name, scopes=scopes or ("medical",))


def open_policy(code: str, applicant: str = "person") -> Policy:
    """A published policy that everyone of its kind may have."""
    policy = Policy.objects.create(
        code=code, name=f"政策{code}", applicant=applicant, department=department()
    )
    PolicyVersion.objects.create(
        policy=policy,
        number=1,
        label="2026",
        document={"summary": "人人可享", "open": True},
        state=PolicyState.PUBLISHED,
        published_at=clock.now(),
    )
    return policy


def at(year: int, month: int, day: int, hour: int = 10) -> datetime:
    return datetime(year, month, day, hour, tzinfo=SHANGHAI)
