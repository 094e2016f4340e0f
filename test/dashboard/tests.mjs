// What the page shows is what the views answer. Usage: node tests.mjs DIRECTORY_OF_PAGES
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { check, finish, marks, only, open, ready, sql, table, texts } from './browser.mjs';

const pages = process.argv[2];
const shop = `${pages}/shop.html`;
const panels = ['10_trend', '20_buyers', '30_suppliers', '40_reasons', '50_pending', '60_money',
	'70_pairs'];
const view = (name, more) => sql('shop', `SELECT * FROM leadreturns.${name} ${more}`);
const bad = sql('shop', 'SELECT name FROM public.bad ORDER BY n').map((row) => row.name);
const percent = (rate) => `${(100 * rate).toFixed(1)}%`;
const signs = { healthy: '', watch: ' ◆', high: ' ▲', too_few: ' –' };
const rated = 'return_rate DESC, delivered DESC';

await check('it opens from disk, asks for nothing and is complete', () =>
	open(shop, {}, async (page) => {
		assert.equal(await page.title(), 'Lead returns, 2026-07-15 12:00 UTC');
		assert.equal(await page.getAttribute('html', 'lang'), 'en');
		assert.equal(await page.textContent('#asof'), 'As of 2026-07-15 12:00 UTC');
		const ids = await page.$$eval('.panel:is(section)', (list) => list.map((node) => node.id));
		assert.deepEqual(ids, panels);
		for (const id of panels) {
			const panel = page.locator(`[id="${id}"]`);
			assert.equal(await panel.locator('svg').count(), 1, id);
			const title = await panel.locator('h2').textContent();
			assert.ok(title.length > 10, id);
			const chart = panel.locator('[role="graphics-document"]');
			const name = await chart.getAttribute('aria-label');
			assert.ok(name.startsWith(`${title}. `), `${id}: ${name}`);
			const heading = await panel.getAttribute('aria-labelledby');
			assert.equal(await page.textContent(`[id="${heading}"]`), title);
			assert.equal(await panel.locator('details table').count(), 1, id);
		}
	}));

await check('axes are titled', () => open(shop, {}, async (page) => {
	for (const [id, titles] of Object.entries({
		'10_trend': ['Day of delivery', 'Return rate'],
		'20_buyers': ['Return rate (returned / delivered)'],
		'30_suppliers': ['Return rate (returned / delivered)'],
		'40_reasons': ['Share of all accepted returns'],
		'50_pending': ['Time since the request', 'Requests'],
		'60_money': ['Month of posting', 'Amount'],
	})) {
		assert.deepEqual(await texts(page, `[id="${id}"] .role-axis-title text`), titles, id);
	}
	const money = await texts(page, '[id="60_money"] .role-axis-label text');
	assert.ok(money.filter((text) => text.endsWith(' USD')).length > 2, money.join());
}));

// Bars of rates: which, in which order, how long, what is written and of which band
async function rates(page, id, rows, name) {
	const bars = await marks(page, id, 'rates');
	assert.deepEqual(only(bars, Object.keys(rows[0])), rows);
	const unit = bars[0].width / rows[0].return_rate;
	bars.forEach((bar) => assert.ok(Math.abs(bar.width - unit * bar.return_rate) < 0.01));
	const fills = new Map(bars.map((bar) => [bar.band, bar.fill]));
	assert.equal(new Set(fills.values()).size, fills.size);
	bars.forEach((bar) => assert.equal(bar.fill, fills.get(bar.band)));
	assert.deepEqual(bars.map((bar) => bar.label), rows.map((row) =>
		`${row[name] ?? '(no supplier)'}: ${percent(row.return_rate)}, ${row.band}`));
	const labels = await marks(page, id, 'labels');
	assert.deepEqual(labels.map((label) => label.written),
		rows.map((row) => percent(row.return_rate) + signs[row.band]));
	// long names are cut
	const names = await texts(page, `[id="${id}"] .role-axis-label text`);
	rows.forEach((row, i) => {
		const text = names.slice(-rows.length)[i].replace(/…$/, '');
		const whole = row[name] ?? '(no supplier)';
		assert.ok(text.length > 3 && whole.startsWith(text), `${text} of ${whole}`);
	});
}

