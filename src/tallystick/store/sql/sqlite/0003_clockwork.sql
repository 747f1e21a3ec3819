-- When an account is next due, so that what nobody asks for happens all the same. It changes when
-- a cycle or a grant ends, hardly ever with a charge. A bucket is one of 64, by a hash of the key.
alter table accounts add column bucket integer not null default 0;
alter table accounts add column due_at integer;

update accounts set
    bucket = bucket_of(account),
    due_at = (
        select min(at) from (
            select json_extract(value, '$.expires_at') as at from json_each(accounts.state, '$.grants')
            where json_extract(value, '$.remaining') > 0
            union all
            select json_extract(accounts.state, '$.subscription.renews_at')
        ) where at is not null
    );

create index accounts_due on accounts (bucket, due_at, account) where due_at is not null;

-- Who is at work, and until when they count as being. The buckets are shared out among them.
create table seats (
    seat   integer not null primary key,
    worker text not null,
    until  integer not null
) strict, without rowid;
