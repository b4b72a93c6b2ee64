-- Money on collection accounts, and where it went: what outages are reported with.

-- What each account has collected since it exists, kept while following.
CREATE TABLE collection_account (
    provider   TEXT    NOT NULL,
    short_code TEXT    NOT NULL,
    currency   TEXT    NOT NULL,
    -- What the books call it, and what has left it and has not arrived.
    account    TEXT    NOT NULL,
    in_transit TEXT    NOT NULL,
    count      INTEGER NOT NULL,
    -- A wide sum, as those of collection_day.
    minor_e18  INTEGER NOT NULL,
    minor      INTEGER NOT NULL,

    CONSTRAINT collection_account_key PRIMARY KEY (provider, short_code, currency)
) STRICT, WITHOUT ROWID;

-- People make sweeps, two for each: there are few.
CREATE TABLE sweep (
    -- Of the record that it began with: its name.
    sequence   INTEGER NOT NULL CONSTRAINT sweep_key PRIMARY KEY,
    provider   TEXT    NOT NULL,
    short_code TEXT    NOT NULL,
    minor      INTEGER NOT NULL,
    currency   TEXT    NOT NULL,
    state      TEXT    NOT NULL,

    CONSTRAINT sweep_is_of_more_than_nothing CHECK (minor > 0)
) STRICT;

-- Payments of fallback accounts that a statement lists and somebody else had told us of.
CREATE TABLE payment_listed (
    -- Sequence of the record that booked it.
    payment  INTEGER NOT NULL CONSTRAINT payment_listed_key PRIMARY KEY,
    -- Of the first record that says so.
    sequence INTEGER NOT NULL,

    CONSTRAINT payment_is_listed_after_it_is_booked CHECK (sequence > payment)
) STRICT;

-- People who were let in.
CREATE TABLE visit (
    sequence INTEGER NOT NULL CONSTRAINT visit_key PRIMARY KEY,
    agency   TEXT    NOT NULL,
    -- By the clock of the gate.
    at       INTEGER NOT NULL,
    -- 1 if the gate had nobody to ask.
    offline  INTEGER NOT NULL,

    CONSTRAINT visit_offline CHECK (offline IN (0, 1))
) STRICT;

CREATE INDEX visit_by_time ON visit (at, agency, offline);
