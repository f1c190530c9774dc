"""Commands for users and the audit trail: ``mcm-api users`` and ``mcm-api audit``."""

import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from mcm_api.access.audit.entry import AuditEntry, canonical
from mcm_api.access.audit.publish import read_published
from mcm_api.access.audit.verify import verify_chain
from mcm_api.access.first_start import FirstStart
from mcm_api.access.passwords import check_password, hash_password
from mcm_api.access.roles import Role
from mcm_api.access.store.audit_log import append_entries
from mcm_api.access.store.users import StoredUser, insert_user, list_users, new_user
from mcm_shared.cli import EXIT_FAILED, run_command
from mcm_shared.db.engine import close_engine, create_engine, transaction
from mcm_shared.db.migrate import wait_for_schema
from mcm_shared.errors import ConfigurationError, DataRefusedError
from mcm_shared.settings import DatabaseSettings, load_kafka_settings, load_settings

users = typer.Typer(no_args_is_help=True, help="Manages the users who log in with a password.")
audit = typer.Typer(no_args_is_help=True, help="Checks the audit trail.")


@users.command("add")
def add_user(
    email: Annotated[str, typer.Option(help="E-mail address")],
    role: Annotated[Role, typer.Option(help="Role")],
    password_file: Annotated[
        Path | None, typer.Option(help="File with the password, or - for standard input; without it you are asked")
    ] = None,
) -> None:
    """Add a user."""
    password = _password(password_file)

    async def add() -> None:
        if "@" not in email:
            raise ConfigurationError(f"{email!r} is no e-mail address")
        reason = check_password(password, [email])
        if reason is not None:
            raise ConfigurationError(f"the password {reason}")
        if role is Role.AUDITOR:
            raise ConfigurationError("the access of an auditor expires: add auditors in the dashboard")
        await _insert(new_user(email, role.value, password_hash=await hash_password(password)))
        typer.echo(f"added {email} with the role {role.value}")

    run_command(add)


@users.command("list")
def show_users() -> None:
    """List users and service accounts."""

    async def show() -> None:
        engine = create_engine(load_settings(DatabaseSettings), pooled=False)
        try:
            async with transaction(engine, read_only=True) as connection:
                for user in await list_users(connection):
                    state = "disabled" if user.disabled_at else user.role or "no role"
                    typer.echo(f"{user.email}\t{user.kind}\t{state}\t{user.issuer or 'local'}")
        finally:
            await close_engine(engine)

    run_command(show)


@users.command("setup-link")
def show_setup_link(
    url: Annotated[str, typer.Option(help="URL of the API as browsers see it")] = "http://127.0.0.1:8000",
) -> None:
    """Print a new setup link, which works once, within 24 hours; exit 1 when there are users already."""

    async def show() -> None:
        engine = create_engine(load_settings(DatabaseSettings), pooled=False)
        try:
            await wait_for_schema(engine)
            link = await FirstStart(engine, url.rstrip("/")).new_link()
        finally:
            await close_engine(engine)
        if link is None:
            typer.echo("there are users already: log in, or add one with mcm-api users add", err=True)
            raise SystemExit(EXIT_FAILED)
        typer.echo(link)

    run_command(show)


@audit.command("verify")
def verify_audit_trail() -> None:
    """Verify the hash chain, and that it continues the heads published to Kafka; exit 1 names the first bad entry."""

    async def verify() -> None:
        kafka = load_kafka_settings()
        engine = create_engine(load_settings(DatabaseSettings), pooled=False)
        try:
            published = {} if kafka is None else await read_published(kafka)
            result = await verify_chain(engine, published)
        finally:
            await close_engine(engine)
        if result.fault is not None:
            typer.echo(f"entry {result.seq}: {result.fault}", err=True)
            raise SystemExit(EXIT_FAILED)
        compared = "without published heads: KAFKA_BOOTSTRAP_SERVERS is not set" if kafka is None else ""
        compared = compared or f"{len(published)} published heads match"
        typer.echo(f"{result.entries} entries, head {result.head}; {compared}")

    run_command(verify)


def _password(file: Path | None) -> str:
    if file is None:
        password: str = typer.prompt("Password", hide_input=True, confirmation_prompt=True)
        return password
    if str(file) == "-":
        return sys.stdin.readline().rstrip("\r\n")
    try:
        return file.read_text().rstrip("\r\n")
    except (OSError, UnicodeDecodeError) as error:
        raise typer.BadParameter(f"{file} cannot be read: {error}") from None


async def _insert(user: StoredUser) -> None:
    engine = create_engine(load_settings(DatabaseSettings), pooled=False)
    try:
        await wait_for_schema(engine)
        async with transaction(engine) as connection:
            await insert_user(connection, user)
            after = canonical(user.audited())
            entry = AuditEntry(
                datetime.now(UTC), "mcm-api users add", "command", "user.create", user.email, None, after, ""
            )
            await append_entries(connection, [entry])
    except DataRefusedError:
        raise ConfigurationError(f"there is a user {user.email} already") from None
    finally:
        await close_engine(engine)
