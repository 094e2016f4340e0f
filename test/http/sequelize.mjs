// The models of doc/http/sequelize.mjs against a database: they do what the functions do. Their
// argument is the directory doc/http.
import { createRequire } from 'node:module';
import { blocks, done, is, run } from './check.mjs';

const page = `${process.argv[2]}/README.md`;
const { define } = await import(`${process.argv[2]}/sequelize.mjs`);
const require = createRequire(page);
const { DatabaseError, Sequelize } = require('sequelize');

// Each party has a login of its own, or what SET ROLE of a pooled one comes to.
function connect(role) {
	const sequelize = new Sequelize({
		dialect: 'postgres',
		host: process.env.PGHOST,
		port: process.env.PGPORT,
		database: process.env.PGDATABASE,
		username: 'authenticator',
		dialectOptions: { options: `-c role=${role}` },
		logging: false,
	});
	return { sequelize, ...define(sequelize) };
}
const staff = connect('backoffice');
const buyer = connect('ashford');
const select = async (query) => (await staff.sequelize.query(query))[0];

// What a driver was told of an error.
async function refused(promise) {
	try {
		await promise;
	} catch (error) {
		if (!(error instanceof DatabaseError)) throw error;
		const { code, constraint, detail, hint } = error.original;
		return [code, constraint, Boolean(detail && hint)];
	}
	return 'nothing';
}

// The same by mapper and by function, to be compared.
const told = (lead) => select(`
	SELECT h.from_status, h.to_status, h.how, h.actor, h.note, h.party_kind
	  FROM leadreturns.return_history h JOIN leadreturns.returns r USING (return_id)
	 WHERE r.lead_id = ${lead} ORDER BY h.history_id`);
const posted = (lead) => select(`
	SELECT l.kind, l.debit_account, l.credit_account, l.amount, l.note
	  FROM leadreturns.ledger l JOIN leadreturns.deliveries d USING (delivery_id)
	 WHERE d.lead_id = ${lead} ORDER BY l.transfer_id`);

const filed = await buyer.Return.create({ leadId: 44, reason: 'Duplicate!', note: 'seen' });
is('create() brings the generated keys', [filed.returnId, filed.deliveryId], Object.values((await select(
	'SELECT return_id, delivery_id FROM leadreturns.returns WHERE lead_id = 44'))[0]));
is('and what was decided', [filed.status, filed.reason, filed.review, filed.credit],
	['open', 'duplicate', 'requires_review', '0.00']);
await buyer.sequelize.query("SELECT lr_return(46, 'Duplicate!', 'seen')");
is('create() is lr_return', await told(44), await told(46));

const open = await staff.Return.findByPk(filed.returnId, { include: 'delivery' });
is('findByPk() reads it, with its delivery', [open.leadId, open.delivery.price], ['44', '40.00']);
open.status = 'accepted';
open.decisionNote = 'the line is dead';
await open.save({ returning: true });
is('save() brings what was decided', [open.status, open.credit, open.review],
	['accepted', '40.00', 'processed']);
await open.delivery.reload();
is('the delivery is returned', open.delivery.status, 'RETURNED');
await select(`SELECT lr_accept((SELECT return_id FROM leadreturns.returns WHERE lead_id = 46),
                               'the line is dead')`);
is('save() is lr_accept: its history', await told(44), await told(46));
is('and its ledger', await posted(44), await posted(46));

const where = { returnId: filed.returnId, status: 'accepted' };
const undo = () => staff.Return.update({ status: 'rolled_back' }, { where });
is('update() says how many it changed', await undo(), [1]);
is('and that there is nothing left to change', await undo(), [0]);

const reason = 'bad_contact_info';
const [fresh] = await staff.Return.bulkCreate(
	[48, 50, 58].map((leadId) => ({ leadId, reason })), { returning: true });
is('bulkCreate() files many', await staff.Return.count({ where: { reason } }), 3);
is('with their keys', (await staff.Return.findByPk(fresh.returnId)).leadId, '48');
const everything = fresh.get({ plain: true });
is('a row that was read can be written back', await staff.Return.update(
	{ ...everything, assignee: 'ann' }, { where: { returnId: fresh.returnId } }), [1]);
is('each column of it', (await staff.Return.findByPk(fresh.returnId)).assignee, 'ann');

is('a condition has its SQLSTATE, name, detail and hint',
	await refused(buyer.Return.create({ leadId: 48, reason: 'duplicate' })),
	['LR010', 'return_already_open', true]);
is('a lead of another', await refused(buyer.Return.create({ leadId: 41, reason: 'duplicate' })),
	['LR002', 'lead_not_found', true]);
is('a buyer decides nothing', await refused(buyer.Return.update(
	{ status: 'accepted' }, { where: { returnId: fresh.returnId } })),
	['LR001', 'not_permitted', true]);
is('an illegal move', await refused(staff.Return.update(
	{ status: 'rolled_back' }, { where: { returnId: fresh.returnId } })),
	['LR013', 'illegal_transition', true]);
is('a fixed column', await refused(staff.Return.update(
	{ reason: 'other' }, { where: { returnId: fresh.returnId } })),
	['LR070', 'history_is_immutable', true]);
is('nothing is deleted', (await refused(fresh.destroy()))[0], '55000');

const before = await staff.Return.count();
await staff.sequelize.transaction(async (transaction) => {
	await staff.Return.create({ leadId: 54, reason: 'duplicate' }, { transaction });
	throw new Error('changed my mind');
}).catch(() => {});
is('a transaction that fails leaves nothing', await staff.Return.count(), before);
const again = { leadId: 56, reason: 'duplicate', idempotencyKey: 'order-56' };
const [once, twice] = [await buyer.Return.create(again), await buyer.Return.create(again)];
is('an idempotency key makes create() safe to repeat', twice.returnId, once.returnId);

const sold = await staff.Delivery.create({ leadId: 90, accountId: 1, supplierId: 1, price: 12.5 });
is('create() of a delivery is lr_deliver', [sold.status, sold.price, sold.cost],
	['DELIVERED', '12.50', '0.00']);
// What the page shows says what it says there.
const { text: shown } = blocks(page).find(({ text }) => text.includes('define(sequelize)'));
const said = [];
await run(shown, {
	define, sequelize: staff.sequelize, console: { log: (...words) => said.push(words.join(' ')) },
});
is('the example of the page', said, [...shown.matchAll(/console\.log.*\/\/ (.*)/g)].map((m) => m[1]));
is('everything agrees', await select('SELECT * FROM lr_reconcile()'), []);

await staff.sequelize.close();
await buyer.sequelize.close();
done();
