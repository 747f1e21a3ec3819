-- name: platform
select platform, secret, catalogs, clock_at, epoch from platforms where platform = ?

-- name: load_platform
select platform, secret, catalogs, clock_at, epoch, (select newest from clock where only = 1)
from platforms where platform = ?

-- name: platforms
select platform from platforms order by platform

-- name: add_platform
insert into platforms (platform, secret, catalogs, clock_at, epoch)
values (?, ?, ?, ?, (select epoch from epochs order by number desc limit 1))

-- name: set_clock
update platforms set clock_at = ? where platform = ?

-- name: add_catalog
insert into catalogs (platform, version, effective_at, document, source, hash)
values (?, ?, ?, ?, ?, ?)

-- name: set_catalogs
update platforms set catalogs = ? where platform = ?

-- name: catalogs
select version, effective_at, document, source, hash
from catalogs where platform = ? and version > ? order by version

-- name: catalog_source
select source from catalogs where platform = ? and version = ?

-- name: account
select account, state, head from accounts where account = ?

-- name: insert_account
insert into accounts (account, version, state, head, due_at, bucket) values (?, ?, ?, ?, ?, ?)
on conflict do nothing

-- name: update_account
update accounts set version = ?, state = ?, head = ?, due_at = ? where account = ? and version = ?

-- name: accounts
select account from accounts where account > ? and account < ? order by account limit ?

-- name: heads
select account, version, head from accounts where account > ? and account < ? order by account
limit ?

-- name: strays
select account from journal
where account >= ? and account < ? and account not in (select account from accounts)
union
select account from holds
where account >= ? and account < ? and account not in (select account from accounts)
union
select account from checkpoints
where account >= ? and account < ? and account not in (select account from accounts)
union
select account from refusals
where account >= ? and account < ? and account not in (select account from accounts)
union
select account from refusal_tallies
where account >= ? and account < ? and account not in (select account from accounts)
order by account

-- name: account_columns
select version, due_at, bucket from accounts where account = ?

-- How many accounts a platform opened, counted with each.

-- name: opened
select accounts from openings where platform = ?

-- name: count_opened
insert into openings (platform, accounts) values (?, ?)
on conflict (platform) do update set accounts = accounts + excluded.accounts

-- name: hold_columns
select hold, status, expires_at from holds where account = ?

-- name: append
insert into journal (account, seq, at, event, postings, balance_before, balance_after, key,
                     request, quote, tool, model, member, credits, quantity, hash)
values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)

-- name: line_by_key
select account, seq, at, event, postings, balance_before, balance_after, hash, key, request
from journal where account = ? and key = ?

-- name: line_by_seq
select account, seq, at, event, postings, balance_before, balance_after, hash, key, request
from journal where account = ? and seq = ?

-- name: seq_by_quote
select account, quote, seq from journal where account = ? and quote = ?

-- name: lines
select account, seq, at, event, postings, balance_before, balance_after, hash, key, request
from journal where account = ? and seq > ? order by seq limit ?

-- name: newest_lines
select account, seq, at, event, postings, balance_before, balance_after, hash, key, request
from journal where account = ? and seq < ? order by seq desc limit ?

-- name: charges
select account, seq, at, event, postings, balance_before, balance_after, hash, key, request
from journal
where account = ? and seq > ? and seq <= ? and credits is not null
  and tool is coalesce(?, tool) and model is coalesce(?, model) and member is coalesce(?, member)
order by seq limit ?

-- name: usage_columns
select seq, tool, model, member, credits, quantity, quote
from journal where account = ? order by seq

-- name: put_hold
insert into holds (account, hold, status, expires_at, document) values (?, ?, ?, ?, ?)
on conflict (account, hold) do update
set status = excluded.status, expires_at = excluded.expires_at, document = excluded.document

-- name: hold
select account, document from holds where account = ? and hold = ?

-- name: due_holds
select account, document from holds
where account = ? and status = 'open' and expires_at <= ? order by expires_at, hold

-- name: open_holds
select account, document from holds
where account = ? and status = 'open' and (expires_at, hold) > (?, ?) and expires_at <= ?
order by expires_at, hold limit ?

-- name: all_holds
select account, document from holds where account = ? order by hold

-- name: refuse
insert into refusals (account, key, at, request, refusal) values (?, ?, ?, ?, ?)

-- name: refusals
select account, key, at, request, refusal from refusals
where (account, key) > (?, ?) and account < ? order by account, key limit ?

-- name: refusals_of
select key, at, request, refusal from refusals where account = ?

-- name: refusal_tally
select refusals, digest, oldest_at from refusal_tallies where account = ?

-- name: put_tally
insert into refusal_tallies (account, bucket, refusals, digest, oldest_at) values (?, ?, ?, ?, ?)
on conflict (account) do update
set refusals = excluded.refusals, digest = excluded.digest, oldest_at = excluded.oldest_at

