"""The bulletin's way: drafted, gone over, published, sent, corrected; each once, by supervisors."""

from collections.abc import Callable, Iterator
from datetime import date, datetime
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied

from cases import calendar, tasks
from cases.errors import AlreadyHandled, Incomplete
from cases.models import Bulletin, BulletinState, CalendarDay, Card, Case, WorkItem
from cases.supervision import bulletin as verbs
from cases.supervision.bulletin_document import stored
from cases.supervision.bulletin_words import generated
from notifications.models import Channel, Message
from portal.accounts.models import Role, User
from portal.core import clock
from portal.core.ledger import Event
from tests.cases.bulletins import (
    DECEMBER,
    EVE,
    NOVEMBER,
    drafted,
    found,
    november,
    published,
    red_cards,
    user,
    values_of,
)
from tests.cases.conftest import SHANGHAI

pytestmark = pytest.mark.django_db


@pytest.fixture(scope="module", autouse=True)
def played(django_db_setup: None, django_db_blocker: Any) -> Iterator[None]:
    with november(django_db_blocker):
        yield


@pytest.fixture(autouse=True)
def december() -> Iterator[None]:
    with clock.at(DECEMBER):
        yield


@pytest.fixture
def supervisor() -> User:
    return user("jiandu01")


def kinds(bulletin: Bulletin) -> list[str]:
    events = Event.objects.filter(subject=bulletin.subject).order_by("pk")
    return [kind.removeprefix("bulletin.") for kind in events.values_list("kind", flat=True)]


# ---- drafts ------------------------------------------------------------------------------------


def test_a_month_that_is_not_over_has_no_bulletin(supervisor: User) -> None:
    with clock.at(EVE), pytest.raises(Incomplete, match="2026年11月尚未结束"):
        drafted()
    with pytest.raises(Incomplete, match="2026年12月尚未结束，2026年12月31日以后才能通报"):
        drafted(date(2026, 12, 1))

    assert not Bulletin.objects.exists()


def test_a_draft_shows_the_figures_as_they_stand(supervisor: User) -> None:
    draft = drafted(date(2026, 11, 17))
    before = verbs.document_of(draft).total.red

    revoke(red_cards()[0])

    assert (draft.month, draft.edition, draft.figures) == (NOVEMBER, 1, None)
    assert verbs.document_of(draft).total.red == before - 1
    assert kinds(draft) == ["drafted"]


def revoke(card: Card) -> None:
    Card.objects.filter(pk=card.pk).update(
        revoked_at=clock.now(), revoked_by=user("jiandu01"), revocation="时限计算有误。"
    )


def test_a_month_has_one_draft(supervisor: User) -> None:
    drafted()

    with pytest.raises(AlreadyHandled, match="2026年11月已有通报"):
        drafted()

    assert Bulletin.objects.count() == 1


def test_the_text_is_written_by_the_figures_until_somebody_edits_it(supervisor: User) -> None:
    draft = drafted()
    document = verbs.document_of(draft)
    assert verbs.text_of(draft, document) == generated(document)

    edited = verbs.edit(bulletin_id=draft.pk, supervisor=supervisor, text="一、甲\r\n乙。\n ")
    assert verbs.text_of(edited, document) == "一、甲\n乙。"

    again = verbs.edit(bulletin_id=draft.pk, supervisor=supervisor, text="")
    assert verbs.text_of(again, document) == generated(document)


# ---- beat --------------------------------------------------------------------------------------


def test_beat_drafts_the_last_month_on_the_first_working_day_once() -> None:
    with clock.at(EVE):
        tasks.draft_bulletins()
    with clock.at(DECEMBER.replace(hour=8, minute=59)):
        tasks.draft_bulletins()
    # There is none before it, so only the last month is reported, not every month since the first.
    october = list(Bulletin.objects.values_list("month", flat=True))
    Bulletin.objects.all().delete()

    for _ in range(2):
        tasks.draft_bulletins()

    assert october == [date(2026, 10, 1)]
    (draft,) = Bulletin.objects.all()
    assert (draft.month, draft.state) == (NOVEMBER, BulletinState.DRAFT)
    told = Message.objects.filter(kind="bulletin.drafted")
    assert {one.recipient.role for one in told} == {Role.SUPERVISOR}
    assert set(told.values_list("channel", flat=True)) == {Channel.INBOX}
    assert kinds(draft) == ["drafted"]


def test_a_holiday_puts_the_first_working_day_off() -> None:
    CalendarDay.objects.create(date=DECEMBER.date(), working=False, name="放假")
    calendar.forget()

    assert verbs.make_due_drafts() == []
    with clock.at(DECEMBER.replace(day=2, hour=9)):
        assert [one.month for one in verbs.make_due_drafts()] == [NOVEMBER]


