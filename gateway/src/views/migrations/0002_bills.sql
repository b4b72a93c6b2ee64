-- Bills and attempts: what is owed, and each try to have it paid.

CREATE TABLE bill (
    -- Of the record that made it.
    sequence          INTEGER NOT NULL CONSTRAINT bill_key PRIMARY KEY,
    -- Twelve digits as a number: half the bytes of the text, and its index is the one that is written at random.
    payment_number    INTEGER NOT NULL CONSTRAINT bill_payment_number_is_used_once UNIQUE,
    bill_id           TEXT    NOT NULL,
    agency            TEXT    NOT NULL,
    service           TEXT    NOT NULL,
    -- Total and payable have their own currencies: a bill in dollars may be payable in shillings.
    total_minor       INTEGER NOT NULL,
    total_currency    TEXT    NOT NULL,
    payable_minor     INTEGER NOT NULL,
    payable_currency  TEXT    NOT NULL,
    -- In the currency of what is payable, including what is held or too much.
    collected_minor   INTEGER NOT NULL,
    state             TEXT    NOT NULL,
    created           INTEGER NOT NULL,
    expires           INTEGER NOT NULL,
    -- The agency's own name for the bill; by contract no personal data.
    agency_reference  TEXT,
    -- Number of the catalogue that priced it.
    catalogue         INTEGER NOT NULL,
    -- Sequence of the record that changed it last.
    changed_by        INTEGER NOT NULL,
    -- The day that it is for, in days since 1970; null for any.
    visit_day         INTEGER,
    -- Sequence of the record that says that whoever paid was let in.
    visited_by        INTEGER,

    CONSTRAINT bill_payment_number_has_12_digits CHECK (payment_number BETWEEN 100000000000 AND 999999999999),
    CONSTRAINT bill_collects_nothing_negative    CHECK (collected_minor >= 0),
    CONSTRAINT bill_changes_after_it_is_made     CHECK (changed_by >= sequence)
) STRICT;

-- Each index ends with the sequence, which SQLite adds by itself.
CREATE INDEX bill_by_time             ON bill (created);
CREATE INDEX bill_by_agency           ON bill (agency, created);
-- Without it, the few unpaid bills of an agency with millions of paid ones would be looked for among all of them.
CREATE INDEX bill_by_agency_and_state ON bill (agency, state, created);
CREATE INDEX bill_by_state            ON bill (state, created);
-- Most bills of most agencies have a reference; those without need no entry.
CREATE INDEX bill_by_reference        ON bill (agency_reference, created) WHERE agency_reference IS NOT NULL;
-- What a gate must know: who has paid and was not let in, and who was. Most services are had elsewhere, and their bills stay in the
-- first of the two for good: about fifty bytes for each.
CREATE INDEX bill_not_visited         ON bill (agency, service, changed_by)
    WHERE visited_by IS NULL AND state IN ('paid', 'overpaid');
CREATE INDEX bill_visited             ON bill (agency, visited_by) WHERE visited_by IS NOT NULL;

CREATE TABLE bill_line (
    -- The bill's sequence, not its number: lines are then written at the end, beside their bill's.
    bill_sequence INTEGER NOT NULL,
    -- From 0, in the order of the bill.
    line_index    INTEGER NOT NULL,
    -- Names the line within its fee. Its text is the catalogue's, in two languages, and not repeated here.
    code          TEXT    NOT NULL,
    quantity      INTEGER NOT NULL,
    unit_minor    INTEGER NOT NULL,
    amount_minor  INTEGER NOT NULL,
    currency      TEXT    NOT NULL,
    account       TEXT    NOT NULL,
    legal_basis   TEXT    NOT NULL,
    fee_version   TEXT    NOT NULL,

    CONSTRAINT bill_line_key PRIMARY KEY (bill_sequence, line_index)
) STRICT, WITHOUT ROWID;

CREATE TABLE attempt (
    -- Of the record that made it.
    sequence         INTEGER NOT NULL CONSTRAINT attempt_key PRIMARY KEY,
    attempt_id       TEXT    NOT NULL CONSTRAINT attempt_id_is_used_once UNIQUE,
    payment_number   INTEGER NOT NULL,
    -- The bill's, repeated here: whose row it is must be told from the row alone.
    agency           TEXT    NOT NULL,
    method           TEXT    NOT NULL,
    minor            INTEGER NOT NULL,
    currency         TEXT    NOT NULL,
    state            TEXT    NOT NULL,
    -- The provider's result code, once there is one.
    code             TEXT,
    -- Sequence of the record in which the provider's name for the prompt is sealed. The name ends in the payer's number.
    prompt_record    INTEGER,
    -- The channel's receipt, once money arrived.
    channel_receipt  TEXT,
    -- 1 once the provider said that it was paid, without a receipt to book it by.
    said_paid        INTEGER NOT NULL,
    created          INTEGER NOT NULL,
    changed_by       INTEGER NOT NULL,

    CONSTRAINT attempt_success_has_a_receipt   CHECK (state <> 'succeeded' OR channel_receipt IS NOT NULL),
    CONSTRAINT attempt_said_paid               CHECK (said_paid IN (0, 1)),
    CONSTRAINT attempt_changes_after_it_begins CHECK (changed_by >= sequence)
) STRICT;

-- Few attempts are unknown at any time, and those are the ones that people look for.
CREATE INDEX attempt_by_bill           ON attempt (payment_number);
CREATE INDEX attempt_unknown           ON attempt (created) WHERE state = 'unknown';
CREATE INDEX attempt_unknown_by_agency ON attempt (agency, created) WHERE state = 'unknown';
