-- What is kept back of a shop's payout is found among what it delivered lately, not among all that it ever did.
-- Package: orders.
CREATE INDEX suborders_received ON suborders (producer_id, received_at) WHERE state = 'received' AND kind = 'goods';
-- Package: aftersales.
CREATE INDEX goods_return_lines_open ON goods_return_lines (line_id) WHERE state = 'open';
