-- Statements that write accounts name them by "account = any(...)" once more than PostgreSQL needs:
-- a database that is spread over machines asks only those that have them. Those that load do without,
-- and are given it where tables are spread (`layout.pruned`).

-- name: make_schema
create schema if not exists tallystick

-- name: make_migrations
create table if not exists tallystick.migrations (number bigint not null primary key)

-- name: newest_migration
select coalesce(max(number), 0) from tallystick.migrations

-- name: add_migration
insert into tallystick.migrations (number) values (%(number)s)

-- name: tables
select count(*) filter (where tablename = 'migrations'), count(*) filter (where tablename <> 'migrations')
from pg_catalog.pg_tables where schemaname = 'tallystick'

-- name: one_at_a_time
lock table tallystick.platforms in share row exclusive mode

-- name: platform
select platform, secret, catalogs, clock_at, epoch
from tallystick.platforms where platform = %(platform)s

-- name: platforms
select platform from tallystick.platforms order by platform

-- name: add_platform
insert into tallystick.platforms (platform, secret, catalogs, clock_at, epoch)
values (%(platform)s, %(secret)s, %(catalogs)s, %(clock_at)s, %(epoch)s)

-- name: set_clock
update tallystick.platforms set clock_at = %(at)s where platform = %(platform)s

-- name: add_catalog
insert into tallystick.catalogs (platform, version, effective_at, document, source, hash)
values (%(platform)s, %(version)s, %(effective_at)s, %(document)s, %(source)s, %(hash)s)

-- name: set_catalogs
update tallystick.platforms set catalogs = %(version)s where platform = %(platform)s

-- name: catalogs
select version, effective_at, document, source, hash
from tallystick.catalogs where platform = %(platform)s and version > %(after)s order by version

-- name: catalog_source
select source from tallystick.catalogs where platform = %(platform)s and version = %(version)s

-- name: api_key
select id, platform, name, hash, scopes, created_at, revoked_at
from tallystick.api_keys where id = %(id)s

-- name: api_keys
select id, platform, name, hash, scopes, created_at, revoked_at
from tallystick.api_keys where platform = %(platform)s order by created_at, id

-- name: add_api_key
insert into tallystick.api_keys (id, platform, name, hash, scopes, created_at, revoked_at)
values (%(id)s, %(platform)s, %(name)s, %(hash)s, %(scopes)s, %(created_at)s, %(revoked_at)s)

-- name: revoke_api_key
update tallystick.api_keys set revoked_at = %(at)s where id = %(id)s and revoked_at is null

-- name: platform_request
select key, at, request, answer
from tallystick.platform_requests where platform = %(platform)s and key = %(key)s

-- name: platform_requests
select key, at, request, answer
from tallystick.platform_requests where platform = %(platform)s order by key

-- name: add_platform_request
insert into tallystick.platform_requests (platform, key, at, request, answer)
values (%(platform)s, %(key)s, %(at)s, %(request)s, %(answer)s)

-- What a batch wants, in one statement and so in one view: those of the next eight that it needs,
-- put together with "union all".

-- name: load_accounts
select 'account', account, version, stamp, state, null::text, null::bigint, null::bigint, head,
       null::text, null::bytea
from tallystick.accounts where account = any(%(accounts)s)

-- name: load_platforms
select 'platform', platform, catalogs, clock_at, epoch, null,
       (extract(epoch from clock_timestamp()) * 1000000)::bigint, null, secret, null, null
from tallystick.platforms where platform = any(%(platforms)s)

-- name: load_due_holds
select 'due', h.account, h.hold, null, h.document, null, null, null, null, null, null
from unnest(%(accounts)s) as asked (account)
left join tallystick.platforms p on p.platform = split_part(asked.account, '/', 1)
cross join lateral (
    select account, hold, document from tallystick.holds
    where account = asked.account
      and status = 'open' and expires_at <= coalesce(p.clock_at, %(now)s)
    offset 0
) h

