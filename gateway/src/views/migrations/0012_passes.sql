-- Provisional passes that gates told of, for the list of an agency.

-- Devices at gates: which gate a pass was made at.
CREATE TABLE gate_device (
    device TEXT NOT NULL CONSTRAINT gate_device_key PRIMARY KEY,
    agency TEXT NOT NULL,
    gate   TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE gate_pass (
    -- Sequence of the record of the batch times 32, and the place of the pass within: a batch has fewer.
    place          INTEGER NOT NULL CONSTRAINT gate_pass_key PRIMARY KEY,
    device         TEXT    NOT NULL,
    agency         TEXT    NOT NULL,
    gate           TEXT    NOT NULL,
    -- Among the passes of the device.
    pass_number    INTEGER NOT NULL,
    payment_number INTEGER NOT NULL,
    -- 1 if a bill was made under the number for this pass.
    has_bill       INTEGER NOT NULL,
    -- By the clock of the gate.
    issued         INTEGER NOT NULL,
    -- When we were told.
    booked         INTEGER NOT NULL,
    -- What the device asked for.
    minor          INTEGER NOT NULL,
    currency       TEXT    NOT NULL,
    settlement     TEXT    NOT NULL,
    -- Code of the tour operator, where one pays.
    operator       TEXT,
    outcome        TEXT    NOT NULL,
    -- Payment number of the invoice that it is on, or was on last.
    invoice        INTEGER,

    CONSTRAINT gate_pass_has_bill CHECK (has_bill IN (0, 1))
) STRICT;

CREATE INDEX gate_pass_by_time ON gate_pass (booked, place);
CREATE INDEX gate_pass_by_agency ON gate_pass (agency, booked, place);
CREATE INDEX gate_pass_by_operator ON gate_pass (operator, booked, place) WHERE operator IS NOT NULL;
CREATE INDEX gate_pass_by_number ON gate_pass (payment_number) WHERE has_bill = 1;
