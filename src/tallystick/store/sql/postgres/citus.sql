-- For tables that Citus has spread over machines.

-- A new account is in no table that could be joined: each goes by itself, by the values of its row.
-- This takes the place of "insert_accounts".

-- name: insert_account
-- Adds an account, unless it is there.
insert into tallystick.accounts (account, version, stamp, state, head, due_at, bucket)
values (%(account)s, %(version)s, %(stamp)s, %(state)s, %(head)s, %(due_at)s, %(bucket)s)
on conflict do nothing
returning account

-- Which tables are spread, and where the shards of an account's tables begin.

-- name: is_there
-- Whether the extension is installed in this database.
select exists (select from pg_catalog.pg_extension where extname = 'citus')

-- name: can_be_there
-- Whether the server has the extension.
select exists (select from pg_catalog.pg_available_extensions where name = 'citus')

-- name: spread
-- The tables that are spread already.
select logicalrelid::text from pg_catalog.pg_dist_partition
where logicalrelid::text like 'tallystick.%'

-- name: shards
-- Where the shards of the accounts begin, in order.
select shardminvalue::bigint from pg_catalog.pg_dist_shard
where logicalrelid = 'tallystick.accounts'::regclass order by shardminvalue::bigint

-- Spreading them.

-- name: make_extension
-- Installs the extension.
create extension if not exists citus

-- name: replicate
-- Gives every machine a small table whole.
select create_reference_table(%(relation)s)

-- name: distribute
-- Spreads a table by account.
select create_distributed_table(%(relation)s, 'account', shard_count => %(shards)s::int)

-- name: colocate
-- Puts the rows of another table beside those of their account.
select create_distributed_table(%(relation)s, 'account', colocate_with => 'tallystick.accounts')

-- name: drop_local_rows
-- Removes the rows that a table had before it was spread.
select truncate_local_data_after_distributing_table(%(relation)s::regclass)
