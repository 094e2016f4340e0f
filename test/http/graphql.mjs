// The server of doc/http/postgraphile.mjs, asked over HTTP as several roles, and the queries that
// doc/http/README.md shows. Argument: the directory doc/http.
import { readFileSync } from 'node:fs';
import { done, examples, is } from './check.mjs';
import { serve } from './served.mjs';

const { owner, post, ask, close } = await serve(process.argv[2]);

for (const { asked, answer } of examples(`${process.argv[2]}/README.md`, 'graphql')) {
	const [status, got] = await post(/^# (\w+)/.exec(asked)[1], asked);
	// where in the text it was, and everything once more for other clients
	for (const error of got.errors ?? []) delete error.locations, delete error.extensions;
	is(`as shown: ${asked.split('\n')[1].trim()}`, [status, got], [200, JSON.parse(answer)]);
}

// The life of a return.
const row = '{ return { returnId status review credit deliveryByDeliveryId { status } } }';
const filed = (await ask('ashford',
	`mutation { lrReturn(input: {leadId: "50", reason: "other"}) ${row} }`)).lrReturn.return;
const id = filed.returnId;
is('a return is filed', [filed.status, filed.deliveryByDeliveryId.status], ['open', 'DELIVERED']);
is('and accepted by staff', await ask('backoffice',
	`mutation { lrAccept(input: {returnId: "${id}", note: "fine"}) ${row} }`),
	{ lrAccept: { return: { returnId: id, status: 'accepted', review: 'processed', credit: '40.00',
		deliveryByDeliveryId: { status: 'RETURNED' } } } });
is('a view is written to as well', (await ask('backoffice', `mutation {
	updateReturnByReturnId(input: {returnId: "${id}", returnPatch: {status: "rolled_back"}}) ${row} }`))
	.updateReturnByReturnId.return.status, 'rolled_back');
is('its history is there', (await ask('backoffice', `{ returnByReturnId(returnId: "${id}") {
	returnHistoriesByReturnId(orderBy: HISTORY_ID_ASC) { nodes { toStatus } } } }`))
	.returnByReturnId.returnHistoriesByReturnId.nodes.map(({ toStatus }) => toStatus),
	['open', 'accepted', 'rolled_back']);
is('a new row is a new return', (await ask('ashford', `mutation {
	createReturn(input: {return: {leadId: "52", reason: "duplicate"}}) ${row} }`))
	.createReturn.return.status, 'open');
is('figures are there', (await ask('backoffice',
	'{ allReturnRateByBuyers(orderBy: BUYER_ID_ASC) { nodes { buyer delivered open } } }'))
	.allReturnRateByBuyers.nodes.length, 2);

// Pages: the cursor of one leads to the next.
const pages = [];
for (let after = 'null'; after;) {
	const { nodes, pageInfo } = (await ask('ashford', `{ allReturns(first: 2, after: ${after},
		orderBy: RETURN_ID_ASC) { nodes { leadId } pageInfo { endCursor hasNextPage } } }`)).allReturns;
	pages.push(nodes.map(({ leadId }) => leadId));
	after = pageInfo.hasNextPage ? JSON.stringify(pageInfo.endCursor) : '';
}
is('pages follow each other', pages, [['48', '50'], ['52']]);

// Errors.
const mutation = (call) => `mutation { ${call} { clientMutationId } }`;
for (const [user, call, errcode, constraint, message] of [
	['ashford', `lrAccept(input: {returnId: "${id}"})`, 'LR001', 'not_permitted', 'not permitted'],
	['ashford', 'lrReturn(input: {leadId: "41", reason: "other"})', 'LR002', 'lead_not_found',
		'no such lead'],
	['ashford', 'lrReturn(input: {leadId: "999", reason: "other"})', 'LR002', 'lead_not_found',
		'no such lead'],
	['ashford', 'lrReturn(input: {leadId: "52", reason: "other"})', 'LR010', 'return_already_open',
		'a return of this lead is already open'],
	['backoffice', 'lrRollbackReturn(input: {leadId: "52"})', 'LR012', 'not_returned',
		'lead has not yet been returned'],
	['ashford', 'lrReturn(input: {leadId: "70", reason: "other"})', 'LR022', 'window_closed',
		'return window has closed'],
	['backoffice', `updateReturnByReturnId(input: {returnId: "${id}", returnPatch: {status: "open"}})`,
		'LR013', 'illegal_transition', 'this return cannot make that move'],
])
	is(`${user}: ${call}`, await ask(user, mutation(call)),
		{ errcode, constraint, message, told: true });

// Each sees what is its own, by whatever path.
const { nodeId } = (await ask('ashford', `{ returnByReturnId(returnId: "${id}") { nodeId } }`))
	.returnByReturnId;
is('another buyer sees nothing', await ask('beacon', `{
	allReturns { totalCount }
	returnByReturnId(returnId: "${id}") { returnId }
	node(nodeId: "${nodeId}") { nodeId }
	allReturnHistories { totalCount }
	allNotifications { totalCount } }`),
	{ allReturns: { totalCount: 0 }, returnByReturnId: null, node: null,
		allReturnHistories: { totalCount: 0 }, allNotifications: { totalCount: 0 } });
is('nor what is staff\'s', (await ask('beacon', '{ allLedgers { totalCount } }')).errcode, '42501');
is('a supplier sees neither buyer nor price', (await ask('clickriver', `{ allReturns(
	condition: {leadId: "50"}) { nodes { status reason supplier buyer price credit note } } }`))
	.allReturns.nodes,
	[{ status: 'rolled_back', reason: 'other', supplier: 'ClickRiver', buyer: null, price: null,
		credit: null, note: null }]);
is('without a user there is no answer', (await post(null, '{ allReturns { totalCount } }'))[0], 401);
is('nor for a role that the login may not become',
	(await ask('postgres', '{ allReturns { totalCount } }')).message,
	'permission denied to set role "postgres"');

// Names: what has been published stays, and everything that is public is there and nothing else.
const { __schema } = await ask('backoffice', `{ __schema { queryType { fields { name } }
	mutationType { fields { name } } types { name } } }`);
const queries = __schema.queryType.fields.map(({ name }) => name);
const mutations = __schema.mutationType.fields.map(({ name }) => name);
const names = readFileSync(new URL('names.txt', import.meta.url), 'utf8').trim().split('\n');
const there = [
	...queries.map((name) => `query ${name}`), ...mutations.map((name) => `mutation ${name}`)];
if (process.env.LR_NAMES) console.log(there.sort().join('\n'));
is('names that were published are there', names.filter((name) => !there.includes(name)), []);
const camel = (name) => name.replace(/_(\w)/g, (_, letter) => letter.toUpperCase());
const { rows: functions } = await owner.query(`
	SELECT proname, provolatile = 'v' AS writes FROM pg_proc
	 WHERE pronamespace = 'public'::regnamespace AND proname LIKE 'lr\\_%' AND prokind = 'f'
	   AND has_function_privilege('backoffice', oid, 'EXECUTE')`);
is('there are functions', functions.length > 40, true);
is('each is a mutation if it writes, else a query', functions
	.filter(({ proname, writes }) => !(writes ? mutations : queries).includes(camel(proname)))
	.map(({ proname }) => proname), []);
is('and nothing that it is made of is there', queries.concat(mutations)
	.filter((name) => /^(clock|seesAll|ownBuyer|money|guard|allRequests$|allTransfers$)/.test(name)), []);
is('everything agrees', (await owner.query('SELECT * FROM lr_reconcile()')).rows, []);

await close();
done();
