-- What a category of cases is called, who answers it (level by level), and how long each level has.
CREATE TABLE case_categories (
    code text NOT NULL,
    valid_during daterange NOT NULL,
    name text NOT NULL,
    path text[] NOT NULL,
    units text[] NOT NULL,
    dues integer[] NOT NULL,
    extension integer NOT NULL,
    basis text NOT NULL,
    CONSTRAINT case_categories_dues CHECK ((1 <= ALL (dues)) AND (60 >= ALL (dues))),
    CONSTRAINT case_categories_extension CHECK (extension BETWEEN 0 AND 60),
    CONSTRAINT case_categories_levels CHECK ((cardinality(units) = cardinality(path))
        AND (cardinality(dues) = cardinality(path))),
    -- The level above the county, which decides no other cases yet.
    CONSTRAINT case_categories_path
        CHECK ((path <@ '{seller,operator,agronomist,village,township,county,finance,supervisor,platform}'::text[])
        AND (cardinality(path) BETWEEN 1 AND 5)),
    CONSTRAINT case_categories_units CHECK (units <@ '{hour,day,working_day}'::text[]),
    CONSTRAINT case_categories_valid CHECK (NOT isempty(valid_during)),
    CONSTRAINT case_categories_key PRIMARY KEY (code, valid_during WITHOUT OVERLAPS)
);
INSERT INTO case_categories (code, valid_during, name, path, units, dues, extension, basis) VALUES
    ('bad_fruit', '[2015-01-01,)', '坏果包赔', '{seller,finance,platform}', '{hour,working_day,working_day}', '{24,2,2}', 1, 'marketplace.md, After the sale'),
    ('clawback_appeal', '[2015-01-01,)', '追缴申诉', '{supervisor}', '{day}', '{60}', 0, 'issue 8: by a decision with appeal; the term is that of 行政复议法 62'),
    ('complaint_buyer', '[2015-01-01,)', '买家举报', '{county,platform}', '{working_day,working_day}', '{1,5}', 3, '电子商务法 59；反电信网络诈骗法 30'),
    ('complaint_fraud', '[2015-01-01,)', '诈骗举报', '{county,platform}', '{working_day,working_day}', '{1,2}', 2, '反电信网络诈骗法 30；电子商务法 59'),
    ('complaint_goods', '[2015-01-01,)', '货不对版投诉', '{seller,county,platform}', '{working_day,working_day,working_day}', '{2,5,5}', 3, '电子商务法 59；消费者权益保护法 46'),
    ('complaint_office', '[2015-01-01,)', '办事投诉', '{platform}', '{working_day}', '{5}', 3, '电子商务法 59'),
    ('complaint_service', '[2015-01-01,)', '服务投诉', '{seller,county,platform}', '{working_day,working_day,working_day}', '{2,5,5}', 3, '电子商务法 59；消费者权益保护法 46'),
    ('content_report', '[2015-01-01,)', '举报', '{county,platform}', '{working_day,working_day}', '{1,1}', 0, '网络信息内容生态治理规定（网信办令第5号）；平台规则：一个工作日'),
    ('data_county', '[2015-01-01,)', '我的信息', '{county,platform}', '{working_day,working_day}', '{15,15}', 0, '个人信息保护法 44–50；国信办秘字〔2019〕191号（未核实）：十五个工作日'),
    ('data_platform', '[2015-01-01,)', '我的信息', '{platform}', '{working_day}', '{15}', 0, '个人信息保护法 44–50；国信办秘字〔2019〕191号（未核实）：十五个工作日'),
    ('disclosure', '[2019-05-15,)', '信息公开申请', '{county,platform}', '{working_day,working_day}', '{20,10}', 20, '政府信息公开条例（国务院令第711号）第三十三条：二十个工作日，经批准延长最多二十个工作日'),
    ('fund', '[2015-01-01,)', '扶持申请', '{county,platform}', '{working_day,working_day}', '{20,10}', 0, '平台规则：二十个工作日定'),
    ('goods_return', '[2015-01-01,)', '七天退货', '{seller,finance,platform}', '{hour,working_day,working_day}', '{48,2,2}', 1, '消费者权益保护法 25'),
    ('grievance', '[2015-01-01,)', '减免投诉', '{county,supervisor}', '{day,day}', '{15,30}', 15, '信访工作条例 34、35'),
    ('inquiry', '[2015-01-01,)', '咨询', '{county,platform}', '{working_day,working_day}', '{5,5}', 0, '县里定的期限（inquiry_days）；没有定的五个工作日'),
    ('invoice', '[2015-01-01,)', '发票', '{seller,county,platform}', '{working_day,working_day,working_day}', '{5,5,5}', 5, '发票管理办法；marketplace.md, Stock and checkout'),
    ('mediation', '[2015-01-01,)', '调解', '{county,platform}', '{working_day,working_day}', '{10,5}', 5, '电子商务法 60'),
    ('objection', '[2015-01-01,)', '公示异议', '{township,county}', '{working_day,working_day}', '{5,5}', 0, 'subsidy-rulebook, Words: objections stop the line, not the list'),
    ('outage', '[2015-01-01,)', '没信号', '{operator,county,platform}', '{day,working_day,working_day}', '{3,5,5}', 0, '电信条例：农村的障碍 72 小时内修复'),
    ('outage_town', '[2015-01-01,)', '没信号（城镇）', '{operator,county,platform}', '{day,working_day,working_day}', '{2,5,5}', 0, '电信条例：城镇的障碍 48 小时内修复'),
    ('question', '[2015-01-01,)', '生产指导', '{agronomist,county}', '{working_day,working_day}', '{2,3}', 0, '平台规则：两个工作日答复'),
    ('review_appeal', '[2015-01-01,)', '评价申诉', '{platform}', '{working_day}', '{5}', 3, '电子商务法 39'),
    ('review_report', '[2015-01-01,)', '举报评价', '{platform}', '{working_day}', '{1}', 0, '电子商务法 39：只有违法的文字不显示；平台规则：一个工作日');
