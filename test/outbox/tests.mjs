// Runs consumers (the file named) against sinks of this process. Prints "N passed, N failed".
import { execFile, spawn } from 'node:child_process';
import http from 'node:http';
import net from 'node:net';
import { promisify } from 'node:util';

const consumer = process.argv[2];
const run = promisify(execFile);
let passed = 0;
let failed = 0;

function check(name, good, shown = '') {
	if (good) passed++;
	else failed++;
	console.log(`${good ? 'ok     ' : 'FAILED '} ${name}${good ? '' : `: ${shown}`}`);
}

// the same numbers each time
let seed = 20260302;
function random() {
	seed = (seed * 1103515245 + 12345) % 2147483648;
	return seed / 2147483648;
}

async function sql(query) {
	const { stdout } = await run('psql', ['-XAtq', '-v', 'ON_ERROR_STOP=1', '-c', query]);
	return stdout.trim();
}

async function until(what, condition, seconds = 180) {
	const end = Date.now() + seconds * 1000;
	while (!(await condition())) {
		if (Date.now() > end)
			throw new Error(`waited in vain: ${what}\n${await sql(
				"SELECT * FROM leadreturns.notifications WHERE due_at IS NOT NULL LIMIT 5")}`);
		await new Promise((resolve) => setTimeout(resolve, 50));
	}
}

// What has arrived, in its order: {id, ...}. fault() says 'no' (not taken), 'lost' (taken, but the
// answer says otherwise) or 'yes'.
const sinks = { smtp: [], http: [] };
let fault = () => 'yes';

const web = http.createServer((request, response) => {
	let body = '';
	request.on('data', (chunk) => (body += chunk));
	request.on('end', () => {
		const outcome = fault();
		if (outcome !== 'no')
			sinks.http.push({ id: request.headers['idempotency-key'], payload: JSON.parse(body) });
		if (outcome === 'lost') request.socket.destroy();
		else response.writeHead(outcome === 'yes' ? 204 : 503).end();
	});
});

const smtp = net.createServer((socket) => {
	let input = '';
	let data = null;
	let envelope = {};
	const say = (line) => socket.write(`${line}\r\n`);
	const take = (line) => {
		if (data !== null && line === '.') {
			const outcome = fault();
			const message = data.join('\n');
			const id = /^Message-ID: <leadreturns-(\d+)@/im.exec(message)?.[1];
			if (outcome !== 'no') sinks.smtp.push({ id, message, ...envelope });
			data = null;
			say(outcome === 'yes' ? '250 taken' : '451 try again');
		} else if (data !== null) data.push(line.replace(/^\.\./, '.'));
		else if (/^EHLO/i.test(line)) say('250 sink');
		else if (/^MAIL FROM/i.test(line)) {
			envelope = { from: /<(.*?)>/.exec(line)[1] };
			say('250 ok');
		} else if (/^RCPT TO/i.test(line)) {
			envelope.to = /<(.*?)>/.exec(line)[1];
			say('250 ok');
		} else if (/^DATA/i.test(line)) {
			data = [];
			say('354 go on');
		} else if (/^QUIT/i.test(line)) socket.end('221 bye\r\n');
		else say('500 what?');
	};
	socket.on('error', () => {});
	socket.on('data', (chunk) => {
		input += chunk;
		for (let end; (end = input.indexOf('\r\n')) >= 0; input = input.slice(end + 2))
			take(input.slice(0, end));
	});
	say('220 sink');
});

async function listen(server) {
	await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
	return server.address().port;
}

const env = {
	...process.env,
	PGUSER: 'mailer',
	PGDATABASE: 'postgres',
	SMTP_URL: `smtp://127.0.0.1:${await listen(smtp)}?ignoreTLS=true`,
	WEBHOOK_URL: `http://127.0.0.1:${await listen(web)}/`,
	MAIL_DOMAIN: 'seller.example',
	LEASE: '2 seconds',
	POLL_SECONDS: '0.1',
};

// A consumer; ended is its exit code or signal.
function start(name, more = {}) {
	const child = spawn(process.execPath, [consumer], {
		env: { ...env, WORKER: name, ...more },
		stdio: ['ignore', 'inherit', 'inherit'],
	});
	child.ended = new Promise((resolve) =>
		child.on('exit', (code, signal) => resolve(signal ?? code)));
	return child;
}

const drained = () => sql(`SELECT pending + claimed = 0 FROM leadreturns.outbox_health`)
	.then((answer) => answer === 't');

async function everything() {
	const ids = await sql('SELECT notification_id FROM leadreturns.notifications ORDER BY 1');
	return ids.split('\n');
}

