-- Epochs: a stretch of the ledger's life without a restore. A new one begins when the file is found
-- to be an older copy, a copy of another file, or without what was acknowledged last; and when an
-- operator says so. The newest is in force; its name stands beside each platform too, which is read
-- with every batch.
create table epochs (
    number   integer not null primary key,   -- from 1
    epoch    text not null,                  -- as answers name it: e1, then e2-7f2a41c9
    mark     text not null,                  -- by chance: tells two epochs of one number apart
    began_at integer not null,               -- microseconds since 1970, UTC
    reason   text not null,                  -- nothing for the first one
    writes   integer not null,               -- transactions without a journal entry, counted
    base     integer not null                -- added to the journal's last rowid: see the position
) strict;

alter table platforms add column epoch text not null default 'e1';