for (const currency of ['USD', 'EUR']) {
	const of = `WHERE currency = '${currency}'`;
	const chosen = [];
	const when = (name, test) => chosen.push([`${currency}: ${name}`, test]);

	when('the bars of buyers are those of the view', async (page) => {
		const rows = view('return_rate_by_buyer',
			`${of} ORDER BY band = 'too_few', ${rated}, buyer_id`);
		assert.equal(rows.length, currency === 'USD' ? 6 : 3);
		await rates(page, '20_buyers', rows, 'buyer');
	});

	when('the caps are those of the terms', async (page) => {
		const rows = sql('shop', `SELECT account_id, account, value::numeric AS max_return_percent,
				(SELECT value FROM lr_terms(a.account_id) WHERE setting = 'cap_basis') AS cap_basis
			FROM leadreturns.return_rate_by_account a, lr_terms(a.account_id)
			${of} AND setting = 'max_return_percent' ORDER BY account_id`);
		const byId = (a, b) => a.account_id - b.account_id;
		const drawn = (await marks(page, '20_buyers', 'caps')).sort(byId);
		// those far above all rates are in the table only
		const [{ highest }] = sql('shop', `SELECT max(return_rate) AS highest
			FROM leadreturns.return_rate_by_account ${of}`);
		const capped = rows.filter((row) => row.max_return_percent !== null &&
			row.max_return_percent <= 400 * highest);
		assert.equal(capped.length, currency === 'USD' ? 5 : 1);
		assert.deepEqual(only(drawn, Object.keys(rows[0])), capped);
		// on the scale of the bars
		const [bar] = await marks(page, '20_buyers', 'rates');
		const unit = bar.width / bar.return_rate / 100;
		drawn.forEach((cap) => assert.ok(Math.abs(cap.x - unit * cap.max_return_percent) < 0.01));
		const listed = await table(page, '20_buyers');
		assert.deepEqual(listed.map((row) => row.Account).sort(),
			rows.map((row) => row.account).sort());
		for (const row of rows.filter((one) => one.account !== 'Plain')) {
			assert.equal(listed.find((one) => one.Account === row.account).Cap,
				row.max_return_percent === null ? '–' : `${row.max_return_percent}\u00a0%`);
		}
	});

	when('the bars of suppliers are those of the view', (page) =>
		rates(page, '30_suppliers', view('return_rate_by_supplier',
			`${of} ORDER BY band = 'too_few', ${rated}, supplier_id`), 'supplier'));

	when('the bars of reasons are those of the view', async (page) => {
		const rows = view('return_rate_by_reason',
			`${of} AND returned > 0 ORDER BY returned DESC, reason`);
		const bars = await marks(page, '40_reasons', 'shares');
		assert.deepEqual(only(bars, Object.keys(rows[0])), rows);
		assert.deepEqual((await marks(page, '40_reasons', 'labels')).map((label) => label.written),
			rows.map((row) => `${percent(row.share)} (${row.returned})`));
	});

	when('the trend has each day, and marks the flagged spikes alone', async (page) => {
		const since = `day > date '2026-07-15' - 90`;
		const rows = sql('shop', `SELECT day, sum(delivered) AS delivered, sum(returned) AS returned
			FROM leadreturns.return_rate_by_buyer_daily ${of} AND ${since}
			GROUP BY day ORDER BY day`);
		const days = await page.evaluate(() =>
			[...document.querySelectorAll('[id="10_trend"] g.days_marks > *')].map((node) => {
				const { day, delivered, returned, return_rate: rate } = node.__data__.datum;
				const local = [day.getFullYear(), day.getMonth() + 1, day.getDate()];
				return { day: local.map((n) => String(n).padStart(2, '0')).join('-'),
					delivered, returned, rate };
			}));
		assert.deepEqual(only(days, ['day', 'delivered', 'returned']), rows);
		days.forEach((row) => assert.equal(row.rate, +(row.returned / row.delivered).toFixed(4)));
		const spikes = view('return_spikes', `WHERE is_spike AND ${since} ORDER BY z_score DESC`);
		assert.equal(spikes.length, 3);
		assert.ok(view('return_spikes', `WHERE NOT is_spike AND ${since}`).length > 0);
		const keys = ['subject_kind', 'subject_id', 'subject', 'z_score'];
		const drawn = await marks(page, '10_trend', 'spikes');
		drawn.sort((a, b) => b.z_score - a.z_score);
		assert.deepEqual(only(drawn, keys), only(spikes, keys));
		assert.deepEqual((await table(page, '10_trend')).map((row) => row.Day),
			spikes.map((row) => row.day).sort().reverse());
	});

	when('the queue is that of the view', async (page) => {
		const rows = sql('shop', `SELECT age_bucket, review, count(*) AS requests,
				count(*) FILTER (WHERE overdue) AS overdue
			FROM leadreturns.pending_returns ${of} GROUP BY age_bucket, age_bucket_order, review
			ORDER BY age_bucket_order, review`);
		const bars = await marks(page, '50_pending', 'requests');
		assert.deepEqual(only(bars, Object.keys(rows[0])), rows);
		assert.equal(rows.some((row) => row.overdue), currency === 'USD');
		const written = (await marks(page, '50_pending', 'labels')).map((label) => label.text);
		const sums = new Map();
		for (const row of rows) {
			const [requests, overdue] = sums.get(row.age_bucket) ?? [0, 0];
			sums.set(row.age_bucket, [requests + row.requests, overdue + row.overdue]);
		}
		assert.deepEqual(written.map(String), [...sums.values()].map(([requests, overdue]) =>
			overdue ? `${requests}\n${overdue} overdue` : `${requests}`));
	});

	when('money is that of the ledger', async (page) => {
		const rows = sql('shop', `SELECT month,
				sum(amount * sign) FILTER (WHERE kind LIKE 'credit%') AS revenue_returned,
				sum(amount * sign) FILTER (WHERE kind LIKE 'claw%') AS cost_clawed_back
			FROM (SELECT *, date_trunc('month', posted_at AT TIME ZONE 'UTC')::date AS month,
					CASE WHEN kind LIKE '%reversed' THEN -1 ELSE 1 END AS sign
				FROM leadreturns.ledger) l ${of} GROUP BY month ORDER BY month`);
		const bars = await marks(page, '60_money', 'amounts');
		const amount = (kind) => bars.filter((bar) => bar.kind === kind).map((bar) => bar.amount);
		assert.equal(bars.length, 2 * rows.length);
		for (const kind of ['revenue_returned', 'cost_clawed_back']) {
			assert.deepEqual(amount(kind), rows.map((row) => row[kind]));
		}
		const tallest = bars.reduce((a, b) => a.amount > b.amount ? a : b);
		bars.forEach((bar) => assert.ok(
			Math.abs(bar.height - tallest.height * bar.amount / tallest.amount) < 0.01));
	});

	when('the heat map is the view', async (page) => {
		const rows = view('return_rate_buyer_supplier', `${of} ORDER BY buyer_id, supplier_id`);
		const cells = await marks(page, '70_pairs', 'cells');
		const byKey = (a, b) => a.buyer_id - b.buyer_id ||
			(a.supplier_id ?? Infinity) - (b.supplier_id ?? Infinity);
		assert.deepEqual(only(cells.sort(byKey), Object.keys(rows[0])), rows);
		const places = new Set(cells.map((cell) => `${cell.x},${cell.y}`));
		assert.equal(places.size, rows.length);
		for (const label of await marks(page, '70_pairs', 'labels')) {
			assert.equal(label.written, label.band === 'too_few' ? '–'
				: (100 * label.return_rate).toFixed(0) + signs[label.band]);
		}
	});

	when('the key figures are sums of this currency alone', async (page) => {
		const [total] = sql('shop', `SELECT count(*) AS delivered,
				count(*) FILTER (WHERE r.status = 'accepted') AS returned,
				count(*) FILTER (WHERE r.status = 'open') AS waiting,
				to_char(sum(d.price), 'FM999,999,990.00') AS price,
				to_char(sum(r.credit), 'FM999,999,990.00') AS credit
			FROM leadreturns.deliveries d LEFT JOIN leadreturns.returns r USING (delivery_id)
			WHERE d.currency = '${currency}'`);
		const tiles = await texts(page, '.tile');
		const delivered = total.delivered.toLocaleString('en');
		assert.equal(tiles[0], `Delivered${delivered}${total.price} ${currency}`);
		assert.equal(tiles[1], `Returned${total.returned}${total.credit} ${currency} credited`);
		const rate = (100 * total.returned / total.delivered).toFixed(1);
		assert.ok(tiles[2].startsWith(`Return rate${rate}\u00a0%by value `), tiles[2]);
		assert.ok(tiles[3].startsWith(`Waiting for a decision${total.waiting}`), tiles[3]);
		const other = currency === 'USD' ? 'EUR' : 'USD';
		assert.ok(!(await page.textContent('main')).includes(other));
	});

	await check(`${currency}: it can be chosen`, () => open(shop, {}, async (page) => {
		await page.check(`input[value="${currency}"]`);
		await ready(page);
		for (const [name, test] of chosen) await check(name, () => test(page));
	}));
}

