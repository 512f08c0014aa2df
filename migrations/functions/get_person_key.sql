-- Package: identity.
-- Return a key that the accounts of one person share: the blind index of the identity number; of an official without one
-- the name as `fold_official_name` gives it, so that two accounts of one name count as one person until numbers tell them apart;
-- of anybody else the account.
CREATE OR REPLACE FUNCTION get_person_key(p_account uuid) RETURNS bytea
LANGUAGE sql STABLE PARALLEL SAFE
RETURN (SELECT coalesce(identity_index, CASE WHEN handle IS NOT NULL THEN decode(md5(fold_official_name(name)), 'hex') END,
                        uuid_send(id))
          FROM accounts WHERE id = p_account);
