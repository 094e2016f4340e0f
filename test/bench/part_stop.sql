-- How long :part took, what of it this backend computed, and how long it waited for a processor
-- that others had, in milliseconds
SELECT :'part', extract(epoch FROM clock_timestamp() - :'started') * 1000,
       (s[1]::bigint - :ns) / 1000000.0, (s[2]::bigint - :queued) / 1000000.0
  FROM string_to_array(pg_read_file('/proc/self/schedstat'), ' ') s;
