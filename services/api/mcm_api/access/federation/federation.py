"""Federation of this installation: its OIDC provider and the assertions of its proxy, where configured."""

import asyncio
from dataclasses import dataclass
from typing import Annotated, Any

import structlog
from fastapi import Depends

from mcm_api.access.addresses import TrustedProxies
from mcm_api.access.audit.recorder import AuditTrail
from mcm_api.access.federation.assertions import AssertionConfig, ProxyAssertions
from mcm_api.access.federation.errors import ProviderDownError
from mcm_api.access.federation.json_http import read_json
from mcm_api.access.federation.provider import OidcProvider, ProviderConfig
from mcm_api.access.federation.role_claim import RoleClaim
from mcm_api.access.federation.settings import FederationSettings
from mcm_api.access.federation.signing_keys import SigningKeys, read_key_file
from mcm_api.http.state import provided
from mcm_shared.db.engine import AsyncEngine

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


def make_assertions(
    settings: FederationSettings, proxies: TrustedProxies, engine: AsyncEngine, trail: AuditTrail
) -> ProxyAssertions | None:
    """Makes what accepts the assertions of a proxy; None where none are configured."""
    header, issuer, audience = settings.assertion_header, settings.assertion_issuer, settings.assertion_audience
    if header is None or issuer is None or audience is None:
        return None
    file, url = settings.assertion_key_file, settings.assertion_jwks_url or ""

    async def read_keys() -> Any:
        return await read_json(url) if file is None else await asyncio.to_thread(read_key_file, file)

    claim = RoleClaim(settings.assertion_role_claim, settings.assertion_roles)
    return ProxyAssertions(
        AssertionConfig(header.lower(), issuer, audience, claim), SigningKeys(read_keys), proxies, engine, trail
    )


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
