"""The company's assets: repositories, services, buckets, browsers, and words of pull request titles."""

from typing import Final

REPOSITORIES: Final = (
    "web-store",
    "mobile-app",
    "payments",
    "orders",
    "search",
    "identity",
    "notifications",
    "data-pipeline",
    "ml-ranking",
    "design-system",
    "infrastructure",
    "internal-tools",
)

SERVICES: Final = (
    "web-store",
    "payments",
    "orders",
    "search",
    "identity",
    "notifications",
    "ranking",
    "admin-portal",
)

BUCKETS: Final = (
    "example-web-assets",
    "example-invoices",
    "example-data-lake",
    "example-build-artifacts",
    "example-backups",
    "example-ml-models",
    "example-audit-logs",
    "example-support-uploads",
)

REGIONS: Final = ("eu-central-1", "eu-west-2", "us-east-1", "us-west-2", "ap-south-1")

APPLICATIONS: Final = ("git", "cloud-console", "grafana", "jira", "wiki", "crm", "mail", "hr-portal")

FACTORS: Final = ("push", "push", "push", "totp", "webauthn")

NARROW_SCOPES: Final = (
    ("repo:read",),
    ("repo:read", "packages:read"),
    ("packages:write",),
    ("deployments:write",),
    ("metrics:read",),
    ("issues:read", "issues:write"),
    ("reports:read",),
)

ROLE_CHANGES: Final = (
    ("developer", "maintainer"),
    ("developer", "maintainer"),
    ("maintainer", "developer"),
    ("guest", "viewer"),
    ("viewer", "guest"),
    ("viewer", "commenter"),
)
"""Routine role changes; none grants administrator rights or turns a viewer into a developer."""

VERBS: Final = ("Fix", "Add", "Refactor", "Speed up", "Remove", "Test", "Document", "Simplify", "Cache", "Validate")

THINGS: Final = (
    "retry of webhook deliveries",
    "rounding of cart totals",
    "pagination of the order list",
    "login redirect",
    "empty state of search",
    "currency selection",
    "time zone handling in reports",
    "feature flag clean-up",
    "invoice numbering",
    "upload size check",
    "session expiry notice",
    "accessibility of the menu",
    "index on order lines",
    "flaky checkout test",
)

DEPENDENCIES: Final = (
    "pydantic",
    "react",
    "vite",
    "sqlalchemy",
    "numpy",
    "terraform-aws-provider",
    "kotlin",
    "uvicorn",
)

_MAC: Final = "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7)"
_WINDOWS: Final = "Mozilla/5.0 (Windows NT 10.0; Win64; x64)"
_CHROMIUM: Final = "AppleWebKit/537.36 (KHTML, like Gecko) Chrome/148.0.0.0"

BROWSERS: Final = (
    f"{_MAC} {_CHROMIUM} Safari/537.36",
    f"{_MAC} AppleWebKit/605.1.15 (KHTML, like Gecko) Version/26.1 Safari/605.1.15",
    f"{_WINDOWS} {_CHROMIUM} Safari/537.36",
    f"{_WINDOWS} {_CHROMIUM} Edg/148.0.0.0",
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:150.0) Gecko/20100101 Firefox/150.0",
    "Mozilla/5.0 (X11; Linux x86_64; rv:150.0) Gecko/20100101 Firefox/150.0",
)
