-- Statements that write accounts name them by "account = any(...)" once more than PostgreSQL needs:
-- a database that is spread over machines asks only those that have them. Those that load do without,
-- and are given it where tables are spread (`layout.pruned`).

-- name: make_schema
-- Makes the schema that all tables are in.
create schema if not exists tallystick

-- name: make_migrations
-- Makes the table of migrations.
create table if not exists tallystick.migrations (number bigint not null primary key)

-- name: newest_migration
-- The migration that the database stands at.
select coalesce(max(number), 0) from tallystick.migrations

-- name: add_migration
-- Notes a migration that was carried out.
insert into tallystick.migrations (number) values (%(number)s)

-- name: tables
-- Whether the table of migrations is there, and how many other tables are.
select count(*) filter (where tablename = 'migrations'), count(*) filter (where tablename <> 'migrations')
from pg_catalog.pg_tables where schemaname = 'tallystick'

-- name: one_at_a_time
-- Waits until nobody else writes about platforms.
lock table tallystick.platforms in share row exclusive mode

-- name: platform
-- The row of a platform.
select platform, secret, catalogs, clock_at, epoch
from tallystick.platforms where platform = %(platform)s

-- name: platforms
-- The names of all platforms, in order.
select platform from tallystick.platforms order by platform

-- name: add_platform
-- Adds a platform, in the epoch that is in force.
insert into tallystick.platforms (platform, secret, catalogs, clock_at, epoch)
values (%(platform)s, %(secret)s, %(catalogs)s, %(clock_at)s, %(epoch)s)

-- name: set_clock
-- Moves the test clock of a platform.
update tallystick.platforms set clock_at = %(at)s where platform = %(platform)s

-- name: add_catalog
-- Adds a published version of a catalog; it never changes.
insert into tallystick.catalogs (platform, version, effective_at, document, source, hash)
values (%(platform)s, %(version)s, %(effective_at)s, %(document)s, %(source)s, %(hash)s)

-- name: count_catalogs
-- Counts the versions that a platform has published and withdrawn.
update tallystick.platforms p set catalogs =
    (select count(*) from tallystick.catalogs c where c.platform = p.platform)
    + (select count(*) from tallystick.withdrawn_catalogs w where w.platform = p.platform)
where p.platform = %(platform)s

-- name: withdraw_catalog
-- Notes that a scheduled version was withdrawn.
insert into tallystick.withdrawn_catalogs (platform, version, at, hash)
values (%(platform)s, %(version)s, %(at)s, %(hash)s)

-- name: withdrawn_catalogs
-- The versions of a platform that were withdrawn, and when.
select version, at, hash from tallystick.withdrawn_catalogs
where platform = %(platform)s order by version

-- name: catalogs
-- The versions that a platform published after one of them, in order.
select version, effective_at, document, source, hash
from tallystick.catalogs where platform = %(platform)s and version > %(after)s order by version

-- name: catalog_source
-- The file that a version was published from.
select source from tallystick.catalogs where platform = %(platform)s and version = %(version)s

-- name: api_key
-- An API key by its id.
select id, platform, name, hash, scopes, created_at, revoked_at, expires_at, last_used_at,
  created_by, created_key, revoked_by, revoked_key, replaces
from tallystick.api_keys where id = %(id)s

-- name: api_keys
-- The API keys of a platform, the oldest first.
select id, platform, name, hash, scopes, created_at, revoked_at, expires_at, last_used_at,
  created_by, created_key, revoked_by, revoked_key, replaces
from tallystick.api_keys where platform = %(platform)s order by created_at, id

-- name: add_api_key
-- Adds an API key: the hash of its secret, never the secret.
insert into tallystick.api_keys (
  id, platform, name, hash, scopes, created_at, revoked_at, expires_at, last_used_at,
  created_by, created_key, revoked_by, revoked_key, replaces
) values (
  %(id)s, %(platform)s, %(name)s, %(hash)s, %(scopes)s, %(created_at)s, %(revoked_at)s,
  %(expires_at)s, %(last_used_at)s, %(created_by)s, %(created_key)s,
  %(revoked_by)s, %(revoked_key)s, %(replaces)s
)

