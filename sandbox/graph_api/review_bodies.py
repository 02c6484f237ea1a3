"""What the bodies of access reviews may hold. Source: Microsoft Graph, accessReviewScheduleDefinition."""

from sandbox.graph_api.bodies import Fields, Kind, Many

_TYPED: dict[str, Kind] = {"@odata.type": str}
_QUERY = Fields({**_TYPED, "query": str, "queryType": str, "queryRoot": str})
_SCOPE_FIELDS: dict[str, Kind] = {**_QUERY.fields, "inactiveDuration": str}
_SCOPE = Fields(
    {**_SCOPE_FIELDS, "principalScopes": Many(Fields(_SCOPE_FIELDS)), "resourceScopes": Many(_QUERY)}
)
REVIEWER = Fields({**_QUERY.fields, "scopeType": str, "reviewerId": str})
RECURRENCE = Fields(
    {
        **_TYPED,
        "pattern": Fields(
            {
                **_TYPED,
                "type": str,
                "interval": int,
                "month": int,
                "dayOfMonth": int,
                "daysOfWeek": Many(str),
                "firstDayOfWeek": str,
                "index": str,
            }
        ),
        "range": Fields(
            {
                **_TYPED,
                "type": str,
                "startDate": str,
                "endDate": str,
                "numberOfOccurrences": int,
                "recurrenceTimeZone": str,
            }
        ),
    }
)
_INSIGHT = Fields(
    {**_TYPED, "recommendationLookBackDuration": str, "signInScope": str}, frozenset({"@odata.type"})
)
_SETTINGS = Fields(
    {
        **_TYPED,
        "mailNotificationsEnabled": bool,
        "reminderNotificationsEnabled": bool,
        "justificationRequiredOnApproval": bool,
        "defaultDecisionEnabled": bool,
        "defaultDecision": str,
        "instanceDurationInDays": int,
        "autoApplyDecisionsEnabled": bool,
        "recommendationsEnabled": bool,
        "recommendationLookBackDuration": str,
        "recommendationInsightSettings": Many(_INSIGHT),
        "decisionHistoriesForReviewersEnabled": bool,
        "recurrence": RECURRENCE,
        "applyActions": Many(Fields(_TYPED)),
    }
)
_STAGE = Fields(
    {
        **_TYPED,
        "stageId": str,
        "dependsOn": Many(str),
        "durationInDays": int,
        "recommendationsEnabled": bool,
        "recommendationInsightSettings": Many(_INSIGHT),
        "decisionsThatWillMoveToNextStage": Many(str),
        "reviewers": Many(REVIEWER),
        "fallbackReviewers": Many(REVIEWER),
    },
    frozenset({"stageId", "durationInDays"}),
)
_RECIPIENT = Fields({**_TYPED, "notificationTemplateType": str, "notificationRecipientScope": _QUERY})
_DEFINITION: dict[str, Kind] = {
    **_TYPED,
    "displayName": str,
    "descriptionForAdmins": str,
    "descriptionForReviewers": str,
    "scope": _SCOPE,
    "instanceEnumerationScope": _QUERY,
    "reviewers": Many(REVIEWER),
    "fallbackReviewers": Many(REVIEWER),
    "settings": _SETTINGS,
    "stageSettings": Many(_STAGE),
    "additionalNotificationRecipients": Many(_RECIPIENT),
}
_PERSON = Fields({**_TYPED, "id": str, "displayName": str, "userPrincipalName": str})
NEEDED = frozenset({"displayName", "descriptionForAdmins", "descriptionForReviewers", "scope", "settings"})
NEW_DEFINITION = Fields(_DEFINITION, NEEDED)
READ_ONLY = frozenset({"id", "createdDateTime", "lastModifiedDateTime", "status", "createdBy"})
WHOLE_DEFINITION = Fields(
    {**_DEFINITION, "@odata.context": str, **dict.fromkeys(READ_ONLY, str), "createdBy": _PERSON},
    NEEDED - {"descriptionForReviewers"},
)
INSTANCE = Fields(
    {**_TYPED, "scope": _SCOPE, "reviewers": Many(REVIEWER), "fallbackReviewers": Many(REVIEWER)},
    frozenset({"scope"}),
)
DECISION = Fields({"decision": str, "justification": str}, frozenset({"decision"}))
BATCH_DECISION = Fields(
    {"decision": str, "justification": str, "principalId": str, "resourceId": str}, frozenset({"decision"})
)
