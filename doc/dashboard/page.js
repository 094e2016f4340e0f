'use strict';
// Draws the page: the data is in the element "data", one specification per panel in those of the
// class "panel". What the page needs to know of a panel is in its "usermeta":
//
//   size       wide, half or third, of the page's width
//   what, order, largest   what the rows are, and which of them are shown if there are more
//   rows, table, summary, noRows   data set and columns of the table, its title, its empty state
//   empty      what is said when the panel's data set has no rows
//   narrow     values of the specification's parameters on a narrow screen
//
// Text of the database becomes text nodes only.
addEventListener('DOMContentLoaded', () => {
	const byId = (id) => document.getElementById(id);
	const narrow = matchMedia('(max-width: 600px)');
	const dark = matchMedia('(prefers-color-scheme: dark)');
	const number = new Intl.NumberFormat('en');
	const money = new Intl.NumberFormat('en',
		{ minimumFractionDigits: 2, maximumFractionDigits: 2 });
	const signs = { healthy: '', watch: '\u25c6 ', high: '\u25b2 ', too_few: '\u2013 ' };
	const formats = {
		rate: (v) => `${(100 * v).toFixed(1)}\u00a0%`,
		percent: (v) => `${number.format(v)}\u00a0%`,
		money: (v) => money.format(v),
		band: (v) => signs[v] + v.replace('_', ' '),
	};

	function make(parent, tag, text, attributes = {}) {
		const node = document.createElement(tag);
		if (text != null) node.textContent = text;
		for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
		parent.append(node);
		return node;
	}

	if (!byId('data')) {
		make(byId('panels'), 'p',
			'This is the template. psql puts the numbers in: see dashboard.sql.',
			{ class: 'message' });
		document.title = 'Lead returns (template)';
		return;
	}
	const data = JSON.parse(byId('data').textContent);
	const totals = data.totals ?? [];
	const panels = [...document.querySelectorAll('script.panel')].map((script) => ({
		name: script.dataset.name, spec: JSON.parse(script.textContent),
	}));
	let currency = totals[0]?.currency ?? '';
	let drawn = 0;

	// Rows that have no currency are the same in all
	const rows = (name) =>
		(data[name] ?? []).filter((row) => !('currency' in row) || row.currency === currency);

	function age(hours) {
		if (hours < 1) return `${Math.round(60 * hours)} min`;
		return hours < 48 ? `${hours.toFixed(1)} hours` : `${(hours / 24).toFixed(1)} days`;
	}

	// What is shown in each currency, so that choosing one hides nothing
	function drawCurrencies() {
		if (totals.length < 2) return;
		byId('currencies').hidden = false;
		for (const total of totals) {
			const waiting = (data.pending ?? []).filter((row) => row.currency === total.currency)
				.reduce((sum, row) => sum + row.requests, 0);
			const label = make(byId('currencies').firstElementChild, 'label');
			const radio = make(label, 'input', null,
				{ type: 'radio', name: 'currency', value: total.currency });
			radio.checked = total.currency === currency;
			radio.addEventListener('change', () => { currency = radio.value; draw(); });
			make(label, 'span', ` ${total.currency} `);
			make(label, 'small', `${number.format(total.delivered)} delivered, ` +
				`${number.format(waiting)} waiting`);
		}
	}

	function drawTiles() {
		const total = totals.find((row) => row.currency === currency) ?? {};
		const pending = rows('pending');
		const sum = (field) => pending.reduce((all, row) => all + row[field], 0);
		const oldest = pending.reduce((max, row) => Math.max(max, row.age_hours), 0);
		const rate = (value) => value == null ? '\u2013' : formats.rate(value);
		const tiles = [
			['Delivered', number.format(total.delivered ?? 0),
				`${money.format(total.delivered_value ?? 0)} ${currency}`],
			['Returned', number.format(total.returned ?? 0),
				`${money.format(total.returned_value ?? 0)} ${currency} credited`],
			['Return rate', rate(total.return_rate), `by value ${rate(total.value_rate)}`],
			['Waiting for a decision', number.format(sum('requests')),
				`${number.format(sum('overdue'))} overdue`],
			['Oldest waiting', pending.length ? age(oldest) : '\u2013', 'since its request'],
			['Spikes', number.format(data.new_spikes), 'in the last 7 days'],
		];
		byId('tiles').replaceChildren();
		for (const [name, value, more] of tiles) {
			const tile = make(byId('tiles'), 'div', null, { class: 'tile' });
			make(tile, 'span', name);
			make(tile, 'b', value);
			make(tile, 'small', more);
		}
	}

	// Which rows are shown, where there are more of them
	function selection({ what, order, largest }, shown) {
		const all = shown[0]?.places;
		if (what && order && all > shown.length) {
			return ` Of ${number.format(all)} ${what} the ${shown.length} with ${order} are shown.`;
		}
		const many = largest && totals.find((row) => row.currency === currency);
		if (many && (many.buyers > data.cells || many.suppliers > data.cells)) {
			return ` Shown are ${largest} of ${number.format(many.buyers)} buyers and ` +
				`${number.format(many.suppliers)} suppliers.`;
		}
		return '';
	}

	function drawTable(parent, { rows: name, table, summary, noRows }) {
		const list = rows(name);
		const details = make(parent, 'details');
		make(details, 'summary', summary ?? 'Table');
		if (!list.length) {
			make(details, 'p', noRows ?? 'No rows', { class: 'message' });
			return;
		}
		const scroll = make(details, 'div', null,
			{ class: 'scroll', tabindex: 0, role: 'region', 'aria-label': summary ?? 'Table' });
		const body = make(scroll, 'table');
		const numeric = ([field, , format]) =>
			format !== 'band' && (format || list.every((row) => typeof row[field] === 'number'));
		const head = make(make(body, 'thead'), 'tr');
		for (const column of table) {
			make(head, 'th', column[1], { scope: 'col', class: numeric(column) ? 'number' : '' });
		}
		const content = make(body, 'tbody');
		for (const row of list) {
			const line = make(content, 'tr');
			for (const column of table) {
				const value = row[column[0]];
				const format = formats[column[2]] ??
					((v) => typeof v === 'number' ? number.format(v) : String(v));
				make(line, 'td', value == null ? '\u2013' : format(value),
					{ class: numeric(column) ? 'number' : '' });
			}
		}
	}

	// The colours are those of the page's style
	function theme(width) {
		const style = getComputedStyle(document.documentElement);
		const colour = (name) => style.getPropertyValue(`--${name}`).trim();
		const font = getComputedStyle(document.body).fontFamily;
		const size = narrow.matches ? 11 : 12;
		return {
			background: 'transparent', font, padding: 2,
			view: { stroke: null },
			axis: {
				labelColor: colour('text'), titleColor: colour('muted'), gridColor: colour('line'),
				domainColor: colour('line'), tickColor: colour('line'), labelFontSize: size,
				titleFontSize: size, titleFontWeight: 'normal', titlePadding: 8, labelSeparation: 8,
			},
			axisY: { labelLimit: Math.min(170, 0.3 * width) },
			legend: {
				labelColor: colour('text'), labelFontSize: size, labelLimit: 240,
				columns: narrow.matches ? 2 : 0, offset: 8,
				layout: { top: { direction: 'vertical', anchor: 'start' } },
			},
			range: {
				category: ['healthy', 'watch', 'high', 'few'].map(colour),
				ordinal: ['first', 'second'].map(colour),
			},
			style: {
				plain: { color: colour('first') },
				days: { color: colour('muted') },
				trend: { color: colour('accent') },
				spike: { color: colour('high'), stroke: colour('panel') },
				edge: { color: colour('panel') },
				cap: { color: colour('text') },
				cell: { fillOpacity: 0.38, stroke: colour('panel'), strokeWidth: 2 },
				value: { color: colour('text'), fontSize: size },
				strong: { color: colour('text'), fontSize: size, fontWeight: 'bold' },
			},
		};
	}

	// Every data set that the specification names; Vega writes into the rows it is given
	function datasets(spec, found = {}) {
		if (spec.data?.name) found[spec.data.name] = structuredClone(rows(spec.data.name));
		(spec.layer ?? []).forEach((layer) => datasets(layer, found));
		return found;
	}

	async function drawChart(parent, panel, title, note) {
		const spec = structuredClone(panel.spec);
		const { narrow: small = {} } = spec.usermeta;
		delete spec.title;
		delete spec.usermeta;
		spec.datasets = datasets(spec);
		spec.description = `${title}. ${note}`;
		for (const param of spec.params ?? []) {
			if (param.name === 'currency') param.value = currency;
			if (narrow.matches && param.name in small) param.value = small[param.name];
		}
		const result = await vegaEmbed(parent, spec, {
			mode: 'vega-lite', renderer: 'svg', actions: false, logLevel: vega.Error,
			config: theme(parent.clientWidth),
			// Expressions are interpreted, so that the page's policy can forbid making code of text
			ast: true,
		});
		panel.view = result.view;
	}

	async function drawPanel(panel) {
		const { title, usermeta, data: main } = panel.spec;
		const shown = rows(main.name);
		const note = [title.subtitle].flat().join(' ') + selection(usermeta, shown);
		const heading = `title_${panel.name}`;
		const section = make(byId('panels'), 'section', null, {
			id: panel.name, class: `panel ${usermeta.size}`, 'aria-labelledby': heading,
		});
		make(section, 'h2', title.text, { id: heading });
		make(section, 'p', note, { class: 'note' });
		if (!shown.length) {
			make(section, 'p', usermeta.empty, { class: 'message' });
			return;
		}
		const chart = make(section, 'div', null, { class: 'chart' });
		drawTable(section, usermeta);
		try {
			await drawChart(chart, panel, title.text, note);
		} catch (error) {
			chart.textContent = `This chart cannot be drawn: ${error.message}`;
			chart.className = 'message error';
		}
	}

	// Once more when the currency, the width class or the colour scheme changes
	async function draw() {
		const turn = ++drawn;
		document.title = 'Lead returns (drawing)';
		for (const panel of panels) {
			panel.view?.finalize();
			panel.view = null;
		}
		drawTiles();
		byId('panels').replaceChildren();
		await Promise.all(panels.map(drawPanel));
		if (turn === drawn) document.title = `Lead returns, ${data.as_of} UTC`;
	}

	make(byId('asof'), 'time', `As of ${data.as_of} UTC`,
		{ datetime: `${data.as_of.replace(' ', 'T')}Z` });
	drawCurrencies();
	narrow.addEventListener('change', draw);
	dark.addEventListener('change', draw);
	draw();
});
