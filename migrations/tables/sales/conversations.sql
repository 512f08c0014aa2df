-- 问卖家: what the buyer and the seller of a suborder write to each other. Positions count the messages from 1; the marks
-- say up to which message each side has written and read.
CREATE TABLE conversations (
    suborder_id uuid PRIMARY KEY,
    producer_id uuid NOT NULL,
    buyer_id uuid NOT NULL,
    messages integer NOT NULL DEFAULT 0,
    buyer_wrote integer NOT NULL DEFAULT 0,
    seller_wrote integer NOT NULL DEFAULT 0,
    buyer_read integer NOT NULL DEFAULT 0,
    seller_read integer NOT NULL DEFAULT 0,
    buyer_told_at timestamptz,
    seller_told_at timestamptz,
    last_at timestamptz NOT NULL,
    CONSTRAINT conversations_bound CHECK (messages BETWEEN 0 AND 200),
    CONSTRAINT conversations_read CHECK ((buyer_read BETWEEN 0 AND messages) AND (seller_read BETWEEN 0
        AND messages)),
    CONSTRAINT conversations_written CHECK ((GREATEST(buyer_wrote, seller_wrote) = messages)
        AND (LEAST(buyer_wrote, seller_wrote) >= 0)),
    CONSTRAINT conversations_buyer FOREIGN KEY (buyer_id) REFERENCES accounts(id),
    CONSTRAINT conversations_producer FOREIGN KEY (producer_id) REFERENCES producers(id),
    CONSTRAINT conversations_suborder FOREIGN KEY (suborder_id) REFERENCES suborders(id)
);
CREATE INDEX conversations_by_age ON conversations (last_at, suborder_id);
CREATE INDEX conversations_by_buyer ON conversations (buyer_id, last_at DESC, suborder_id DESC);
CREATE INDEX conversations_by_producer ON conversations (producer_id, last_at DESC, suborder_id DESC);
CREATE INDEX conversations_new_to_buyer ON conversations (buyer_id) WHERE (seller_wrote > buyer_read);
CREATE INDEX conversations_new_to_producer ON conversations (producer_id) WHERE (buyer_wrote > seller_read);
CREATE TRIGGER conversations_marks BEFORE UPDATE ON conversations FOR EACH ROW EXECUTE FUNCTION refuse_lower_marks();
ALTER TABLE conversations ENABLE ROW LEVEL SECURITY;
CREATE POLICY conversations_visible ON conversations TO market_app
    USING (((buyer_id = (SELECT get_visible_person()))
    OR (producer_id IN (SELECT producer_members.producer_id FROM producer_members
    WHERE (producer_members.account_id = (SELECT get_visible_person()))))));
GRANT SELECT, INSERT (suborder_id, producer_id, buyer_id, last_at), UPDATE (messages, buyer_wrote, seller_wrote,
    buyer_read, seller_read, buyer_told_at, seller_told_at, last_at) ON conversations TO market_app;

CREATE TABLE conversation_messages (
    suborder_id uuid NOT NULL,
    "position" integer NOT NULL,
    from_buyer boolean NOT NULL,
    account_id uuid NOT NULL,
    text_sealed bytea,
    at timestamptz NOT NULL,
    CONSTRAINT conversation_messages_position CHECK ("position" >= 1),
    CONSTRAINT conversation_messages_key PRIMARY KEY (suborder_id, "position"),
    CONSTRAINT conversation_messages_conversation FOREIGN KEY (suborder_id)
        REFERENCES conversations(suborder_id) ON DELETE CASCADE,
    CONSTRAINT conversation_messages_writer FOREIGN KEY (account_id) REFERENCES accounts(id)
);
CREATE INDEX conversation_messages_by_writer ON conversation_messages (account_id);
ALTER TABLE conversation_messages ENABLE ROW LEVEL SECURITY;
CREATE POLICY conversation_messages_visible ON conversation_messages TO market_app
    USING ((EXISTS (SELECT FROM conversations c WHERE (c.suborder_id = conversation_messages.suborder_id))));
GRANT SELECT, INSERT (suborder_id, "position", from_buyer, account_id, text_sealed,
    at) ON conversation_messages TO market_app;

-- Ids only: what deletes unused photos sees which ones are used.
CREATE TABLE conversation_photos (
    suborder_id uuid NOT NULL,
    "position" integer NOT NULL,
    ordinal smallint NOT NULL,
    photo_id uuid NOT NULL,
    CONSTRAINT conversation_photos_ordinal CHECK (ordinal BETWEEN 1 AND 3),
    CONSTRAINT conversation_photos_key PRIMARY KEY (suborder_id, "position", ordinal),
    CONSTRAINT conversation_photos_message FOREIGN KEY (suborder_id, "position")
        REFERENCES conversation_messages(suborder_id, "position") ON DELETE CASCADE,
    CONSTRAINT conversation_photos_photo FOREIGN KEY (photo_id) REFERENCES photos(id)
);
CREATE INDEX conversation_photos_by_photo ON conversation_photos (photo_id);
GRANT SELECT, INSERT (suborder_id, "position", ordinal, photo_id) ON conversation_photos TO market_app;
