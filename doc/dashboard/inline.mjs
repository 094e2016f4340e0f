// Makes the template of the page: page.html with style, scripts and panels put into it. The
// database's part is appended by dashboard.sql. Usage: node inline.mjs > dashboard.template.html
import { createHash } from 'node:crypto';
import { readFileSync, readdirSync } from 'node:fs';

const read = (name) => readFileSync(new URL(name, import.meta.url), 'utf8');
const libraries = ['vega', 'vega-lite', 'vega-embed'];

// In strings and regular expressions, which is where scripts have such text, an escape means the
// same; in an element it would end the script or hide its end.
function inScript(text) {
	return text.replace(/<(?=\/script|!--)/gi, '\\x3c')
		.replace(/\u2028/g, '\\u2028').replace(/\u2029/g, '\\u2029');
}

function inJson(text) {
	return JSON.stringify(JSON.parse(text)).replace(/</g, '\\u003c')
		.replace(/\u2028/g, '\\u2028').replace(/\u2029/g, '\\u2029');
}

// The comment must not end within the text
function licence(name) {
	const { version } = JSON.parse(read(`node_modules/${name}/package.json`));
	const text = read(`node_modules/${name}/LICENSE`).trim().replace(/--/g, '- -');
	return `<!-- ${name} ${version}\n\n${text}\n-->`;
}

// Their source maps are not there to be asked for
const scripts = libraries
	.map((name) => read(`node_modules/${name}/build/${name}.min.js`))
	.map((text) => text.replace(/^\/\/# sourceMappingURL=.*$/gm, ''))
	.concat(read('page.js'))
	.map((text) => `\n${inScript(text.trim())}\n`);

const panels = readdirSync(new URL('panels', import.meta.url))
	.filter((name) => name.endsWith('.vl.json')).sort();

const parts = {
	// Nothing but these scripts ever runs, whatever a name in the database contains
	hashes: scripts
		.map((text) => `'sha256-${createHash('sha256').update(text).digest('base64')}'`).join('\n'),
	licences: libraries.map(licence).join('\n'),
	style: read('page.css').trim(),
	panels: panels.map((name) =>
		`<script type="application/json" class="panel" data-name="${name.replace(/\W.*/, '')}">` +
		`${inJson(read(`panels/${name}`))}</script>`).join('\n'),
	scripts: scripts.map((text) => `<script>${text}</script>`).join('\n'),
};

process.stdout.write(read('page.html').replace(/\{\{(\w+)\}\}/g, (all, name) => parts[name]));
