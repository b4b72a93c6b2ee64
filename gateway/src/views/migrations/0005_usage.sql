-- How services are used, by revenue day, kept while following.

CREATE TABLE service_day (
    -- The revenue day: days since 1970-01-01 in East Africa Time.
    day       INTEGER NOT NULL,
    -- As the catalogue had it when it was searched, viewed or billed.
    agency    TEXT    NOT NULL,
    service   TEXT    NOT NULL,
    -- How often it was among the first results of a search, and how often its own answer was asked for: sums of records
    -- that are made every few minutes. A crash loses the latest.
    searched  INTEGER NOT NULL,
    viewed    INTEGER NOT NULL,
    -- Bills that were made, and bills that were completed.
    billed    INTEGER NOT NULL,
    paid      INTEGER NOT NULL,
    -- What was booked for its bills, whatever became of it, in minor units of each currency: wide sums, as those of
    -- collection_day.
    kes_e18   INTEGER NOT NULL,
    kes_minor INTEGER NOT NULL,
    usd_e18   INTEGER NOT NULL,
    usd_minor INTEGER NOT NULL,

    CONSTRAINT service_day_key PRIMARY KEY (day, agency, service)
) STRICT, WITHOUT ROWID;

CREATE INDEX service_day_by_agency ON service_day (agency, day);