-- name: oldest_refusals
select key, at, request, refusal from refusals where account = ? order by at, key limit ?

-- name: oldest_refusal
select min(at) from refusals where account = ?

-- name: forget_refusal
delete from refusals where account = ? and key = ?

-- name: stale_refusals
select account from refusal_tallies
where bucket = ? and oldest_at < ? and account > ? and account < ? order by oldest_at limit ?

-- name: refusal
select account, key, at, request, refusal from refusals where account = ? and key = ?

-- name: api_key
select id, platform, name, hash, scopes, created_at, revoked_at from api_keys where id = ?

-- name: api_keys
select id, platform, name, hash, scopes, created_at, revoked_at from api_keys
where platform = ? order by created_at, id

-- name: add_api_key
insert into api_keys (id, platform, name, hash, scopes, created_at, revoked_at)
values (?, ?, ?, ?, ?, ?, ?)

-- name: revoke_api_key
update api_keys set revoked_at = ? where id = ? and revoked_at is null

-- name: platform_request
select key, at, request, answer from platform_requests where platform = ? and key = ?

-- name: platform_requests
select key, at, request, answer from platform_requests where platform = ? order by key

-- name: add_platform_request
insert into platform_requests (platform, key, at, request, answer) values (?, ?, ?, ?, ?)

-- What the scheduler asks. It only finds accounts; what becomes of them is decided one by one.

-- name: due
select account, due_at from accounts
where bucket = ? and due_at <= ? and (due_at, account) > (?, ?) and account > ? and account < ?
order by due_at, account limit ?

-- name: timed_out
select account, min(expires_at) from holds
where status = 'open' and account > ? and account < ? and expires_at <= ?
group by account order by account limit ?

-- name: seats
select seat, worker, until from seats order by seat

-- name: take_seat
insert into seats (seat, worker, until) values (?, ?, ?)
on conflict (seat) do update set worker = excluded.worker, until = excluded.until

-- What the file knows of the time.

-- name: known_time
select newest, jumped_from, jumped_to, accepted from clock where only = 1

-- name: note_time
update clock set newest = ?, jumped_from = ?, jumped_to = ?, accepted = ? where only = 1

-- Archiving: the older lines of a journal go, once they stand in a file that was proven.

-- name: checkpoint
select account, seq, document, hash from checkpoints where account = ?

-- By halves: in this stretch a line is never older than the one before it.
-- name: last_before
with recursive search (low, high) as (
    select (select min(seq) - 1 from journal where account = ? and seq >= ?),
           (select max(seq) + 1 from journal where account = ? and seq < ?)
    union all
    select case when (select at from journal
                      where account = ? and seq = (low + high) / 2) < ?
                then (low + high) / 2 else low end,
           case when (select at from journal
                      where account = ? and seq = (low + high) / 2) < ?
                then high else (low + high) / 2 end
    from search where high - low > 1
)
select low from search where high - low <= 1

-- name: put_checkpoint
insert into checkpoints (account, seq, document, hash) values (?, ?, ?, ?)
on conflict (account) do update
set seq = excluded.seq, document = excluded.document, hash = excluded.hash

-- name: remove_lines
delete from journal where account = ? and seq <= ?

-- Epochs, and how far the file has come in the one that is in force: the journal's last rowid and
-- what was added to it for lines that were removed, and the transactions that wrote no line.

-- name: epochs
select number, epoch, mark, began_at, reason from epochs order by number

-- name: position
select (select coalesce(max(rowid), 0) from journal) + base, writes
from epochs order by number desc limit 1

-- name: journal_end
select coalesce(max(rowid), 0) from journal

-- name: add_epoch
insert into epochs (number, epoch, mark, began_at, reason, writes, base)
values (?, ?, ?, coalesce(?, cast(unixepoch('subsec') * 1000000 as integer)), ?,
        coalesce((select max(writes) from epochs), 0),
        coalesce((select max(base) from epochs), 0))

-- name: enter_epoch
update platforms set epoch = ?

-- name: count_write
update epochs set writes = writes + 1
where number = (select max(number) from epochs) returning writes

-- name: move_base
update epochs set base = base + ? where number = (select max(number) from epochs)

-- name: remove_snapshots
delete from snapshots where account = ? and seq <= ?

-- Snapshots: an account after some of its lines.

-- name: put_snapshot
insert into snapshots (account, seq, document) values (?, ?, ?) on conflict do nothing

-- name: snapshot
select document from snapshots where account = ? and seq <= ? order by seq desc limit 1

-- name: snapshots
select seq, document from snapshots where account = ? order by seq

-- name: snapshot_seqs
select seq from snapshots where account = ? order by seq

-- name: versions
select account, version from accounts where account > ? order by account limit ?

-- What a migration does beside its script.

-- name: every_refusal
select account, key, at, request, refusal from refusals order by account

-- name: sign_catalog
update catalogs set hash = ? where platform = ? and version = ?
