"""The database: engine, tables, migrations, bulk inserts. PostgreSQL in production, SQLite without a server."""
