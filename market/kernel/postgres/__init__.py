"""The PostgreSQL server and its schema: embedded server, migrations, month partitions, guards."""
