SELECT clock_timestamp() AS started, s[1]::bigint AS ns, s[2]::bigint AS queued
  FROM string_to_array(pg_read_file('/proc/self/schedstat'), ' ') s \gset
