"""Request and response models of identity and access."""

from datetime import UTC, datetime
from typing import Annotated, Final, Literal, Self
from uuid import UUID

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from mcm_api.access.passwords import MAX_LENGTH
from mcm_api.access.roles import Role
from mcm_api.identity.identity import Via
from mcm_api.identity.scopes import ALL_SCOPES, Scope
from mcm_shared.contracts.parameters import Instant, SourceName

MAX_SOURCES: Final = 200


def _granted(scope: Scope) -> Scope:
    if scope not in ALL_SCOPES or scope is Scope.ACCOUNT:
        raise ValueError("is no scope of API tokens")
    return scope


Email = Annotated[
    str,
    Field(min_length=3, max_length=254, pattern=r"^[^@\s\x00]+@[^@\s\x00]+$", examples=["mona@example.com"]),
]
Password = Annotated[str, Field(max_length=MAX_LENGTH)]
Sources = Annotated[list[SourceName], Field(min_length=1, max_length=MAX_SOURCES)]
Name = Annotated[str, Field(min_length=1, max_length=100, pattern=r"^[^\x00-\x1f\x7f]+$")]
GrantedScope = Annotated[Scope, AfterValidator(_granted)]


class _Body(BaseModel):
    model_config = ConfigDict(extra="forbid")


class LoginRequest(_Body):
    """A login with a password."""

    email: Annotated[str, Field(max_length=254)]
    password: Password


class SetupRequest(_Body):
    """The creation of the first administrator."""

    token: Annotated[str, Field(max_length=100, description="The token of the setup link")]
    email: Email
    password: Password


class PasswordChange(_Body):
    """A new password for the own account."""

    current_password: Password
    new_password: Password


class PasswordReset(_Body):
    """A new password for a user."""

    password: Password


class OidcOption(BaseModel):
    """The OIDC provider at which one can log in."""

    name: Annotated[str, Field(examples=["Okta"])]
    role_claim: Annotated[str, Field(description="The claim that grants roles", examples=["groups"])]


class LogoutResponse(BaseModel):
    """Where a logout continues."""

    redirect: Annotated[str | None, Field(description="URL that ends the session at the OIDC provider; null: none")]


class LoginOptions(BaseModel):
    """How one can log in."""

    auth: Literal["on", "off"]
    setup: Annotated[bool, Field(description="There are no users yet: the setup link creates the first administrator")]
    oidc: Annotated[OidcOption | None, Field(description="The OIDC provider; null: none is configured")]


class Account(BaseModel):
    """The identity of the request."""

    auth: Annotated[Literal["on", "off"], Field(description="off: everyone on this machine may do everything")]
    name: Annotated[str, Field(examples=["mona@example.com"])]
    user_id: UUID | None
    via: Via
    role: Annotated[str, Field(examples=["analyst"])]
    scopes: list[Scope]
    sources: Annotated[list[str] | None, Field(description="Restriction to sources; null: all")]
    period_from: datetime | None
    period_to: datetime | None
    has_password: Annotated[bool, Field(description="Logs in with a password, which can be changed here")]


class SessionResponse(BaseModel):
    """A session of the own account."""

    id: UUID
    created_at: datetime
    last_used_at: datetime
    expires_at: datetime
    address: str
    user_agent: str
    current: Annotated[bool, Field(description="The session of this request")]


class TokenRequest(_Body):
    """A new API token."""

    name: Name
    scopes: Annotated[list[GrantedScope], Field(min_length=1, max_length=len(ALL_SCOPES))]
    expires_at: Annotated[Instant, Field(description="Within a year")]
    sources: Annotated[Sources | None, Field(description="Restriction to sources; null: that of the user")] = None
    push_sources: Annotated[
        list[SourceName], Field(max_length=MAX_SOURCES, description="With events:write: sources it may push")
    ] = []

    @model_validator(mode="after")
    def _bound(self) -> Self:
        if Scope.EVENTS_WRITE in self.scopes and not self.push_sources:
            raise ValueError("push_sources must list the sources whose events the token may push")
        if self.push_sources and Scope.EVENTS_WRITE not in self.scopes:
            raise ValueError("push_sources needs the scope events:write")
        return self


class ServiceTokenRequest(TokenRequest):
    """A new API token of a service account."""

    user_id: UUID


class TokenResponse(BaseModel):
    """An API token, without its secret."""

    id: Annotated[str, Field(examples=["3f9c0a1b2c3d"])]
    name: str
    user: Annotated[str, Field(description="The user or service account")]
    scopes: list[str]
    sources: list[str] | None
    push_sources: list[str]
    created_by: str
    created_at: datetime
    expires_at: datetime
    last_used_at: datetime | None
    revoked_at: datetime | None


class NewTokenResponse(TokenResponse):
    """An API token with its secret, which is shown only now."""

    token: Annotated[str, Field(description="Shown once: only its hash is stored", examples=["mcm_3f9c0a1b2c3d_…"])]


class UserRequest(_Body):
    """A new user or service account."""

    kind: Literal["person", "service"] = "person"
    email: Annotated[
        str,
        Field(
            min_length=1,
            max_length=254,
            pattern=r"^[^\s\x00]+$",
            description="E-mail address; the name of a service account",
            examples=["mona@example.com"],
        ),
    ]
    role: Role
    password: Annotated[Password | None, Field(description="Required for a person")] = None
    sources: Annotated[Sources | None, Field(description="Restriction to sources; null: all")] = None
    period_from: Instant | None = None
    period_to: Instant | None = None
    expires_at: Annotated[Instant | None, Field(description="No access afterwards; required for auditors")] = None

    @model_validator(mode="after")
    def _complete(self) -> Self:
        if self.kind == "person" and (self.password is None or "@" not in self.email):
            raise ValueError("a person needs an e-mail address and a password")
        if self.kind == "service" and self.password is not None:
            raise ValueError("a service account has API tokens, no password")
        if self.role is Role.AUDITOR and self.expires_at is None:
            raise ValueError("expires_at is required: the access of an auditor ends")
        if self.expires_at is not None and self.expires_at <= datetime.now(UTC):
            raise ValueError("expires_at lies in the past")
        if self.period_from is not None and self.period_to is not None and self.period_to <= self.period_from:
            raise ValueError("period_to must lie after period_from")
        return self


class UserChange(_Body):
    """Changes to a user; what is left out stays."""

    role: Role | None = None
    sources: Annotated[Sources | None, Field(description="null: all")] = None
    period_from: Instant | None = None
    period_to: Instant | None = None
    expires_at: Instant | None = None
    disabled: bool | None = None


class AccountUser(BaseModel):
    """A user or service account."""

    id: UUID
    kind: Literal["person", "service"]
    email: str
    issuer: Annotated[str | None, Field(description="OIDC issuer; null: a local account")]
    role: str | None
    sources: list[str] | None
    period_from: datetime | None
    period_to: datetime | None
    expires_at: datetime | None
    disabled: bool
    created_at: datetime
    last_login_at: datetime | None


class RoleResponse(BaseModel):
    """A role with its scopes."""

    role: Role
    meaning: str
    scopes: list[Scope]


class ScopeResponse(BaseModel):
    """A scope with its meaning."""

    scope: Scope
    meaning: str


class RolesResponse(BaseModel):
    """All roles and scopes."""

    roles: list[RoleResponse]
    scopes: list[ScopeResponse]