// Without the page's own policy, so that escaping alone has to hold
await check('names are text, whatever they contain', () =>
	open(shop, { bypassCSP: true }, async (page) => {
		const source = readFileSync(shop, 'utf8');
		assert.ok(source.includes('\\u003c/script>\\u003cimg'));
		assert.ok(!/[\u2028\u2029]/.test(source));
		const elements = await page.evaluate(() =>
			['img', 'b:not(.tile b)', 'script:not([class], [id])']
				.map((selector) => document.querySelectorAll(selector).length));
		assert.deepEqual(elements, [0, 0, 4]);
		assert.equal(await page.evaluate(() => window.pwned), undefined);
		const suppliers = (await table(page, '30_suppliers')).map((row) => row.Supplier);
		for (const name of bad) assert.ok(suppliers.includes(name), name);
		const reasons = (await table(page, '40_reasons')).map((row) => row.Reason);
		for (const name of bad.slice(0, 5)) assert.ok(reasons.includes(name), name);
		assert.ok((await table(page, '20_buyers')).some((row) => row.Account === bad[0]));
		// Tooltips are made of HTML
		for (const id of ['20_buyers', '30_suppliers', '40_reasons', '70_pairs']) {
			const mark = page.locator(`[id="${id}"] svg path[aria-label*="<img"]`).first();
			await mark.hover({ force: true });
			const tip = page.locator('#vg-tooltip-element.visible');
			await tip.waitFor();
			assert.ok((await tip.textContent()).includes(bad[0]), id);
			assert.equal(await tip.locator('img').count(), 0);
			await page.mouse.move(0, 0);
		}
		assert.equal(await page.evaluate(() => window.pwned), undefined);
	}));

