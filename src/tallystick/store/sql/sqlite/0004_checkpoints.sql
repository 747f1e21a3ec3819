-- Where the journal of an account begins, once its older lines were archived: the account after
-- the last of them. Who has no row here has every line.
create table checkpoints (
    account  text not null primary key,
    seq      integer not null,           -- the last line that was archived
    document text not null,              -- the account, its open holds, the hash of that line
    hash     blob not null               -- over all of it
) strict, without rowid;
