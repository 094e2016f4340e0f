// What the tests in this directory share.
import { deepStrictEqual } from 'node:assert';
import { readFileSync } from 'node:fs';
import { inspect } from 'node:util';

let passed = 0;
let failed = 0;

export function is(name, got, expected) {
	try {
		deepStrictEqual(got, expected);
		passed++;
		console.log(`ok      ${name}`);
	} catch {
		failed++;
		const show = (value) => inspect(value, { depth: 9, breakLength: Infinity, compact: true });
		console.log(`FAILED  ${name}: got ${show(got)}, expected ${show(expected)}`);
	}
}

export function done() {
	console.log(`${passed} passed, ${failed} failed`);
	process.exit(failed > 0 ? 1 : 0);
}

// The blocks of code in a page, in their order: {language, text}.
export function blocks(page) {
	const found = readFileSync(page, 'utf8').matchAll(/^```(\w*)\n(.*?)^```$/gms);
	return [...found].map(([, language, text]) => ({ language, text }));
}

// Runs a block of JavaScript, without its imports, in which these names are known.
export function run(text, known) {
	const code = text.replace(/^import .*\n/gm, '');
	const AsyncFunction = (async () => {}).constructor;
	return new AsyncFunction(...Object.keys(known), code)(...Object.values(known));
}

// Each block of a language with the text of the block after it.
export function examples(page, language) {
	const all = blocks(page);
	return all.flatMap((block, i) =>
		block.language === language ? [{ asked: block.text, answer: all[i + 1].text }] : []);
}
