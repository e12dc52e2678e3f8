"""Founding an enterprise (创业): contest, subsidies, loans of P10 to P12, and E01 to E07."""

from typing import Any

from tests.policies.personas import CLOSED, EVENT, NO, OPEN, YES, Persona, later

DAY = "2020-09-01"


def founder(**differs: Any) -> dict[str, Any]:
    """Return a graduate of three years ago with a firm of one year."""
    facts = dict(
        edu="21", birth_date="1995-08-22", grad_date="2017-06-30", is_legal_rep=True,
        ss_months_cont=12, got_startup_subsidy=False, industry_ok=True, credit_ok=True,
    )  # fmt: skip
    return {code: value for code, value in {**facts, **differs}.items() if value is not None}


def firm(**differs: Any) -> dict[str, Any]:
    facts = dict(
        founder(), legal_original=True, legal_insured_here=True, legal_grad_years=2,
        team_equity=60, established="2019-09-01", tax_months=12, turnover_tax_paid=True,
        addr_same=True, got_city_fund=False, revenue_last=300, tax_last=5, hires_12m=3,
        small_micro=True, grad_hires=1, rent_paid=36000, lease_area=80,
    )  # fmt: skip
    return {code: value for code, value in {**facts, **differs}.items() if value is not None}


def row(
    who: str, expect: dict[str, str], on: str = DAY, pays: dict[str, int] | None = None,
    **differs: Any,
) -> Persona:  # fmt: skip
    return Persona(who, on, founder(**differs), expect, pays or {})


def trade(
    who: str, expect: dict[str, str], on: str = DAY, pays: dict[str, int] | None = None,
    **differs: Any,
) -> Persona:  # fmt: skip
    return Persona(who, on, firm(**differs), expect, pays or {})


FOUNDERS = [
    # P10
    row("大赛报名开始前一日", {"P10": CLOSED}, "2020-05-31"),
    row("大赛报名第一日", {"P10": YES}, "2020-06-01"),
    row("大赛报名最后一日", {"P10": YES}, "2021-06-30"),
    row("大赛报名截止次日", {"P10": CLOSED}, "2021-07-01"),
    row("2015年12月31日毕业", {"P10": NO}, grad_date="2015-12-31"),
    row("2016年1月1日毕业", {"P10": YES}, grad_date="2016-01-01"),
    row("在校生，明年毕业", {"P10": YES}, grad_date="2021-06-30"),
    row("大赛特等奖", {"P10": YES}, pays={"P10": 50000}, contest_rank="特等"),
    row("大赛三等奖", {"P10": YES}, pays={"P10": 5000}, contest_rank="三等"),
    row("大赛优胜奖没有奖金", {"P10": YES}, pays={"P10": 0}, contest_rank="优胜"),
    row("毕业日期没有查到", {"P10": OPEN, "P11": OPEN, "P12": OPEN}, grad_date=None),
    # P11
    row("创业参保11个月", {"P11": later(2020, 10, 1)}, ss_months_cont=11),
    row("创业参保12个月", {"P11": YES}, pays={"P11": 5000}),
    row("毕业满60个月", {"P11": YES, "P12": YES}, grad_date="2015-09-01"),
    row("毕业满61个月", {"P11": NO, "P12": NO}, grad_date="2015-08-01"),
    row("参保满12个月时毕业已满61个月", {"P11": NO}, grad_date="2015-09-01", ss_months_cont=11),
    row("在校创业，毕业年限视为0", {"P11": YES, "P12": YES}, grad_date="2021-06-30"),
    row("不是法定代表人", {"P11": NO}, is_legal_rep=False),
    row("已享受创业社保补贴", {"P11": NO}, got_startup_subsidy=True),
    # P12
    row("2017版最后一日，信用不良", {"P12": NO}, "2019-12-31", credit_ok=False),
    row("2017版最后一日，额度看项目", {"P12": YES}, "2019-12-31"),
    row("2020版第一日，不看信用", {"P12": YES}, "2020-01-01", {"P12": 500000}, credit_ok=False),
    row("限制行业", {"P12": NO}, industry_ok=False),
]  # fmt: skip

