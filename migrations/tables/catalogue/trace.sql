-- A file of harvests that was imported; the same content of a shop is imported once.
CREATE TABLE harvest_files (
    producer_id uuid NOT NULL,
    sha256 bytea NOT NULL,
    name text NOT NULL,
    rows integer NOT NULL,
    imported_by uuid NOT NULL,
    imported_at timestamptz NOT NULL,
    CONSTRAINT harvest_files_hash CHECK (length(sha256) = 32),
    CONSTRAINT harvest_files_name CHECK (length(name) <= 200),
    PRIMARY KEY (producer_id, sha256),
    CONSTRAINT harvest_files_importer FOREIGN KEY (imported_by) REFERENCES accounts(id),
    CONSTRAINT harvest_files_producer FOREIGN KEY (producer_id) REFERENCES producers(id)
);
CREATE INDEX harvest_files_by_importer ON harvest_files (imported_by);
GRANT SELECT, INSERT (producer_id, sha256, name, rows, imported_by, imported_at) ON harvest_files TO market_app;

-- The public keys with which labels were signed; a label is verified for as long as it is around.
CREATE TABLE label_keys (
    key_id text PRIMARY KEY,
    public_key bytea NOT NULL,
    added_at timestamptz NOT NULL,
    CONSTRAINT label_keys_id CHECK (key_id ~ '^[0-9a-f]{8}$'),
    CONSTRAINT label_keys_length CHECK (length(public_key) = 32)
);
GRANT SELECT, INSERT (key_id, public_key, added_at) ON label_keys TO market_app;

-- 地块: what a producer grows on; the area does not change, it bounds what may be harvested.
CREATE TABLE plots (
    id uuid PRIMARY KEY DEFAULT uuidv7(),
    producer_id uuid NOT NULL,
    name text NOT NULL,
    area_m2 integer NOT NULL,
    added_by uuid NOT NULL,
    added_at timestamptz NOT NULL,
    CONSTRAINT plots_area CHECK (area_m2 BETWEEN 1 AND 6670000),
    CONSTRAINT plots_name CHECK (length(name) BETWEEN 1 AND 30),
    CONSTRAINT plots_name_once UNIQUE (producer_id, name),
    CONSTRAINT plots_of_producer UNIQUE (id, producer_id),
    CONSTRAINT plots_adder FOREIGN KEY (added_by) REFERENCES accounts(id),
    CONSTRAINT plots_producer FOREIGN KEY (producer_id) REFERENCES producers(id)
);
CREATE INDEX plots_by_adder ON plots (added_by);
GRANT SELECT, INSERT (producer_id, name, area_m2, added_by, added_at) ON plots TO market_app;

-- 批次: what was harvested on one day from a plot, or mixed from other lots (no plot).
CREATE TABLE harvest_lots (
    id uuid PRIMARY KEY DEFAULT uuidv7(),
    number bigint GENERATED ALWAYS AS IDENTITY NOT NULL,
    producer_id uuid NOT NULL,
    plot_id uuid,
    crop text NOT NULL,
    harvested_on date NOT NULL,
    grams bigint NOT NULL,
    used_grams bigint NOT NULL DEFAULT 0,
    last_serial integer NOT NULL DEFAULT 0,
    added_by uuid NOT NULL,
    added_at timestamptz NOT NULL,
    CONSTRAINT harvest_lots_crop CHECK (length(crop) BETWEEN 1 AND 20),
    CONSTRAINT harvest_lots_grams CHECK (grams BETWEEN 1 AND 1000000000),
    CONSTRAINT harvest_lots_not_future
        CHECK ((harvested_on >= (((added_at AT TIME ZONE 'Asia/Shanghai'))::date - 366))
        AND (harvested_on <= ((added_at AT TIME ZONE 'Asia/Shanghai'))::date)),
    CONSTRAINT harvest_lots_not_overused CHECK (used_grams BETWEEN 0 AND grams),
    CONSTRAINT harvest_lots_serial CHECK (last_serial BETWEEN 0 AND 999999),
    CONSTRAINT harvest_lots_number UNIQUE (number),
    CONSTRAINT harvest_lots_adder FOREIGN KEY (added_by) REFERENCES accounts(id),
    CONSTRAINT harvest_lots_plot FOREIGN KEY (plot_id, producer_id) REFERENCES plots(id, producer_id),
    CONSTRAINT harvest_lots_producer FOREIGN KEY (producer_id) REFERENCES producers(id)
);
CREATE INDEX harvest_lots_by_adder ON harvest_lots (added_by);
CREATE INDEX harvest_lots_by_plot ON harvest_lots (plot_id, producer_id) WHERE (plot_id IS NOT NULL);
CREATE INDEX harvest_lots_by_producer ON harvest_lots (producer_id, harvested_on);
CREATE TRIGGER harvest_lots_bounded BEFORE INSERT ON harvest_lots FOR EACH ROW EXECUTE FUNCTION count_harvest();
CREATE TRIGGER harvest_lots_given_back AFTER DELETE ON harvest_lots FOR EACH ROW EXECUTE FUNCTION count_harvest();
CREATE CONSTRAINT TRIGGER harvest_lots_whole AFTER INSERT ON harvest_lots DEFERRABLE INITIALLY DEFERRED FOR EACH ROW
    EXECUTE FUNCTION check_mixed_lot();
