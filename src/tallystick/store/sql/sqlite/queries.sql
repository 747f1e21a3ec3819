-- name: platform
-- The row of a platform.
select platform, secret, catalogs, clock_at, epoch from platforms where platform = :platform

-- name: load_platform
-- The row of a platform as a batch needs it, with the newest instant that the file knows.
select platform, secret, catalogs, clock_at, epoch, (select newest from clock where only = 1)
from platforms where platform = ?

-- name: platforms
-- The names of all platforms, in order.
select platform from platforms order by platform

-- name: add_platform
-- Adds a platform, in the epoch that is in force.
insert into platforms (platform, secret, catalogs, clock_at, epoch)
values (?, ?, ?, ?, (select epoch from epochs order by number desc limit 1))

-- name: set_clock
-- Moves the test clock of a platform.
update platforms set clock_at = ? where platform = ?

-- name: add_catalog
-- Adds a published version of a catalog; it never changes.
insert into catalogs (platform, version, effective_at, document, source, hash)
values (?, ?, ?, ?, ?, ?)

-- name: count_catalogs
-- Counts the versions that a platform has published and withdrawn.
update platforms set catalogs =
    (select count(*) from catalogs where catalogs.platform = platforms.platform)
    + (select count(*) from withdrawn_catalogs w where w.platform = platforms.platform)
where platform = ?

-- name: withdraw_catalog
-- Notes that a scheduled version was withdrawn.
insert into withdrawn_catalogs (platform, version, at, hash) values (?, ?, ?, ?)

-- name: withdrawn_catalogs
-- The versions of a platform that were withdrawn, and when.
select version, at, hash from withdrawn_catalogs where platform = :platform order by version

-- name: catalogs
-- The versions that a platform published after one of them, in order.
select version, effective_at, document, source, hash
from catalogs where platform = :platform and version > :after order by version

-- name: catalog_source
-- The file that a version was published from.
select source from catalogs where platform = :platform and version = :version

-- name: account
-- An account: its state and the hash of its last entry.
select account, state, head from accounts where account = ?

-- name: insert_account
-- Adds an account, unless it is there.
insert into accounts (account, version, state, head, due_at, bucket) values (?, ?, ?, ?, ?, ?)
on conflict do nothing

-- name: update_account
-- Writes an account, if it is still at the version that was read.
update accounts set version = ?, state = ?, head = ?, due_at = ? where account = ? and version = ?

-- name: accounts
-- The keys of accounts within a range, in order.
select account from accounts where account > ? and account < ? order by account limit ?

-- name: heads
-- The heads of accounts after a key, in order: the seq and the hash of their last entry.
select account, version, head from accounts
where account > :after and account < :end order by account limit :limit

-- name: strays
-- Keys that have rows of an account, but no account.
select account from journal
where account >= :first and account < :end and account not in (select account from accounts)
union
select account from holds
where account >= :first and account < :end and account not in (select account from accounts)
union
select account from checkpoints
where account >= :first and account < :end and account not in (select account from accounts)
union
select account from refusals
where account >= :first and account < :end and account not in (select account from accounts)
union
select account from refusal_tallies
where account >= :first and account < :end and account not in (select account from accounts)
order by account

-- name: account_columns
-- The columns that repeat what the state of an account says.
select version, due_at, bucket from accounts where account = :account

-- How many accounts a platform opened, counted with each.

-- name: opened
-- How many accounts a platform has opened.
select accounts from openings where platform = ?

-- name: count_opened
-- Adds to the count of accounts that a platform has opened.
insert into openings (platform, accounts) values (?, ?)
on conflict (platform) do update set accounts = accounts + excluded.accounts

-- name: hold_columns
-- The columns that repeat what the documents of holds say.
select hold, status, expires_at from holds where account = :account

-- name: append
-- Appends entries to the journal.
insert into journal (account, seq, at, event, postings, balance_before, balance_after, key,
                     request, quote, tool, model, member, credits, quantity, hash)
values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)

-- name: entry_by_key
-- The entry that answered a request key of an account.
select account, seq, at, event, postings, balance_before, balance_after, hash, key, request
from journal where account = ? and key = ?

-- name: entry_by_seq
-- The entry of an account with a seq.
select account, seq, at, event, postings, balance_before, balance_after, hash, key, request
from journal where account = ? and seq = ?

-- name: entries_of_grant
-- The entries that may have taken credits of a grant without spending or holding them.
select account, seq, at, event, postings, balance_before, balance_after, hash, key, request
from journal
where account = ?1 and seq > ?2
  and (instr(event, '"lapsed":') > 0 or substr(event, 1, 16) = '{"kind":"voided"'
       or (tool is null and instr(postings, ?3) > 0 and substr(event, 1, 14) <> '{"kind":"held"'))
order by seq

-- name: seq_by_quote
-- The seq of the entry that spent a quote.
select account, quote, seq from journal where account = ? and quote = ?

-- name: entries
-- The entries of an account after a seq, in order.
select account, seq, at, event, postings, balance_before, balance_after, hash, key, request
from journal where account = :account and seq > :after order by seq limit coalesce(:limit, -1)

