-- Asks every question, of the view and of the records: do they agree, and how long does each take?

UPDATE bench.question SET is_same = bench.same(of_view, plain);
UPDATE bench.question SET view_ms = bench.ms(of_view, :runs);
UPDATE bench.question SET plain_ms = bench.ms(plain, :plain_runs);
