"""How drf-spectacular makes the OpenAPI document; a part of leadflow.settings."""

SETTINGS = {
    # Choices of fields of one name that differ, and of several names that do not.
    "ENUM_NAME_OVERRIDES": {
        "SideEnum": "leads.models.stages.Sourced",
        "RejectReasonEnum": "leads.models.handoff.RejectReason",
        "ReturnAnswerEnum": "leads.models.returned.Return.Answer",
        "RulingOutcomeEnum": "leads.models.returned.Return.Ruled",
        "TouchOutcomeEnum": "leads.models.activity.Outcome",
    },
    "TITLE": "leadflow",
    "DESCRIPTION": "Leads, their handoff from marketing to sales, and the agreement about both.",
    "VERSION": "1",
    "SERVE_INCLUDE_SCHEMA": False,
    "SERVE_PUBLIC": True,
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "COMPONENT_SPLIT_REQUEST": True,
    "SCHEMA_PATH_PREFIX": "/api/v1",
}
