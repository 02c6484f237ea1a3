"""Every Microsoft Graph operation Gatehouse uses, and the application permissions each one takes.

Names are spelt as in Microsoft's OpenAPI description of Graph v1.0; permissions as in its permission tables
(graph-facts.md B, C1, E, F, L), each time the least one we ask for: who may write groups also reads them.
docs/permissions.md and the deployment are checked against this list.
"""

from dataclasses import dataclass

_USERS = ("User.Read.All",)
_SIGN_INS = ("User.Read.All", "AuditLog.Read.All")
_DIRECTORY = ("Directory.Read.All",)
_READS_GROUPS = ("GroupMember.Read.All",)
_GROUPS = ("Group.ReadWrite.All",)
_READS_REVIEWS = ("AccessReview.Read.All",)
_REVIEWS = ("AccessReview.ReadWrite.All",)
_MAIL = ("Mail.ReadWrite",)
_READS_PACKAGES = ("EntitlementManagement.Read.All",)

_DEFINITIONS = "/identityGovernance/accessReviews/definitions"
_DEFINITION = f"{_DEFINITIONS}/{{accessReviewScheduleDefinition-id}}"
_INSTANCE = f"{_DEFINITION}/instances/{{accessReviewInstance-id}}"
_STAGE = f"{_INSTANCE}/stages/{{accessReviewStage-id}}"
_PACKAGES = "/identityGovernance/entitlementManagement"
_PACKAGE_POLICY = f"{_PACKAGES}/assignmentPolicies/{{accessPackageAssignmentPolicy-id}}"
_MESSAGE = "/users/{user-id}/messages/{message-id}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """One operation: its name, what it needs, and whether doing it twice is the same as doing it once.

    Mail permissions are granted by Exchange for one mailbox, not in Entra (graph-facts.md E).
    """

    name: str
    needs: tuple[str, ...]
    repeatable: bool = True

    @property
    def method(self) -> str:
        """The HTTP method, in capitals."""
        return self.name.partition(" ")[0]

    @property
    def path(self) -> str:
        """The path below ``/v1.0``, its parameters in braces."""
        return self.name.partition(" ")[2]


LIST_GUESTS = Operation(name="GET /users", needs=_USERS)
LIST_GUESTS_WITH_SIGN_INS = Operation(name="GET /users", needs=_SIGN_INS)
COUNT_GUESTS = Operation(name="GET /users/$count", needs=_USERS)
FIND_USERS = Operation(name="GET /users", needs=_USERS)
READ_USER = Operation(name="GET /users/{user-id}", needs=_USERS)
READ_USER_WITH_SIGN_INS = Operation(name="GET /users/{user-id}", needs=_SIGN_INS)
SWITCH_USER = Operation(
    name="PATCH /users/{user-id}", needs=("User.EnableDisableAccount.All", "User.Read.All")
)
DELETE_USER = Operation(name="DELETE /users/{user-id}", needs=("User.DeleteRestore.All",))
READ_DELETED = Operation(name="GET /directory/deletedItems/{directoryObject-id}", needs=_USERS)
RESTORE_USER = Operation(
    name="POST /directory/deletedItems/{directoryObject-id}/restore",
    needs=("User.DeleteRestore.All",),
    repeatable=False,
)

ADD_SPONSOR = Operation(
    name="POST /users/{user-id}/sponsors/$ref", needs=("User.ReadWrite.All",), repeatable=False
)
REMOVE_SPONSOR = Operation(
    name="DELETE /users/{user-id}/sponsors/{directoryObject-id}/$ref", needs=("User.ReadWrite.All",)
)
READ_MANAGER = Operation(name="GET /users/{user-id}/manager", needs=_USERS)
LIST_ALL_MEMBERS = Operation(
    name="GET /groups/{group-id}/transitiveMembers/graph.user", needs=(*_READS_GROUPS, *_USERS)
)
LIST_GUEST_MEMBERS = Operation(
    name="GET /groups/{group-id}/members/graph.user", needs=(*_READS_GROUPS, *_USERS)
)
LIST_OWNERS = Operation(name="GET /groups/{group-id}/owners", needs=(*_READS_GROUPS, *_USERS))
READ_GROUP = Operation(name="GET /groups/{group-id}", needs=_READS_GROUPS)
LIST_PACKAGE_POLICIES = Operation(name=f"GET {_PACKAGES}/assignmentPolicies", needs=_READS_PACKAGES)
LIST_ORGANISATIONS = Operation(name=f"GET {_PACKAGES}/connectedOrganizations", needs=_READS_PACKAGES)
LIST_MEMBER_OF = Operation(name="GET /users/{user-id}/memberOf", needs=_DIRECTORY)
LIST_ALL_MEMBER_OF = Operation(
    name="GET /users/{user-id}/transitiveMemberOf", needs=("User.Read.All", *_READS_GROUPS)
)
LIST_APP_ROLES = Operation(name="GET /users/{user-id}/appRoleAssignments", needs=_DIRECTORY)
LIST_OWNED = Operation(name="GET /users/{user-id}/ownedObjects", needs=_USERS)
LIST_ROLES = Operation(name="GET /roleManagement/directory/roleDefinitions", needs=_DIRECTORY)
LIST_ROLE_ASSIGNMENTS = Operation(name="GET /roleManagement/directory/roleAssignments", needs=_DIRECTORY)
LIST_ELIGIBLE_ROLES = Operation(
    name="GET /roleManagement/directory/roleEligibilityScheduleInstances",
    needs=("RoleEligibilitySchedule.Read.Directory",),
)
LIST_PACKAGES_HELD = Operation(
    name="GET /identityGovernance/entitlementManagement/assignments",
    needs=("EntitlementManagement.Read.All",),
)
READ_PACKAGE_POLICY = Operation(name=f"GET {_PACKAGE_POLICY}", needs=_READS_PACKAGES)
REPLACE_PACKAGE_POLICY = Operation(
    name=f"PUT {_PACKAGE_POLICY}", needs=("EntitlementManagement.ReadWrite.All",), repeatable=False
)
"""Not repeatable although a PUT: somebody else may have changed the policy after ours took effect."""
READ_PACKAGE_SETTINGS = Operation(name=f"GET {_PACKAGES}/settings", needs=_READS_PACKAGES)
LIST_LIFECYCLE_POLICIES = Operation(
    name="GET /identityGovernance/lifecycleWorkflows/lifecyclePolicies",
    needs=("LifecyclePolicies-Guests.Read.All",),
)
"""A preview with pages of v1.0, newer than Microsoft's metadata and SDK; most tenants do not have it."""

