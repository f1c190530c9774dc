"""Federation of this installation: the OIDC provider, if one is configured."""

from dataclasses import dataclass
from typing import Annotated

import structlog
from fastapi import Depends

from mcm_api.access.federation.errors import ProviderDownError
from mcm_api.access.federation.provider import OidcProvider, ProviderConfig
from mcm_api.access.federation.settings import FederationSettings
from mcm_api.http.state import provided

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Federation:
    """The provider that users may log in at; None: local users only."""

    provider: OidcProvider | None = None

    async def check(self) -> None:
        """Logs at the start whether the provider can be reached, so that a wrong issuer is seen before a login."""
        if self.provider is None:
            return
        try:
            await self.provider.metadata()
        except ProviderDownError as error:
            log.warning("the OIDC provider cannot be used", issuer=self.provider.config.issuer, reason=str(error))
        else:
            log.info("users log in at the OIDC provider", issuer=self.provider.config.issuer)


def make_federation(settings: FederationSettings) -> Federation:
    """Makes the federation that the settings describe."""
    if settings.oidc_issuer is None or settings.oidc_client_id is None:
        return Federation()
    secret = settings.oidc_client_secret
    return Federation(
        OidcProvider(
            ProviderConfig(
                settings.oidc_issuer,
                settings.oidc_client_id,
                None if secret is None else secret.get_secret_value(),
                settings.oidc_name,
                settings.oidc_scopes,
                settings.oidc_claim,
            )
        )
    )


FederationDep = Annotated[Federation, Depends(provided(Federation))]
"""Gives a route the federation."""
