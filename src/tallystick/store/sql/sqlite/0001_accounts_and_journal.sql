-- Platforms and the catalogs they published. A published version never changes.
create table platforms (
    platform text not null primary key,
    secret   blob not null,              -- signs quotes
    catalogs integer not null,           -- the newest version
    clock_at integer                     -- test clock; null on real time
) strict, without rowid;

create table catalogs (
    platform     text not null,
    version      integer not null,
    effective_at integer not null,
    document     text not null,          -- the catalog as read
    source       text not null,          -- the file as written
    hash         blob not null,          -- over all of it
    primary key (platform, version)
) strict, without rowid;

-- The account as one small document, written with every line. It can be rebuilt from the journal.
create table accounts (
    account text not null primary key,   -- platform/account
    version integer not null,            -- the seq of its last line
    state   text not null,
    head    blob not null                -- the hash of its last line
) strict, without rowid;

-- The truth. Lines are appended and never change.
create table journal (
    account        text not null,
    seq            integer not null,     -- gapless from 1
    at             integer not null,     -- microseconds since 1970, UTC
    event          text not null,
    postings       text not null,
    balance_before integer not null,     -- micros
    balance_after  integer not null,
    key            text,                 -- the request key, on the line that answers it
    request        blob,                 -- the hash of the request
    quote          text,
    tool           text,                 -- usage columns, on lines that charge
    model          text,
    member         text,
    credits        integer,
    quantity       integer,
    hash           blob not null
) strict;

create unique index journal_by_seq on journal (account, seq);
create unique index journal_by_key on journal (account, key) where key is not null;
create unique index journal_by_quote on journal (account, quote) where quote is not null;

-- Open holds are rows, so an account with many is as fast as one with none. Closed ones tell how.
create table holds (
    account    text not null,
    hold       integer not null,         -- the seq of the line that opened it
    status     text not null,
    expires_at integer not null,
    document   text not null,
    primary key (account, hold)
) strict, without rowid;

create index holds_open on holds (account, expires_at) where status = 'open';

-- Refusals that were given to a key: they change no account, so they are no lines.
create table refusals (
    account text not null,
    key     text not null,
    at      integer not null,
    request blob not null,
    refusal text not null,
    primary key (account, key)
) strict, without rowid;