FIND_GROUPS = Operation(name="GET /groups", needs=_READS_GROUPS)
CREATE_GROUP = Operation(name="POST /groups", needs=_GROUPS, repeatable=False)
LIST_MEMBERS = Operation(name="GET /groups/{group-id}/members", needs=_READS_GROUPS)
ADD_MEMBERS = Operation(name="PATCH /groups/{group-id}", needs=_GROUPS)
DELETE_GROUP = Operation(name="DELETE /groups/{group-id}", needs=_GROUPS)

FIND_DEFINITIONS = Operation(name=f"GET {_DEFINITIONS}", needs=_READS_REVIEWS)
CREATE_DEFINITION = Operation(name=f"POST {_DEFINITIONS}", needs=_REVIEWS, repeatable=False)
READ_DEFINITION = Operation(name=f"GET {_DEFINITION}", needs=_READS_REVIEWS)
LIST_INSTANCES = Operation(name=f"GET {_DEFINITION}/instances", needs=_READS_REVIEWS)
LIST_DECISIONS = Operation(name=f"GET {_INSTANCE}/decisions", needs=_READS_REVIEWS)
LIST_STAGES = Operation(name=f"GET {_INSTANCE}/stages", needs=_READS_REVIEWS)
LIST_STAGE_DECISIONS = Operation(name=f"GET {_STAGE}/decisions", needs=_READS_REVIEWS)
LIST_CONTACTED = Operation(name=f"GET {_INSTANCE}/contactedReviewers", needs=_READS_REVIEWS)
APPLY_DECISIONS = Operation(name=f"POST {_INSTANCE}/applyDecisions", needs=_REVIEWS)
RECORD_DECISION = Operation(name=f"POST {_INSTANCE}/batchRecordDecisions", needs=_REVIEWS)
"""Repeatable although a POST: the same decision on the same guest and group changes nothing more."""
RECORD_STAGE_DECISION = Operation(name=f"POST {_STAGE}/batchRecordDecisions", needs=_REVIEWS)

FIND_MESSAGES = Operation(name="GET /users/{user-id}/messages", needs=_MAIL)
CREATE_DRAFT = Operation(name="POST /users/{user-id}/messages", needs=_MAIL, repeatable=False)
SEND_DRAFT = Operation(name=f"POST {_MESSAGE}/send", needs=("Mail.Send",), repeatable=False)
READ_MESSAGE = Operation(name=f"GET {_MESSAGE}", needs=_MAIL)
CREATE_REPLY = Operation(name=f"POST {_MESSAGE}/createReply", needs=_MAIL, repeatable=False)
DISCARD_DRAFT = Operation(name=f"DELETE {_MESSAGE}", needs=_MAIL)
LIST_FOLDER = Operation(name="GET /users/{user-id}/mailFolders/{mailFolder-id}/messages", needs=_MAIL)

LIST_AUDITS = Operation(name="GET /auditLogs/directoryAudits", needs=("AuditLog.Read.All",))
READ_ORGANIZATION = Operation(name="GET /organization", needs=_USERS)
LIST_SKUS = Operation(name="GET /subscribedSkus", needs=("LicenseAssignment.Read.All",))
READ_GUEST_ROLE = Operation(name="GET /policies/authorizationPolicy", needs=("Policy.Read.All",))

LIST_PARTNERS = Operation(name="GET /policies/crossTenantAccessPolicy/partners", needs=("Policy.Read.All",))
FIND_TENANT = Operation(
    name="GET /tenantRelationships/findTenantInformationByDomainName(domainName='{domainName}')",
    needs=("CrossTenantInformation.ReadBasic.All",),
)
LIST_SIGN_INS = Operation(name="GET /auditLogs/signIns", needs=("AuditLog.Read.All",))

BATCH = Operation(name="POST /$batch", needs=(), repeatable=False)

ALL = tuple(value for value in tuple(globals().values()) if isinstance(value, Operation))
"""Everything above, in order."""