def test_after_an_outage_the_missed_months_follow() -> None:
    drafted(date(2026, 9, 1))
    with clock.at(datetime(2027, 2, 10, 10, 0, tzinfo=SHANGHAI)):
        made = [one.month for one in verbs.make_due_drafts()]

    assert made == [date(2026, 10, 1), NOVEMBER, date(2026, 12, 1), date(2027, 1, 1)]


def test_there_is_no_bulletin_of_a_time_before_the_first_case() -> None:
    with clock.at(datetime(2026, 9, 1, 10, 0, tzinfo=SHANGHAI)):
        assert verbs.make_due_drafts() == []
    Case.objects.exclude(submitted_at=None).update(submitted_at=DECEMBER)

    assert verbs.make_due_drafts() == []


# ---- published ---------------------------------------------------------------------------------


def test_publishing_freezes_figures_and_text(supervisor: User) -> None:
    bulletin = published()
    frozen = values_of(bulletin)
    counted = verbs.document_of(bulletin)

    revoke(red_cards()[0])
    WorkItem.objects.filter(decided_at__isnull=False).update(late_stage="", net_days=0.5)
    Card.objects.filter(cause="").update(
        cause="other", explained_at=clock.now(), explained_by=supervisor
    )

    assert values_of(bulletin) == frozen
    assert verbs.document_of(found(bulletin)) == counted
    assert found(bulletin).text == generated(counted)
    assert kinds(bulletin) == ["drafted", "published"]


def test_the_ledger_keeps_a_digest_of_what_was_published(supervisor: User) -> None:
    bulletin = found(published())
    event = Event.objects.get(kind="bulletin.published")

    assert event.payload["digest"] == verbs.digest_of(bulletin)
    bulletin.figures["total"]["red"] += 1
    assert event.payload["digest"] != verbs.digest_of(bulletin)


def test_what_is_published_cannot_be_edited_or_published_again(supervisor: User) -> None:
    bulletin = published()
    before = values_of(bulletin)

    with pytest.raises(AlreadyHandled, match="不能修改"):
        verbs.edit(bulletin_id=bulletin.pk, supervisor=supervisor, text="改")
    with pytest.raises(AlreadyHandled, match="已经发布"):
        verbs.publish(bulletin_id=bulletin.pk, supervisor=supervisor)
    with pytest.raises(AlreadyHandled, match="不能修改"):
        verbs.discard(bulletin_id=bulletin.pk, supervisor=supervisor)

    assert values_of(bulletin) == before


def test_a_clock_set_back_before_the_months_end_publishes_nothing(supervisor: User) -> None:
    draft = drafted()

    with clock.at(EVE), pytest.raises(Incomplete, match="尚未结束"):
        verbs.publish(bulletin_id=draft.pk, supervisor=supervisor)

    assert found(draft).is_draft


# ---- sent --------------------------------------------------------------------------------------


def test_sending_tells_every_leader_and_supervisor_once(supervisor: User) -> None:
    bulletin = published()
    gone = user("zhufang00")
    User.objects.filter(pk=gone.pk).update(is_active=False)

    verbs.send(bulletin_id=bulletin.pk, supervisor=supervisor)
    with pytest.raises(AlreadyHandled, match="已经发送过"):
        verbs.send(bulletin_id=bulletin.pk, supervisor=supervisor)

    told = Message.objects.filter(kind="bulletin.sent")
    inbox = sorted(told.filter(channel=Channel.INBOX).values_list("recipient__username", flat=True))
    expected = User.objects.filter(is_active=True, role__in=[Role.LEADER, Role.SUPERVISOR])
    assert inbox == sorted(expected.values_list("username", flat=True))
    assert "zhufang00" not in inbox
    message = told.filter(channel=Channel.INBOX)[0]
    assert "2026年11月月度通报（第 1 版）" in message.body
    assert message.link == f"/supervision/bulletins/{bulletin.pk}/"
    assert told.filter(channel=Channel.SMS).count() == sum(bool(one.phone) for one in expected)
    assert found(bulletin).state == BulletinState.SENT


def test_a_draft_and_a_corrected_edition_are_not_sent(supervisor: User) -> None:
    draft = drafted()
    with pytest.raises(AlreadyHandled, match="请先发布"):
        verbs.send(bulletin_id=draft.pk, supervisor=supervisor)
    verbs.publish(bulletin_id=draft.pk, supervisor=supervisor)
    edition = verbs.correct(bulletin_id=draft.pk, supervisor=supervisor, reasons="更正红牌数。")
    verbs.publish(bulletin_id=edition.pk, supervisor=supervisor)

    with pytest.raises(AlreadyHandled, match="请发送更正版"):
        verbs.send(bulletin_id=draft.pk, supervisor=supervisor)

    assert not Message.objects.filter(kind="bulletin.sent").exists()


