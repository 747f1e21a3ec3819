-- API keys: only the hash of a secret is kept. An id is random, so it needs no platform before it.
create table api_keys (
    id         text not null primary key,
    platform   text not null,
    name       text not null,
    hash       blob not null,
    scopes     text not null,            -- words with spaces between
    created_at integer not null,
    revoked_at integer
) strict, without rowid;

create index api_keys_of_platform on api_keys (platform, created_at, id);

-- What a request about a whole platform (a publication, a test clock) was answered under its key.
create table platform_requests (
    platform text not null,
    key      text not null,
    at       integer not null,
    request  blob not null,              -- the hash of the request
    answer   text not null,
    primary key (platform, key)
) strict, without rowid;
