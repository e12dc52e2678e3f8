"""The monthly bulletin on stage: last month's published and sent, a correction being drafted."""

from datetime import datetime, timedelta

from cases import calendar, cards
from cases.models import Bulletin, Card, Cause, Level
from cases.supervision import bulletin
from cases.supervision.bulletin_figures import issued_in
from cases.supervision.scope import month_before, month_of
from cases.working_time import civil_day
from portal.accounts.models import Role, User
from portal.core import clock

REASONS = "相关部门已补充红牌的原因说明和整改措施，更正附表中的“红牌及原因说明”。"
EXPLANATION = "申报集中，初审人员不足，未能在承诺时限内作出决定。"
MEASURE = "已增派初审人员，并对临近时限的办件每日提醒。"


def play() -> list[Bulletin]:
    """Make the bulletins of the demonstration and return them; none where there are some."""
    supervisor = User.objects.filter(role=Role.SUPERVISOR, is_active=True).order_by("pk").first()
    if supervisor is None or Bulletin.objects.exists():
        return []
    now = clock.now()
    sent_at = _published_before(now)
    with clock.at(sent_at):
        month = month_before(clock.today())
        first = bulletin.make_draft(month=month, supervisor=supervisor)
        bulletin.publish(bulletin_id=first.pk, supervisor=supervisor)
        bulletin.send(bulletin_id=first.pk, supervisor=supervisor)
    card = _unexplained(first)
    if card is None:
        return [first]
    with clock.at(max(sent_at, now - timedelta(hours=1))):
        _explain(card)
        second = bulletin.correct(bulletin_id=first.pk, supervisor=supervisor, reasons=REASONS)
    return [first, second]


def _published_before(now: datetime) -> datetime:
    """Return the newest first working day of a month, in the afternoon, that is past."""
    working_days, month = calendar.current(), civil_day(now).replace(day=1)
    while True:
        moment = working_days.opening(working_days.next_working(month)) + timedelta(hours=6)
        if moment <= now:
            return moment
        month = month_before(month)


def _unexplained(first: Bulletin) -> Card | None:
    red = Card.objects.filter(issued_in(month_of(first.month)), level=Level.RED, cause="")
    return red.select_related("work_item").order_by("pk").first()


def _explain(card: Card) -> None:
    officer = User.objects.filter(
        role=Role.LEADER, department=card.work_item.department_id, is_active=True
    ).first()
    if officer:
        cards.explain(
            card_id=card.pk,
            officer=officer,
            cause=Cause.WORKLOAD,
            explanation=EXPLANATION,
            measure=MEASURE,
        )