-- name: revoke_api_key
-- Revokes an API key; one that is revoked stays as it is.
update tallystick.api_keys set revoked_at = %(at)s, revoked_by = %(by)s, revoked_key = %(api_key)s
where id = %(id)s and revoked_at is null

-- name: expire_api_key
-- Lets an API key end at an instant, if it would not end sooner.
update tallystick.api_keys set expires_at = least(expires_at, %(at)s) where id = %(id)s

-- name: use_api_key
-- Notes the hour in which an API key was used last.
update tallystick.api_keys set last_used_at = greatest(last_used_at, %(at)s) where id = %(id)s

-- name: platform_request
-- What a request about a whole platform was answered under its key.
select key, at, request, answer
from tallystick.platform_requests where platform = %(platform)s and key = %(key)s

-- name: platform_requests
-- Every answer to requests about a whole platform, in the order of their keys.
select key, at, request, answer
from tallystick.platform_requests where platform = %(platform)s order by key

-- name: add_platform_request
-- Remembers the answer to a request about a whole platform.
insert into tallystick.platform_requests (platform, key, at, request, answer)
values (%(platform)s, %(key)s, %(at)s, %(request_hash)s, %(answer)s)

-- What a batch wants, in one statement and so in one view: those of the next nine that it needs,
-- put together with "union all".

-- name: load_accounts
-- Accounts, as far as they are there.
select 'account', account, version, stamp, state, null::text, null::bigint, null::bigint, head,
       null::text, null::bytea
from tallystick.accounts where account = any(%(accounts)s)

-- name: load_platforms
-- Platforms, each with the epoch and what the server says of the time.
select 'platform', platform, catalogs, clock_at, epoch, null,
       (extract(epoch from clock_timestamp()) * 1000000)::bigint, null, secret, null, null
from tallystick.platforms where platform = any(%(platforms)s)

-- name: load_due_holds
-- The open holds of accounts that have timed out at the clock of their platform.
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
-- The entries that answered request keys.
select 'line', l.account, l.seq, l.at, l.event, l.postings, l.balance_before, l.balance_after,
       l.hash, l.key, l.request
from unnest(%(key_accounts)s, %(keys)s) as asked (account, key)
cross join lateral (
    select * from tallystick.journal
    where account = asked.account and key = asked.key offset 0
) l

-- name: load_refusals
-- The refusals that request keys were answered.
select 'refusal', r.account, null, r.at, null, null, null, null, r.refusal, r.key, r.request
from unnest(%(key_accounts)s, %(keys)s) as asked (account, key)
cross join lateral (
    select * from tallystick.refusals
    where account = asked.account and key = asked.key offset 0
) r

-- name: load_holds
-- Holds by their ids.
select 'hold', h.account, h.hold, null, h.document, null, null, null, null, null, null
from unnest(%(hold_accounts)s, %(holds)s) as asked (account, hold)
cross join lateral (
    select * from tallystick.holds
    where account = asked.account and hold = asked.hold
    offset 0
) h

-- name: load_quotes
-- The seqs of the entries that spent quotes.
select 'quote', l.account, l.seq, null, l.quote, null, null, null, null, null, null
from unnest(%(quote_accounts)s, %(quotes)s) as asked (account, quote)
cross join lateral (
    select account, seq, quote from tallystick.journal
    where account = asked.account and quote = asked.quote
    offset 0
) l

-- name: load_entries
-- Entries by their seqs.
select 'entry', l.account, l.seq, l.at, l.event, l.postings, l.balance_before, l.balance_after,
       l.hash, l.key, l.request
from unnest(%(entry_accounts)s, %(seqs)s) as asked (account, seq)
cross join lateral (
    select * from tallystick.journal
    where account = asked.account and seq = asked.seq offset 0
) l