-- name: load_keys
select 'line', l.account, l.seq, l.at, l.event, l.postings, l.balance_before, l.balance_after,
       l.hash, l.key, l.request
from unnest(%(key_accounts)s, %(keys)s) as asked (account, key)
cross join lateral (
    select * from tallystick.journal
    where account = asked.account and key = asked.key offset 0
) l

-- name: load_refusals
select 'refusal', r.account, null, r.at, null, null, null, null, r.refusal, r.key, r.request
from unnest(%(key_accounts)s, %(keys)s) as asked (account, key)
cross join lateral (
    select * from tallystick.refusals
    where account = asked.account and key = asked.key offset 0
) r

-- name: load_holds
select 'hold', h.account, h.hold, null, h.document, null, null, null, null, null, null
from unnest(%(hold_accounts)s, %(holds)s) as asked (account, hold)
cross join lateral (
    select * from tallystick.holds
    where account = asked.account and hold = asked.hold
    offset 0
) h

-- name: load_quotes
select 'quote', l.account, l.seq, null, l.quote, null, null, null, null, null, null
from unnest(%(quote_accounts)s, %(quotes)s) as asked (account, quote)
cross join lateral (
    select account, seq, quote from tallystick.journal
    where account = asked.account and quote = asked.quote
    offset 0
) l

-- name: load_lines
select 'entry', l.account, l.seq, l.at, l.event, l.postings, l.balance_before, l.balance_after,
       l.hash, l.key, l.request
from unnest(%(line_accounts)s, %(seqs)s) as asked (account, seq)
cross join lateral (
    select * from tallystick.journal
    where account = asked.account and seq = asked.seq offset 0
) l

-- What a batch writes. Each account by compare-and-set on its stamp; the rest only beside an
-- account that now has the stamp of this batch.

-- name: take_accounts
update tallystick.accounts set stamp = stamp where account = any(%(accounts)s)

-- name: update_accounts
update tallystick.accounts as a
set version = w.version, stamp = %(stamp)s, state = w.state, head = w.head, due_at = w.due_at
from unnest(%(accounts)s, %(read)s, %(versions)s, %(states)s, %(heads)s, %(dues)s)
     as w (account, read, version, state, head, due_at)
where a.account = any(%(accounts)s) and a.account = w.account and a.stamp = w.read
returning a.account

-- name: stamp_accounts
update tallystick.accounts as a
set stamp = %(stamp)s
from unnest(%(accounts)s, %(read)s) as w (account, read)
where a.account = any(%(accounts)s) and a.account = w.account and a.stamp = w.read
returning a.account

-- name: insert_accounts
insert into tallystick.accounts (account, version, stamp, state, head, due_at, bucket)
select w.account, w.version, %(stamp)s, w.state, w.head, w.due_at, w.bucket
from unnest(%(accounts)s, %(versions)s, %(states)s, %(heads)s, %(dues)s, %(buckets)s)
     as w (account, version, state, head, due_at, bucket)
on conflict do nothing
returning account

-- name: append
insert into tallystick.journal (account, seq, at, event, postings, balance_before, balance_after,
                                key, request, quote, tool, model, member, credits, quantity, hash)
select w.account, w.seq, w.at, w.event, w.postings, w.balance_before, w.balance_after,
       w.key, w.request, w.quote, w.tool, w.model, w.member, w.credits, w.quantity, w.hash
from unnest(%(accounts)s, %(seqs)s, %(ats)s, %(events)s, %(postings)s, %(befores)s, %(afters)s,
            %(keys)s, %(requests)s, %(quotes)s, %(tools)s, %(models)s, %(members)s, %(credits)s,
            %(quantities)s, %(hashes)s)
     as w (account, seq, at, event, postings, balance_before, balance_after,
           key, request, quote, tool, model, member, credits, quantity, hash)
join tallystick.accounts a on a.account = w.account and a.stamp = %(stamp)s
where a.account = any(%(accounts)s)

