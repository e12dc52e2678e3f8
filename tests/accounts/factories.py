"""Made-up users: `TalentFactory()`, `StaffFactory(clerk=True)`, `StaffFactory(officer=True)`."""

from typing import Any

import factory
from factory.django import DjangoModelFactory

from portal.accounts.models import Department, Role, User

PASSWORD = "Kaoyan-de-mima-7"


class DepartmentFactory(DjangoModelFactory[Department]):
    class Meta:
        model = Department
        django_get_or_create = ["code"]

    code = factory.Sequence(lambda n: f"T{n:02d}")
    name = factory.LazyAttribute(lambda department: f"杭州市第{department.code}局")
    short_name = factory.LazyAttribute(lambda department: f"市{department.code}局")


class TalentFactory(DjangoModelFactory[User]):
    class Meta:
        model = User
        skip_postgeneration_save = True

    class Params:
        agent = factory.Trait(role=Role.AGENT)

    username = factory.Sequence(lambda n: f"talent{n}")
    role = Role.TALENT
    full_name = "赵一鸣"
    phone = factory.Sequence(lambda n: f"137{n:08d}")
    phone_verified = True


class StaffFactory(DjangoModelFactory[User]):
    class Meta:
        model = User
        skip_postgeneration_save = True

    class Params:
        clerk = factory.Trait(role=Role.CLERK)
        officer = factory.Trait(role=Role.OFFICER, department=factory.SubFactory(DepartmentFactory))
        leader = factory.Trait(role=Role.LEADER, department=factory.SubFactory(DepartmentFactory))
        supervisor = factory.Trait(role=Role.SUPERVISOR)
        editor = factory.Trait(role=Role.EDITOR)
        auditor = factory.Trait(role=Role.AUDITOR)
        administrator = factory.Trait(role=Role.ADMINISTRATOR)

    username = factory.Sequence(lambda n: f"staff{n}")
    role = Role.CLERK
    full_name = "钱二丁"
    phone = factory.Sequence(lambda n: f"136{n:08d}")

    @classmethod
    def _create(cls, model_class: type[User], *args: Any, **kwargs: Any) -> User:
        user = model_class(**{key: value for key, value in kwargs.items() if key != "password"})
        if "password" in kwargs:
            user.set_password(kwargs["password"])
        else:
            user.set_unusable_password()
        user.save()
        return user
