-- Which records are about a bill: its whole life is read from the journal by them, record by record. Nothing that they
-- say is repeated here.

CREATE TABLE bill_record (
    payment_number INTEGER NOT NULL,
    sequence       INTEGER NOT NULL,

    CONSTRAINT bill_record_key PRIMARY KEY (payment_number, sequence)
) STRICT, WITHOUT ROWID;
