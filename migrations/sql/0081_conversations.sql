-- 问卖家: what the buyer and the seller of a suborder write to each other. Positions count the messages from 1; the marks say
-- up to which message each side has written and read.
CREATE TABLE conversations (
    suborder_id    uuid PRIMARY KEY CONSTRAINT conversations_suborder REFERENCES suborders,
    producer_id    uuid NOT NULL CONSTRAINT conversations_producer REFERENCES producers,
    buyer_id       uuid NOT NULL CONSTRAINT conversations_buyer REFERENCES accounts,
    messages       integer NOT NULL DEFAULT 0 CONSTRAINT conversations_bound CHECK (messages BETWEEN 0 AND 200),
    buyer_wrote    integer NOT NULL DEFAULT 0,
    seller_wrote   integer NOT NULL DEFAULT 0,
    buyer_read     integer NOT NULL DEFAULT 0,
    seller_read    integer NOT NULL DEFAULT 0,
    buyer_told_at  timestamptz,
    seller_told_at timestamptz,
    last_at        timestamptz NOT NULL,
    CONSTRAINT conversations_written CHECK (greatest(buyer_wrote, seller_wrote) = messages AND least(buyer_wrote, seller_wrote) >= 0),
    CONSTRAINT conversations_read CHECK (buyer_read BETWEEN 0 AND messages AND seller_read BETWEEN 0 AND messages)
);
CREATE INDEX conversations_by_producer ON conversations (producer_id, last_at DESC, suborder_id DESC);
CREATE INDEX conversations_by_buyer ON conversations (buyer_id, last_at DESC, suborder_id DESC);
CREATE INDEX conversations_by_age ON conversations (last_at, suborder_id);
CREATE INDEX conversations_new_to_producer ON conversations (producer_id) WHERE buyer_wrote > seller_read;
CREATE INDEX conversations_new_to_buyer ON conversations (buyer_id) WHERE seller_wrote > buyer_read;

CREATE TABLE conversation_messages (
    suborder_id uuid NOT NULL CONSTRAINT conversation_messages_conversation REFERENCES conversations ON DELETE CASCADE,
    position    integer NOT NULL CONSTRAINT conversation_messages_position CHECK (position >= 1),
    from_buyer  boolean NOT NULL,
    account_id  uuid NOT NULL CONSTRAINT conversation_messages_writer REFERENCES accounts,
    text_sealed bytea,
    at          timestamptz NOT NULL,
    CONSTRAINT conversation_messages_key PRIMARY KEY (suborder_id, position)
);
CREATE INDEX conversation_messages_by_writer ON conversation_messages (account_id);
-- Ids only: what deletes unused photos sees which ones are used.
CREATE TABLE conversation_photos (
    suborder_id uuid NOT NULL,
    position    integer NOT NULL,
    ordinal     smallint NOT NULL CONSTRAINT conversation_photos_ordinal CHECK (ordinal BETWEEN 1 AND 3),
    photo_id    uuid NOT NULL CONSTRAINT conversation_photos_photo REFERENCES photos,
    CONSTRAINT conversation_photos_key PRIMARY KEY (suborder_id, position, ordinal),
    CONSTRAINT conversation_photos_message FOREIGN KEY (suborder_id, position)
        REFERENCES conversation_messages ON DELETE CASCADE
);
CREATE INDEX conversation_photos_by_photo ON conversation_photos (photo_id);

CREATE TRIGGER conversations_marks BEFORE UPDATE ON conversations
    FOR EACH ROW EXECUTE FUNCTION refuse_lower_marks();
ALTER TABLE conversations ENABLE ROW LEVEL SECURITY;
ALTER TABLE conversation_messages ENABLE ROW LEVEL SECURITY;
CREATE POLICY conversations_visible ON conversations TO market_app USING (
    buyer_id = (SELECT get_visible_person())
    OR producer_id IN (SELECT producer_id FROM producer_members WHERE account_id = (SELECT get_visible_person())));
CREATE POLICY conversation_messages_visible ON conversation_messages TO market_app
    USING (EXISTS (SELECT FROM conversations c WHERE c.suborder_id = conversation_messages.suborder_id));
GRANT SELECT, INSERT (suborder_id, producer_id, buyer_id, last_at),
    UPDATE (messages, buyer_wrote, seller_wrote, buyer_read, seller_read, buyer_told_at, seller_told_at, last_at)
    ON conversations TO market_app;
GRANT SELECT, INSERT (suborder_id, position, from_buyer, account_id, text_sealed, at) ON conversation_messages TO market_app;
GRANT SELECT, INSERT (suborder_id, position, ordinal, photo_id) ON conversation_photos TO market_app;

-- The wider constraint follows in the same transaction.
-- squawk-ignore ban-drop-constraint
ALTER TABLE photos DROP CONSTRAINT photos_purpose;
ALTER TABLE photos ADD CONSTRAINT photos_purpose
    CHECK (purpose IN ('listing', 'certificate', 'parcel', 'claim', 'review', 'message')) NOT VALID;
-- squawk-ignore constraint-missing-not-valid
ALTER TABLE photos VALIDATE CONSTRAINT photos_purpose;
