-- Texts that are keys compare by their bytes, as they do in SQLite, whatever the database's language.

-- Platforms and the catalogs they published. A published version never changes.
create table tallystick.platforms (
    platform text collate "C" not null primary key,
    secret   bytea not null,              -- signs quotes
    catalogs bigint not null,             -- the newest version
    clock_at bigint                       -- test clock; null on real time
);

create table tallystick.catalogs (
    platform     text collate "C" not null,
    version      bigint not null,
    effective_at bigint not null,
    document     text not null,           -- the catalog as read
    source       text not null,           -- the file as written
    hash         bytea not null,          -- over all of it
    primary key (platform, version)
);

-- API keys: only the hash of a secret is kept. An id is random, so it needs no platform before it.
create table tallystick.api_keys (
    id         text collate "C" not null primary key,
    platform   text collate "C" not null,
    name       text not null,
    hash       bytea not null,
    scopes     text not null,             -- words with spaces between
    created_at bigint not null,
    revoked_at bigint
);

create index api_keys_of_platform on tallystick.api_keys (platform, created_at, id);

-- What a request about a whole platform (a publication, a test clock) was answered under its key.
create table tallystick.platform_requests (
    platform text collate "C" not null,
    key      text collate "C" not null,
    at       bigint not null,
    request  bytea not null,              -- the hash of the request
    answer   text not null,
    primary key (platform, key)
);

-- The account as one small document, written with every line. It can be rebuilt from the journal.
-- A row of version 0 is of an account that was never opened and was refused something under a key.
-- Half of a page is left free: a new state then stays on its page, and the index as it is.
create table tallystick.accounts (
    account text collate "C" not null primary key,  -- platform/account
    version bigint not null,              -- the seq of its last line
    stamp   bigint not null,              -- another one with each line and each remembered refusal
    state   text not null,
    head    bytea not null,               -- the hash of its last line
    bucket  bigint not null,              -- one of 64, by a hash of the key
    due_at  bigint                        -- when anything but a hold's time-out is next due
) with (fillfactor = 50);

-- It changes when a cycle or a grant ends, hardly ever with a charge.
create index accounts_due on tallystick.accounts (bucket, due_at, account) where due_at is not null;

-- Who is at work, and until when they count as being. The buckets are shared out among them.
create table tallystick.seats (
    seat   bigint not null primary key,
    worker text not null,
    until  bigint not null
);

-- The truth. Lines are appended and never change.
create table tallystick.journal (
    account        text collate "C" not null,
    seq            bigint not null,       -- gapless from 1
    at             bigint not null,       -- microseconds since 1970, UTC
    event          text not null,
    postings       text not null,
    balance_before bigint not null,       -- micros
    balance_after  bigint not null,
    key            text collate "C",      -- the request key, on the line that answers it
    request        bytea,                 -- the hash of the request
    quote          text collate "C",
    tool           text,                  -- usage columns, on lines that charge
    model          text,
    member         text,
    credits        bigint,
    quantity       bigint,
    hash           bytea not null
);

create unique index journal_by_seq on tallystick.journal (account, seq);
create unique index journal_by_key on tallystick.journal (account, key) where key is not null;
create unique index journal_by_quote on tallystick.journal (account, quote) where quote is not null;

-- Open holds are rows, so an account with many is as fast as one with none. Closed ones tell how.
create table tallystick.holds (
    account    text collate "C" not null,
    hold       bigint not null,           -- the seq of the line that opened it
    status     text collate "C" not null,
    expires_at bigint not null,
    document   text not null,
    primary key (account, hold)
);

create index holds_open on tallystick.holds (account, expires_at) where status = 'open';

-- Refusals that were given to a key: they change no account, so they are no lines.
create table tallystick.refusals (
    account text collate "C" not null,
    key     text collate "C" not null,
    at      bigint not null,
    request bytea not null,
    refusal text not null,
    primary key (account, key)
);