// Of each return the numbers arrive in order. What arrives again may come late: a worker that was
// killed may have a request on its way when its lease runs out.
async function disorder(arrivals) {
	const rows = await sql('SELECT notification_id, return_id, sequence FROM leadreturns.notifications');
	const known = new Map(rows.split('\n').map((row) => row.split('|')).map(([id, r, s]) => [id, [r, +s]]));
	const last = new Map();
	for (const id of new Set(arrivals.map((arrival) => arrival.id))) {
		const [of, sequence] = known.get(id);
		const before = last.get(of) ?? 0;
		if (sequence !== before + 1) return `${id}: ${before} then ${sequence}`;
		last.set(of, sequence);
	}
	return '';
}

async function checkArrivals(run, onlyOnce) {
	const ids = await everything();
	for (const [name, arrivals] of Object.entries(sinks)) {
		const got = arrivals.map(({ id }) => id);
		const lost = ids.filter((id) => !got.includes(id));
		check(`${run}: nothing is lost on the way to ${name}`, lost.length === 0, lost.join(' '));
		if (onlyOnce)
			check(`${run}: and nothing comes twice`, got.length === ids.length,
				`${got.length} of ${ids.length}`);
		const wrong = await disorder(arrivals);
		check(`${run}: each return's order is kept`, wrong === '', wrong);
	}
	check(`${run}: all is settled as sent`,
		(await sql("SELECT count(*) FROM leadreturns.notifications WHERE status <> 'sent'")) === '0');
}

// Two workers, no faults: everything arrives exactly once.
await sql('CALL shop(40)');
let workers = [start('one'), start('two')];
await until('the first run', drained);
await checkArrivals('two workers', true);
const [mail] = sinks.smtp.filter(({ message }) => /^Subject: .*accepted/m.test(message));
check('mail goes to the recipient, from the sender',
	mail.to === 'buyer@acme.example' && mail.from === 'returns@seller.example',
	`${mail.from} ${mail.to}`);
check('mail has the text of the template', mail.message.includes('Credit: 10.00 USD'), mail.message);
check('the webhook has the payload',
	sinks.http.every(({ id, payload }) => String(payload.event_id) === id));
check('both workers took part', (await sql(
	'SELECT count(DISTINCT claimed_by) FROM leadreturns.notifications')) === '2');
for (const worker of workers) worker.kill('SIGTERM');
check('a worker stops when it is asked to',
	(await Promise.all(workers.map((worker) => worker.ended))).every((code) => code === 0));

// NOTIFY wakes a worker that sleeps for an hour.
const sleeper = start('sleeper', { POLL_SECONDS: '3600' });
await until('the sleeper listens', async () => (await sql(
	`SELECT count(*) FROM pg_stat_activity WHERE usename = 'mailer' AND state = 'idle'
	    AND query LIKE '%lr_claim%'`)) === '1');
const before = sinks.http.length;
await sql('CALL shop(1)');
await until('the sleeper wakes', async () => sinks.http.length > before);
check('a worker that sleeps is woken', true);
await until('it has done all', drained);
sleeper.kill('SIGTERM');
check('and stops', (await sleeper.ended) === 0);

// Sinks that fail now and then, and workers that are killed wherever they are.
fault = () => (random() < 0.85 ? 'yes' : random() < 0.5 ? 'no' : 'lost');
const shopping = sql('CALL shop(25)');
let killed = 0;
workers = [start('w0'), start('w1')];
for (let i = 0; i < 12; i++) {
	await new Promise((resolve) => setTimeout(resolve, 250 + random() * 500));
	const victim = i % 2;
	workers[victim].kill('SIGKILL');
	if ((await workers[victim].ended) === 'SIGKILL') killed++;
	workers[victim] = start(`w${victim}.${i}`);
}
await shopping;
await until('the last run', drained);
check('workers were killed', killed === 12, killed);
check('attempts failed', Number(await sql(
	'SELECT count(*) FROM leadreturns.notifications WHERE last_error IS NOT NULL')) > 0);
check('leases ran out', Number(await sql(
	'SELECT count(*) FROM leadreturns.notifications WHERE attempts > 1')) > 0);
await checkArrivals('faults', false);
for (const worker of workers) worker.kill('SIGTERM');
await Promise.all(workers.map((worker) => worker.ended));
check('the records agree', (await sql('SELECT count(*) FROM lr_reconcile()')) === '0');

web.close();
web.closeAllConnections();
smtp.close();
console.log(`${passed} passed, ${failed} failed`);
process.exit(failed > 0 ? 1 : 0);
