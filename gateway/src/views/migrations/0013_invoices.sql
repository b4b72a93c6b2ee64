-- The passes of an invoice are counted without looking at all others.
CREATE INDEX gate_pass_by_invoice ON gate_pass (invoice) WHERE invoice IS NOT NULL;