-- name: put_holds
insert into tallystick.holds (account, hold, status, expires_at, document)
select w.account, w.hold, w.status, w.expires_at, w.document
from unnest(%(accounts)s, %(holds)s, %(statuses)s, %(expiries)s, %(documents)s)
     as w (account, hold, status, expires_at, document)
join tallystick.accounts a on a.account = w.account and a.stamp = %(stamp)s
where a.account = any(%(accounts)s)
on conflict (account, hold) do update
set status = excluded.status, expires_at = excluded.expires_at, document = excluded.document

-- name: refuse
insert into tallystick.refusals (account, key, at, request, refusal)
select w.account, w.key, w.at, w.request, w.refusal
from unnest(%(accounts)s, %(keys)s, %(ats)s, %(requests)s, %(refusals)s)
     as w (account, key, at, request, refusal)
join tallystick.accounts a on a.account = w.account and a.stamp = %(stamp)s
where a.account = any(%(accounts)s)

-- Tallies are added to, and given back: from one that is full by that some refusals go at once.

-- name: add_tallies
insert into tallystick.refusal_tallies as t (account, bucket, refusals, digest, oldest_at)
select a.account, w.bucket, w.refusals, w.digest::numeric, w.oldest_at
from unnest(%(accounts)s, %(buckets)s, %(counts)s, %(digests)s, %(oldest)s)
     as w (account, bucket, refusals, digest, oldest_at)
join tallystick.accounts a on a.account = w.account and a.stamp = %(stamp)s
where a.account = any(%(accounts)s)
on conflict (account) do update
set refusals = t.refusals + excluded.refusals,
    digest = mod(t.digest + excluded.digest, 340282366920938463463374607431768211456),
    oldest_at = least(t.oldest_at, excluded.oldest_at)
returning t.account, t.refusals, t.oldest_at

-- Forgetting refusals: of one account, in a transaction that has its tally to itself.

-- name: take_tally
update tallystick.refusal_tallies set refusals = refusals where account = %(account)s
returning refusals, digest::text, oldest_at

-- name: oldest_refusals
select key, at, request, refusal from tallystick.refusals where account = %(account)s
order by at, key limit %(limit)s

-- name: forget_refusals
delete from tallystick.refusals where account = %(account)s and key = any(%(keys)s)
returning key, at, request, refusal

-- name: oldest_refusal
select min(at) from tallystick.refusals where account = %(account)s

-- name: put_tally
update tallystick.refusal_tallies
set refusals = %(refusals)s, digest = %(digest)s::numeric, oldest_at = %(oldest_at)s
where account = %(account)s

-- name: stale_refusals
select account from tallystick.refusal_tallies
where bucket = %(bucket)s and oldest_at < %(before)s
  and account > %(first)s and account < %(end)s
order by oldest_at limit %(limit)s

-- How many accounts were opened: those of this batch that have its stamp are counted, last of all,
-- in a row on their own shard, in the slot of this process.

-- name: make_slot
insert into tallystick.openings (account, slot, accounts)
values (%(place)s, %(slot)s, 0) on conflict do nothing returning account

-- name: count_opened
update tallystick.openings as o
set accounts = o.accounts + (
    select count(*) from tallystick.accounts a
    where a.account = any(%(accounts)s) and a.stamp = %(stamp)s)
where o.account = %(place)s and o.slot = %(slot)s

-- name: stamps
select account, stamp from tallystick.accounts where account = any(%(accounts)s)

-- Reading one account, or all of a platform.

-- name: accounts
select account from tallystick.accounts
where account > %(after)s and account < %(end)s order by account limit %(limit)s

-- name: heads
select account, version, head from tallystick.accounts
where account > %(after)s and account < %(end)s order by account limit %(limit)s

-- name: lines
select account, seq, at, event, postings, balance_before, balance_after, hash, key, request
from tallystick.journal where account = %(account)s and seq > %(after)s order by seq limit %(limit)s

-- name: newest_lines
select account, seq, at, event, postings, balance_before, balance_after, hash, key, request
from tallystick.journal where account = %(account)s and seq < %(after)s
order by seq desc limit %(limit)s

