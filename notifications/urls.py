from django.urls import path

from notifications.views import dead_letters, inbox, receipts

app_name = "notifications"
urlpatterns = [
    path("inbox/", inbox.inbox, name="inbox"),
    path("inbox/read/", inbox.read_all, name="read-all"),
    path("inbox/<uuid:message_id>/read/", inbox.read, name="read"),
    path("messages/dead-letters/", dead_letters.index, name="dead-letters"),
    path("messages/dead-letters/resend/", dead_letters.resend_all, name="resend-all"),
    path("messages/dead-letters/<uuid:message_id>/resend/", dead_letters.resend, name="resend"),
    path("sms-receipts/http/", receipts.gateway, name="receipts-http"),
    path("sms-receipts/aliyun/<str:token>/", receipts.aliyun, name="receipts-aliyun"),
    path("sms-receipts/tencent/<str:token>/", receipts.tencent, name="receipts-tencent"),
]
