-- What the file knows of the time, in its only row: the newest instant that was written at real
-- time, to some minutes, and the last time it went on by more than a day at once.
create table clock (
    only        integer not null primary key check (only = 1),
    newest      integer,                  -- microseconds since 1970, UTC; null before the first
    jumped_from integer,
    jumped_to   integer,
    accepted    integer not null default 0  -- whether somebody confirmed that jump
) strict;

-- The accounts of test platforms live by clocks of their own. A damaged account is not a reason to
-- refuse the file: verifying names it.
insert into clock (only, newest)
select 1, max(json_extract(iif(json_valid(a.state), a.state, '{}'), '$.at'))
from accounts a
join platforms p on p.platform = substr(a.account, 1, instr(a.account, '/') - 1)
where p.clock_at is null;
