"""Recognition, codes, and those who read them."""

from django.urls import path

from policies.views import code_api, code_desk, codes, institutions, recognition, recommenders

urlpatterns = [
    path("my-code/<str:kind>/", codes.code, name="my-code"),
    path("my-code/<str:kind>/picture/", codes.picture, name="my-code-picture"),
    path("my-code/<str:kind>/print/", codes.printed, name="my-code-print"),
    path("my-code/<str:kind>/uses/", codes.uses, name="my-code-uses"),
    path("my-code/<str:kind>/replace/", codes.replace, name="my-code-replace"),
    path("my-code/enterprise/issue/", codes.issue, name="my-code-issue"),
    path("codes/verify/", code_desk.desk, name="verify"),
    path("codes/verify/open/", code_desk.open_desk, name="verify-open"),
    path("codes/verify/read/", code_desk.read, name="verify-read"),
    path("codes/verify/close/", code_desk.close, name="verify-close"),
    path("api/codes/verify/", code_api.VerifyCode.as_view(), name="api-verify-code"),
    path("recognitions/", recognition.index, name="recognitions"),
    path("recognitions/find/", recognition.find, name="recognition-find"),
    path("recognitions/subjects/<int:pk>/", recognition.subject, name="recognition-subject"),
    path("recognitions/subjects/<int:pk>/make/", recognition.make, name="recognition-make"),
    path("recognitions/<int:pk>/end/", recognition.end, name="recognition-end"),
    path("recommenders/", recommenders.index, name="recommenders"),
    path("recommenders/save/", recommenders.save, name="recommender-save"),
    path("recommenders/<int:pk>/", recommenders.entry, name="recommender"),
    path("recommenders/<int:pk>/active/", recommenders.activate, name="recommender-activate"),
    path("institutions/", institutions.index, name="institutions"),
    path("institutions/add/", institutions.add, name="institution-add"),
    path("institutions/<int:pk>/", institutions.entry, name="institution"),
    path("institutions/<int:pk>/key/", institutions.rotate, name="institution-key"),
    path("institutions/<int:pk>/active/", institutions.activate, name="institution-activate"),
]
