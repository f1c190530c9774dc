"""Settings, clients and errors of the connectors for AWS."""

import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from typing import Annotated, Any, Final

from aiobotocore.config import AioConfig  # type: ignore[import-untyped]
from aiobotocore.session import get_session  # type: ignore[import-untyped]
from botocore.exceptions import (  # type: ignore[import-untyped]
    BotoCoreError,
    ClientError,
    HTTPClientError,
    NoCredentialsError,
)
from pydantic import Field, SecretStr, model_validator

from mcm_ingestor.connectors.errors import (
    ObjectArchivedError,
    ObjectGoneError,
    RateLimitedError,
    SourceDownError,
    SourceRefusedError,
    SourceUnauthorisedError,
)
from mcm_ingestor.connectors.settings import SourceSettings

_UNAUTHORISED: Final = frozenset(
    {
        "403",
        "AccessDenied",
        "AccessDeniedException",
        "AuthFailure",
        "ExpiredToken",
        "InvalidAccessKeyId",
        "InvalidClientTokenId",
        "SignatureDoesNotMatch",
        "UnrecognizedClientException",
    }
)
_GONE: Final = frozenset({"404", "NoSuchBucket", "NoSuchKey"})
_ARCHIVED: Final = "InvalidObjectState"
_SERVER_ERRORS: Final = 500
_CONFIG: Final = AioConfig(retries={"max_attempts": 1, "mode": "standard"}, connect_timeout=10, read_timeout=60)


class AwsSettings(SourceSettings):
    """Region and credential; without keys, the ones that AWS's clients find (environment, profile, role)."""

    region: Annotated[str, Field(pattern=r"^[a-z0-9-]{1,40}$")]
    access_key_id: SecretStr | None = None
    secret_access_key: SecretStr | None = None
    endpoint_url: Annotated[str | None, Field(pattern=r"^https?://[^?#]+$", description="Other server")] = None

    @model_validator(mode="after")
    def _whole_key(self) -> "AwsSettings":
        if (self.access_key_id is None) != (self.secret_access_key is None):
            raise ValueError("set both access_key_id and secret_access_key, or neither")
        return self


@contextlib.asynccontextmanager
async def open_aws(settings: AwsSettings, service: str) -> AsyncIterator[Any]:
    """Opens the client of an AWS service."""
    keys = (settings.access_key_id, settings.secret_access_key)
    key_id, secret = (None if key is None else key.get_secret_value() for key in keys)
    async with get_session().create_client(
        service,
        region_name=settings.region,
        endpoint_url=settings.endpoint_url,
        aws_access_key_id=key_id,
        aws_secret_access_key=secret,
        config=_CONFIG,
    ) as client:
        yield client


@contextlib.contextmanager
def source_errors() -> Iterator[None]:
    """Raises what AWS's client raises as SourceError."""
    try:
        yield
    except NoCredentialsError as error:
        raise SourceUnauthorisedError("no AWS credential: set access_key_id, or give the process a role") from error
    except ClientError as error:
        raise _error_of(error) from error
    except (BotoCoreError, HTTPClientError, OSError, TimeoutError) as error:
        raise SourceDownError(f"AWS cannot be reached: {error}") from error


async def aws_request(call: Callable[..., Awaitable[Any]], **arguments: Any) -> Any:
    """Makes a request; raises SourceError."""
    with source_errors():
        return await call(**arguments)


def _error_of(error: ClientError) -> SourceDownError | SourceUnauthorisedError | SourceRefusedError:
    code = str(error.response.get("Error", {}).get("Code", ""))
    status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
    if "Throttl" in code or code in ("SlowDown", "RequestLimitExceeded", "TooManyRequestsException"):
        return RateLimitedError(f"AWS asks for fewer requests: {code}")
    if code in _UNAUTHORISED:
        return SourceUnauthorisedError(f"AWS refuses the credential: {error}; check it and its permissions")
    if code in _GONE:
        return ObjectGoneError(f"AWS has no such object: {error}; check the settings of the source")
    if code == _ARCHIVED:
        return ObjectArchivedError(f"the object is archived: {error}; restore it, then import it again")
    if status >= _SERVER_ERRORS:
        return SourceDownError(f"AWS is down: {error}")
    return SourceRefusedError(f"AWS refuses the request: {error}; check the settings of the source")
