"""The shared includes say in the markup what they show in the picture."""

import re
from typing import Any

import pytest
from django import forms
from django.template.loader import render_to_string


class Person(forms.Form):
    name = forms.CharField(label="姓名", help_text="与证件一致")
    gender = forms.ChoiceField(label="性别", choices=[("1", "男")], widget=forms.RadioSelect)
    note = forms.CharField(label="备注", required=False)


def text_of(html: str) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", html))


def field(form: forms.Form, name: str, **context: Any) -> str:
    return render_to_string("components/_field.html", {"field": form[name], **context})


def row(**changes: Any) -> dict[str, Any]:
    return {
        "name": "公租房货币补贴", "department": "市住保房管局", "at": 4, "span": 16,
        "kind": "wait", "label": "16 个工作日", "why": "等参保登记的结果", **changes,
    }  # fmt: skip


def plan(*rows: dict[str, Any], today: int | None = None) -> str:
    scale = [{"at": 1, "label": "1"}, {"at": 10, "label": "10"}]
    shown = {"caption": "办理计划", "days": 20, "scale": scale, "today": today, "rows": rows}
    return render_to_string("components/_plan.html", {"plan": shown})


def test_error_of_a_field_is_tied_to_its_input() -> None:
    html = field(Person({}), "name")

    (described,) = re.findall(r'aria-describedby="([^"]+)"', html)
    assert [re.findall(f'id="{part}"', html) != [] for part in described.split()] == [True, True]
    assert 'aria-invalid="true"' in html


def test_help_stands_before_the_input_and_the_error_after_it() -> None:
    html = field(Person({}), "name")

    assert html.index("与证件一致") < html.index("<input") < html.index("errorlist")


def test_source_of_a_value_stands_at_the_field() -> None:
    html = field(Person(), "name", source="市公安局，2026年11月23日")

    assert "来源：市公安局，2026年11月23日" in html


def test_only_an_optional_field_says_so() -> None:
    form = Person()

    assert "（选填）" in field(form, "note")
    assert "（选填）" not in field(form, "name")


def test_radios_are_one_group_with_a_legend() -> None:
    html = field(Person({}), "gender")

    assert re.search(r'<fieldset[^>]*aria-describedby="id_gender_error"', html)
    assert re.search(r"<legend>性别", html)


def test_error_summary_links_to_elements_that_exist() -> None:
    form = Person({})
    summary = render_to_string("components/_error_summary.html", {"form": form})
    fields = "".join(field(form, name) for name in form.fields)

    targets = re.findall(r'href="#([^"]+)"', summary)
    assert targets == ["id_name", "id_gender"]
    assert all(f'id="{target}"' in fields for target in targets)
    assert 'role="alert"' in summary


def test_error_summary_is_silent_without_errors() -> None:
    form = Person({"name": "王小明", "gender": "1"})

    assert render_to_string("components/_error_summary.html", {"form": form}).strip() == ""


@pytest.mark.parametrize(("level", "word"), [("yellow", "黄牌"), ("red", "红牌")])
def test_card_says_its_colour_in_a_word(level: str, word: str) -> None:
    html = render_to_string("components/_card.html", {"level": level, "text": "剩 1 个工作日"})

    assert text_of(html).strip() == f"{word} · 剩 1 个工作日"


def test_plan_is_a_table_that_says_what_its_bars_show() -> None:
    html = plan(row())

    words = text_of(html)
    assert "<caption" in html and 'scope="row"' in html
    assert "等前一事项 · 16 个工作日" in words
    assert "第 4 个工作日起，共 16 个工作日" in words


def test_plan_places_its_bars_by_class() -> None:
    html = plan(row(more=[{"at": 20, "span": 1, "kind": "excluded", "label": "公示"}]), today=6)

    assert 'class="plan-bar wait at-4 span-16' in html
    assert 'class="plan-bar excluded at-20 span-1' in html
    assert 'class="plan-today at-6"' in html
    assert "days-20" in html


def test_repeating_rows_can_be_added_and_removed_without_a_script() -> None:
    rows = forms.formset_factory(Person, extra=1, can_delete=True)(prefix="members")
    html = render_to_string(
        "components/_repeat.html", {"formset": rows, "legend": "团队成员", "row": "成员"}
    )

    assert 'name="add_row" value="members"' in html
    assert 'name="members-0-DELETE"' in html
    assert 'name="members-TOTAL_FORMS"' in html
    assert "members-__prefix__-name" in html


def test_meter_names_its_counts() -> None:
    html = render_to_string("components/_meter.html", {"meter": {"ok": 9, "yellow": 0, "red": 1}})

    assert 'aria-label="正常 9，黄牌 0，红牌 1"' in html
    assert 'viewBox="0 0 10 1"' in html
    assert 'class="yellow"' not in html


def test_timeline_carries_the_card_of_its_entry() -> None:
    card = {"level": "yellow", "text": "剩 0 个工作日"}
    entry = {"state": "now", "title": "居住证：核查", "card": card, "when": "", "why": ""}
    html = render_to_string("components/_timeline.html", {"entries": [entry]})

    assert "黄牌 · 剩 0 个工作日" in text_of(html)


def test_figure_with_an_address_is_a_link_to_its_list() -> None:
    figures = [{"label": "红牌", "value": 3, "url": "/supervision/?card=red", "card": "red"}]
    html = render_to_string("components/_figures.html", {"figures": figures})

    assert re.search(r'<a href="/supervision/\?card=red">.*红牌.*3.*</a>', html, re.S)
