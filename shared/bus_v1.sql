-- The bus's own tables, the same in every service's database.

-- The one counter. Its row lock, taken last before commit, makes sequence order commit order, without gaps.
CREATE TABLE outbox_head (
    only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row),
    log_id   uuid   NOT NULL DEFAULT gen_random_uuid(),
    seq      bigint NOT NULL DEFAULT 0
) WITH (fillfactor = 50);
INSERT INTO outbox_head DEFAULT VALUES;

-- The log of facts: append-only; only erasing a person may blank sealed fields.
CREATE TABLE outbox (
    seq         bigint PRIMARY KEY,
    id          uuid NOT NULL,
    type        text NOT NULL,
    subject     text NOT NULL,
    recorded_at timestamptz NOT NULL DEFAULT now(),
    body        text NOT NULL
);
CREATE FUNCTION outbox_is_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' AND current_setting('jiamenkou.erasing', true) = 'on'
        AND (NEW.seq, NEW.id, NEW.type, NEW.subject, NEW.recorded_at) = (OLD.seq, OLD.id, OLD.type, OLD.subject, OLD.recorded_at)
    THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'the outbox is append-only';
END $$;
CREATE TRIGGER outbox_is_append_only BEFORE UPDATE OR DELETE ON outbox FOR EACH ROW EXECUTE FUNCTION outbox_is_append_only();
CREATE TRIGGER outbox_is_not_emptied BEFORE TRUNCATE ON outbox FOR EACH STATEMENT EXECUTE FUNCTION outbox_is_append_only();

-- Who listens to this log, and how far each was pushed to and has applied.
CREATE TABLE subscriber (
    name       text PRIMARY KEY,
    types      text[] NOT NULL,
    pushed_seq bigint NOT NULL DEFAULT 0,
    acked_seq  bigint NOT NULL DEFAULT 0,
    seen_at    timestamptz NOT NULL DEFAULT now(),
    last_error text NOT NULL DEFAULT ''
);

-- One cursor per source: everything at or below `seq` is applied, exactly once. `trying_*` outlives a crash of the applier.
CREATE TABLE inbox (
    source      text PRIMARY KEY,
    log_id      uuid,
    seq         bigint NOT NULL DEFAULT 0,
    last_id     uuid,
    head_seen   bigint NOT NULL DEFAULT 0,
    trying_size integer NOT NULL DEFAULT 0,
    tries       integer NOT NULL DEFAULT 0,
    retry_at    timestamptz,
    stopped     text NOT NULL DEFAULT '',
    updated_at  timestamptz NOT NULL DEFAULT now()
);

-- Facts set aside because they could not be applied, and the later facts of the same subject behind them.
CREATE TABLE dead_letter (
    source     text NOT NULL,
    seq        bigint NOT NULL,
    type       text NOT NULL,
    subject    text NOT NULL,
    body       text NOT NULL,
    reason     text NOT NULL,
    tries      integer NOT NULL,
    state      text NOT NULL DEFAULT 'parked' CHECK (state IN ('parked', 'replayed', 'discarded')),
    parked_at  timestamptz NOT NULL DEFAULT now(),
    decided_at timestamptz,
    decided_by text,
    note       text,
    PRIMARY KEY (source, seq)
);
CREATE INDEX dead_letter_parked ON dead_letter (source, subject) WHERE state = 'parked';

-- Work to be done at a time, outside the transaction that asked for it.
CREATE TABLE job (
    id          uuid PRIMARY KEY,
    kind        text NOT NULL,
    key         text NOT NULL,
    due_at      timestamptz NOT NULL,
    state       text NOT NULL DEFAULT 'waiting' CHECK (state IN ('waiting', 'done', 'cancelled', 'failed')),
    tries       integer NOT NULL DEFAULT 0,
    lease_until timestamptz,
    error       text NOT NULL DEFAULT '',
    created_at  timestamptz NOT NULL DEFAULT now(),
    done_at     timestamptz,
    UNIQUE (kind, key)
);
CREATE INDEX job_due ON job (kind, due_at) WHERE state = 'waiting';
