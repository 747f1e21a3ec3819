-- What verify counts: the accounts a platform opened, and the refusals an account is remembered.
-- An account or a refusal that was removed by hand is missed by them.

-- A refusal is packed; where it is older than this it is JSON itself.
alter table tallystick.refusals alter column refusal type bytea using convert_to(refusal, 'UTF8');

-- A refusal is remembered for accounts that are there. Others had a row of version 0 for it.
delete from tallystick.refusals r where not exists (
    select from tallystick.accounts a where a.account = r.account and a.version > 0);
delete from tallystick.accounts where version = 0;

create table tallystick.refusal_tallies (
    account   text collate "C" not null primary key,
    bucket    bigint not null,            -- the account's
    refusals  bigint not null,
    digest    numeric not null,           -- the sum of their hashes, modulo 2^128
    oldest_at bigint                      -- since when the oldest is remembered
);

create index refusals_stale on tallystick.refusal_tallies (bucket, oldest_at, account)
where oldest_at is not null;

-- How many accounts were opened, in parts that are added up: each process counts in a slot of its
-- own, in a row that lies on the shard of the accounts that it counts.
create table tallystick.openings (
    account  text collate "C" not null,   -- the platform, and a place on a shard: "shop/ 0"
    slot     bigint not null,
    accounts bigint not null,
    primary key (account, slot)
);

insert into tallystick.openings (account, slot, accounts)
select p.platform || '/ 0', 0, (
    select count(*) from tallystick.accounts a
    where a.account > p.platform || '/' and a.account < p.platform || '0')
from tallystick.platforms p;