-- name: load_grants
-- The entries that may have taken credits of grants without spending or holding them.
select 'of_grant', l.account, l.seq, l.at, l.event, l.postings, l.balance_before, l.balance_after,
       l.hash, asked.grant_id::text, l.request
from unnest(%(grant_accounts)s, %(grants)s) as asked (account, grant_id)
cross join lateral (
    select * from tallystick.journal
    where account = asked.account and seq > asked.grant_id
      and (strpos(event, '"lapsed":') > 0 or left(event, 16) = '{"kind":"voided"'
           or (tool is null and strpos(postings, ':' || asked.grant_id || '"') > 0
               and left(event, 14) <> '{"kind":"held"'))
    offset 0
) l

-- What a batch writes. Each account by compare-and-set on its stamp; the rest only beside an
-- account that now has the stamp of this batch.

-- name: take_accounts
-- Locks the rows of accounts, in the order of their keys.
update tallystick.accounts set stamp = stamp where account = any(%(accounts)s)

-- name: update_accounts
-- Writes accounts whose stamp is still the one that was read; the keys of those that were written.
update tallystick.accounts as a
set version = w.version, stamp = %(stamp)s, state = w.state, head = w.head, due_at = w.due_at
from unnest(%(accounts)s, %(read)s, %(versions)s, %(states)s, %(heads)s, %(dues)s)
     as w (account, read, version, state, head, due_at)
where a.account = any(%(accounts)s) and a.account = w.account and a.stamp = w.read
returning a.account

-- name: stamp_accounts
-- Stamps accounts that only get a refusal; the keys of those that were stamped.
update tallystick.accounts as a
set stamp = %(stamp)s
from unnest(%(accounts)s, %(read)s) as w (account, read)
where a.account = any(%(accounts)s) and a.account = w.account and a.stamp = w.read
returning a.account

-- name: insert_accounts
-- Adds accounts that are not there; the keys of those that were added.
insert into tallystick.accounts (account, version, stamp, state, head, due_at, bucket)
select w.account, w.version, %(stamp)s, w.state, w.head, w.due_at, w.bucket
from unnest(%(accounts)s, %(versions)s, %(states)s, %(heads)s, %(dues)s, %(buckets)s)
     as w (account, version, state, head, due_at, bucket)
on conflict do nothing
returning account

-- name: append
-- Appends entries to the journal.
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
-- Writes holds, new or changed, of accounts that have the stamp of this batch.
insert into tallystick.holds (account, hold, status, expires_at, document)
select w.account, w.hold, w.status, w.expires_at, w.document
from unnest(%(accounts)s, %(holds)s, %(statuses)s, %(expiries)s, %(documents)s)
     as w (account, hold, status, expires_at, document)
join tallystick.accounts a on a.account = w.account and a.stamp = %(stamp)s
where a.account = any(%(accounts)s)
on conflict (account, hold) do update
set status = excluded.status, expires_at = excluded.expires_at, document = excluded.document

-- name: refuse
-- Remembers refusals under their request keys.
insert into tallystick.refusals (account, key, at, request, refusal)
select w.account, w.key, w.at, w.request, w.refusal
from unnest(%(accounts)s, %(keys)s, %(ats)s, %(requests)s, %(refusals)s)
     as w (account, key, at, request, refusal)
join tallystick.accounts a on a.account = w.account and a.stamp = %(stamp)s
where a.account = any(%(accounts)s)

-- Tallies are added to, and given back: from one that is full by that some refusals go at once.

-- name: add_tallies
-- Adds to the tallies of refusals.
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
-- Locks the tally of the refusals of an account.
update tallystick.refusal_tallies set refusals = refusals where account = %(account)s
returning refusals, digest::text, oldest_at

-- name: oldest_refusals
-- The oldest refusals of an account.
select key, at, request, refusal from tallystick.refusals where account = %(account)s
order by at, key limit %(limit)s

-- name: forget_refusals
-- Forgets refusals of an account by their request keys.
delete from tallystick.refusals where account = %(account)s and key = any(%(keys)s)
returning key, at, request, refusal

