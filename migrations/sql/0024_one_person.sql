-- An official without an identity number is known by name, without blanks, letter case and titles (as fold_name does it,
-- which a virtual column cannot call): two accounts of one name then count as one person until numbers tell them apart.
-- Accounts without a handle are no officials and count as a person each.
-- A virtual column has no stored values: dropping it loses nothing, and adding it rewrites nothing.
-- squawk-ignore ban-drop-column
ALTER TABLE accounts DROP COLUMN person_key;
-- squawk-ignore adding-field-with-default
ALTER TABLE accounts ADD COLUMN person_key bytea GENERATED ALWAYS AS (coalesce(
    identity_index,
    CASE WHEN handle IS NOT NULL THEN decode(md5(lower(regexp_replace(regexp_replace(
        normalize(name, NFKC), '\([^)]*\)|\[[^]]*\]|【[^】]*】|〔[^〕]*〕', '', 'g'), '\s|·', '', 'g'))), 'hex') END,
    uuid_send(id))) VIRTUAL;

-- One step of an admission per person, whatever accounts they use; rows from before have no key.
ALTER TABLE producer_steps ADD COLUMN person_key bytea;
-- The column is empty, so that the index is built at once.
-- squawk-ignore require-concurrent-index-creation
CREATE UNIQUE INDEX producer_steps_one_per_person ON producer_steps (producer_id, person_key)
    WHERE step IN ('apply', 'confirm', 'recommend', 'approve');
CREATE FUNCTION set_step_person() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
    NEW.person_key = (SELECT person_key FROM accounts WHERE id = NEW.account_id);
    RETURN NEW;
END;
$$;
CREATE TRIGGER producer_steps_person BEFORE INSERT ON producer_steps FOR EACH ROW EXECUTE FUNCTION set_step_person();
