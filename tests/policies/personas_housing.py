"""Living and housing subsidies (生活补贴、公租房货币补贴、租房补贴): P07 to P09."""

from typing import Any

from tests.policies.personas import CLOSED, EVENT, NO, OPEN, YES, Persona, later

IN_2020, IN_2021 = "2020-09-01", "2021-11-01"


def graduate(**differs: Any) -> dict[str, Any]:
    """Return a bachelor of this summer, insured for half a year, without a home of their own."""
    facts = dict(
        edu="21", study_mode="全日制", grad_date="2020-06-30", insured=True, ss_months_cont=6,
        contract_months=24, got_living_subsidy=False, income_pc=48000, house_family=0,
        house_deal_history=False, kin_can_support=False, enjoy_rent_subsidy=False,
        enjoy_public_rental=False, hukou_urban=False, permit_valid=True, title_level="无",
        skill_level="无", family_size=1, monthly_rent=2000, district="330106",
    )  # fmt: skip
    return {code: value for code, value in {**facts, **differs}.items() if value is not None}


def row(
    who: str, expect: dict[str, str], on: str = IN_2020, pays: dict[str, int] | None = None,
    **differs: Any,
) -> Persona:  # fmt: skip
    return Persona(who, on, graduate(**differs), expect, pays or {})


LIVING = [
    # P07, version of 2019: graduated since 3 June 2019, within a year, full time
    row("2019版施行前一日", {"P07": CLOSED}, "2019-06-02", grad_date="2019-06-01"),
    row("2019版施行当日，当天毕业", {"P07": YES}, "2019-06-03", grad_date="2019-06-03"),
    row("2019年6月2日毕业", {"P07": NO}, "2019-10-01", grad_date="2019-06-02"),
    row("2019年6月3日毕业", {"P07": YES}, "2019-10-01", grad_date="2019-06-03"),
    row("毕业满12个月", {"P07": YES}, "2021-06-30"),
    row("毕业满13个月的前一日", {"P07": YES}, "2021-07-29"),
    row("毕业满13个月", {"P07": NO}, "2021-07-30"),
    row("非全日制本科，2019版", {"P07": NO}, study_mode="非全日制"),
    row("大专", {"P07": NO}, edu="31"),
    row("2019版不看连续参保月数", {"P07": YES}, ss_months_cont=0),
    row("尚未参保，参保后即可", {"P07": EVENT, "P09": EVENT}, insured=False,
        ss_months_cont={"value": 0, "as_of": None}),
    row("已离职、原参保6个月，2021版施行后可办", {"P07": later(2021, 10, 15)}, insured=False),
    row("已享受过生活补贴", {"P07": NO}, got_living_subsidy=True),
    row("是否享受过没有查到", {"P07": OPEN}, got_living_subsidy=None),
    row("本科1万元", {"P07": YES}, pays={"P07": 10000}),
    row("硕士3万元", {"P07": YES}, pays={"P07": 30000}, edu="14"),
    row("博士5万元", {"P07": YES}, pays={"P07": 50000}, edu="11"),
    # P07, version of 2021: within 24 months, six months of insurance in a row
    row("2019版最后一日", {"P07": YES}, "2021-10-14", grad_date="2020-10-14", ss_months_cont=0),
    row("2021版第一日，参保不足6个月", {"P07": later(2022, 4, 15)}, "2021-10-15",
        grad_date="2020-10-14", ss_months_cont=0),
    row("连续参保5个月", {"P07": later(2021, 12, 1)}, IN_2021, ss_months_cont=5),
    row("连续参保6个月", {"P07": YES}, IN_2021, ss_months_cont=6),
    row("8月31日起参保1个月，按月末计满6个月", {"P07": later(2022, 1, 31)}, "2021-11-01",
        ss_months_cont={"value": 1, "as_of": "2021-08-31"}),
    row("2021版不要求全日制", {"P07": YES}, IN_2021, study_mode="非全日制"),
    row("毕业满24个月", {"P07": YES}, "2021-12-29", grad_date="2019-11-30"),
    row("毕业满25个月", {"P07": NO}, "2021-12-30", grad_date="2019-11-30"),
    row("参保满6个月时毕业已满25个月", {"P07": NO}, IN_2021, grad_date="2019-11-30",
        ss_months_cont=1),
    row("参保满6个月时毕业恰在24个月之内", {"P07": later(2022, 4, 1)}, IN_2021,
        grad_date="2020-04-01", ss_months_cont=1),
    row("博士2021年10月15日毕业，10万元", {"P07": YES}, "2022-06-01", {"P07": 100000}, edu="11",
        grad_date="2021-10-15"),
    row("博士2021年10月14日毕业，5万元", {"P07": YES}, "2022-06-01", {"P07": 50000}, edu="11",
        grad_date="2021-10-14"),
    row("硕士，2021版3万元", {"P07": YES}, "2022-06-01", {"P07": 30000}, edu="14",
        grad_date="2021-06-30"),
]  # fmt: skip

