"""Every address of the gateway, and who may call it."""

from leadflow.accounts.permissions import OF_PEOPLE, PERMISSIONS, Role, reach
from leadflow.gateway.application import create_app
from leadflow.gateway.http.permissions import every_route, permission_of
from tests.surface.lines import lines


def addresses() -> str:
    """One line an address: path, method, permission, status of the answer."""
    return lines(
        sorted(
            f"{route.path} {method}: {permission_of(route) or 'anybody'}, "
            f"answers {route.status_code or 200}"
            for route in every_route(create_app())
            for method in route.methods or ()
        )
    )


def permissions() -> str:
    """Each permission with the roles that have it, and whose things each role reaches."""
    return "\n".join(lines([_head(name), *_reaches(name)]) for name in sorted(PERMISSIONS))


def _head(permission: str) -> str:
    return f"{permission} ({'people only' if permission in OF_PEOPLE else 'people and programs'})"


def _reaches(permission: str) -> list[str]:
    found = {role.value: reach(permission, frozenset([role])) for role in Role}
    return [f"    {role}: {far.value}" for role, far in found.items() if far is not None]
