"""The directory's routes: users, what was deleted, groups."""

from sandbox.graph_api import (
    apps,
    bodies,
    deleted_items,
    group_people,
    groups,
    memberships,
    sponsors,
    teams,
    users,
)
from sandbox.graph_api.route import DIRECTORY_LIST, OBJECTS, Route, options

USERS = (
    Route(name="GET /users/$count", perform=users.count_users, options=options("filter", "search"), cost=2),
    Route(
        name="GET /users",
        perform=users.list_users,
        options=DIRECTORY_LIST | options("expand", "orderby", "search"),
        cost=2,
    ),
    Route(name="GET /users/{user-id}", perform=users.get_user, options=options("expand", "select")),
    Route(name="PATCH /users/{user-id}", perform=users.update_user, body=bodies.USER_CHANGE),
    Route(name="DELETE /users/{user-id}", perform=users.delete_user),
    Route(name="GET /users/{user-id}/sponsors", perform=sponsors.list_sponsors, options=options("select")),
    Route(name="POST /users/{user-id}/sponsors/$ref", perform=sponsors.add_sponsor, body=bodies.REFERENCE),
    Route(name="DELETE /users/{user-id}/sponsors/{directoryObject-id}/$ref", perform=sponsors.remove_sponsor),
    Route(name="GET /users/{user-id}/memberOf", perform=memberships.list_member_of, options=OBJECTS, cost=2),
    Route(
        name="GET /users/{user-id}/transitiveMemberOf",
        perform=memberships.list_transitive_member_of,
        options=OBJECTS,
    ),
    Route(name="GET /users/{user-id}/ownedObjects", perform=memberships.list_owned, options=OBJECTS),
    Route(name="GET /users/{user-id}/manager", perform=memberships.get_manager, options=options("select")),
    Route(
        name="GET /users/{user-id}/appRoleAssignments",
        perform=apps.list_of_user,
        options=DIRECTORY_LIST,
    ),
    Route(name="POST /users/{user-id}/revokeSignInSessions", perform=memberships.revoke_sessions),
    Route(
        name="POST /directoryObjects/getByIds",
        perform=memberships.get_by_ids,
        body=bodies.IDS,
        cost=5,
        reads=True,
    ),
    Route(
        name="GET /directory/deletedItems/graph.user",
        perform=deleted_items.list_deleted_users,
        options=options("select", "skiptoken", "top"),
    ),
    Route(
        name="GET /directory/deletedItems/{directoryObject-id}",
        perform=deleted_items.get_deleted,
        options=options("select"),
    ),
    Route(name="POST /directory/deletedItems/{directoryObject-id}/restore", perform=deleted_items.restore),
)
GROUPS = (
    Route(name="GET /groups", perform=groups.list_groups, options=DIRECTORY_LIST),
    Route(name="POST /groups", perform=groups.create_group, body=bodies.NEW_GROUP),
    Route(name="GET /groups/{group-id}", perform=groups.get_group, options=options("select")),
    Route(name="PATCH /groups/{group-id}", perform=groups.update_group, body=bodies.GROUP_CHANGE),
    Route(name="DELETE /groups/{group-id}", perform=groups.delete_group),
    Route(
        name="GET /groups/{group-id}/members",
        perform=group_people.list_members,
        options=OBJECTS,
        cost=3,
    ),
    Route(
        name="GET /groups/{group-id}/members/graph.user",
        perform=group_people.list_member_users,
        options=DIRECTORY_LIST,
        cost=3,
    ),
    Route(
        name="GET /groups/{group-id}/members/graph.user/$count",
        perform=group_people.count_member_users,
        options=options("filter"),
    ),
    Route(
        name="GET /groups/{group-id}/transitiveMembers",
        perform=group_people.list_transitive_members,
        options=OBJECTS,
        cost=5,
    ),
    Route(
        name="GET /groups/{group-id}/transitiveMembers/graph.user",
        perform=group_people.list_transitive_member_users,
        options=DIRECTORY_LIST,
        cost=5,
    ),
    Route(name="GET /groups/{group-id}/owners", perform=group_people.list_owners, options=OBJECTS),
    Route(
        name="GET /groups/{group-id}/appRoleAssignments",
        perform=apps.list_of_group,
        options=DIRECTORY_LIST,
    ),
    Route(name="POST /groups/{group-id}/members/$ref", perform=groups.add_member, body=bodies.REFERENCE),
    Route(name="DELETE /groups/{group-id}/members/{directoryObject-id}/$ref", perform=groups.remove_member),
    Route(name="DELETE /groups/{group-id}/members/{directoryObject-id}", perform=groups.delete_member_object),
)
APPS = (
    Route(name="GET /servicePrincipals", perform=apps.list_service_principals, options=DIRECTORY_LIST),
    Route(
        name="GET /servicePrincipals/{servicePrincipal-id}",
        perform=apps.get_service_principal,
        options=options("select"),
    ),
)
TEAMS = (
    Route(name="GET /teams", perform=teams.list_teams, options=DIRECTORY_LIST),
    Route(name="GET /teams/{team-id}/members", perform=teams.list_team_members, options=DIRECTORY_LIST),
)
ROUTES = (*USERS, *GROUPS, *APPS, *TEAMS)
