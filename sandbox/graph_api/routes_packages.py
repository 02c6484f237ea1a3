"""The routes of entitlement management and of its rival, guest lifecycle policies."""

from sandbox.graph_api import (
    assignments,
    bodies,
    connected_organizations,
    governed,
    lifecycle_policies,
    package_bodies,
    packages,
)
from sandbox.graph_api.bodies import Fields
from sandbox.graph_api.exchange import Operation
from sandbox.graph_api.route import OFFSET_LIST, Budget, Route, options

_EM = "/identityGovernance/entitlementManagement"
_PACKAGE = f"{_EM}/accessPackages/{{accessPackage-id}}"
_POLICY = f"{_EM}/assignmentPolicies/{{accessPackageAssignmentPolicy-id}}"
_ORGANIZATION = f"{_EM}/connectedOrganizations/{{connectedOrganization-id}}"
_SUBJECT = f"{_EM}/subjects(objectId='{{objectId}}')"
_LIST = OFFSET_LIST | options("expand")
_ONE = options("expand", "select")


def _em(
    name: str, perform: Operation, taken: frozenset[str] = frozenset(), body: Fields | None = None
) -> Route:
    return Route(name=name, perform=perform, options=taken, body=body, budget=Budget.REVIEWS)


ROUTES = (
    _em(f"GET {_EM}/catalogs", packages.list_catalogs, OFFSET_LIST),
    _em(f"GET {_EM}/accessPackages", packages.list_packages, _LIST),
    _em(f"GET {_PACKAGE}", packages.get_package, _ONE),
    _em(f"GET {_PACKAGE}/assignmentPolicies", packages.list_policies_of_package, _LIST),
    _em(f"GET {_PACKAGE}/resourceRoleScopes", packages.list_resource_role_scopes, OFFSET_LIST),
    _em(f"GET {_EM}/assignmentPolicies", packages.list_policies, _LIST),
    _em(f"POST {_EM}/assignmentPolicies", packages.create_policy, body=package_bodies.NEW_POLICY),
    _em(f"GET {_POLICY}", packages.get_policy, _ONE),
    _em(f"PUT {_POLICY}", packages.replace_policy, body=package_bodies.WHOLE_POLICY),
    _em(f"DELETE {_POLICY}", packages.delete_policy),
    _em(f"GET {_EM}/assignments", assignments.list_assignments, _LIST),
    _em(f"GET {_EM}/assignments/{{accessPackageAssignment-id}}", assignments.get_assignment, _ONE),
    _em(f"GET {_EM}/assignmentRequests", assignments.list_orders, _LIST),
    _em(f"POST {_EM}/assignmentRequests", assignments.create_order, body=package_bodies.NEW_REQUEST),
    _em(f"GET {_EM}/assignmentRequests/{{accessPackageAssignmentRequest-id}}", assignments.get_order, _ONE),
    _em(f"GET {_EM}/connectedOrganizations", connected_organizations.list_organizations, _LIST),
    _em(f"GET {_ORGANIZATION}", connected_organizations.get_organization, _ONE),
    _em(f"GET {_ORGANIZATION}/internalSponsors", connected_organizations.list_internal, OFFSET_LIST),
    _em(f"GET {_ORGANIZATION}/externalSponsors", connected_organizations.list_external, OFFSET_LIST),
    _em(
        f"POST {_ORGANIZATION}/internalSponsors/$ref",
        connected_organizations.add_internal,
        body=bodies.REFERENCE,
    ),
    _em(
        f"POST {_ORGANIZATION}/externalSponsors/$ref",
        connected_organizations.add_external,
        body=bodies.REFERENCE,
    ),
    _em(
        f"DELETE {_ORGANIZATION}/internalSponsors/{{directoryObject-id}}/$ref",
        connected_organizations.remove_internal,
    ),
    _em(
        f"DELETE {_ORGANIZATION}/externalSponsors/{{directoryObject-id}}/$ref",
        connected_organizations.remove_external,
    ),
    _em(f"GET {_EM}/settings", governed.get_settings, options("select")),
    _em(f"PATCH {_EM}/settings", governed.update_settings, body=package_bodies.SETTINGS),
    _em(f"GET {_SUBJECT}", governed.get_subject, _ONE),
    _em(f"PATCH {_SUBJECT}", governed.update_subject, body=package_bodies.SUBJECT),
    _em(
        "GET /identityGovernance/lifecycleWorkflows/lifecyclePolicies",
        lifecycle_policies.list_lifecycle_policies,
        options("select", "skip", "top"),
    ),
)
