from datetime import UTC, date, datetime

import pytest
from django.core.exceptions import ValidationError

from notifications import wording
from notifications.models import Channel, Wording

# What the verbs of the floors above fill in, by kind.
PARAMS = {
    "case.submitted": {"number", "one_thing"},
    "case.answered": {"number"},
    "case.accepted": {"number", "due"},
    "case.returned": {"number", "gaps", "due"},
    "case.refused": {"number", "reasons"},
    "case.withdrawn": {"number"},
    "case.lapsed": {"number"},
    "case.completed": {"number"},
    "work_item.released": {"number", "item", "due"},
    "work_item.approved": {"number", "item"},
    "work_item.refused": {"number", "item", "reasons"},
    "work_item.closed": {"number", "item", "reasons"},
    "work_item.paused": {"number", "item", "reason", "expected"},
    "work_item.resumed": {"number", "item", "due"},
    "work_item.supplement": {"number", "item", "gaps", "due"},
    "offer.made": {"number", "item", "refused", "due"},
    "case.deemed_accepted": {"number", "received", "due"},
    "case.supplement_reminder": {"number", "item", "due"},
    "case.tolerance_reminder": {"number", "item", "materials", "due"},
    "case.revoked": {"number", "reasons"},
    "work_item.supplement_reminder": {"number", "item", "due"},
    "card.yellow": {"number", "item", "due", "booked"},
    "card.red": {"number", "item", "due", "booked"},
    "card.escalated": {"number", "item", "due", "days"},
    "card.revoked": {"number", "item", "card", "reasons"},
    "extension.asked": {"number", "item", "days", "reasons"},
    "extension.granted": {"number", "item", "days", "due"},
    "extension.refused": {"number", "item", "days", "note"},
    "work_item.extended": {"number", "item", "days", "reasons", "due"},
    "urging.sent": {"number", "item", "manner", "words", "due"},
    "urging.answered": {"number", "department", "answer"},
    "urging.overdue": {"number", "item", "due"},
    "window.overdue": {"number", "received", "due"},
    "bulletin.drafted": {"bulletin"},
    "bulletin.sent": {"bulletin"},
    "case.moved": {"number", "changes"},
    "term.moved": {"number", "term", "due"},
    "desk.moved": {"count", "earlier"},
    "recommendation.made": {"count", "policies", "first"},
    "parked.begun": {"number", "items"},
    "parked.all": {"number", "items"},
    "parked.ripe": {"number", "item"},
    "parked.ripe_at_window": {"number", "item"},
    "parked.moved": {"number", "item", "change"},
    "parked.closing": {"number", "item", "day"},
    "parked.ended": {"number", "item", "reasons"},
    "parked.resumed": {"number", "item", "when"},
    "case.at_rest": {"number"},
    "recognition.made": {"level", "route"},
    "recognition.ended": {"level", "reasons"},
    "policy.submitted": {"policy", "version"},
    "policy.sent_back": {"policy", "version", "reasons"},
    "policy.published": {"policy", "version"},
    "sign_in.code": {"code", "minutes"},
    "message.digest": {"count", "subjects"},
}
INBOX_ONLY = {
    "policy.submitted",
    "policy.sent_back",
    "policy.published",
    "parked.resumed",
    "case.moved",
    "desk.moved",
    "window.overdue",
    "case.answered",
    "work_item.released",
    "work_item.resumed",
    "card.revoked",
    "extension.granted",
    "extension.refused",
    "urging.answered",
    "bulletin.drafted",
}
LONGEST = {
    "bulletin": "2026年10月月度通报（第 2 版）",
    "number": "330100202611230001",
    "one_thing": "杭州市大学生创新创业“一件事”",
    "item": "杭州市高层次人才、高校毕业生生活（租房）补贴",
    "refused": "新引进应届高学历毕业生生活补贴申领",
    "reason": "需要进行专家评审",
    "due": datetime(2026, 12, 30, 9, 30, tzinfo=UTC),
    "received": date(2026, 12, 28),
    "items": "“新引进应届高学历毕业生生活补贴申领”（2027年12月28日起可办）",
    "change": "因情况变化，预计可以办理的日期改为2027年12月28日",
    "day": date(2027, 12, 28),
    "when": "应于2027年12月28日前办结",
    "booked": "窗口逾期未答复，该件视为受理，由此造成的超时计入窗口受理环节",
    "days": 3,
    "materials": "住房租赁合同、毕业证书",
    "card": "红牌",
    "note": "前期未及时联系申请人，理由不充分。",
    "manner": "督办",
    "words": "请说明超时原因，并于两日内办结。",
    "department": "市住保房管局",
    "answer": "已与申请人联系，今日办结。",
    "expected": 10,
    "code": "135790",
    "minutes": 5,
    "count": 12,
    "earlier": 3,
    "term": "容缺材料补齐期限",
    "changes": [
        "“居住证”由2026年12月21日改为2026年12月22日",
        "“公租房”由2026年12月28日改为2026年12月29日",
    ],
    "policies": "“公租房货币补贴申请”、“应届高学历毕业生生活补贴申领”",
    "first": "“新引进应届高学历毕业生生活补贴申领”",
    "subjects": "黄牌预警9条、补正期限将至2条、办理期限变动1条等",
    "gaps": ["毕业证书：图片不清晰", "劳动合同：缺少。"],
    "level": "C 类",
    "policy": "杭州市高层次人才、高校毕业生生活（租房）补贴",
    "version": "2026年调整",
    "route": "市场化评定",
    "reasons": "不符合申领条件。",
}