FIRMS = [
    # E01
    trade("2017版最后一日，变更取得法人", {"E01": NO}, "2020-04-19", legal_original=False),
    trade("2020版第一日，不看是否变更", {"E01": YES}, "2020-04-20", legal_original=False),
    trade("2017版不看税务登记", {"E01": YES}, "2020-04-19", tax_months=0),
    trade("税务登记2个月", {"E01": later(2020, 10, 1)}, tax_months=2),
    trade("税务登记3个月", {"E01": YES}, tax_months=3),
    trade("法定代表人尚未在本企业参保", {"E01": EVENT, "E02": EVENT, "E05": EVENT},
          legal_insured_here=False),
    trade("尚未缴纳流转税", {"E01": EVENT}, turnover_tax_paid=False),
    trade("团队出资29.99%", {"E01": NO, "E02": NO, "E05": NO}, team_equity="29.99"),
    trade("团队出资30%", {"E01": YES, "E02": YES, "E05": YES}, team_equity=30),
    trade("毕业5年时创办", {"E01": YES, "E05": YES}, legal_grad_years=5),
    trade("毕业5年零1个月时创办", {"E01": NO, "E02": NO, "E05": NO}, legal_grad_years="5.08"),
    trade("注册与经营地址不一致", {"E01": NO, "E02": NO}, addr_same=False),
    trade("有失信记录", {"E01": NO}, credit_ok=False),
    trade("信用情况没有返回", {"E01": OPEN}, credit_ok=None),
    trade("已获市级专项资金", {"E01": NO, "E05": YES}, got_city_fund=True),
    trade("大赛三等奖，免评审20万元", {"E01": YES}, pays={"E01": 200000}, contest_rank="三等"),
    trade("大赛400强，免评审5万元", {"E01": YES}, pays={"E01": 50000}, contest_rank="400强"),
    # E01x
    trade("上年税收100万元", {"POL_E01x": YES}, pays={"POL_E01x": 100000}, tax_last=100),
    trade("上年税收99.99万元、带动99人", {"POL_E01x": NO}, tax_last="99.99", hires_12m=99),
    trade("带动就业100人", {"POL_E01x": YES}, tax_last=0, hires_12m=100),
    trade("税收没有返回、带动99人", {"POL_E01x": OPEN}, tax_last=None, hires_12m=99),
    # E02
    trade("企业成立满12个月的前一日", {"E02": later(2020, 9, 1)}, "2020-08-31"),
    trade("企业成立满12个月", {"E02": YES}, pays={"E02": 36000}),
    trade("实付租金5万元，首年4万元", {"E02": YES}, pays={"E02": 40000}, rent_paid=50000),
    trade("2017版，80平方米，首年29200元", {"E02": YES}, "2020-04-19", {"E02": 29200}),
    trade("2017版，120平方米，按100平方米计", {"E02": YES}, "2020-04-19", {"E02": 36500},
          lease_area=120),
    # E04
    trade("带动就业补贴施行前一日", {"E04": CLOSED}, "2016-01-31", grad_date="2015-06-30"),
    trade("带动2人", {"E04": EVENT}, pays={"E04": 0}, hires_12m=2),
    trade("带动3人", {"E04": YES}, pays={"E04": 2000}),
    trade("带动4人", {"E04": YES}, pays={"E04": 3000}, hires_12m=4),
    trade("带动21人，恰到上限", {"E04": YES}, pays={"E04": 20000}, hires_12m=21),
    trade("带动30人，按上限", {"E04": YES}, pays={"E04": 20000}, hires_12m=30),
    trade("法定代表人毕业满61个月", {"E04": NO, "E06": NO}, grad_date="2015-08-01"),
    # E05
    trade("上年销售收入299.99万元", {"E05": EVENT}, revenue_last="299.99"),
    trade("上年销售收入300万元", {"E05": YES}, pays={"E05": 500000}),
    trade("41周岁生日前一日", {"E05": YES}, "2036-08-21"),
    trade("满41周岁", {"E05": NO}, "2036-08-22"),
    # E06, E07, E03
    trade("成立满36个月", {"E06": YES}, "2022-09-30", grad_date="2018-06-30"),
    trade("成立满37个月", {"E06": NO}, "2022-10-01", grad_date="2018-06-30"),
    trade("小微企业招用1名毕业生", {"E07": YES}),
    trade("尚未招用毕业生", {"E07": NO}, grad_hires=0),
    trade("不是小微企业", {"E07": NO}, small_micro=False),
    Persona("任何企业，什么都还不知道", DAY, {}, {"E03": YES, "E01": OPEN, "E07": OPEN}),
]  # fmt: skip
