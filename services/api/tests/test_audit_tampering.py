"""Tampering with the audit trail: what was changed, removed or inserted is named."""

from datetime import UTC, datetime

import pytest
from sqlalchemy import update

from mcm_api.access.audit.entry import GENESIS, AuditEntry, hash_entry
from mcm_api.access.audit.verify import verify_chain
from mcm_shared.db.access_tables import AUDIT_HEAD, AUDIT_LOG
from mcm_shared.db.engine import AsyncEngine, transaction

from .access_helpers import fill_audit_trail

CHANGES: dict[str, object] = {
    "actor": "lee",
    "via": "token",
    "action": "user.changf",
    "target": "user-3 ",
    "before": "",
    "after": "{ }",
    "request_id": "",
    "at": datetime(2026, 11, 20, 12, 3, 0, 1, tzinfo=UTC),
    "prev_hash": "0" * 64,
    "hash": "f" * 64,
}


async def test_one_changed_byte_is_named_in_every_column(engine: AsyncEngine) -> None:
    rows = await fill_audit_trail(engine)
    named = {}
    for column, value in CHANGES.items():
        change = update(AUDIT_LOG).where(AUDIT_LOG.c.seq == 4)
        async with transaction(engine) as connection:
            await connection.execute(change.values({column: value}))
        named[column] = (await verify_chain(engine, {})).seq
        async with transaction(engine) as connection:
            await connection.execute(change.values({column: rows[3][column]}))

    assert named == dict.fromkeys(CHANGES, 4)
    assert CHANGES.keys() == {column.name for column in AUDIT_LOG.columns} - {"seq"}
    assert (await verify_chain(engine, {})).fault is None


@pytest.mark.parametrize("seq", [1, 5, 9])
async def test_one_removed_entry_is_named(seq: int, engine: AsyncEngine) -> None:
    await fill_audit_trail(engine)
    async with transaction(engine) as connection:
        await connection.execute(AUDIT_LOG.delete().where(AUDIT_LOG.c.seq == seq))

    verification = await verify_chain(engine, {})

    assert (verification.seq, (verification.fault or "")[:7]) == (seq, "removed")


@pytest.mark.parametrize("renumber", [False, True])
async def test_a_removed_entry_is_named_also_when_the_rest_is_renumbered(renumber: bool, engine: AsyncEngine) -> None:
    await fill_audit_trail(engine)
    async with transaction(engine) as connection:
        await connection.execute(AUDIT_LOG.delete().where(AUDIT_LOG.c.seq == 5))
        for seq in range(6, 10) if renumber else ():
            await connection.execute(update(AUDIT_LOG).where(AUDIT_LOG.c.seq == seq).values(seq=seq - 1))

    verification = await verify_chain(engine, {})

    assert (verification.seq, (verification.fault or "")[:7]) == (5, "removed")


@pytest.mark.parametrize("seq", [5, 10])
async def test_one_inserted_entry_is_named(seq: int, engine: AsyncEngine) -> None:
    rows = await fill_audit_trail(engine)
    entry = AuditEntry(rows[-1]["at"], "eve", "session", "user.change", "x", None, None, "r")
    prev_hash = rows[seq - 2]["hash"]
    async with transaction(engine) as connection:
        for later in range(9, seq - 1, -1):
            await connection.execute(update(AUDIT_LOG).where(AUDIT_LOG.c.seq == later).values(seq=later + 1))
        values = {name: getattr(entry, name) for name in AuditEntry.__slots__}
        digest = hash_entry(seq, entry, prev_hash)
        await connection.execute(AUDIT_LOG.insert().values(**values, seq=seq, prev_hash=prev_hash, hash=digest))

    verification = await verify_chain(engine, {})

    assert (verification.seq, (verification.fault or "")[:8]) == (seq, "inserted")


async def test_a_rebuilt_table_differs_from_the_published_head(engine: AsyncEngine) -> None:
    rows = await fill_audit_trail(engine)
    published = {row["seq"]: row["hash"] for row in rows if row["seq"] in {3, 6, 9}}
    assert (await verify_chain(engine, published)).fault is None
    head = GENESIS
    async with transaction(engine) as connection:
        for row in rows:
            values = {name: row[name] for name in AuditEntry.__slots__} | ({"actor": "eve"} if row["seq"] == 5 else {})
            digest = hash_entry(row["seq"], AuditEntry(**values), head)
            changed = update(AUDIT_LOG).where(AUDIT_LOG.c.seq == row["seq"])
            await connection.execute(changed.values(**values, prev_hash=head, hash=digest))
            head = digest
        await connection.execute(update(AUDIT_HEAD).values(hash=head))

    alone, compared = await verify_chain(engine, {}), await verify_chain(engine, published)

    assert alone.fault is None
    assert (compared.seq, (compared.fault or "")[:9]) == (6, "rewritten")


async def test_a_table_that_was_emptied_differs_from_the_published_head(engine: AsyncEngine) -> None:
    rows = await fill_audit_trail(engine)
    async with transaction(engine) as connection:
        await connection.execute(AUDIT_LOG.delete())
        await connection.execute(AUDIT_HEAD.delete())

    verification = await verify_chain(engine, {9: rows[-1]["hash"]})

    assert (verification.seq, (verification.fault or "")[:7]) == (1, "removed")


async def test_the_lock_of_the_chain_survives_a_head_that_is_missing(engine: AsyncEngine) -> None:
    async with transaction(engine) as connection:
        await connection.execute(AUDIT_HEAD.delete())
    await fill_audit_trail(engine, 1)

    assert (await verify_chain(engine, {})).entries == 1