await check('its policy allows no script but its own', () =>
	open(shop, { complaint: /Content Security Policy/ }, async (page) => {
		assert.equal(await page.evaluate(() => {
			const script = document.createElement('script');
			script.textContent = 'window.ran = 1';
			document.body.append(script);
			return window.ran;
		}), undefined);
	}));

await check('an empty database has a page of empty states', () =>
	open(`${pages}/empty.html`, {}, async (page) => {
		assert.equal(await page.locator('svg').count(), 0);
		assert.deepEqual(await texts(page, '.panel > .message'), ['No deliveries in this time',
			'No deliveries yet', 'No deliveries yet', 'No returns yet', 'Nothing is waiting',
			'No money has moved yet', 'No deliveries yet']);
		assert.deepEqual(await texts(page, '.tile b'), ['0', '0', '–', '0', '–', '0']);
		assert.equal(await page.isVisible('#currencies'), false);
	}));

await check('one delivery is enough for a page', () =>
	open(`${pages}/one.html`, {}, async (page) => {
		const bars = await marks(page, '20_buyers', 'rates');
		assert.deepEqual(only(bars, ['buyer', 'delivered', 'return_rate', 'band', 'width']),
			[{ buyer: 'Only buyer', delivered: 1, return_rate: 0, band: 'too_few', width: 0 }]);
		assert.equal((await marks(page, '10_trend', 'days')).length, 1);
		assert.deepEqual((await table(page, '30_suppliers')).map((row) => row.Supplier), ['–']);
		assert.equal(await page.textContent('[id="40_reasons"] > .message'), 'No returns yet');
		assert.deepEqual(await texts(page, '.tile b'), ['1', '0', '0.0\u00a0%', '0', '–', '0']);
	}));