-- name: oldest_refusal
-- The instant of the oldest refusal of an account.
select min(at) from tallystick.refusals where account = %(account)s

-- name: put_tally
-- Writes the tally of the refusals of an account.
update tallystick.refusal_tallies
set refusals = %(refusals)s, digest = %(digest)s::numeric, oldest_at = %(oldest_at)s
where account = %(account)s

-- name: stale_refusals
-- Accounts of a bucket that have refusals from before an instant.
select account from tallystick.refusal_tallies
where bucket = %(bucket)s and oldest_at < %(before)s
  and account > %(first)s and account < %(end)s
order by oldest_at limit %(limit)s

-- How many accounts were opened: those of this batch that have its stamp are counted, last of all,
-- in a row on their own shard, in the slot of this process.

-- name: make_slot
-- Makes the row that a process counts opened accounts in.
insert into tallystick.openings (account, slot, accounts)
values (%(place)s, %(slot)s, 0) on conflict do nothing returning account

-- name: count_opened
-- Adds to the count of accounts that a platform has opened.
update tallystick.openings as o
set accounts = o.accounts + (
    select count(*) from tallystick.accounts a
    where a.account = any(%(accounts)s) and a.stamp = %(stamp)s)
where o.account = %(place)s and o.slot = %(slot)s

-- name: stamps
-- The stamps of accounts.
select account, stamp from tallystick.accounts where account = any(%(accounts)s)

-- Reading one account, or all of a platform.

-- name: accounts
-- The keys of accounts within a range, in order.
select account from tallystick.accounts
where account > %(after)s and account < %(end)s order by account limit %(limit)s

-- name: heads
-- The heads of accounts after a key, in order: the seq and the hash of their last entry.
select account, version, head from tallystick.accounts
where account > %(after)s and account < %(end)s order by account limit %(limit)s

-- name: entries
-- The entries of an account after a seq, in order.
select account, seq, at, event, postings, balance_before, balance_after, hash, key, request
from tallystick.journal where account = %(account)s and seq > %(after)s order by seq limit %(limit)s

-- name: newest_entries
-- The entries of an account before a seq, the newest first.
select account, seq, at, event, postings, balance_before, balance_after, hash, key, request
from tallystick.journal where account = %(account)s and seq < %(after)s
order by seq desc limit %(limit)s

-- name: open_holds
-- The open holds of an account after an expiry and an id, in that order.
select account, document from tallystick.holds
where account = %(account)s and status = 'open'
  and (expires_at, hold) > (%(expires_at)s, %(hold)s) and expires_at <= %(until)s
order by expires_at, hold limit %(limit)s

-- name: all_holds
-- Every hold of an account, in the order of their ids.
select account, document from tallystick.holds where account = %(account)s order by hold

-- name: refusals
-- The refusals of a platform after an account and a request key, in that order.
select account, key, at, request, refusal from tallystick.refusals
where (account, key) > (%(account)s, %(key)s) and account < %(end)s
order by account, key limit %(limit)s

-- What the scheduler asks. It only finds accounts; what becomes of them is decided one by one.

-- name: due
-- Accounts of a bucket that are due, in the order of instant and key.
select account, due_at from tallystick.accounts
where bucket = %(bucket)s and due_at <= %(now)s and (due_at, account) > (%(since)s, %(after)s)
  and account > %(first)s and account < %(end)s
order by due_at, account limit %(limit)s

-- name: timed_out
-- Accounts that have open holds past their expiry, in order.
select account, min(expires_at) from tallystick.holds
where status = 'open' and account > %(after)s and account < %(end)s and expires_at <= %(now)s
group by account order by account limit %(limit)s

-- name: worker_slots
-- The slots of the workers of the scheduler.
select seat, worker, until from tallystick.seats order by seat

-- name: take_worker_slot
-- Takes or renews the slot of a worker.
insert into tallystick.seats (seat, worker, until) values (%(slot)s, %(worker)s, %(until)s)
on conflict (seat) do update set worker = excluded.worker, until = excluded.until

