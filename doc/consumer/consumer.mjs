// Drains the outbox of leadreturns: e-mail by SMTP, and the payload to a webhook. See README.md.
import os from 'node:os';
import nodemailer from 'nodemailer';
import pg from 'pg';

const env = process.env;
const worker = env.WORKER ?? `${os.hostname()} ${process.pid}`;
const poll = Number(env.POLL_SECONDS ?? 30) * 1000;
const timeouts = { connectionTimeout: 10000, greetingTimeout: 10000, socketTimeout: 20000 };
const mail = env.SMTP_URL && nodemailer.createTransport(env.SMTP_URL, timeouts);
const db = new pg.Client(); // PGHOST, PGDATABASE, PGUSER ... as for psql

let stopping = false;
let woken = false;
let wake = () => {};
const interrupt = () => {
	woken = true;
	wake();
};
const pause = () =>
	new Promise((resolve) => {
		const timer = setTimeout(resolve, poll);
		wake = () => resolve(clearTimeout(timer));
		if (woken || stopping) wake();
	});

async function send(n) {
	if (mail && n.address && n.subject)
		await mail.sendMail({
			from: n.sender ?? env.MAIL_FROM,
			to: { name: n.recipient ?? '', address: n.address },
			subject: n.subject,
			text: n.body ?? '',
			messageId: `<leadreturns-${n.notification_id}@${env.MAIL_DOMAIN ?? os.hostname()}>`,
		});
	if (!env.WEBHOOK_URL) return;
	const answer = await fetch(env.WEBHOOK_URL, {
		method: 'POST',
		headers: { 'content-type': 'application/json', 'idempotency-key': n.notification_id },
		body: n.payload,
		signal: AbortSignal.timeout(20000),
	});
	if (!answer.ok) throw new Error(`the webhook answered ${answer.status}`);
}

async function settle(n, error) {
	if (error === null)
		await db.query('SELECT lr_ack_notifications(ARRAY[$1::bigint])', [n.notification_id]);
	else
		await db.query('SELECT status FROM lr_fail_notification($1, $2, $3)',
			[n.notification_id, String(error.message), worker]);
}

for (const signal of ['SIGTERM', 'SIGINT'])
	process.on(signal, () => {
		stopping = true;
		interrupt();
	});
db.on('notification', interrupt);
db.on('error', (error) => {
	console.error(error.message);
	process.exit(1);
});
await db.connect();
await db.query('LISTEN leadreturns');
while (!stopping) {
	woken = false;
	// one notification of a return at most, so they may go out side by side
	const { rows } = await db.query(
		`SELECT notification_id, recipient, address, sender, subject, body, payload::text
		   FROM lr_claim_notifications($1, 20, $2::interval)`, [worker, env.LEASE ?? '5 minutes']);
	const errors = await Promise.all(rows.map((n) => send(n).then(() => null, (error) => error)));
	for (const [i, n] of rows.entries()) await settle(n, errors[i]);
	if (rows.length === 0) await pause();
}
await db.end();
