-- Package: identity.
-- Return whether two accounts belong to one person: by identity number if both have one, else by name as
-- `fold_name` gives it, without digits if both are officials. The name that every new account has is nobody's, nor is that of
-- closed ones.
CREATE OR REPLACE FUNCTION is_same_person(p_account uuid, p_other uuid) RETURNS boolean
LANGUAGE sql STABLE PARALLEL SAFE
RETURN p_account = p_other
    OR (SELECT coalesce(a.identity_index = b.identity_index,
                        CASE WHEN a.handle IS NULL OR b.handle IS NULL THEN fold_name(a.name) = fold_name(b.name)
                             ELSE fold_official_name(a.name) = fold_official_name(b.name) END AND a.name <> '乡集用户'
                            AND a.closed_at IS NULL AND b.closed_at IS NULL)
          FROM accounts a, accounts b
         WHERE a.id = p_account AND b.id = p_other);