GRANT SELECT, DELETE, INSERT (producer_id, plot_id, crop, harvested_on, grams, added_by,
    added_at) ON harvest_lots TO market_app;

-- Labels printed at once, of equal weight; first_serial is given by the trigger. No promise: no 合格证 on them.
CREATE TABLE label_runs (
    id uuid PRIMARY KEY DEFAULT uuidv7(),
    number bigint GENERATED ALWAYS AS IDENTITY NOT NULL,
    lot_id uuid NOT NULL,
    first_serial integer NOT NULL,
    count integer NOT NULL,
    grams integer NOT NULL,
    gtin text,
    promise text,
    issued_by uuid NOT NULL,
    issued_at timestamptz NOT NULL,
    CONSTRAINT label_runs_count CHECK (count BETWEEN 1 AND 60),
    CONSTRAINT label_runs_grams CHECK (grams BETWEEN 10 AND 999999),
    CONSTRAINT label_runs_gtin CHECK (gtin ~ '^[0-9]{14}$'),
    CONSTRAINT label_runs_promise
        CHECK (promise IN ('commissioned_test', 'own_test', 'quality_control', 'own_promise')),
    CONSTRAINT label_runs_number UNIQUE (number),
    CONSTRAINT label_runs_of_lot UNIQUE (id, lot_id),
    CONSTRAINT label_runs_issuer FOREIGN KEY (issued_by) REFERENCES accounts(id),
    CONSTRAINT label_runs_lot FOREIGN KEY (lot_id) REFERENCES harvest_lots(id)
);
CREATE INDEX label_runs_by_issuer ON label_runs (issued_by);
CREATE INDEX label_runs_by_lot ON label_runs (lot_id, first_serial);
CREATE TRIGGER label_runs_used BEFORE INSERT ON label_runs FOR EACH ROW EXECUTE FUNCTION use_lot_for_labels();
GRANT SELECT, INSERT (lot_id, count, grams, gtin, promise, issued_by, issued_at) ON label_runs TO market_app;

-- One label: the path that its QR code has after the host, and the signature over it.
CREATE TABLE labels (
    lot_id uuid NOT NULL,
    serial integer NOT NULL,
    run_id uuid NOT NULL,
    payload text NOT NULL,
    key_id text NOT NULL,
    signature bytea NOT NULL,
    revoked_at timestamptz,
    revoked_by uuid,
    revoke_reason text NOT NULL DEFAULT '',
    CONSTRAINT labels_payload CHECK (payload ~ '^/(l|01/[0-9]{14})/10/[0-9]+/21/[0-9]+[?]'),
    CONSTRAINT labels_reason CHECK (length(revoke_reason) <= 200),
    CONSTRAINT labels_revoked CHECK ((num_nulls(revoked_at, revoked_by) = ANY (ARRAY[0, 2]))
        AND ((revoked_at IS NOT NULL) = (revoke_reason <> ''))),
    CONSTRAINT labels_signature CHECK (length(signature) = 64),
    PRIMARY KEY (lot_id, serial),
    CONSTRAINT labels_key FOREIGN KEY (key_id) REFERENCES label_keys(key_id),
    CONSTRAINT labels_revoker FOREIGN KEY (revoked_by) REFERENCES accounts(id),
    CONSTRAINT labels_run FOREIGN KEY (run_id, lot_id) REFERENCES label_runs(id, lot_id)
);
CREATE INDEX labels_by_key ON labels (key_id);
CREATE INDEX labels_by_revoker ON labels (revoked_by) WHERE (revoked_by IS NOT NULL);
CREATE INDEX labels_by_run ON labels (run_id, lot_id);
CREATE INDEX labels_revoked_ones ON labels (revoked_at) WHERE (revoked_at IS NOT NULL);
CREATE TRIGGER labels_of_run BEFORE INSERT OR UPDATE ON labels FOR EACH ROW EXECUTE FUNCTION check_label();
GRANT SELECT, INSERT (lot_id, serial, run_id, payload, key_id, signature), UPDATE (revoked_at, revoked_by,
    revoke_reason) ON labels TO market_app;

-- What went from one lot into another.
CREATE TABLE lot_parts (
    lot_id uuid NOT NULL,
    parent_id uuid NOT NULL,
    grams bigint NOT NULL,
    CONSTRAINT lot_parts_grams CHECK (grams > 0),
    CONSTRAINT lot_parts_two_lots CHECK (lot_id <> parent_id),
    PRIMARY KEY (lot_id, parent_id),
    CONSTRAINT lot_parts_lot FOREIGN KEY (lot_id) REFERENCES harvest_lots(id),
    CONSTRAINT lot_parts_parent FOREIGN KEY (parent_id) REFERENCES harvest_lots(id)
);
CREATE INDEX lot_parts_by_parent ON lot_parts (parent_id);
CREATE TRIGGER lot_parts_used AFTER INSERT OR DELETE ON lot_parts FOR EACH ROW EXECUTE FUNCTION use_lot_part();
CREATE CONSTRAINT TRIGGER lot_parts_whole AFTER INSERT OR DELETE ON lot_parts DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION check_mixed_lot();
GRANT SELECT, DELETE, INSERT (lot_id, parent_id, grams) ON lot_parts TO market_app;