# ---- corrected ---------------------------------------------------------------------------------


def test_a_correction_is_a_new_edition_and_the_old_one_stays(supervisor: User) -> None:
    first = published()
    before = values_of(first)
    revoke(red_cards()[0])

    second = verbs.correct(bulletin_id=first.pk, supervisor=supervisor, reasons=" 撤销红牌 1 张。 ")
    assert (second.edition, second.correction, second.is_draft) == (2, "撤销红牌 1 张。", True)
    assert found(first).corrected_by is None
    verbs.publish(bulletin_id=second.pk, supervisor=supervisor)

    assert values_of(first) == before
    assert found(first).corrected_by == 2
    assert found(second).corrected_by is None
    reds = [stored(found(one)).total.red for one in (first, second)]
    assert reds[1] == reds[0] - 1


def test_a_correction_has_reasons_and_there_is_one_at_a_time(supervisor: User) -> None:
    draft = drafted()
    with pytest.raises(AlreadyHandled, match="草稿可以直接修改"):
        verbs.correct(bulletin_id=draft.pk, supervisor=supervisor, reasons="更正。")
    verbs.publish(bulletin_id=draft.pk, supervisor=supervisor)
    with pytest.raises(Incomplete, match="更正的原因"):
        verbs.correct(bulletin_id=draft.pk, supervisor=supervisor, reasons=" ")

    verbs.correct(bulletin_id=draft.pk, supervisor=supervisor, reasons="更正。")
    with pytest.raises(AlreadyHandled, match="已有更正版"):
        verbs.correct(bulletin_id=draft.pk, supervisor=supervisor, reasons="更正。")

    assert Bulletin.objects.count() == 2


def test_an_edited_text_is_taken_over_into_the_correction(supervisor: User) -> None:
    draft = drafted()
    verbs.edit(bulletin_id=draft.pk, supervisor=supervisor, text="自拟文字。")
    verbs.publish(bulletin_id=draft.pk, supervisor=supervisor)
    other = published(date(2026, 10, 1))

    own = verbs.correct(bulletin_id=draft.pk, supervisor=supervisor, reasons="更正。")
    generated_one = verbs.correct(bulletin_id=other.pk, supervisor=supervisor, reasons="更正。")

    assert (own.text, generated_one.text) == ("自拟文字。", "")


def test_only_the_draft_of_a_correction_can_be_given_up(supervisor: User) -> None:
    first = drafted()
    with pytest.raises(AlreadyHandled, match="不能作废"):
        verbs.discard(bulletin_id=first.pk, supervisor=supervisor)
    verbs.publish(bulletin_id=first.pk, supervisor=supervisor)
    second = verbs.correct(bulletin_id=first.pk, supervisor=supervisor, reasons="更正。")

    verbs.discard(bulletin_id=second.pk, supervisor=supervisor)

    assert list(Bulletin.objects.all()) == [first]
    assert kinds(second) == ["corrected", "discarded"]
    again = verbs.correct(bulletin_id=first.pk, supervisor=supervisor, reasons="再更正。")
    assert again.edition == 2


# ---- roles -------------------------------------------------------------------------------------

VERBS: dict[str, Callable[[Bulletin, User], object]] = {
    "draft": lambda _, who: verbs.make_draft(month=date(2026, 10, 1), supervisor=who),
    "edit": lambda one, who: verbs.edit(bulletin_id=one.pk, supervisor=who, text="x"),
    "publish": lambda one, who: verbs.publish(bulletin_id=one.pk, supervisor=who),
    "send": lambda one, who: verbs.send(bulletin_id=one.pk, supervisor=who),
    "correct": lambda one, who: verbs.correct(bulletin_id=one.pk, supervisor=who, reasons="x"),
    "discard": lambda one, who: verbs.discard(bulletin_id=one.pk, supervisor=who),
}


@pytest.mark.parametrize("name", VERBS)
@pytest.mark.parametrize("username", ["shenji01", "zhufang00", "zhufang01", "window01", "admin01"])
def test_only_supervisors_write(name: str, username: str) -> None:
    draft = drafted()

    with pytest.raises(PermissionDenied):
        VERBS[name](draft, user(username))

    assert list(Bulletin.objects.all()) == [draft]
    assert found(draft).is_draft
