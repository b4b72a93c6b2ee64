-- How far the rows of this file have come. The row changes in the same transaction as the rows it speaks of, so that
-- a process that dies between any two instructions finds rows and progress of one moment.
--
-- These files are read in the order of their names and make a new file from nothing. No file is ever altered to a
-- newer schema: it is built again from the journal, which is why nothing here migrates data. Whoever changes a byte
-- of them raises SCHEMA_VERSION; a test insists.
--
-- Choices that hold for every table:
--   * STRICT, so that SQLite refuses a text where a number belongs instead of keeping it.
--   * Money is an integer of minor units beside the code of its currency. No REAL column exists.
--   * Times are integers: microseconds since 1970-01-01 UTC, as in the journal.
--   * A table of records has the record's sequence as its integer key. SQLite then appends to the end of its tree,
--     and "newest first" needs no index of its own.
--   * Ledger time never runs backwards, so the order of times is the order of sequences. Lists are sorted by
--     (time, sequence); an index on the time serves both a range of days and the place where a page ends.
--   * Words (states, channels, reasons) are the words of the API, not numbers: whoever opens the file with the sqlite3
--     shell during an outage can read it.
--   * Constraints have names, because the error that breaks one has nothing else to say where it comes from.
--   * No foreign keys: rows follow from records that were decided on already, and checking again costs a look-up a row.
--   * No personal data. What a payer typed, names and phones are ciphertext in the journal and never come here.

CREATE TABLE progress (
    -- There is one row. A second one would be a second opinion.
    id            INTEGER NOT NULL CONSTRAINT progress_key PRIMARY KEY,
    -- Names the journal that the rows follow from.
    journal       BLOB    NOT NULL,
    -- The first record that is not in the rows yet: every answer is true at this sequence.
    next_sequence INTEGER NOT NULL,
    -- The random id of the batch that ended right before next_sequence; null before the first. If the journal has another
    -- batch there, it was restored and written anew, and these rows tell another history.
    batch         BLOB,
    -- 1 once the rows have reached the head of the journal. Before that nobody is answered from them.
    is_complete   INTEGER NOT NULL,

    CONSTRAINT progress_is_one_row     CHECK (id = 1),
    CONSTRAINT progress_journal_length CHECK (length(journal) = 16),
    CONSTRAINT progress_batch_length   CHECK (batch IS NULL OR length(batch) = 16),
    CONSTRAINT progress_batch_is_known CHECK ((batch IS NULL) = (next_sequence = 0)),
    CONSTRAINT progress_is_complete    CHECK (is_complete IN (0, 1))
) STRICT;
