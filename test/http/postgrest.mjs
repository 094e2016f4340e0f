// The requests that doc/http/README.md shows, answered as PostgREST documents that it does; this is
// no PostgREST. Arguments: the directory doc/http.
import { createRequire } from 'node:module';
import { done, examples, is } from './check.mjs';

const page = `${process.argv[2]}/README.md`;
const pg = createRequire(page)('pg');
const client = new pg.Client({ user: 'authenticator', database: process.env.PGDATABASE });
await client.connect();
const schema = 'leadreturns_api';
const quoted = (name) => client.escapeIdentifier(name);

// What a token says.
const claims = (token) => {
	const [role, buyer] = token.toLowerCase().split('_of_');
	return { role, ...(buyer && { buyer_id: { ashford: 1, beacon: 2 }[buyer] }) };
};

// The query of a request. What select, eq and named arguments mean is all that is needed.
async function query({ path, search, body }) {
	const columns = search.get('select')?.split(',').map(quoted).join(', ') ?? '*';
	search.delete('select');
	const given = Object.entries(body ?? Object.fromEntries(search));
	const [, rpc, name] = /^\/(rpc\/)?(\w+)$/.exec(path);
	if (rpc) {
		const { rows } = await client.query(
			`SELECT proretset, provolatile FROM pg_proc
			  WHERE pronamespace = $1::regnamespace AND proname = $2`, [schema, name]);
		is(`${name} is there, once`, rows.length, 1);
		return {
			text: `SELECT ${columns} FROM ${schema}.${quoted(name)}(${
				given.map(([key], i) => `${quoted(key)} => $${i + 1}`).join(', ')})`,
			values: given.map(([, value]) => String(value)),
			many: rows[0].proretset,
		};
	}
	const conditions = given.map(([key], i) => `${quoted(key)} = $${i + 1}`);
	return {
		text: `SELECT ${columns} FROM ${schema}.${quoted(name)} WHERE ${conditions.join(' AND ')}`,
		values: given.map(([, value]) => value.replace(/^eq\./, '')),
		many: true,
	};
}

async function answer(request) {
	const { text, values, many } = await query(request);
	await client.query('BEGIN');
	try {
		if (request.body === undefined) await client.query('SET TRANSACTION READ ONLY');
		await client.query(
			"SELECT set_config('role', $1, true), set_config('request.jwt.claims', $2, true)",
			[request.claims.role, JSON.stringify(request.claims)]);
		await client.query('SELECT act_for_token()');
		const { rows } = await client.query(
			`SELECT coalesce(json_agg(x), '[]')::text AS said FROM (${text}) x`, values);
		const said = JSON.parse(rows[0].said);
		return [200, many ? said : said[0]];
	} catch (error) {
		if (error.code !== 'PGRST') return [error.code === '42501' ? 403 : 400, error.message];
		const { status, headers } = JSON.parse(error.detail);
		is('headers', headers, status === 401 ? { 'WWW-Authenticate': 'Bearer' } : {});
		return [status, JSON.parse(error.message)];
	} finally {
		await client.query(request.body === undefined ? 'ROLLBACK' : 'COMMIT');
	}
}

let shown = 0;
for (const { asked, answer: expected } of examples(page, 'sh')) {
	if (!asked.startsWith('curl ')) continue;
	const url = new URL(`http://${/localhost:3000[^\s"]*/.exec(asked)[0]}`);
	const body = /-d '(.*)'/.exec(asked)?.[1];
	const got = await answer({
		path: url.pathname,
		search: url.searchParams,
		body: body && JSON.parse(body),
		claims: claims(/Bearer \$(\w+)/.exec(asked)[1]),
	});
	const [, status, text] = /^(\d+) (.*)$/s.exec(expected);
	is(`curl ${url.pathname}: status`, got[0], Number(status));
	is(`curl ${url.pathname}: body`, got[1], JSON.parse(text));
	shown++;
}
is('requests were shown', shown, 9);
await client.end();
done();
