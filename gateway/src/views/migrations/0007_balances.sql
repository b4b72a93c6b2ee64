-- What each account of the books comes to: the trial balance, kept while following. All debits are all credits, in every
-- currency, or a record was not what it claims.

CREATE TABLE balance (
    account    TEXT    NOT NULL,
    currency   TEXT    NOT NULL,
    -- What is on each side, entries that are promised included: wide sums, as those of collection_day.
    debit_e18  INTEGER NOT NULL,
    debit      INTEGER NOT NULL,
    credit_e18 INTEGER NOT NULL,
    credit     INTEGER NOT NULL,

    CONSTRAINT balance_key PRIMARY KEY (account, currency)
) STRICT, WITHOUT ROWID;
