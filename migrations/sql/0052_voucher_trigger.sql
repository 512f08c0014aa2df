CREATE TRIGGER vouchers_counted AFTER INSERT ON vouchers FOR EACH ROW EXECUTE FUNCTION count_voucher();
