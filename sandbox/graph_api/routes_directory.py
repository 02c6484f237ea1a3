"""The directory's routes: users, what was deleted, groups."""

from sandbox.graph_api import bodies, deleted_items, groups, users
from sandbox.graph_api.route import DIRECTORY_LIST, Route, options

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
    Route(name="GET /users/{user-id}/sponsors", perform=users.list_sponsors, options=options("select")),
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
        perform=groups.list_members,
        options=options("select", "skiptoken", "top"),
        cost=3,
    ),
    Route(name="POST /groups/{group-id}/members/$ref", perform=groups.add_member, body=bodies.REFERENCE),
    Route(name="DELETE /groups/{group-id}/members/{directoryObject-id}/$ref", perform=groups.remove_member),
    Route(name="DELETE /groups/{group-id}/members/{directoryObject-id}", perform=groups.delete_member_object),
)
ROUTES = (*USERS, *GROUPS)