GRANT SELECT ON case_categories TO market_app;

CREATE TABLE cases (
    id uuid PRIMARY KEY DEFAULT uuidv7(),
    number bigint GENERATED ALWAYS AS IDENTITY NOT NULL,
    category text NOT NULL,
    division_code text NOT NULL,
    county_code text GENERATED ALWAYS AS ("left"(division_code, 6)) STORED NOT NULL,
    asker_id uuid,
    against_producer_id uuid,
    against_account_id uuid,
    text_sealed bytea NOT NULL,
    path text[] NOT NULL,
    level integer NOT NULL DEFAULT 1,
    received_at timestamptz NOT NULL,
    received_during daterange GENERATED ALWAYS AS (daterange(((received_at AT TIME ZONE 'Asia/Shanghai'))::date,
        ((received_at AT TIME ZONE 'Asia/Shanghai'))::date, '[]')) STORED NOT NULL,
    due_at timestamptz NOT NULL,
    stopped_at timestamptz,
    reopened_at timestamptz,
    state text NOT NULL DEFAULT 'received',
    outcome text,
    answered_by uuid,
    closed_at timestamptz,
    -- When a case was extended; why is in its event.
    extended_at timestamptz,
    -- A case may be asked for on behalf of a producer; its members see it.
    for_producer_id uuid,
    text_erased_at timestamptz,
    -- The time of the first level that a county has decided, as it was when the case was received.
    first_due integer,
    CONSTRAINT cases_answered CHECK ((state <> 'answered') OR (answered_by IS NOT NULL)),
    -- 公示异议: what somebody says against a lead under notice, without a name. It is a case that the township answers,
    -- then the county; with the receipt the answer is read and the next level asked once. Existing cases keep their
    -- askers, and every other category has one.
    CONSTRAINT cases_asker_known CHECK ((asker_id IS NOT NULL) OR (category IN ('objection', 'clawback_appeal'))),
    CONSTRAINT cases_closed CHECK (((state = 'closed') = (outcome IS NOT NULL))
        AND ((state = 'closed') = (closed_at IS NOT NULL))),
    CONSTRAINT cases_division CHECK (division_code ~ '^[0-9]{12}$'),
    CONSTRAINT cases_first_due CHECK (first_due BETWEEN 1 AND 60),
    CONSTRAINT cases_level CHECK ((level >= 1) AND (level <= cardinality(path))),
    CONSTRAINT cases_outcome CHECK (outcome IN ('solved', 'unsolved', 'not_ours', 'duplicate', 'withdrawn')),
    CONSTRAINT cases_state CHECK (state IN ('received', 'assigned', 'answered', 'closed')),
    CONSTRAINT cases_stopped CHECK ((stopped_at IS NULL) OR (state = 'assigned')),
    CONSTRAINT cases_category UNIQUE (id, category),
    CONSTRAINT cases_number UNIQUE (number),
    CONSTRAINT cases_against_account FOREIGN KEY (against_account_id) REFERENCES accounts(id),
    CONSTRAINT cases_answerer FOREIGN KEY (answered_by) REFERENCES accounts(id),
    CONSTRAINT cases_asker FOREIGN KEY (asker_id) REFERENCES accounts(id),
    CONSTRAINT cases_category_on_the_day FOREIGN KEY (category, PERIOD received_during)
        REFERENCES case_categories(code, PERIOD valid_during)
);
CREATE INDEX cases_by_asker ON cases (asker_id);
CREATE INDEX cases_by_division ON cases (division_code);
CREATE INDEX cases_by_producer ON cases (against_producer_id, category, id);
CREATE INDEX cases_due ON cases (due_at) WHERE (state = 'assigned');
CREATE INDEX cases_ended ON cases (category, closed_at) WHERE ((state = 'closed') AND (text_erased_at IS NULL));
CREATE INDEX cases_for_producer_index ON cases (for_producer_id) WHERE (for_producer_id IS NOT NULL);
CREATE INDEX cases_open_by_county ON cases (county_code, due_at)
    WHERE (state IN ('received', 'assigned', 'answered'));
CREATE INDEX cases_open_by_producer ON cases (against_producer_id, category) WHERE (state = 'assigned');
CREATE INDEX cases_open_by_role ON cases ((path[level]), county_code) WHERE ((state = 'assigned')
    AND (path[level] <> 'seller'));
