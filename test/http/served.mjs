// A server of GraphQL, made as doc/http/README.md shows, on a port that is free.
import { createRequire } from 'node:module';
import { blocks, run } from './check.mjs';

export async function serve(doc) {
	const { graphql } = await import(`${doc}/postgraphile.mjs`);
	const pg = createRequire(`${doc}/README.md`)('pg');
	const owner = new pg.Pool({ user: 'postgres' });

	// Stands for the authentication of an application.
	function roleOfSession(request) {
		const user = request.headers['x-user'];
		if (!user) throw Object.assign(new Error('who are you?'), { status: 401 });
		return user;
	}

	const shown = blocks(`${doc}/README.md`).find(({ text }) => text.includes('graphql(pool')).text;
	const { pool, server } = await run(`${shown.replace('5000', '0')}; return { pool, server };`, {
		pg,
		graphql: (...given) => graphql(...given, { disableQueryLog: true }),
		roleOfSession,
	});
	await new Promise((resolve) => server.once('listening', resolve));
	const url = `http://127.0.0.1:${server.address().port}/graphql`;

	async function post(user, query) {
		const response = await fetch(url, {
			method: 'POST',
			headers: { 'content-type': 'application/json', ...(user && { 'x-user': user }) },
			body: JSON.stringify({ query }),
		});
		return [response.status, await response.json()];
	}

	// The data of an answer, or of its first error what is ours.
	async function ask(user, query) {
		const [, { data, errors }] = await post(user, query);
		if (!errors) return data;
		const { errcode, constraint, message, detail, hint } = errors[0];
		return { errcode, constraint, message, told: Boolean(detail && hint) };
	}

	async function close() {
		server.close();
		server.closeAllConnections();
		await pool.end();
		await owner.end();
	}
	return { owner, post, ask, close };
}