await check('of many buyers and suppliers those are shown that it says', () =>
	open(`${pages}/many.html`, {}, async (page) => {
		for (const [id, name, count] of [['20_buyers', 'buyer', '2,000'],
			['30_suppliers', 'supplier', '300']]) {
			const bars = await marks(page, id, 'rates');
			const rows = sql('many', `SELECT ${name}, return_rate
				FROM leadreturns.return_rate_by_${name} WHERE band <> 'too_few'
				ORDER BY return_rate DESC, delivered DESC, ${name}_id LIMIT 20`);
			assert.deepEqual(only(bars, [name, 'return_rate']), rows);
			assert.ok((await page.textContent(`[id="${id}"] .note`)).endsWith(
				` Of ${count} ${name}s the 20 with the highest rates are shown.`));
		}
		const cells = await marks(page, '70_pairs', 'cells');
		const largest = (name) => sql('many', `SELECT ${name}
			FROM leadreturns.return_rate_by_${name} ORDER BY delivered DESC, ${name}_id LIMIT 15`)
			.map((row) => row[name]).sort();
		assert.deepEqual([...new Set(cells.map((cell) => cell.buyer))].sort(), largest('buyer'));
		const shown = new Set(cells.map((cell) => cell.supplier));
		assert.ok([...shown].every((name) => largest('supplier').includes(name)));
		assert.ok((await page.textContent('[id="70_pairs"] .note')).endsWith(
			' Shown are the largest of 2,000 buyers and 300 suppliers.'));
		const [{ n }] = sql('many', 'SELECT count(*) AS n FROM leadreturns.return_rate_by_buyer');
		assert.equal(n, 2000);
		assert.ok((await page.content()).length < 2e6);
	}));

await check('names of a database in another encoding come through', () =>
	open(`${pages}/latin.html`, {}, async (page) => {
		assert.deepEqual((await table(page, '20_buyers')).map((row) => [row.Buyer, row.Account]),
			[['Müller & Söhne', 'Düren']]);
	}));

