-- Money that moved, and what is in doubt about it.

CREATE TABLE payment (
    -- Of the record that booked it.
    sequence         INTEGER NOT NULL CONSTRAINT payment_key PRIMARY KEY,
    provider         TEXT    NOT NULL,
    -- Which of our collection accounts it came to.
    short_code       TEXT    NOT NULL,
    -- The provider's own number for it.
    channel_receipt  TEXT    NOT NULL,
    minor            INTEGER NOT NULL,
    currency         TEXT    NOT NULL,
    told_by          TEXT    NOT NULL,
    -- 'bill' or 'suspense'. The next five columns belong to the first, the reason to the second. Money in suspense that is
    -- visibly meant for an agency or a service names it: it is not theirs yet, but they can find it.
    placement        TEXT    NOT NULL,
    payment_number   INTEGER,
    agency           TEXT,
    service          TEXT,
    -- Our own receipt.
    receipt          TEXT,
    -- What became of money that came for a bill.
    share            TEXT,
    suspense_reason  TEXT,
    attempt_id       TEXT,
    -- When it moved by the channel's clock, where the channel said so.
    moved            INTEGER,
    -- When it was booked, in ledger time.
    booked           INTEGER NOT NULL,
    -- The revenue day of the booking: days since 1970-01-01 in East Africa Time.
    day              INTEGER NOT NULL,
    -- The moment and the record by which it counts for whom it is now: those of its arrival, or, for money that waited in suspense
    -- and was put to a bill, those of that. What is added up by the day goes by this one.
    counted          INTEGER NOT NULL,
    counted_by       INTEGER NOT NULL,
    -- Who put it to its bill, if it waited in suspense.
    applied_by       TEXT,
    -- How well it is established: 0 not at all, 1 by a callback, 2 by a query, 3 by a statement.
    evidence         INTEGER NOT NULL,

    -- The receipt comes first: people have the receipt and ask whose it is.
    CONSTRAINT payment_channel_receipt_is_booked_once UNIQUE (channel_receipt, short_code, provider),
    CONSTRAINT payment_is_of_more_than_nothing        CHECK (minor > 0),
    CONSTRAINT payment_for_a_bill_names_it CHECK (
        (placement = 'bill') = (payment_number IS NOT NULL AND agency IS NOT NULL AND service IS NOT NULL
                                AND receipt IS NOT NULL AND share IS NOT NULL)),
    CONSTRAINT payment_in_suspense_says_why CHECK ((placement = 'suspense') = (suspense_reason IS NOT NULL)),
    CONSTRAINT payment_evidence             CHECK (evidence BETWEEN 0 AND 3),
    CONSTRAINT payment_counts_when_it_came_or_was_applied CHECK (
        CASE WHEN applied_by IS NULL THEN counted = booked AND counted_by = sequence
             ELSE counted >= booked AND counted_by > sequence END)
) STRICT;

CREATE INDEX payment_by_time     ON payment (booked);
-- Whoever misses a payment knows how much it was and on which day.
CREATE INDEX payment_by_amount   ON payment (minor, currency, booked);
-- Few are told of more than a day after they moved. Whoever looks for one of them has weeks of the amount before them.
CREATE INDEX payment_told_late   ON payment (minor, currency, booked) WHERE booked - moved > 86400000000;
CREATE INDEX payment_by_agency   ON payment (agency, booked) WHERE agency IS NOT NULL;
-- An agency looks at what counted on a day, and at the latest of it.
CREATE INDEX payment_by_agency_counted ON payment (agency, counted, counted_by) WHERE agency IS NOT NULL;
CREATE INDEX payment_by_bill     ON payment (payment_number) WHERE payment_number IS NOT NULL;
CREATE UNIQUE INDEX payment_receipt_is_used_once ON payment (receipt) WHERE receipt IS NOT NULL;
CREATE INDEX payment_in_suspense ON payment (booked) WHERE placement = 'suspense';
CREATE INDEX payment_in_suspense_of_agency ON payment (agency, booked)
    WHERE placement = 'suspense' AND agency IS NOT NULL;

-- Collections by day, kept while following. Summing the payments of a month takes as long as reading them, and the
-- sequencer keeps only the latest days in memory.
CREATE TABLE collection_day (
    day       INTEGER NOT NULL,
    -- Empty for money in suspense, which is nobody's: a key has no nulls. No agency's code is empty.
    agency    TEXT    NOT NULL,
    provider  TEXT    NOT NULL,
    currency  TEXT    NOT NULL,
    -- How many payments, and how much in minor units: minor_e18 times 10 to the 18th, and minor, which is below that.
    -- A sum may be wider than the numbers of SQLite, which turn into floating ones instead of saying so.
    count     INTEGER NOT NULL,
    minor_e18 INTEGER NOT NULL,
    minor     INTEGER NOT NULL,

    CONSTRAINT collection_day_key PRIMARY KEY (day, agency, provider, currency)
) STRICT, WITHOUT ROWID;

-- Messages that contradict a payment. The payment stands; these wait for people.
CREATE TABLE quarantine (
    sequence         INTEGER NOT NULL CONSTRAINT quarantine_key PRIMARY KEY,
    provider         TEXT    NOT NULL,
    short_code       TEXT    NOT NULL,
    channel_receipt  TEXT    NOT NULL,
    -- What the message said.
    minor            INTEGER NOT NULL,
    currency         TEXT    NOT NULL,
    -- Sequence of the payment that stands.
    stands           INTEGER NOT NULL,
    differs          TEXT    NOT NULL,
    -- Whose the payment is that stands; null if that is in suspense.
    agency           TEXT,
    received         INTEGER NOT NULL,
    evidence         INTEGER NOT NULL,

    CONSTRAINT quarantine_follows_what_stands CHECK (stands < sequence),
    CONSTRAINT quarantine_evidence            CHECK (evidence BETWEEN 0 AND 3)
) STRICT;

CREATE INDEX quarantine_by_time   ON quarantine (received);
CREATE INDEX quarantine_by_receipt ON quarantine (channel_receipt);
CREATE INDEX quarantine_by_agency ON quarantine (agency, received) WHERE agency IS NOT NULL;
