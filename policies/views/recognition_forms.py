"""Forms of recognition: whom, by which route and on what evidence; recommenders; institutions."""

from collections.abc import Mapping
from typing import Any

from django import forms

from policies.checks import CHECKS
from policies.models import Institution, Level, Recommender, Route, Scope
from policies.recognition_rules import LONGEST, rules

RESIDENT_ID_LENGTH = 18
SELECT = [("", "请选择")]


class DeskForm(forms.Form):
    """A form whose errors are Chinese sentences, said by the field or by the verb."""

    use_required_attribute = False

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for field in self.fields.values():
            field.error_messages["required"] = f"请填写{field.label}。"
            if isinstance(field, forms.ChoiceField):
                field.error_messages |= dict.fromkeys(
                    ("required", "invalid_choice"), f"请选择{field.label}。"
                )
            if isinstance(field, forms.CharField) and field.max_length:
                field.error_messages["max_length"] = f"不超过 {field.max_length} 个字。"

    def show(self, problems: Mapping[str, str]) -> None:
        """Put each sentence of a verb at the field it is about, the rest above the form."""
        for key, problem in problems.items():
            self.add_error(key if key in self.fields else None, problem)


class FindForm(DeskForm):
    """Who is to be recognised: name and ID number, posted, so that neither is in an address."""

    name = forms.CharField(label="姓名", max_length=50)
    id_number = forms.CharField(
        label="证件号码",
        max_length=30,
        help_text="居民身份证号码，或者护照、永久居留身份证号码",
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )

    def clean_name(self) -> str:
        name = str(self.cleaned_data["name"]).strip()
        if problem := CHECKS["person_name"](name):
            raise forms.ValidationError(problem)
        return name

    def clean_id_number(self) -> str:
        number = "".join(str(self.cleaned_data["id_number"]).split()).upper()
        if len(number) == RESIDENT_ID_LENGTH:
            problem = CHECKS["resident_id"](number)
        else:
            is_plausible = number.isascii() and number.isalnum() and 5 <= len(number) <= 20
            problem = None if is_plausible else "证件号码不正确，请对照证件填写。"
        if problem:
            raise forms.ValidationError(problem)
        return number


# What each route asks for; the rest of the form is asked by all.
FIELDS = {
    Route.CONTEST: ("contest", "rank", "role"),
    Route.MARKET: ("measure", "amount", "position"),
    Route.RECOMMENDATION: ("recommender", "grounds"),
}


def _text(label: str, help_text: str = "") -> forms.CharField:
    return forms.CharField(label=label, max_length=LONGEST, help_text=help_text)


class RecogniseForm(DeskForm):
    """Level, route and what the route asks for; the fields of other routes may stay empty.

    Whether that is enough is the rule's matter (policies.recognition_rules), not the form's.
    """

    route = forms.ChoiceField(label="认定方式", choices=Route.choices, widget=forms.RadioSelect)
    contest = _text("大赛和项目名称")
    rank = forms.ChoiceField(label="项目等次")
    role = forms.ChoiceField(label="在项目中的角色")
    measure = forms.ChoiceField(label="评定依据")
    amount = forms.DecimalField(
        label="金额（元）",
        max_digits=15,
        decimal_places=2,
        min_value=0,
        error_messages={
            "invalid": "请填写数字，单位为元。",
            "min_value": "金额不能小于 0。",
            "max_digits": "金额过大，请核对。",
            "max_whole_digits": "金额过大，请核对。",
            "max_decimal_places": "最多保留两位小数。",
        },
    )
    position = _text("企业和管理职务", "例如：杭州某某科技有限公司，副总经理")
    recommender = forms.ModelChoiceField(
        label="举荐人", queryset=Recommender.objects.none(), empty_label="请选择"
    )
    grounds = _text("举荐理由")
    proof = _text("证明材料", "材料名称和编号，例如：获奖证书 2026-018、个人所得税纳税记录")
    level = forms.ChoiceField(label="认定层次", choices=[*SELECT, *Level.choices])
    valid_until = forms.DateField(
        label="有效期至",
        required=False,
        help_text="不填为长期有效；到期自动退出，人才码同时注销",
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        error_messages={"invalid": "请按 2031-11-24 的形式填写日期。"},
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        contest, market = rules().contest, rules().market
        self._offer("rank", [(rank, f"{rank}奖") for rank in contest.ranks])
        self._offer(
            "role", [(one.code, f"{one.name}（最高 {one.highest} 类）") for one in contest.roles]
        )
        self._offer(
            "measure", [(one.code, f"{one.name}{one.least_words}") for one in market.measures]
        )
        choice = self.fields["recommender"]
        assert isinstance(choice, forms.ModelChoiceField)  # noqa: S101 - for the type checker
        choice.queryset = Recommender.objects.filter(is_active=True)
        if self.is_bound:
            chosen = self.data.get("route")
            for route, names in FIELDS.items():
                for name in names:
                    self.fields[name].required = route == chosen

    def _offer(self, name: str, choices: list[tuple[str, str]]) -> None:
        field = self.fields[name]
        assert isinstance(field, forms.ChoiceField)  # noqa: S101 - for the type checker
        field.choices = [*SELECT, *choices]

    def verb(self) -> dict[str, Any]:
        """Return the arguments of policies.recognition.recognise."""
        stated = self.cleaned_data
        recommender = stated["recommender"]
        return {
            "level": stated["level"],
            "route": stated["route"],
            "stated": stated,
            "recommender_id": recommender.pk if recommender else None,
            "valid_until": stated["valid_until"],
        }


class EndForm(DeskForm):
    reasons = forms.CharField(
        label="退出原因",
        max_length=200,
        help_text="会原样告知本人，并附救济途径",
        widget=forms.Textarea(attrs={"rows": 2}),
    )


class RecommenderForm(DeskForm):
    name = forms.CharField(label="姓名", max_length=50)
    organisation = forms.CharField(label="单位及职务", max_length=100)
    yearly_quota = forms.IntegerField(
        label="每年名额",
        min_value=0,
        max_value=99,
        error_messages={
            "invalid": "请填写整数。",
            "min_value": "名额不能小于 0。",
            "max_value": "名额不超过 99 个。",
        },
    )


class InstitutionForm(DeskForm):
    name = forms.CharField(label="单位名称", max_length=100)
    scopes = forms.MultipleChoiceField(
        label="用途",
        choices=Scope.choices,
        help_text="该单位验码时只能看到所选用途的内容",
        widget=forms.CheckboxSelectMultiple,
    )

    def __init__(self, *args: Any, pk: int | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.pk = pk

    def clean_name(self) -> str:
        name = str(self.cleaned_data["name"]).strip()
        namesakes = Institution.objects.filter(name=name).values_list("pk", flat=True)
        if set(namesakes) - {self.pk}:
            raise forms.ValidationError("已有同名的用码单位。")
        return name
