-- For tables that Citus has spread over machines. These take the place of the statements of the same
-- names: each names the accounts once more, so that it is sent, whole, to the one shard that has them.

-- name: load_due_holds
select 'due', h.account, h.hold, null, h.document, null, null, null, null, null, null
from unnest(%(accounts)s) as asked (account)
left join tallystick.platforms p on p.platform = split_part(asked.account, '/', 1)
cross join lateral (
    select account, hold, document from tallystick.holds
    where account = any(%(accounts)s) and account = asked.account
      and status = 'open' and expires_at <= coalesce(p.clock_at, %(now)s)
    offset 0
) h

-- name: load_keys
select 'line', l.account, l.seq, l.at, l.event, l.postings, l.balance_before, l.balance_after,
       l.hash, l.key, l.request
from unnest(%(key_accounts)s, %(keys)s) as asked (account, key)
cross join lateral (
    select * from tallystick.journal
    where account = any(%(key_accounts)s) and account = asked.account and key = asked.key offset 0
) l

-- name: load_refusals
select 'refusal', r.account, null, r.at, r.refusal, null, null, null, null, r.key, r.request
from unnest(%(key_accounts)s, %(keys)s) as asked (account, key)
cross join lateral (
    select * from tallystick.refusals
    where account = any(%(key_accounts)s) and account = asked.account and key = asked.key offset 0
) r

-- name: load_holds
select 'hold', h.account, h.hold, null, h.document, null, null, null, null, null, null
from unnest(%(hold_accounts)s, %(holds)s) as asked (account, hold)
cross join lateral (
    select * from tallystick.holds
    where account = any(%(hold_accounts)s) and account = asked.account and hold = asked.hold
    offset 0
) h

-- name: load_quotes
select 'quote', l.account, l.seq, null, l.quote, null, null, null, null, null, null
from unnest(%(quote_accounts)s, %(quotes)s) as asked (account, quote)
cross join lateral (
    select account, seq, quote from tallystick.journal
    where account = any(%(quote_accounts)s) and account = asked.account and quote = asked.quote
    offset 0
) l

-- name: load_lines
select 'entry', l.account, l.seq, l.at, l.event, l.postings, l.balance_before, l.balance_after,
       l.hash, l.key, l.request
from unnest(%(line_accounts)s, %(seqs)s) as asked (account, seq)
cross join lateral (
    select * from tallystick.journal
    where account = any(%(line_accounts)s) and account = asked.account and seq = asked.seq offset 0
) l

-- A new account is in no table that could be joined: each goes by itself, by the values of its row.

-- name: insert_account
insert into tallystick.accounts (account, version, stamp, state, head, due_at, bucket)
values (%(account)s, %(version)s, %(stamp)s, %(state)s, %(head)s, %(due_at)s, %(bucket)s)
on conflict do nothing
returning account

-- Which tables are spread, and where the shards of an account's tables begin.

-- name: is_there
select exists (select from pg_catalog.pg_extension where extname = 'citus')

-- name: can_be_there
select exists (select from pg_catalog.pg_available_extensions where name = 'citus')

-- name: spread
select logicalrelid::text from pg_catalog.pg_dist_partition
where logicalrelid::text like 'tallystick.%'

-- name: shards
select shardminvalue::bigint from pg_catalog.pg_dist_shard
where logicalrelid = 'tallystick.accounts'::regclass order by shardminvalue::bigint

-- Spreading them.

-- name: make_extension
create extension if not exists citus

-- name: replicate
select create_reference_table(%(relation)s)

-- name: distribute
select create_distributed_table(%(relation)s, 'account', shard_count => %(shards)s::int)

-- name: colocate
select create_distributed_table(%(relation)s, 'account', colocate_with => 'tallystick.accounts')

-- name: drop_local_rows
select truncate_local_data_after_distributing_table(%(relation)s::regclass)
