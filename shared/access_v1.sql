-- Log-ins that were ended before their time. Every process of the service reads this again every few seconds.
CREATE TABLE ended_log_in (
    log_in_id uuid PRIMARY KEY,
    until     timestamptz NOT NULL
);

-- People who were erased here: facts about them that come late, or are replayed, change nothing.
CREATE TABLE erased_person (
    resident_id uuid PRIMARY KEY,
    at          timestamptz NOT NULL
);