-- name: open_holds
select account, document from tallystick.holds
where account = %(account)s and status = 'open'
  and (expires_at, hold) > (%(expires_at)s, %(hold)s) and expires_at <= %(until)s
order by expires_at, hold limit %(limit)s

-- name: all_holds
select account, document from tallystick.holds where account = %(account)s order by hold

-- name: refusals
select account, key, at, request, refusal from tallystick.refusals
where (account, key) > (%(account)s, %(key)s) and account < %(end)s
order by account, key limit %(limit)s

-- What the scheduler asks. It only finds accounts; what becomes of them is decided one by one.

-- name: due
select account, due_at from tallystick.accounts
where bucket = %(bucket)s and due_at <= %(now)s and (due_at, account) > (%(since)s, %(after)s)
  and account > %(first)s and account < %(end)s
order by due_at, account limit %(limit)s

-- name: timed_out
select account, min(expires_at) from tallystick.holds
where status = 'open' and account > %(after)s and account < %(end)s and expires_at <= %(now)s
group by account order by account limit %(limit)s

-- name: seats
select seat, worker, until from tallystick.seats order by seat

-- name: take_seat
insert into tallystick.seats (seat, worker, until) values (%(seat)s, %(worker)s, %(until)s)
on conflict (seat) do update set worker = excluded.worker, until = excluded.until

-- What the server knows of the time.

-- name: known_time
select (extract(epoch from clock_timestamp()) * 1000000)::bigint

-- What verifying compares.

-- name: account_columns
select version, due_at, bucket from tallystick.accounts where account = %(account)s

-- name: charges
select account, seq, at, event, postings, balance_before, balance_after, hash, key, request
from tallystick.journal
where account = %(account)s and seq > %(after)s and seq <= %(last)s and credits is not null
  and (%(tool)s::text is null or tool = %(tool)s::text)
  and (%(model)s::text is null or model = %(model)s::text)
  and (%(member)s::text is null or member = %(member)s::text)
order by seq limit %(limit)s

-- name: usage_columns
select seq, tool, model, member, credits, quantity, quote
from tallystick.journal where account = %(account)s order by seq

-- name: hold_columns
select hold, status, expires_at from tallystick.holds where account = %(account)s

-- name: strays
select account from tallystick.journal j
where account > %(first)s and account < %(end)s and not exists (
    select 1 from tallystick.accounts a where a.account = j.account)
union
select account from tallystick.holds h
where account > %(first)s and account < %(end)s and not exists (
    select 1 from tallystick.accounts a where a.account = h.account)
union
select account from tallystick.checkpoints c
where account > %(first)s and account < %(end)s and not exists (
    select 1 from tallystick.accounts a where a.account = c.account)
union
select account from tallystick.refusals r
where account > %(first)s and account < %(end)s and not exists (
    select 1 from tallystick.accounts a where a.account = r.account)
union
select account from tallystick.refusal_tallies t
where account > %(first)s and account < %(end)s and not exists (
    select 1 from tallystick.accounts a where a.account = t.account)
order by account

-- name: opened
select sum(accounts)::bigint from tallystick.openings
where account >= %(first)s and account < %(end)s

-- name: refusals_of
select key, at, request, refusal from tallystick.refusals where account = %(account)s

-- name: refusal_tally
select refusals, digest::text, oldest_at from tallystick.refusal_tallies
where account = %(account)s

-- name: broken_indexes
select c.relname from pg_catalog.pg_index i
join pg_catalog.pg_class c on c.oid = i.indexrelid
join pg_catalog.pg_namespace n on n.oid = c.relnamespace
where n.nspname = 'tallystick' and not (i.indisvalid and i.indisready)
order by c.relname

-- name: checksum_failures
select coalesce(checksum_failures, 0)
from pg_catalog.pg_stat_database where datname = current_database()

-- Archiving: the older lines of a journal go, once they stand in a file that was proven.

