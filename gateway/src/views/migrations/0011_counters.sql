-- What counts of counters found too much, or too little, of what bills were paid with: one for each shift that ends so.
CREATE TABLE counter_count (
    -- Of the record that booked it.
    sequence   INTEGER NOT NULL CONSTRAINT counter_count_key PRIMARY KEY,
    provider   TEXT    NOT NULL,
    short_code TEXT    NOT NULL,
    -- Less than nothing where cash lacked.
    minor      INTEGER NOT NULL,
    currency   TEXT    NOT NULL,

    CONSTRAINT counter_count_is_of_something CHECK (minor <> 0)
) STRICT;