-- What the server knows of the time.

-- name: known_time
-- What the database knows of the time.
select (extract(epoch from clock_timestamp()) * 1000000)::bigint

-- What verifying compares.

-- name: account_columns
-- The columns that repeat what the state of an account says.
select version, due_at, bucket from tallystick.accounts where account = %(account)s

-- name: charges
-- The entries of an account that charge what is sought, between two seqs, in order.
select account, seq, at, event, postings, balance_before, balance_after, hash, key, request
from tallystick.journal
where account = %(account)s and seq > %(after)s and seq <= %(last)s and credits is not null
  and (%(tool)s::text is null or tool = %(tool)s::text)
  and (%(model)s::text is null or model = %(model)s::text)
  and (%(member)s::text is null or member = %(member)s::text)
  and (%(labelled)s::text is null or strpos(event, %(labelled)s::text) > 0)
order by seq limit %(limit)s

-- name: usage_columns
-- The columns that repeat what the entries of an account charge.
select seq, tool, model, member, credits, quantity, quote
from tallystick.journal where account = %(account)s order by seq

-- name: hold_columns
-- The columns that repeat what the documents of holds say.
select hold, status, expires_at from tallystick.holds where account = %(account)s

-- name: strays
-- Keys that have rows of an account, but no account.
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
-- How many accounts a platform has opened.
select sum(accounts)::bigint from tallystick.openings
where account >= %(first)s and account < %(end)s

-- name: refusals_of
-- Every refusal that is remembered for an account.
select key, at, request, refusal from tallystick.refusals where account = %(account)s

-- name: refusal_tally
-- How many refusals were counted for an account, and a digest of them.
select refusals, digest::text, oldest_at from tallystick.refusal_tallies
where account = %(account)s

-- name: broken_indexes
-- Indexes that the server holds for broken or unfinished.
select c.relname from pg_catalog.pg_index i
join pg_catalog.pg_class c on c.oid = i.indexrelid
join pg_catalog.pg_namespace n on n.oid = c.relnamespace
where n.nspname = 'tallystick' and not (i.indisvalid and i.indisready)
order by c.relname

-- name: checksum_failures
-- How many pages the server has found damaged.
select coalesce(checksum_failures, 0)
from pg_catalog.pg_stat_database where datname = current_database()

-- Archiving: the older entries of a journal go, once they stand in a file that was proven.

-- name: checkpoint
-- The checkpoint that the journal of an account begins after.
select account, seq, document, hash from tallystick.checkpoints where account = %(account)s

-- An entry is never older than the one before it.
-- name: last_before
-- The seq of the last entry that is older than an instant, found by halves.
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
-- Moves checkpoints on, if nobody else did.
update tallystick.checkpoints as c
set seq = w.seq, document = w.document, hash = w.hash
from unnest(%(accounts)s, %(befores)s, %(seqs)s, %(documents)s, %(hashes)s)
     as w (account, before, seq, document, hash)
where c.account = any(%(accounts)s) and c.account = w.account and c.seq = w.before
returning c.account

-- name: add_checkpoints
-- Adds the first checkpoints of accounts.
insert into tallystick.checkpoints (account, seq, document, hash)
select w.account, w.seq, w.document, w.hash
from unnest(%(accounts)s, %(seqs)s, %(documents)s, %(hashes)s)
     as w (account, seq, document, hash)
join tallystick.accounts a on a.account = w.account
where a.account = any(%(accounts)s)
on conflict do nothing
returning account

-- Between the smallest and the greatest seq of all, so that no entry that stays is gone through.
-- name: remove_entries
-- Removes the entries that a file of the archive has.
delete from tallystick.journal as j
using unnest(%(accounts)s, %(seqs)s) as w (account, seq)
where j.account = any(%(accounts)s) and j.seq > %(first)s and j.seq <= %(last)s
  and j.account = w.account and j.seq <= w.seq

-- Epochs.

-- name: epochs
-- The epochs of the database, the one in force last.
select number, epoch, mark, began_at, reason from tallystick.epochs order by number