-- name: checkpoint
select account, seq, document, hash from tallystick.checkpoints where account = %(account)s

-- By halves: a line is never older than the one before it.
-- name: last_before
with recursive search (low, high) as (
    select (select min(seq) - 1 from tallystick.journal
            where account = %(account)s and seq >= %(first)s),
           (select max(seq) + 1 from tallystick.journal
            where account = %(account)s and seq < %(end)s)
    union all
    select case when (select at from tallystick.journal
                  where account = %(account)s and seq = (low + high) / 2) < %(at)s
                then (low + high) / 2 else low end,
           case when (select at from tallystick.journal
                  where account = %(account)s and seq = (low + high) / 2) < %(at)s
                then high else (low + high) / 2 end
    from search where high - low > 1
)
select low from search where high - low <= 1

-- name: move_checkpoints
update tallystick.checkpoints as c
set seq = w.seq, document = w.document, hash = w.hash
from unnest(%(accounts)s, %(befores)s, %(seqs)s, %(documents)s, %(hashes)s)
     as w (account, before, seq, document, hash)
where c.account = any(%(accounts)s) and c.account = w.account and c.seq = w.before
returning c.account

-- name: add_checkpoints
insert into tallystick.checkpoints (account, seq, document, hash)
select w.account, w.seq, w.document, w.hash
from unnest(%(accounts)s, %(seqs)s, %(documents)s, %(hashes)s)
     as w (account, seq, document, hash)
join tallystick.accounts a on a.account = w.account
where a.account = any(%(accounts)s)
on conflict do nothing
returning account

-- Between the smallest and the greatest seq of all, so that no line that stays is gone through.
-- name: remove_lines
delete from tallystick.journal as j
using unnest(%(accounts)s, %(seqs)s) as w (account, seq)
where j.account = any(%(accounts)s) and j.seq > %(first)s and j.seq <= %(last)s
  and j.account = w.account and j.seq <= w.seq

-- Epochs.

-- name: epochs
select number, epoch, mark, began_at, reason from tallystick.epochs order by number

-- name: epoch_history
select history from tallystick.epochs order by number desc limit 1

-- name: add_epoch
insert into tallystick.epochs (number, epoch, mark, began_at, reason, history)
values (%(number)s, %(epoch)s, %(mark)s, %(began_at)s, %(reason)s, %(history)s)

-- name: set_history
update tallystick.epochs set history = %(history)s where number = %(number)s

-- name: enter_epoch
update tallystick.platforms set epoch = %(epoch)s where platform > ''

-- name: server_clock
select (extract(epoch from clock_timestamp()) * 1000000)::bigint

-- A server that was restored from a backup, or a standby that took over, writes on another timeline.
-- name: history
select system_identifier::text || '/' || left(pg_walfile_name(pg_current_wal_lsn()), 8)
from pg_control_system()

-- name: remove_snapshots
delete from tallystick.snapshots as s
using unnest(%(accounts)s, %(seqs)s) as w (account, seq)
where s.account = any(%(accounts)s) and s.account = w.account and s.seq <= w.seq

-- Snapshots: an account after some of its lines. A batch writes them beside its accounts.

-- name: put_snapshots
insert into tallystick.snapshots (account, seq, document)
select a.account, w.seq, w.document
from unnest(%(accounts)s, %(seqs)s, %(documents)s) as w (account, seq, document)
join tallystick.accounts a on a.account = w.account and a.stamp = %(stamp)s
where a.account = any(%(accounts)s)
on conflict do nothing
returning account

-- name: add_snapshots
insert into tallystick.snapshots (account, seq, document)
select a.account, w.seq, w.document
from unnest(%(accounts)s, %(seqs)s, %(documents)s) as w (account, seq, document)
join tallystick.accounts a on a.account = w.account
where a.account = any(%(accounts)s)
on conflict do nothing
returning account

-- name: snapshot
select document from tallystick.snapshots
where account = %(account)s and seq <= %(last)s order by seq desc limit 1

