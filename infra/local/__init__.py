"""The embedded stack: PostgreSQL and Valkey from wheels, every process, one port."""
