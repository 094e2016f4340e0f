// Half a year of the demo over GraphQL: every view that there is, asked by each role, shows it as many
// rows as the same role counts in SQL, or is refused to it as there. Argument: the directory doc/http.
import { done, is } from './check.mjs';
import { serve } from './served.mjs';

const { owner, ask, close } = await serve(process.argv[2]);

const { rows: views } = await owner.query(`
	SELECT c.relname AS name FROM pg_class c
	 WHERE c.relnamespace = 'leadreturns'::regnamespace AND c.relkind = 'v'
	   AND has_table_privilege('backoffice', c.oid, 'SELECT') ORDER BY 1`);
const { __schema } = await ask('backoffice', '{ __schema { queryType { fields { name } } } }');
const all = __schema.queryType.fields.map(({ name }) => name).filter((name) => name.startsWith('all'));
// the field is the view's name in camel case, in the plural
const singular = (name) =>
	name.replace(/ies$/, 'y').replace(/sses$/, 'ss').replace(/([^s])s$/, '$1').toLowerCase();
const fieldOf = (view) =>
	all.find((name) => singular(name.slice(3)) === singular(view.replaceAll('_', '')));

is('there are views', views.length > 40, true);
is('each is a query', views.filter(({ name }) => !fieldOf(name)), []);
const client = await owner.connect();
for (const user of ['backoffice', 'ashford', 'clickriver']) {
	const counted = {};
	const shown = {};
	await client.query(`SET ROLE ${user}`);
	for (const { name } of views) {
		counted[name] = await client.query(`SELECT count(*) FROM leadreturns.${name}`)
			.then(({ rows }) => Number(rows[0].count), ({ code }) => code);
		const data = await ask(user, `{ ${fieldOf(name)}(first: 1) { totalCount nodes { __typename } } }`);
		shown[name] = data[fieldOf(name)]?.totalCount ?? data.errcode;
	}
	await client.query('RESET ROLE');
	is(`${user} sees of each view what it sees in SQL`, shown, counted);
	is(`${user} sees something`, shown.returns > 0, true);
}
client.release();

const { rows: [last] } = await owner.query(`
	SELECT d.lead_id, d.account_id FROM leadreturns.deliveries d
	 WHERE d.account_id = 1 AND NOT EXISTS (SELECT FROM leadreturns.returns r
	                                         WHERE r.delivery_id = d.delivery_id)
	 ORDER BY d.delivered_at DESC, d.delivery_id DESC LIMIT 1`);
is('a lead of the last day is returned', await ask('backoffice', `mutation {
	lrReturn(input: {leadId: "${last.lead_id}", accountId: "${last.account_id}",
		reason: "Phone was DISCONNECTED!", override: true, note: "a demo"}) {
		return { leadId reason status overridden } } }`),
	{ lrReturn: { return: { leadId: last.lead_id, reason: 'bad_contact_info', status: 'open',
		overridden: true } } });
is('everything agrees', (await owner.query('SELECT * FROM lr_reconcile()')).rows, []);
await close();
done();
