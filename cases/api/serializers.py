"""The shape of what the interface answers; instants are ISO 8601 with +08:00."""

from rest_framework import serializers


class StepSerializer(serializers.Serializer):
    kind = serializers.CharField()
    begin = serializers.DateField()
    end = serializers.DateField()
    days = serializers.IntegerField()
    text = serializers.CharField()
    source = serializers.CharField()


class DeadlineSerializer(serializers.Serializer):
    due_on = serializers.DateField()
    due_at = serializers.DateTimeField()
    yellow_at = serializers.DateTimeField()


class UsedSerializer(serializers.Serializer):
    net = serializers.FloatField()
    gross = serializers.FloatField()


class ExplanationSerializer(serializers.Serializer):
    """When a work item is due and why; the fields of cases.explain.Explanation."""

    item = serializers.CharField()
    state = serializers.CharField()
    promised_days = serializers.IntegerField()
    statutory_days = serializers.IntegerField()
    binding = serializers.CharField()
    extended_days = serializers.IntegerField()
    budget = serializers.IntegerField()
    warn_days = serializers.IntegerField()
    started_at = serializers.DateTimeField()
    started_by = serializers.CharField()
    desk_at = serializers.DateTimeField()
    due_at = serializers.DateTimeField()
    yellow_at = serializers.DateTimeField()
    promised_due_at = serializers.DateTimeField()
    statutory_due_at = serializers.DateTimeField()
    paused_at = serializers.DateTimeField()
    if_resumed_now = DeadlineSerializer()
    decided_at = serializers.DateTimeField()
    late_stage = serializers.CharField()
    used = UsedSerializer()
    steps = StepSerializer(many=True)