-- name: epoch_history
-- The history of the server that the epoch in force was begun on.
select history from tallystick.epochs order by number desc limit 1

-- name: add_epoch
-- Begins an epoch.
insert into tallystick.epochs (number, epoch, mark, began_at, reason, history)
values (%(number)s, %(epoch)s, %(mark)s, %(began_at)s, %(reason)s, %(history)s)

-- name: set_history
-- Notes the history of the server beside an epoch.
update tallystick.epochs set history = %(history)s where number = %(number)s

-- name: enter_epoch
-- Writes the epoch in force beside every platform.
update tallystick.platforms set epoch = %(epoch)s where platform > ''

-- name: server_clock
-- The clock of the server.
select (extract(epoch from clock_timestamp()) * 1000000)::bigint

-- A server that was restored from a backup, or a standby that took over, writes on another timeline.
-- name: history
-- Which server this is, and the timeline that it writes on.
select system_identifier::text || '/' || left(pg_walfile_name(pg_current_wal_lsn()), 8)
from pg_control_system()

-- name: remove_snapshots
-- Removes the snapshots of entries that are archived.
delete from tallystick.snapshots as s
using unnest(%(accounts)s, %(seqs)s) as w (account, seq)
where s.account = any(%(accounts)s) and s.account = w.account and s.seq <= w.seq

-- Snapshots: an account after some of its entries. A batch writes them beside its accounts.

-- name: put_snapshots
-- Writes snapshots of accounts that have the stamp of this batch.
insert into tallystick.snapshots (account, seq, document)
select a.account, w.seq, w.document
from unnest(%(accounts)s, %(seqs)s, %(documents)s) as w (account, seq, document)
join tallystick.accounts a on a.account = w.account and a.stamp = %(stamp)s
where a.account = any(%(accounts)s)
on conflict do nothing
returning account

-- name: add_snapshots
-- Writes the snapshots that are missing.
insert into tallystick.snapshots (account, seq, document)
select a.account, w.seq, w.document
from unnest(%(accounts)s, %(seqs)s, %(documents)s) as w (account, seq, document)
join tallystick.accounts a on a.account = w.account
where a.account = any(%(accounts)s)
on conflict do nothing
returning account

-- name: snapshot
-- The newest snapshot of an account up to a seq.
select document from tallystick.snapshots
where account = %(account)s and seq <= %(last)s order by seq desc limit 1

-- name: snapshots
-- Every snapshot of an account, in order.
select seq, document from tallystick.snapshots where account = %(account)s order by seq

-- name: snapshot_seqs
-- The seqs that an account has snapshots of.
select seq from tallystick.snapshots where account = %(account)s order by seq

-- name: versions
-- Accounts of all platforms after a key, each with the seq of its last entry.
select account, version from tallystick.accounts
where account > %(after)s and version > 0 order by account limit %(limit)s

-- What a migration does beside its script.

-- name: add_tally
-- Writes the tally of an account that had none.
insert into tallystick.refusal_tallies (account, bucket, refusals, digest, oldest_at)
values (%(account)s, %(bucket)s, %(refusals)s, %(digest)s::numeric, %(oldest_at)s)

-- name: every_refusal
-- Every refusal there is, account by account.
select account, key, at, request, refusal from tallystick.refusals
where (account, key) > (%(account)s, %(key)s) order by account, key limit %(limit)s

-- name: sign_catalog
-- Writes the hash of a version of a catalog.
update tallystick.catalogs set hash = %(hash)s
where platform = %(platform)s and version = %(version)s

-- What a schema is made of: kind, table, name and definition of each object. Rights, storage
-- parameters and comments are whoever's that runs the database.

-- name: our_schema
-- The schema that is compared.
select 'tallystick'::regnamespace::oid::bigint

-- name: temporary_schema
-- The schema of the tables that it is compared with.
select pg_catalog.pg_my_temp_schema()::bigint

-- name: objects
-- Every table, column, index and other object of a schema, with its definition.
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
