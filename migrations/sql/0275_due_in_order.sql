-- Package: subsidies.
CREATE INDEX clawbacks_served ON clawbacks (appeal_until, id) WHERE state = 'served';
