-- What becomes of applications at agencies, one row for each of which its agency has said something.

CREATE TABLE application (
    payment_number INTEGER NOT NULL CONSTRAINT application_key PRIMARY KEY,
    agency         TEXT    NOT NULL,
    service        TEXT    NOT NULL,
    state          TEXT    NOT NULL,
    -- Where it lies while it is ready; where it lay last after that.
    centre         TEXT,
    -- When the state began.
    since          INTEGER NOT NULL,
    -- Days since 1970-01-01 in East Africa Time: of `since`, the last day of the promise, and when it was first ready.
    since_day      INTEGER NOT NULL,
    due_day        INTEGER,
    ready_day      INTEGER,
    -- When the bill was paid.
    paid           INTEGER NOT NULL,
    changed_by     INTEGER NOT NULL,

    CONSTRAINT application_that_is_ready_has_been_ready CHECK (state <> 'ready' OR ready_day IS NOT NULL)
) STRICT, WITHOUT ROWID;

CREATE INDEX application_by_time ON application (since, changed_by);
CREATE INDEX application_by_agency ON application (agency, since, changed_by);
-- What is not ready yet, among which is what is late.
CREATE INDEX application_not_ready ON application (agency, since, changed_by) WHERE ready_day IS NULL;
CREATE INDEX application_uncollected ON application (agency, centre, since_day, service) WHERE state = 'ready';
CREATE INDEX application_by_ready_day ON application (ready_day, agency, service) WHERE ready_day IS NOT NULL;
