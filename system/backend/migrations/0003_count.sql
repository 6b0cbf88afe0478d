-- "select count(*)" reads every row. This keeps the count beside the table, in the same transaction as the
-- rows it counts, so it is exact: whoever sees a row sees it counted, and a rollback takes both back.
--
-- One row for the count would make all writers wait for each other. It is spread over 32 slots, and the count
-- is their sum. A session always uses the same slot, so a transaction holds at most one: two transactions
-- cannot deadlock on slots. A slot may be negative (rows may be deleted by another session than inserted them).
set local lock_timeout = '5s';

-- No writer may come between counting the rows and the triggers that count from then on. Readers go on.
lock table public.test_data in share row exclusive mode;

-- The free space in the page keeps updates in place ("heap-only tuples"), without any index to maintain.
create table public.test_data_count (
  slot smallint primary key,
  n bigint not null
) with (fillfactor = 10, autovacuum_vacuum_threshold = 1000, autovacuum_vacuum_scale_factor = 0);

insert into public.test_data_count (slot, n)
select slot, case when slot = 0 then (select count(*) from public.test_data) else 0 end
from generate_series(0, 31) as slot;

-- One call for each statement, not for each row. It works for whoever may write to test_data,
-- and does not depend on the caller's search_path.
create function public.test_data_count_change() returns trigger
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
  change bigint;
begin
  if tg_op = 'TRUNCATE' then
    -- The table is locked against everybody else: no other session holds a slot.
    update public.test_data_count set n = 0 where n <> 0;
    return null;
  end if;
  select count(*) into change from changed;
  if tg_op = 'DELETE' then
    change := -change;
  end if;
  if change <> 0 then
    update public.test_data_count set n = n + change where slot = pg_backend_pid() % 32;
  end if;
  return null;
end $$;

create trigger test_data_count_insert after insert on public.test_data
  referencing new table as changed for each statement execute function public.test_data_count_change();
create trigger test_data_count_delete after delete on public.test_data
  referencing old table as changed for each statement execute function public.test_data_count_change();
create trigger test_data_count_truncate after truncate on public.test_data
  for each statement execute function public.test_data_count_change();
