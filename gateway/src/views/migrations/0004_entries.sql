-- The books, line by line, as the records have them.

CREATE TABLE entry (
    sequence     INTEGER NOT NULL,
    -- Position in the record, from 0.
    entry_index  INTEGER NOT NULL,
    reason       TEXT    NOT NULL,
    phase        TEXT    NOT NULL,
    -- Sequence of the promise that this entry settles or releases.
    pending      INTEGER,
    -- Sequence of the record that this entry corrects.
    corrects     INTEGER,
    -- Whose money the record is about; null where it is nobody's, as in suspense.
    agency       TEXT,

    CONSTRAINT entry_key   PRIMARY KEY (sequence, entry_index),
    CONSTRAINT entry_phase CHECK (phase IN ('final', 'pending', 'settles', 'releases')),
    CONSTRAINT entry_names_what_it_ends CHECK ((phase IN ('settles', 'releases')) = (pending IS NOT NULL))
) STRICT, WITHOUT ROWID;

CREATE TABLE posting (
    sequence       INTEGER NOT NULL,
    entry_index    INTEGER NOT NULL,
    -- Position in the entry, from 0.
    posting_index  INTEGER NOT NULL,
    account        TEXT    NOT NULL,
    side           TEXT    NOT NULL,
    minor          INTEGER NOT NULL,
    currency       TEXT    NOT NULL,
    memo           TEXT    NOT NULL,

    CONSTRAINT posting_key  PRIMARY KEY (sequence, entry_index, posting_index),
    CONSTRAINT posting_side CHECK (side IN ('debit', 'credit')),
    CONSTRAINT posting_is_of_more_than_nothing CHECK (minor > 0)
) STRICT, WITHOUT ROWID;
