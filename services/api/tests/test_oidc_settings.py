"""Settings of the OIDC provider: what is missing or wrong stops the start."""

from typing import Any

import pytest

from mcm_api.access.settings import AccessSettings, require_closed
from mcm_shared.errors import ConfigurationError

COMPLETE = {
    "MCM_AUTH": "on",
    "MCM_OIDC_ISSUER": "https://idp.example.com",
    "MCM_OIDC_CLIENT_ID": "mcm",
    "MCM_OIDC_ROLES": "admins=admin",
}


@pytest.mark.parametrize(
    ("settings", "named"),
    [
        ({"MCM_OIDC_ISSUER": None}, "set MCM_OIDC_ISSUER"),
        ({"MCM_OIDC_CLIENT_ID": None}, "set MCM_OIDC_CLIENT_ID"),
        ({"MCM_OIDC_ROLES": {}}, "set MCM_OIDC_ROLES"),
        ({"MCM_OIDC_SCOPES": "email"}, "include openid"),
    ],
)
def test_a_provider_that_is_configured_in_part_stops_the_start(settings: dict[str, Any], named: str) -> None:
    with pytest.raises(ConfigurationError, match=named):
        require_closed(AccessSettings.model_validate({**COMPLETE, **settings}), "127.0.0.1", None, ())


@pytest.mark.parametrize(
    ("settings", "named"),
    [
        ({"MCM_OIDC_ISSUER": "http://idp.example.com"}, "begins with https://"),
        ({"MCM_OIDC_ISSUER": "idp.example.com"}, "begins with https://"),
        ({"MCM_OIDC_ROLES": "admins"}, "value=role"),
        ({"MCM_OIDC_ROLES": "admins=root"}, "must be one of admin, analyst"),
        ({"MCM_OIDC_ROLES": "auditors=auditor"}, "created in the dashboard"),
        ({"MCM_OIDC_ROLES": "a=admin,a=viewer"}, "two roles"),
    ],
)
def test_a_wrong_setting_of_the_provider_is_named(settings: dict[str, str], named: str) -> None:
    with pytest.raises(ValueError, match=named):
        AccessSettings.model_validate({**COMPLETE, **settings})