-- name: snapshots
select seq, document from tallystick.snapshots where account = %(account)s order by seq

-- name: snapshot_seqs
select seq from tallystick.snapshots where account = %(account)s order by seq

-- name: versions
select account, version from tallystick.accounts
where account > %(after)s and version > 0 order by account limit %(limit)s

-- What a migration does beside its script.

-- name: add_tally
insert into tallystick.refusal_tallies (account, bucket, refusals, digest, oldest_at)
values (%(account)s, %(bucket)s, %(refusals)s, %(digest)s::numeric, %(oldest_at)s)

-- name: every_refusal
select account, key, at, request, refusal from tallystick.refusals
where (account, key) > (%(account)s, %(key)s) order by account, key limit %(limit)s

-- name: sign_catalog
update tallystick.catalogs set hash = %(hash)s
where platform = %(platform)s and version = %(version)s

-- What a schema is made of: kind, table, name and definition of each object. Rights, storage
-- parameters and comments are whoever's that runs the database.

-- name: our_schema
select 'tallystick'::regnamespace::oid::bigint

-- name: temporary_schema
select pg_catalog.pg_my_temp_schema()::bigint

-- name: objects
with c as (
    select oid, relname::text, relkind, relpersistence, relrowsecurity, relforcerowsecurity
    from pg_catalog.pg_class where relnamespace = %(schema)s::oid
)
select case relkind when 'r' then 'table' when 'v' then 'view' when 'S' then 'sequence'
       else 'relation' end, relname, relname,
       concat_ws(' ', relkind::text, relpersistence = 'u', relrowsecurity, relforcerowsecurity)
from c where relkind not in ('i', 'I', 't')
union all
select 'column', c.relname, a.attname::text,
       concat_ws(' ', pg_catalog.format_type(a.atttypid, a.atttypmod), l.collname::text, a.attnotnull,
                 a.attidentity::text, a.attgenerated::text, pg_catalog.pg_get_expr(d.adbin, d.adrelid))
from c join pg_catalog.pg_attribute a on a.attrelid = c.oid
left join pg_catalog.pg_collation l on l.oid = a.attcollation
left join pg_catalog.pg_attrdef d on d.adrelid = a.attrelid and d.adnum = a.attnum
where c.relkind not in ('i', 'I', 't', 'S') and a.attnum > 0 and not a.attisdropped
union all
select 'index', c.relname, i.relname::text, pg_catalog.pg_get_indexdef(i.oid)
from c join pg_catalog.pg_index x on x.indrelid = c.oid
join pg_catalog.pg_class i on i.oid = x.indexrelid where c.relkind <> 't'
union all
select 'constraint', c.relname, k.conname::text, pg_catalog.pg_get_constraintdef(k.oid)
from c join pg_catalog.pg_constraint k on k.conrelid = c.oid where k.contype not in ('n', 't')
union all
select 'trigger', c.relname, t.tgname::text,
       pg_catalog.pg_get_triggerdef(t.oid) || ' ' || t.tgenabled::text
from c join pg_catalog.pg_trigger t on t.tgrelid = c.oid where not t.tgisinternal
union all
select 'rule', c.relname, r.rulename::text, pg_catalog.pg_get_ruledef(r.oid)
from c join pg_catalog.pg_rewrite r on r.ev_class = c.oid where r.rulename <> '_RETURN'
union all
select 'policy', c.relname, p.polname::text, p.polcmd::text
from c join pg_catalog.pg_policy p on p.polrelid = c.oid
union all
select 'table that inherits', c.relname, h.inhrelid::regclass::text, ''
from c join pg_catalog.pg_inherits h on h.inhparent = c.oid where c.relkind = 'r'
union all
select 'function', f.named, f.named, f.prosrc
from (
    select prosrc, proname || '(' || pg_catalog.pg_get_function_identity_arguments(oid) || ')' as named
    from pg_catalog.pg_proc where pronamespace = %(schema)s::oid
) f
