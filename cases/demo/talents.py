"""Recognised talents, recommenders and readers of codes of the demonstration; all invented."""

from django.db import transaction

from cases.demo.people import Person, credit_code
from policies import codes, institutions, recognition
from policies.institutions import Issued
from policies.models import Institution, Recommender, Scope, Subject, SubjectKind
from policies.subjects import find
from portal.accounts.models import User

# The person of the demonstration who has a talent code, and the one whose firm has a code.
TALENT, FOUNDER = Person(1), Person(4)
RECOMMENDERS = (
    ("苏望北", "杭州示例科技股份有限公司董事长"),
    ("顾海澜", "示例大学教授、国家级专家"),
    ("沈知行", "示例研究院首席科学家"),
)
READERS = (
    ("杭州示例医院", [Scope.MEDICAL]),
    ("杭州示例实验学校", [Scope.SCHOOLING]),
    ("杭州示例人才公寓", [Scope.HOUSING]),
)


@transaction.atomic
def make_talents() -> list[Issued]:
    """Recognise the sample talents once; return the readers with the keys that were made now."""
    if Institution.objects.exists() or Recommender.objects.exists():
        return []
    officer, leader = User.objects.get(username="renshe01"), User.objects.get(username="renshe00")
    listed = [
        recognition.save_recommender(
            officer=officer, name=name, organisation=organisation, yearly_quota=2
        )
        for name, organisation in RECOMMENDERS
    ]
    if talent := find(SubjectKind.PERSON, TALENT.id_number):
        recognition.recognise(
            subject_id=talent.pk,
            level="E",
            route="recommendation",
            stated={"grounds": "主持开发的工业软件已在多家企业应用", "proof": "举荐书"},
            officer=officer,
            recommender_id=listed[0].pk,
        )
    _recognise_winners(officer)
    if firm := find(SubjectKind.ENTERPRISE, credit_code(FOUNDER.number)):
        codes.issue_to_enterprise(subject_id=firm.pk, by=officer)
    return [institutions.add(by=leader, name=name, scopes=list(scopes)) for name, scopes in READERS]


def _recognise_winners(officer: User) -> None:
    """Recognise a few of the population, so that levels have something to count."""
    people = Subject.objects.filter(kind=SubjectKind.PERSON, user=None).order_by("pk")
    for place, one in enumerate(people[:24]):
        recognition.recognise(
            subject_id=one.pk,
            level="D" if place % 3 else "C",
            route="contest",
            stated={
                "contest": "中国杭州大学生创业大赛",
                "rank": ("特等", "一等", "二等", "三等")[place % 4],
                "role": "member" if place % 3 else "leader",
                "proof": "获奖证书",
            },
            officer=officer,
        )