-- name: newest_entries
-- The entries of an account before a seq, the newest first.
select account, seq, at, event, postings, balance_before, balance_after, hash, key, request
from journal where account = :account and seq < :after order by seq desc limit coalesce(:limit, -1)

-- name: charges
-- The entries of an account that charge what is sought, between two seqs, in order.
select account, seq, at, event, postings, balance_before, balance_after, hash, key, request
from journal
where account = :account and seq > :after and seq <= :last and credits is not null
  and tool is coalesce(:tool, tool) and model is coalesce(:model, model)
  and member is coalesce(:member, member) and instr(event, coalesce(:labelled, '')) > 0
order by seq limit :limit

-- name: usage_columns
-- The columns that repeat what the entries of an account charge.
select seq, tool, model, member, credits, quantity, quote
from journal where account = :account order by seq

-- name: put_hold
-- Writes a hold, new or changed.
insert into holds (account, hold, status, expires_at, document) values (?, ?, ?, ?, ?)
on conflict (account, hold) do update
set status = excluded.status, expires_at = excluded.expires_at, document = excluded.document

-- name: hold
-- A hold of an account by its id.
select account, document from holds where account = ? and hold = ?

-- name: due_holds
-- The open holds of an account that have timed out, in the order of their expiry.
select account, document from holds
where account = ? and status = 'open' and expires_at <= ? order by expires_at, hold

-- name: open_holds
-- The open holds of an account after an expiry and an id, in that order.
select account, document from holds
where account = :account and status = 'open' and (expires_at, hold) > (:expires_at, :hold) and expires_at <= :until
order by expires_at, hold limit coalesce(:limit, -1)

-- name: all_holds
-- Every hold of an account, in the order of their ids.
select account, document from holds where account = :account order by hold

-- name: refuse
-- Remembers refusals under their request keys.
insert into refusals (account, key, at, request, refusal) values (?, ?, ?, ?, ?)

-- name: refusals
-- The refusals of a platform after an account and a request key, in that order.
select account, key, at, request, refusal from refusals
where (account, key) > (:account, :key) and account < :end
order by account, key limit coalesce(:limit, -1)

-- name: refusals_of
-- Every refusal that is remembered for an account.
select key, at, request, refusal from refusals where account = :account

-- name: refusal_tally
-- How many refusals were counted for an account, and a digest of them.
select refusals, digest, oldest_at from refusal_tallies where account = :account

-- name: put_tally
-- Writes the tally of the refusals of an account.
insert into refusal_tallies (account, bucket, refusals, digest, oldest_at) values (?, ?, ?, ?, ?)
on conflict (account) do update
set refusals = excluded.refusals, digest = excluded.digest, oldest_at = excluded.oldest_at

-- name: oldest_refusals
-- The oldest refusals of an account.
select key, at, request, refusal from refusals where account = ? order by at, key limit ?

-- name: oldest_refusal
-- The instant of the oldest refusal of an account.
select min(at) from refusals where account = ?

-- name: forget_refusal
-- Forgets a refusal.
delete from refusals where account = ? and key = ?

-- name: stale_refusals
-- Accounts of a bucket that have refusals from before an instant.
select account from refusal_tallies
where bucket = :bucket and oldest_at < :before and account > :first and account < :end order by oldest_at limit :limit

-- name: refusal
-- The refusal that a request key of an account was answered.
select account, key, at, request, refusal from refusals where account = ? and key = ?

-- name: api_key
-- An API key by its id.
select id, platform, name, hash, scopes, created_at, revoked_at, expires_at, last_used_at,
  created_by, created_key, revoked_by, revoked_key, replaces
from api_keys where id = :id

-- name: api_keys
-- The API keys of a platform, the oldest first.
select id, platform, name, hash, scopes, created_at, revoked_at, expires_at, last_used_at,
  created_by, created_key, revoked_by, revoked_key, replaces
from api_keys where platform = :platform order by created_at, id

-- name: add_api_key
-- Adds an API key: the hash of its secret, never the secret.
insert into api_keys (
  id, platform, name, hash, scopes, created_at, revoked_at, expires_at, last_used_at,
  created_by, created_key, revoked_by, revoked_key, replaces
) values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)

-- name: revoke_api_key
-- Revokes an API key; one that is revoked stays as it is.
update api_keys set revoked_at = ?, revoked_by = ?, revoked_key = ?
where id = ? and revoked_at is null

-- name: expire_api_key
-- Lets an API key end at an instant, if it would not end sooner.
update api_keys set expires_at = min(?, coalesce(expires_at, 9223372036854775807)) where id = ?

-- name: use_api_key
-- Notes the hour in which an API key was used last.
update api_keys set last_used_at = max(?, coalesce(last_used_at, 0)) where id = ?

-- name: platform_request
-- What a request about a whole platform was answered under its key.
select key, at, request, answer from platform_requests where platform = :platform and key = :key

-- name: platform_requests
-- Every answer to requests about a whole platform, in the order of their keys.
select key, at, request, answer from platform_requests where platform = :platform order by key

