-- The contract's table. "if not exists" adopts the database of an earlier release of this system,
-- whatever tool created it there; everything after this file is a change to that table.
create table if not exists public.test_data (
  id bigserial primary key,
  data varchar(255),
  created_at timestamp not null
);
