-- An account after one of its lines, for one line in every 500: its past is found from the nearest.
-- They are derived from the journal, and can be made again.
create table tallystick.snapshots (
    account  text collate "C" not null,
    seq      bigint not null,             -- the line
    document text not null,               -- the account after it
    primary key (account, seq)
);

-- Where Citus has spread the other tables, this one has to lie beside them before it is written to.
do $$
begin
    if exists (select from pg_catalog.pg_extension where extname = 'citus') then
        if exists (select from pg_catalog.pg_dist_partition
                   where logicalrelid = 'tallystick.accounts'::regclass) then
            perform create_distributed_table('tallystick.snapshots', 'account',
                                             colocate_with => 'tallystick.accounts');
        end if;
    end if;
end
$$;
