-- What was collected, minute by minute, kept while following. What a live figure is compared with is read from here.

CREATE TABLE collection_minute (
    -- The revenue day: days since 1970-01-01 in East Africa Time.
    day       INTEGER NOT NULL,
    -- Minutes since the day began.
    minute    INTEGER NOT NULL,
    -- Whose the money is; empty while it is nobody's.
    agency    TEXT    NOT NULL,
    currency  TEXT    NOT NULL,
    count     INTEGER NOT NULL,
    -- Wide sums, as those of collection_day.
    minor_e18 INTEGER NOT NULL,
    minor     INTEGER NOT NULL,

    CONSTRAINT collection_minute_key PRIMARY KEY (day, minute, agency, currency),
    CONSTRAINT collection_minute_of_day CHECK (minute BETWEEN 0 AND 1439)
) STRICT, WITHOUT ROWID;

CREATE INDEX collection_minute_by_agency ON collection_minute (agency, day);
