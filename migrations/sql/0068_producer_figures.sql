-- What the public score of a producer is computed from, counted each night.
CREATE TABLE producer_figures (
    producer_id uuid PRIMARY KEY CONSTRAINT producer_figures_producer REFERENCES producers,
    since       date NOT NULL,
    counted_on  date NOT NULL CONSTRAINT producer_figures_period CHECK (counted_on > since),
    parcels     integer NOT NULL,
    in_time     integer NOT NULL CONSTRAINT producer_figures_parcels CHECK (in_time BETWEEN 0 AND parcels),
    reviews     integer NOT NULL,
    stars       integer NOT NULL CONSTRAINT producer_figures_stars CHECK (stars BETWEEN reviews AND 5 * reviews),
    answered    integer NOT NULL CONSTRAINT producer_figures_answered CHECK (answered BETWEEN 0 AND reviews)
);
GRANT SELECT, INSERT, UPDATE (since, counted_on, parcels, in_time, reviews, stars, answered) ON producer_figures TO market_app;
