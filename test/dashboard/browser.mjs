// What the tests of the page share: a browser, queries, what a chart has drawn, and a tally.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { pathToFileURL } from 'node:url';
import { chromium } from 'playwright-core';

const browser = await chromium.launch({ executablePath: process.env.CHROMIUM });
let passed = 0;
let failed = 0;

export async function check(name, test) {
	try {
		await test();
		passed += 1;
		console.log(`ok      ${name}`);
	} catch (error) {
		failed += 1;
		console.log(`FAILED  ${name}\n${error.stack}`);
	}
}

export async function finish() {
	await browser.close();
	console.log(`${passed} passed, ${failed} failed`);
	process.exitCode = failed ? 1 : 0;
}

// The rows of a query, with numbers as numbers
export function sql(database, query) {
	const all = `SELECT coalesce(json_agg(q), '[]') FROM (${query}) q`;
	const env = { ...process.env, PGCLIENTENCODING: 'UTF8' };
	return JSON.parse(execFileSync('psql', ['-X', '-q', '-A', '-t', '-d', database, '-c', all],
		{ encoding: 'utf8', maxBuffer: 1 << 28, env }));
}

// Opens a page from disk, waits until it says that it is ready, and hands it to the test. Whatever
// it asks for, and whatever goes wrong in it, is an error, but for one complaint that is expected.
export async function open(file, options, test) {
	const { width = 1280, scheme = 'light', complaint, ...more } = options;
	const context = await browser.newContext(
		{ viewport: { width, height: 900 }, colorScheme: scheme, locale: 'en-GB', ...more });
	const url = pathToFileURL(file).href;
	const requests = [];
	const errors = [];
	try {
		const page = await context.newPage();
		context.on('request', (request) => requests.push(request.url()));
		page.on('pageerror', (error) => errors.push(error.message));
		page.on('console', (message) => errors.push(`${message.type()}: ${message.text()}`));
		page.on('dialog', (dialog) => { errors.push('a dialog'); dialog.dismiss(); });
		await page.goto(url);
		await ready(page);
		await test(page);
		assert.deepEqual(await page.locator('.error').allTextContents(), []);
	} finally {
		await context.close();
	}
	if (complaint) {
		assert.equal(errors.length, 1);
		assert.match(errors.pop(), complaint);
	}
	assert.deepEqual(errors, []);
	assert.deepEqual(requests, [url]);
}

export function ready(page) {
	return page.waitForFunction(() => / UTC$/.test(document.title), null, { timeout: 20000 });
}

// What a layer has drawn: the row, the place and the paint of every mark, in the row's order
export function marks(page, panel, layer) {
	return page.evaluate(([id, name]) =>
		[...document.querySelectorAll(`#${CSS.escape(id)} svg g.${name}_marks > *`)]
			.map((node) => ({ item: node.__data__, node }))
			.map(({ item, node }) => ({
				...item.datum, x: item.x, y: item.y, width: item.width, height: item.height,
				fill: node.getAttribute('fill'), text: item.text,
				written: node.textContent, label: node.getAttribute('aria-label'),
			})), [panel, layer]);
}

export function texts(page, selector) {
	return page.locator(selector).allTextContents();
}

// The rows of a panel's table, as objects by column title
export function table(page, panel) {
	return page.evaluate((id) => {
		const body = document.querySelector(`#${CSS.escape(id)} table`);
		if (!body) return null;
		const names = [...body.querySelectorAll('th')].map((node) => node.textContent);
		return [...body.querySelectorAll('tbody tr')].map((row) => Object.fromEntries(
			[...row.children].map((node, i) => [names[i], node.textContent])));
	}, panel);
}

export const only = (rows, fields) =>
	rows.map((row) => Object.fromEntries(fields.map((field) => [field, row[field]])));