-- A label that was put on what an order line sends: harvested, labelled, sold. It is put on one line, once.
CREATE TABLE packed_labels (
    lot_id uuid NOT NULL,
    serial integer NOT NULL,
    order_line_id uuid NOT NULL,
    packed_by uuid NOT NULL,
    packed_at timestamptz NOT NULL,
    PRIMARY KEY (lot_id, serial),
    CONSTRAINT packed_labels_label FOREIGN KEY (lot_id, serial) REFERENCES labels(lot_id, serial),
    CONSTRAINT packed_labels_packer FOREIGN KEY (packed_by) REFERENCES accounts(id)
);
CREATE INDEX packed_labels_by_line ON packed_labels (order_line_id);
CREATE INDEX packed_labels_by_packer ON packed_labels (packed_by);
CREATE TRIGGER packed_labels_of_seller BEFORE INSERT ON packed_labels FOR EACH ROW
    EXECUTE FUNCTION check_packed_label();
GRANT SELECT, INSERT ON packed_labels TO market_app;

-- What was harvested of a crop on a plot in a year; written by the trigger of harvest_lots alone.
CREATE TABLE plot_yields (
    plot_id uuid NOT NULL,
    crop text NOT NULL,
    year integer NOT NULL,
    limit_grams bigint NOT NULL,
    harvested_grams bigint NOT NULL,
    CONSTRAINT plot_yields_within_limit CHECK (harvested_grams BETWEEN 0 AND limit_grams),
    PRIMARY KEY (plot_id, crop, year),
    CONSTRAINT plot_yields_plot FOREIGN KEY (plot_id) REFERENCES plots(id)
);
GRANT SELECT ON plot_yields TO market_app;

-- A label that was said to be on what an order line sends and was taken off again before the parcel was sent: who said
-- so when, who took it off when. The rows stay.
CREATE TABLE unpacked_labels (
    id uuid PRIMARY KEY DEFAULT uuidv7(),
    lot_id uuid NOT NULL,
    serial integer NOT NULL,
    order_line_id uuid NOT NULL,
    packed_by uuid NOT NULL,
    packed_at timestamptz NOT NULL,
    unpacked_by uuid NOT NULL,
    unpacked_at timestamptz NOT NULL,
    CONSTRAINT unpacked_labels_times CHECK (unpacked_at >= packed_at),
    CONSTRAINT unpacked_labels_label FOREIGN KEY (lot_id, serial) REFERENCES labels(lot_id, serial),
    CONSTRAINT unpacked_labels_packer FOREIGN KEY (packed_by) REFERENCES accounts(id),
    CONSTRAINT unpacked_labels_unpacker FOREIGN KEY (unpacked_by) REFERENCES accounts(id)
);
CREATE INDEX unpacked_labels_by_label ON unpacked_labels (lot_id, serial);
CREATE INDEX unpacked_labels_by_line ON unpacked_labels (order_line_id);
CREATE INDEX unpacked_labels_by_packer ON unpacked_labels (packed_by);
CREATE INDEX unpacked_labels_by_unpacker ON unpacked_labels (unpacked_by);
CREATE TRIGGER unpacked_labels_move BEFORE INSERT ON unpacked_labels FOR EACH ROW EXECUTE FUNCTION unpack_label();
GRANT SELECT, INSERT (lot_id, serial, order_line_id, unpacked_by, unpacked_at) ON unpacked_labels TO market_app;

-- 每亩最多: how much of a crop a 亩 of a county gives in a year, with the source.
CREATE TABLE yield_limits (
    county_code text NOT NULL,
    crop text NOT NULL,
    kg_per_mu integer NOT NULL,
    valid_during daterange NOT NULL,
    source text NOT NULL,
    added_by uuid NOT NULL,
    added_at timestamptz NOT NULL,
    CONSTRAINT yield_limits_county CHECK (county_code ~ '^[0-9]{6}$'),
    CONSTRAINT yield_limits_crop CHECK (length(crop) BETWEEN 1 AND 20),
    CONSTRAINT yield_limits_kg CHECK (kg_per_mu BETWEEN 1 AND 100000),
    CONSTRAINT yield_limits_period CHECK ((NOT isempty(valid_during)) AND (NOT lower_inf(valid_during))),
    CONSTRAINT yield_limits_source CHECK (length(source) BETWEEN 2 AND 200),
    PRIMARY KEY (county_code, crop, valid_during WITHOUT OVERLAPS),
    CONSTRAINT yield_limits_adder FOREIGN KEY (added_by) REFERENCES accounts(id)
);
CREATE INDEX yield_limits_by_adder ON yield_limits (added_by);
GRANT SELECT, INSERT (county_code, crop, kg_per_mu, valid_during, source, added_by, added_at), UPDATE (kg_per_mu,
    valid_during, source) ON yield_limits TO market_app;
