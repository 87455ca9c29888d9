-- Nothing changes: PostgreSQL announces changes by NOTIFY. Both databases have the same numbers.
SELECT 1;
