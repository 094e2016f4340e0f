-- What lr_archive has moved out of the live tables: the same columns, so that a row goes over as it
-- is. Nothing points at these rows, and they point at none that can be deleted.

CREATE TABLE leadreturns.archived_history
    (LIKE leadreturns.history INCLUDING CONSTRAINTS, PRIMARY KEY (history_id));
-- the archived life of one return
CREATE INDEX archived_history_return_idx ON leadreturns.archived_history (return_id);

CREATE TABLE leadreturns.archived_message
    (LIKE leadreturns.message INCLUDING CONSTRAINTS, PRIMARY KEY (message_id));
-- the archived thread of one return
CREATE INDEX archived_message_return_idx ON leadreturns.archived_message (return_id);

CREATE TABLE leadreturns.archived_import_chunk
    (LIKE leadreturns.import_chunk INCLUDING CONSTRAINTS INCLUDING STORAGE,
     PRIMARY KEY (import_id, last_line));
CREATE TABLE leadreturns.archived_import_verdict
    (LIKE leadreturns.import_verdict INCLUDING CONSTRAINTS, PRIMARY KEY (import_id, line_no));
CREATE TABLE leadreturns.archived_import_outcome
    (LIKE leadreturns.import_outcome INCLUDING CONSTRAINTS, PRIMARY KEY (import_id, line_no));
