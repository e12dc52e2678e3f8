"""What other systems and pages ask by machine; each view fetches through `visible_to`."""

from django.shortcuts import get_object_or_404
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from cases import explain
from cases.api.serializers import ExplanationSerializer
from cases.models import WorkItem
from portal.accounts.permissions import user_of


class WorkItemDeadline(APIView):
    """When one work item is due, with every step that leads there."""

    # What OPTIONS would tell is English, and nobody needs it.
    metadata_class = None

    def get(self, request: Request, pk: int) -> Response:
        visible = WorkItem.objects.visible_to(user_of(request))
        found = visible.select_related("case").prefetch_related(*explain.NEEDED)
        work_item = get_object_or_404(found, pk=pk)
        reader = explain.reader_of(user_of(request))
        told = explain.seen_by(reader, explain.explain_deadline(work_item))
        return Response(ExplanationSerializer(told).data)
