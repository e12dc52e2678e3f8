"""Settling, residence permit, card, registration (落户、居住证、市民卡、参保): P01 to P06."""

from typing import Any

from tests.policies.personas import NO, OPEN, YES, Persona, later

DAY = "2020-09-01"


def graduate(**differs: Any) -> dict[str, Any]:
    """Return a bachelor from elsewhere, in work for a month."""
    facts = dict(
        age=22, edu="21", study_mode="全日制", hukou_urban=False, hukou_city=False, insured=True,
        residence_registered=True, ss_months_total=1, contract_months=24, title_level="无",
        skill_level="无", shortage_major=False,
    )  # fmt: skip
    return {code: value for code, value in {**facts, **differs}.items() if value is not None}


def row(who: str, expect: dict[str, str], on: str = DAY, **differs: Any) -> Persona:
    return Persona(who, on, graduate(**differs), expect)


SETTLING = [
    # P03: age by degree
    row("博士未满55周岁", {"P03": YES}, edu="11", age=54),
    row("博士满55周岁", {"P03": NO}, edu="11", age=55),
    row("博士54周岁，尚无工作", {"P03": YES}, edu="11", age=54, insured=False, contract_months=0),
    row("硕士未满50周岁", {"P03": YES}, edu="14", age=49),
    row("硕士满50周岁", {"P03": NO}, edu="14", age=50),
    row("非全日制硕士也可落户", {"P03": YES}, edu="14", age=30, study_mode="非全日制"),
    row("全日制本科未满45周岁", {"P03": YES}, age=44),
    row("全日制本科满45周岁", {"P03": NO}, age=45),
    row("本科44周岁，生日次日满45周岁", {"P03": YES}, "2020-09-14", age=None,
        birth_date="1975-09-15"),
    row("本科，生日当天满45周岁", {"P03": NO}, "2020-09-15", age=None, birth_date="1975-09-15"),
    row("非全日制本科", {"P03": NO}, study_mode="非全日制"),
    row("全日制大专未满35周岁，合同期不限", {"P03": YES}, edu="31", age=34, contract_months=6),
    row("全日制大专满35周岁", {"P03": NO}, edu="31", age=35),
    row("非全日制大专", {"P03": NO}, edu="31", age=30, study_mode="非全日制"),
    # P03: one month of insurance, a contract of a year
    row("本科，今天才参保", {"P03": later(2020, 10, 1)}, ss_months_total=0),
    row("本科，月底参保，按月末计满1个月", {"P03": later(2020, 9, 30)}, "2020-08-31",
        ss_months_total=0),
    row("大专，今天才参保", {"P03": later(2020, 10, 1)}, edu="31", ss_months_total=0),
    row("本科，合同11个月", {"P03": NO}, contract_months=11),
    row("本科，合同12个月", {"P03": YES, "P04": YES}, contract_months=12),
    row("本科，满45周岁的生日先于参保满1个月", {"P03": NO}, age=None, birth_date="1975-09-15",
        ss_months_total=0),
    row("本科，满45周岁的生日后于参保满1个月", {"P03": later(2020, 10, 1)}, age=None,
        birth_date="1975-10-15", ss_months_total=0),
    row("已是市区户籍", {"P03": NO, "P04": NO}, hukou_urban=True, hukou_city=True),
    row("学历没有查到", {"P03": OPEN, "P04": OPEN}, edu=None),
    row("学历没有查到，但已满55周岁", {"P03": NO}, edu=None, age=55),
    row("户籍没有查到", {"P03": OPEN, "P06": YES}, hukou_urban=None, hukou_city=None),
    # P04: degree, title or qualification
    row("大专，紧缺专业", {"P04": YES}, edu="31", shortage_major=True),
    row("大专，非紧缺专业", {"P04": NO}, edu="31"),
    row("大专，专业是否紧缺没有查到", {"P04": OPEN}, edu="31", shortage_major=None),
    row("大专，中级职称", {"P04": YES}, edu="31", title_level="中级"),
    row("大专，初级职称", {"P04": NO}, edu="31", title_level="初级"),
    row("大专，技师", {"P04": YES}, edu="31", skill_level="技师"),
    row("大专，高级工", {"P04": NO}, edu="31", skill_level="高级工"),
    row("学历没有查到，正高级职称", {"P04": YES}, edu=None, title_level="正高"),
    row("本科，尚未参保", {"P04": NO, "P02": NO, "P05": NO, "P06": NO}, insured=False),
    row("本科，未做居住登记", {"P04": NO}, residence_registered=False),
    # P01, P02, P05, P06
    row("尚无劳动合同", {"P01": NO}, contract_months=0),
    row("劳动合同1个月", {"P01": YES}, contract_months=1),
    row("在杭参保的外地人", {"P02": YES, "P05": YES, "P06": YES}),
    row("杭州户籍，尚未就业", {"P06": YES, "P02": NO}, hukou_city=True, insured=False),
    row("参保情况没有查到", {"P02": OPEN, "P04": OPEN, "P06": OPEN}, insured=None),
]  # fmt: skip
