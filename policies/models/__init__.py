from policies.models.catalogue import CatalogueVersion, OneThing
from policies.models.policy import Policy, PolicyState, PolicyVersion, SubjectKind
from policies.models.recognition import (
    CodeUse,
    Institution,
    Level,
    Recognition,
    Recommender,
    Route,
    Scope,
    SubjectCode,
)
from policies.models.subject import (
    ChangedSubject,
    Fact,
    FactRequest,
    Inspection,
    Match,
    Profile,
    Subject,
)

__all__ = [
    "CatalogueVersion",
    "ChangedSubject",
    "CodeUse",
    "Fact",
    "FactRequest",
    "Inspection",
    "Institution",
    "Level",
    "Match",
    "OneThing",
    "Policy",
    "PolicyState",
    "PolicyVersion",
    "Profile",
    "Recognition",
    "Recommender",
    "Route",
    "Scope",
    "Subject",
    "SubjectCode",
    "SubjectKind",
]
