-- An account after one of its lines, for one line in every 500: its past is found from the nearest.
-- They are derived from the journal, and can be made again.
create table snapshots (
    account  text not null,
    seq      integer not null,           -- the line
    document text not null,              -- the account after it
    primary key (account, seq)
) strict, without rowid;
