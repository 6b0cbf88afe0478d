-- A "timestamp" says what a clock on a wall showed, not where the wall was: the same row reads as another
-- moment in a process or a session of another time zone. "timestamptz" stores the moment itself (in UTC),
-- so neither the writer's nor the reader's zone matters.
-- Rows that are already there were written in UTC (containers have no other zone). With the session in UTC
-- PostgreSQL knows that the bytes stay the same and does not rewrite the table.
set local lock_timeout = '5s';
set local timezone = 'UTC';
alter table public.test_data
  alter column created_at type timestamptz,
  alter column created_at set default now();