-- name: add_platform_request
-- Remembers the answer to a request about a whole platform.
insert into platform_requests (platform, key, at, request, answer) values (?, ?, ?, ?, ?)

-- What the scheduler asks. It only finds accounts; what becomes of them is decided one by one.

-- name: due
-- Accounts of a bucket that are due, in the order of instant and key.
select account, due_at from accounts
where bucket = :bucket and due_at <= :now and (due_at, account) > (:since, :after) and account > :first and account < :end
order by due_at, account limit :limit

-- name: timed_out
-- Accounts that have open holds past their expiry, in order.
select account, min(expires_at) from holds
where status = 'open' and account > :after and account < :end and expires_at <= :now
group by account order by account limit :limit

-- name: worker_slots
-- The slots of the workers of the scheduler.
select seat, worker, until from seats order by seat

-- name: take_worker_slot
-- Takes or renews the slot of a worker.
insert into seats (seat, worker, until) values (?, ?, ?)
on conflict (seat) do update set worker = excluded.worker, until = excluded.until

-- What the file knows of the time.

-- name: known_time
-- What the database knows of the time.
select newest, jumped_from, jumped_to, accepted from clock where only = 1

-- name: note_time
-- Notes what is known of the time by now.
update clock set newest = ?, jumped_from = ?, jumped_to = ?, accepted = ? where only = 1

-- Archiving: the older entries of a journal go, once they stand in a file that was proven.

-- name: checkpoint
-- The checkpoint that the journal of an account begins after.
select account, seq, document, hash from checkpoints where account = :account

-- In this stretch an entry is never older than the one before it.
-- name: last_before
-- The seq of the last entry that is older than an instant, found by halves.
with recursive search (low, high) as (
    select (select min(seq) - 1 from journal where account = :account and seq >= :first),
           (select max(seq) + 1 from journal where account = :account and seq < :end)
    union all
    select case when (select at from journal
                      where account = :account and seq = (low + high) / 2) < :at
                then (low + high) / 2 else low end,
           case when (select at from journal
                      where account = :account and seq = (low + high) / 2) < :at
                then high else (low + high) / 2 end
    from search where high - low > 1
)
select low from search where high - low <= 1

-- name: put_checkpoint
-- Writes the checkpoint of an account, new or moved on.
insert into checkpoints (account, seq, document, hash) values (?, ?, ?, ?)
on conflict (account) do update
set seq = excluded.seq, document = excluded.document, hash = excluded.hash

-- name: remove_entries
-- Removes the entries that a file of the archive has.
delete from journal where account = ? and seq <= ?

-- Epochs, and how far the file has come in the one that is in force: the journal's last rowid and
-- what was added to it for entries that were removed, and the transactions that wrote no entry.

-- name: epochs
-- The epochs of the database, the one in force last.
select number, epoch, mark, began_at, reason from epochs order by number

-- name: position
-- How many entries and how many other transactions were ever written in the epoch in force.
select (select coalesce(max(rowid), 0) from journal) + base, writes
from epochs order by number desc limit 1

-- name: journal_end
-- The last row id of the journal.
select coalesce(max(rowid), 0) from journal

-- name: add_epoch
-- Begins an epoch.
insert into epochs (number, epoch, mark, began_at, reason, writes, base)
values (?, ?, ?, coalesce(?, cast(unixepoch('subsec') * 1000000 as integer)), ?,
        coalesce((select max(writes) from epochs), 0),
        coalesce((select max(base) from epochs), 0))

-- name: enter_epoch
-- Writes the epoch in force beside every platform.
update platforms set epoch = ?

-- name: count_write
-- Counts a transaction that writes no entry.
update epochs set writes = writes + 1
where number = (select max(number) from epochs) returning writes

-- name: move_base
-- Keeps the count of entries when the last ones of the table are removed.
update epochs set base = base + ? where number = (select max(number) from epochs)

-- name: remove_snapshots
-- Removes the snapshots of entries that are archived.
delete from snapshots where account = ? and seq <= ?

-- Snapshots: an account after some of its entries.

-- name: put_snapshot
-- Writes a snapshot, unless it is there.
insert into snapshots (account, seq, document) values (?, ?, ?) on conflict do nothing

-- name: snapshot
-- The newest snapshot of an account up to a seq.
select document from snapshots where account = :account and seq <= :last order by seq desc limit 1

-- name: snapshots
-- Every snapshot of an account, in order.
select seq, document from snapshots where account = :account order by seq

-- name: snapshot_seqs
-- The seqs that an account has snapshots of.
select seq from snapshots where account = :account order by seq

-- name: versions
-- Accounts of all platforms after a key, each with the seq of its last entry.
select account, version from accounts where account > :after order by account limit :limit

-- What a migration does beside its script.

-- name: every_refusal
-- Every refusal there is, account by account.
select account, key, at, request, refusal from refusals order by account

-- name: sign_catalog
-- Writes the hash of a version of a catalog.
update catalogs set hash = ? where platform = ? and version = ?