RENTAL = [
    # P08: income, and who need not show it
    row("本科，收入66067.99元", {"P08": YES}, income_pc="66067.99"),
    row("本科，收入66068元", {"P08": NO}, income_pc=66068),
    row("本科，收入没有查到", {"P08": OPEN}, income_pc=None),
    row("硕士免审收入", {"P08": YES}, edu="14", income_pc=300000),
    row("博士免审收入，收入没有查到", {"P08": YES}, edu="11", income_pc=None),
    row("副高级职称免审收入", {"P08": YES}, title_level="副高", income_pc=300000),
    row("中级职称不免审收入", {"P08": NO}, title_level="中级", income_pc=66068),
    # P08: seven years after graduation, else a title or qualification
    row("本科毕业满84个月的前一日", {"P08": YES}, grad_date="2013-09-02"),
    row("本科毕业满84个月", {"P08": NO}, grad_date="2013-09-01"),
    row("本科毕业满84个月，高级工", {"P08": YES}, grad_date="2013-09-01", skill_level="高级工"),
    row("本科毕业满84个月，中级工", {"P08": NO}, grad_date="2013-09-01", skill_level="中级工"),
    row("硕士毕业20年", {"P08": YES}, edu="14", grad_date="2000-06-30"),
    row("大专，中级职称，申请公租房补贴", {"P08": YES}, edu="31", title_level="中级"),
    row("参保满6个月时本科毕业已满7年", {"P08": NO}, grad_date="2013-10-01", ss_months_cont=0),
    # P08: home, family, contract, insurance, papers
    row("家庭有1套住房", {"P08": NO, "P09": NO}, house_family=1),
    row("直系亲属有资助能力", {"P08": NO}, kin_can_support=True),
    row("合同11个月", {"P08": NO}, contract_months=11),
    row("连续参保5个月，申请公租房补贴", {"P08": later(2020, 10, 1)}, ss_months_cont=5),
    row("中断参保、月数停在3个月", {"P08": EVENT}, ss_months_cont={"value": 3, "as_of": None}),
    row("既无市区户籍也无居住证", {"P08": NO}, permit_valid=False),
    row("有市区户籍，居住证没有查到", {"P08": YES}, hukou_urban=True, permit_valid=None),
    row("已享受应届生租房补贴", {"P08": NO}, enjoy_rent_subsidy=True),
    # P08: by family and rent, by district
    row("1人户每月864元", {"P08": YES}, pays={"P08": 864}),
    row("2人户每月864元", {"P08": YES}, pays={"P08": 864}, family_size=2),
    row("3人户每月1080元", {"P08": YES}, pays={"P08": 1080}, family_size=3),
    row("4人户每月1440元", {"P08": YES}, pays={"P08": 1440}, family_size=4),
    row("6人户每月1440元", {"P08": YES}, pays={"P08": 1440}, family_size=6),
    row("实际月租金700元", {"P08": YES}, pays={"P08": 700}, monthly_rent=700),
    row("实际月租金恰为标准", {"P08": YES}, pays={"P08": 864}, monthly_rent=864),
    row("余杭区标准施行前一日", {"P08": YES}, "2020-12-31", {"P08": 864}, district="330110"),
    row("余杭区标准施行当日，1人户648元", {"P08": YES}, "2021-01-01", {"P08": 648},
        district="330110"),
    row("余杭区3人户810元", {"P08": YES}, "2021-03-01", {"P08": 810}, district="330110",
        family_size=3),
    row("余杭区4人户1080元", {"P08": YES}, "2021-03-01", {"P08": 1080}, district="330110",
        family_size=4),
    row("余杭区4人户，月租金1000元", {"P08": YES}, "2021-03-01", {"P08": 1000},
        district="330110", family_size=4, monthly_rent=1000),
    row("同日西湖区仍按市标准", {"P08": YES}, "2021-03-01", {"P08": 864}),
    # P09
    row("租房补贴施行前一日", {"P09": CLOSED}, "2020-02-23", grad_date="2020-02-23"),
    row("租房补贴施行当日毕业", {"P09": YES}, "2020-02-24", {"P09": 10000},
        grad_date="2020-02-24"),
    row("2020年2月23日毕业", {"P09": NO}, grad_date="2020-02-23"),
    row("有房产交易记录", {"P09": NO, "P08": YES}, house_deal_history=True),
    row("正享受公租房", {"P09": NO, "P08": YES}, enjoy_public_rental=True),
    row("住房情况没有返回", {"P08": OPEN, "P09": OPEN}, house_family=None),
    row("大专不享受租房补贴", {"P09": NO}, edu="31"),
]  # fmt: skip