@pytest.fixture
def shipped_only(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wording, "texts", wording.shipped)


@pytest.mark.parametrize("kind", PARAMS)
def test_each_kind_says_what_it_is_given(kind: str, shipped_only: None) -> None:
    assert wording.kinds()[kind] <= PARAMS[kind]

    for channel in Channel:
        told = wording.render(kind, channel, {name: LONGEST[name] for name in PARAMS[kind]})
        if told:
            assert "{" not in told[1] and "。。" not in told[1]


def test_no_kind_is_shipped_that_nobody_tells() -> None:
    assert set(wording.kinds()) == set(PARAMS)


@pytest.mark.parametrize("kind", PARAMS)
def test_a_text_message_is_signed_short_and_without_links(kind: str, shipped_only: None) -> None:
    told = wording.render(kind, Channel.SMS, LONGEST)

    if kind in INBOX_ONLY:
        assert told is None
        return
    assert told is not None
    assert told[1].startswith("【一件事联办】")
    assert len(told[1]) <= 140
    assert "http" not in told[1]


@pytest.mark.parametrize("kind", sorted(set(PARAMS) - {"sign_in.code", "message.digest"}))
def test_the_inbox_has_a_title_of_its_own(kind: str, shipped_only: None) -> None:
    told = wording.render(kind, Channel.INBOX, LONGEST)

    assert told is not None
    assert 0 < len(told[0]) <= 20


def test_an_unknown_kind_and_a_missing_value_are_mistakes(shipped_only: None) -> None:
    with pytest.raises(KeyError):
        wording.render("case.invented", Channel.INBOX, {})
    with pytest.raises(KeyError):
        wording.render("case.accepted", Channel.INBOX, {"number": "1"})


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (datetime(2026, 12, 30, 9, 30, tzinfo=UTC), "2026年12月30日17:30"),
        (date(2027, 1, 4), "2027年1月4日"),
        (["毕业证书：不清晰。", "合同：缺少"], "毕业证书：不清晰；合同：缺少"),
        ("不符合条件。", "不符合条件"),
        (10, "10"),
    ],
)
def test_values_are_written_the_official_way(value: object, words: str) -> None:
    assert wording.shown(value) == words


@pytest.mark.django_db
def test_a_row_changes_the_wording_of_its_channel_only() -> None:
    Wording.objects.create(
        kind="case.withdrawn", channel=Channel.INBOX, title="已撤回", text="受理码{number}已撤回。"
    )

    inbox = wording.render("case.withdrawn", Channel.INBOX, {"number": "77"})
    sms = wording.render("case.withdrawn", Channel.SMS, {"number": "77"})

    assert inbox == ("已撤回", "受理码77已撤回。")
    assert sms is not None and "如非本人操作" in sms[1]


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"kind": "case.invented"}, "kind"),
        ({"text": "受理码{nummer}"}, "text"),
        ({"text": "受理码{number"}, "text"),
        ({"text": "受理码{number.__class__}"}, "text"),
        ({"text": "受理码{}"}, "text"),
        ({"text": "受理码{0}"}, "text"),
        ({"text": "受理码{number!r}"}, "text"),
        ({"text": "受理码{number:>99999999}"}, "text"),
        ({"text": "受理码{number[0]}"}, "text"),
        ({"text": "受理码{number:{number}}"}, "text"),
        ({"text": "没有受理码"}, "text"),
        ({"text": "【别的签名】{number}"}, "text"),
        ({"channel": "fax"}, "channel"),
        ({"channel": "inbox", "title": "{number} 已撤回"}, "title"),
    ],
)
def test_wording_with_placeholders_that_nobody_fills_is_refused(
    changed: dict[str, str], field: str
) -> None:
    row = Wording(**{"kind": "case.withdrawn", "channel": "sms", "text": "{number}", **changed})

    with pytest.raises(ValidationError) as refusal:
        row.clean()
    assert field in refusal.value.message_dict


def test_kinds_say_whether_law_or_urgency_ask_for_them() -> None:
    assert {"sign_in.code", "card.red"} <= wording.urgent()
    assert {"case.returned", "case.refused", "work_item.refused"} <= wording.statutory()
    assert not {"card.yellow", "message.digest", "case.submitted"} & (
        wording.urgent() | wording.statutory()
    )
    assert wording.urgent() | wording.statutory() <= set(wording.kinds())


@pytest.mark.django_db
def test_a_row_that_cannot_be_used_leaves_the_shipped_wording() -> None:
    for kind, text in (("case.withdrawn", "{invented}"), ("case.completed", "{"), ("gone", "x")):
        Wording.objects.create(kind=kind, channel=Channel.SMS, text=text)

    for kind in ("case.withdrawn", "case.completed"):
        assert wording.texts()[kind, "sms"] == wording.shipped()[kind, "sms"]
    assert ("gone", "sms") not in {key for key, text in wording.texts().items() if text}