CREATE TRIGGER cases_answerer BEFORE UPDATE ON cases FOR EACH ROW WHEN (((new.answered_by IS NOT NULL)
    AND (new.answered_by IS DISTINCT FROM old.answered_by))) EXECUTE FUNCTION check_case_answerer();
CREATE CONSTRAINT TRIGGER cases_closed_mediation AFTER UPDATE ON cases DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW WHEN (((new.category = 'mediation') AND (new.state = 'closed')))
    EXECUTE FUNCTION check_closed_mediation();
CREATE TRIGGER cases_grievance_answerer BEFORE UPDATE ON cases FOR EACH ROW WHEN (((new.category = 'grievance')
    AND (new.answered_by IS NOT NULL) AND (new.answered_by IS DISTINCT FROM old.answered_by)))
    EXECUTE FUNCTION check_grievance_answerer();
CREATE TRIGGER cases_path BEFORE UPDATE OF path ON cases FOR EACH ROW WHEN ((new.path IS DISTINCT FROM old.path))
    EXECUTE FUNCTION check_case_path();
CREATE TRIGGER cases_withdrawn_mediation AFTER UPDATE ON cases FOR EACH ROW WHEN (((new.category = 'mediation')
    AND (new.outcome = 'withdrawn'))) EXECUTE FUNCTION end_mediation_lines();
ALTER TABLE cases ENABLE ROW LEVEL SECURITY;
GRANT SELECT, INSERT (category, division_code, asker_id, against_producer_id, against_account_id, text_sealed, path,
    received_at, due_at, for_producer_id, first_due), UPDATE (path, level, due_at, stopped_at, reopened_at, state,
    outcome, answered_by, closed_at, extended_at) ON cases TO market_app;
COMMENT ON COLUMN cases.first_due IS 'In the unit of the first level; null: as the category says.';

CREATE TABLE case_events (
    id uuid PRIMARY KEY DEFAULT uuidv7(),
    case_id uuid NOT NULL,
    move text NOT NULL,
    account_id uuid,
    level integer NOT NULL,
    old_due_at timestamptz,
    due_at timestamptz NOT NULL,
    at timestamptz NOT NULL,
    reason_sealed bytea,
    outcome text,
    -- The clock reopens a return whose refund could not be paid.
    CONSTRAINT case_events_account_or_clock CHECK ((account_id IS NOT NULL)
        OR (move IN ('receive', 'assign', 'escalate', 'reopen', 'close', 'settle', 'reschedule'))),
    CONSTRAINT case_events_move
        CHECK (move IN ('receive', 'assign', 'extend', 'ask', 'supply', 'escalate', 'answer', 'close', 'reopen',
        'withdraw', 'settle', 'propose', 'agree', 'refuse', 'reschedule')),
    CONSTRAINT case_events_outcome CHECK ((outcome IS NULL) OR ((move IN ('close', 'settle', 'withdraw'))
        AND (outcome IN ('solved', 'unsolved', 'not_ours', 'duplicate', 'withdrawn')))),
    CONSTRAINT case_events_reason CHECK ((reason_sealed IS NOT NULL) OR (move <> ALL (ARRAY['extend', 'ask']))),
    CONSTRAINT case_events_account FOREIGN KEY (account_id) REFERENCES accounts(id),
    CONSTRAINT case_events_case FOREIGN KEY (case_id) REFERENCES cases(id)
);
CREATE INDEX case_events_by_case ON case_events (case_id, id);
ALTER TABLE case_events ENABLE ROW LEVEL SECURITY;
CREATE POLICY case_events_visible ON case_events TO market_app USING ((EXISTS (SELECT FROM cases
    WHERE (cases.id = case_events.case_id))));
GRANT SELECT, INSERT ON case_events TO market_app;

-- An answered case as others read it: in words without names that its asker previews, shares and takes back.
CREATE TABLE case_publications (
    case_id uuid PRIMARY KEY,
    public_text text NOT NULL,
    public_answer text NOT NULL,
    previewed_at timestamptz NOT NULL,
    shared_at timestamptz,
    CONSTRAINT case_publications_answer CHECK (length(public_answer) BETWEEN 1 AND 1000),
    CONSTRAINT case_publications_shared CHECK (previewed_at <= shared_at),
    CONSTRAINT case_publications_text CHECK (length(public_text) BETWEEN 1 AND 1000),
    CONSTRAINT case_publications_case FOREIGN KEY (case_id) REFERENCES cases(id)
);
CREATE INDEX case_publications_by_day ON case_publications (shared_at) WHERE (shared_at IS NOT NULL);
ALTER TABLE case_publications ENABLE ROW LEVEL SECURITY;
CREATE POLICY case_publications_visible ON case_publications TO market_app USING ((EXISTS (SELECT FROM cases
    WHERE (cases.id = case_publications.case_id))));
GRANT SELECT, DELETE, INSERT (case_id, public_text, public_answer, previewed_at), UPDATE (public_text, public_answer,
    previewed_at, shared_at) ON case_publications TO market_app;