for (const [name, width] of [['shop', 390], ['many', 390], ['shop', 320], ['shop', 768]]) {
	await check(`${name}: ${width} pixels are wide enough`, () =>
		open(`${pages}/${name}.html`, { width }, async (page) => {
			for (const summary of await page.locator('summary').all()) await summary.click();
			const [page_, charts] = await page.evaluate(() => [
				document.documentElement.scrollWidth,
				[...document.querySelectorAll('.chart')].map((node) =>
					[node.scrollWidth - node.clientWidth,
						node.querySelector('svg').getBoundingClientRect().right - innerWidth]),
			]);
			assert.equal(page_, width);
			assert.equal(charts.length, name === 'shop' ? 7 : charts.length);
			for (const [more, right] of charts) {
				assert.ok(more <= 0 && right < 0, `${more}, ${right}`);
			}
			if (width > 600) return;
			const cells = await marks(page, '70_pairs', 'cells');
			assert.ok(new Set(cells.map((cell) => cell.supplier_id)).size <= 7);
			const least = width < 390 ? 18 : 26;
			cells.forEach((cell) => assert.ok(cell.width > least, `${cell.width}`));
			for (const place of ['first', 'last']) {
				await page.locator('[id="70_pairs"] g.cells_marks path')[place]()
					.hover({ force: true });
				const tip = page.locator('#vg-tooltip-element.visible');
				await tip.waitFor();
				const box = await tip.boundingBox();
				assert.ok(box.x >= 0 && box.x + box.width <= width, `${box.x}, ${box.width}`);
				await page.mouse.move(0, 0);
			}
		}));
}

// Relative luminance and contrast as WCAG defines them
function contrast(one, other) {
	const [light, dark] = [one, other].map((colour) => {
		const [r, g, b] = colour.map((v) => v / 255)
			.map((v) => v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4);
		return 0.2126 * r + 0.7152 * g + 0.0722 * b;
	}).sort((a, b) => b - a);
	return (light + 0.05) / (dark + 0.05);
}

for (const scheme of ['light', 'dark']) {
	await check(`${scheme}: text and bars stand out from the panel`, () =>
		open(shop, { scheme }, async (page) => {
			const colours = await page.evaluate(() => {
				const rgb = (text) => text.match(/[\d.]+/g).slice(0, 3).map(Number);
				const all = (selector, property) => [...document.querySelectorAll(selector)]
					.map((node) => rgb(getComputedStyle(node)[property]));
				return {
					panel: all('.panel', 'backgroundColor')[0],
					charts: all('.panel svg text', 'fill'),
					words: all('.panel h2, .note, .tile *, summary, #asof', 'color'),
					bars: all(':is(.rates_marks, .shares_marks, .requests_marks) > *', 'fill'),
				};
			});
			const dark = contrast(colours.panel, [0, 0, 0]) < 4;
			assert.equal(dark, scheme === 'dark');
			assert.ok(colours.charts.length > 100 && colours.bars.length > 15);
			for (const text of [...colours.charts, ...colours.words]) {
				assert.ok(contrast(text, colours.panel) >= 4.5, `text ${text}`);
			}
			for (const bar of colours.bars) {
				assert.ok(contrast(bar, colours.panel) >= 3, `bar ${bar}`);
			}
		}));
}

await check('a change of the colour scheme repaints it', () =>
	open(shop, {}, async (page) => {
		const fill = () => page.locator('[id="20_buyers"] .role-axis-label text').first()
			.evaluate((node) => getComputedStyle(node).fill);
		const light = await fill();
		await page.emulateMedia({ colorScheme: 'dark' });
		await page.waitForFunction((before) => {
			const node = document.querySelector('[id="20_buyers"] .role-axis-label text');
			return / UTC$/.test(document.title) && getComputedStyle(node).fill !== before;
		}, light);
		assert.equal(await page.locator('.panel svg').count(), 7);
	}));

for (const timezoneId of ['America/Los_Angeles', 'Pacific/Auckland']) {
	await check(`days and months are the same in ${timezoneId}`, () =>
		open(shop, { timezoneId }, async (page) => {
			const days = (await marks(page, '10_trend', 'days')).map((mark) => mark.label);
			const [first] = sql('shop', `SELECT to_char(min(day), 'FMDD Mon YYYY') AS day
				FROM leadreturns.return_rate_by_buyer_daily WHERE day > date '2026-07-15' - 90`);
			assert.ok(days[0].includes(`Day: ${first.day};`), days[0]);
			const months = await texts(page, '[id="60_money"] .role-axis-label text');
			assert.deepEqual(months.slice(0, 4), ['Apr2026', 'May2026', 'Jun2026', 'Jul2026']);
		}));
}

await finish();
