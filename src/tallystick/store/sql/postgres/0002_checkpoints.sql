-- Where the journal of an account begins, once its older lines were archived: the account after
-- the last of them. Who has no row here has every line.
create table tallystick.checkpoints (
    account  text collate "C" not null primary key,
    seq      bigint not null,             -- the last line that was archived
    document text not null,               -- the account, its open holds, the hash of that line
    hash     bytea not null               -- over all of it
);
