-- Epochs: a stretch of the ledger's life without a restore. The newest is in force; its name stands
-- beside each platform too, which is read with every batch.
create table tallystick.epochs (
    number   bigint not null primary key,  -- from 1
    epoch    text not null,                -- as answers name it: e1, then e2-7f2a41c9
    mark     text not null,                -- by chance: tells two epochs of one number apart
    began_at bigint not null,              -- microseconds since 1970, UTC
    reason   text not null,                -- nothing for the first one
    history  text                          -- which server it was on which timeline, if it tells
);

alter table tallystick.platforms add column epoch text not null default 'e1';
