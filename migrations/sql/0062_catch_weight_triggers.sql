CREATE TRIGGER catch_weights_once BEFORE UPDATE ON catch_weights
    FOR EACH ROW WHEN (OLD.weighed_at IS NOT NULL) EXECUTE FUNCTION refuse_second_weight();
CREATE TRIGGER suborders_weighed BEFORE UPDATE OF state ON suborders
    FOR EACH ROW WHEN (NEW.state IN ('shipped', 'received') AND OLD.state = 'paid')
    EXECUTE FUNCTION require_weights();
