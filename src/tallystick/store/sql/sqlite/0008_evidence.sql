-- What verify counts: the accounts a platform opened, and the refusals an account is remembered.
-- An account or a refusal that was removed by hand is missed by them.

create table openings (
    platform text not null primary key,
    accounts integer not null
) strict, without rowid;

insert into openings (platform, accounts)
select platform, (
    select count(*) from accounts where account > platform || '/' and account < platform || '0'
) from platforms;

-- A refusal is small, as it is packed. It is remembered for accounts that are there.
alter table refusals rename to refusals_before;

create table refusals (
    account text not null,
    key     text not null,
    at      integer not null,
    request blob not null,
    refusal blob not null,               -- packed; JSON itself where it is older than this
    primary key (account, key)
) strict, without rowid;

insert into refusals (account, key, at, request, refusal)
select account, key, at, request, cast(refusal as blob) from refusals_before
where account in (select account from accounts);

drop table refusals_before;

create table refusal_tallies (
    account   text not null primary key,
    bucket    integer not null,          -- the account's
    refusals  integer not null,
    digest    blob not null,             -- the sum of their hashes, 16 bytes
    oldest_at integer                    -- since when the oldest is remembered
) strict, without rowid;

create index refusals_stale on refusal_tallies (bucket, oldest_at, account) where oldest_at is not null;
