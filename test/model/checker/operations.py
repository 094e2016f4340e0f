"""What clients do: random operations of every kind, each with a tag that its effect carries."""

import json
import random
import threading
import time

from pgwire import call, insert, literal
from rules import MOVES

DAY = 86400
LEASE = 60		# seconds
REASONS = ['duplicate', 'bad_contact_info', 'Wrong vertical!', 'other', 'tcpa_risk']


class Op:
    """One call as its client saw it: ok, refused, undone (rolled back), unknown or error."""

    def __init__(self, tag, kind, role, sql, args, party=0):
        self.tag, self.kind, self.role, self.sql, self.args = tag, kind, role, sql, args
        self.party = party
        self.start = self.end = 0.0
        self.outcome, self.code, self.detail, self.rows = 'unknown', '', '', []
        self.dirty = False		# an earlier statement of its transaction had changed something
        self.isolation = ''
        self.calm = False		# nobody holds locks between statements

    def line(self):
        return '%.4f-%.4f %s %s %s %s %s %s %s' % (
            self.start, self.end, self.tag, self.role, self.outcome, self.code, self.isolation,
            self.sql, self.detail)


class World:
    """What all clients know: what they may name, and the log of what was done."""

    def __init__(self):
        self.lock = threading.Lock()
        self.log, self.deliveries, self.returns, self.imports = [], [], [], []
        self.keys, self.accounts, self.buyer_of = {}, [], {}
        self.functions, self.lead = set(), 0
        self.sold = set()		# lead and account
        self.epoch = time.time() - time.monotonic()

    def new_lead(self):
        with self.lock:
            self.lead += 1
            return self.lead

    def record(self, op):
        with self.lock:
            self.log.append(op)
            if op.outcome != 'ok' or not op.rows:
                return
            row = op.rows[0]
            if op.kind == 'deliver':
                self.deliveries.append(row)
            elif op.kind == 'return':
                self.returns.append(row)
                if op.args.get('key'):
                    self.keys[op.args['key']] = op
            elif op.kind == 'import_create':
                self.imports.append(int(row['import_id']))


class Maker:
    """Makes the operations of one client out of its own random numbers."""

    STAFF = [('deliver', 22), ('return', 22), ('accept', 16), ('decline', 8), ('withdraw', 4),
             ('reopen', 6), ('rollback', 9), ('check', 5), ('read', 6), ('message', 3), ('info', 1),
             ('post', 3), ('terms', 1), ('close', .4), ('sweep', 3), ('again', 4), ('resell', 1),
             ('correct', 1), ('delete', .5), ('archive', .7), ('import_create', 1.2), ('import_load', 2), ('import_step', 3),
             ('import_verify', 1), ('import_cancel', .7), ('import_undo', .4), ('many', 1),
             ('claim', 2)]
    BUYER = [('return', 30), ('check', 8), ('withdraw', 8), ('message', 6), ('read', 10),
             ('again', 5), ('foreign', 4), ('accept', 3), ('decline', 2), ('deliver', 1)]
    SUPPLIER = [('foreign', 10), ('return', 1), ('accept', 1)]

    def __init__(self, world, name, seed, kind, party):
        self.world, self.name, self.kind, self.party = world, name, kind, party
        self.random = random.Random(seed)
        self.number = 0
        table = {'staff': self.STAFF, 'buyer': self.BUYER, 'supplier': self.SUPPLIER}[kind]
        self.kinds = [k for k, _ in table]
        self.weights = [w for _, w in table]

    def make(self, account=None):
        kind = self.random.choices(self.kinds, self.weights)[0]
        self.number += 1
        tag = '%s.%d' % (self.name, self.number)
        made = getattr(self, kind)(tag, account)
        if not made:
            made = self.deliver(tag, account)
        kind, sql, args = made
        return Op(tag, kind, self.kind, sql, args, self.party)

    def near(self, rows, account):
        """One of the newest, so that clients meet."""
        rows = rows[-40:]
        if account is not None:
            rows = [r for r in rows if int(r['account_id']) == account] or rows
        if self.kind == 'buyer' and self.random.random() < .9:
            rows = [r for r in rows
                    if self.world.buyer_of[int(r['account_id'])] == self.party] or rows
        return self.random.choice(rows) if rows else None

    def deliver(self, tag, account):
        """A lead, now and then one that another account has bought; by a call or by an INSERT."""
        account = account or self.random.choice(self.world.accounts)
        lead = self.world.new_lead()
        old = self.near(self.world.deliveries, None)
        if old and self.random.random() < .05 and \
                (int(old['lead_id']), account) not in self.world.sold:
            lead = int(old['lead_id'])
        self.world.sold.add((lead, account))
        price, cost = self.random.randint(0, 9000), self.random.randint(0, 4000)
        args = {'lead_id': lead, 'account_id': account,
                'supplier_id': self.random.choice([1, 1, 2, 2, 2, None]),
                'price': '%d.%02d' % divmod(price, 100), 'cost': '%d.%02d' % divmod(cost, 100),
                'external_id': tag}
        if self.random.random() < .5:
            args['delivered_at'] = time.strftime(
                '%Y-%m-%d %H:%M:%S+00', time.gmtime(
                    time.time() - self.random.randint(3600, 45 * DAY)))
        if self.random.random() < .2:
            return 'deliver', insert('deliveries', **args), args
        return 'deliver', call('lr_deliver', **args), args

    def give_back(self, tag, row, key, text, override):
        args = {'lead_id': int(row['lead_id']), 'reason': text, 'note': tag,
                'account_id': int(row['account_id']), 'idempotency_key': key,
                'override': override or None}
        way = self.random.random()
        if way < .15:
            sql = insert('returns', **{k: v for k, v in args.items() if k != 'override'})
            override = False
        elif way < .3:
            del args['lead_id']
            sql = call('lr_return_by_key', key_kind='external_id', key=row['external_id'], **args)
        else:
            sql = call('lr_return', **args)
        return ('return', sql,
                {'delivery': int(row['delivery_id']), 'account': int(row['account_id']),
                 'key': key, 'override': override, 'text': text})

    def __getattr__(self, name):
        if name == 'return':
            return self.file
        raise AttributeError(name)

    def file(self, tag, account):
        row = self.near(self.world.deliveries, account)
        return row and self.give_back(
            tag, row, tag if self.random.random() < .5 else None, self.random.choice(REASONS),
            self.kind == 'staff' and self.random.random() < .05)

    def again(self, tag, account):
        """A repeat with a key that is known, now and then with other arguments."""
        with self.world.lock:
            old = self.random.choice(list(self.world.keys.values())[-20:]) \
                if self.world.keys else None
        if not old:
            return None
        if 'note => ' in old.sql and self.random.random() < .3:
            return ('mutated', old.sql.replace("note => '", "note => 'other "),
                    {'of': old, 'delivery': old.args['delivery']})
        return 'repeat', old.sql, {'of': old, 'delivery': old.args['delivery']}

    def decide(self, kind, function, tag, account, **more):
        row = self.near(self.world.returns, account)
        if not row:
            return None
        args = {'return_id': int(row['return_id']), 'note': tag, **more}
        known = {'return': args['return_id'], 'delivery': int(row['delivery_id']),
                 'account': int(row['account_id']), 'price': row['price'], **more}
        if self.kind == 'staff' and self.random.random() < .15:
            return (kind, 'UPDATE leadreturns.returns SET status = %s, decision_note = %s '
                    'WHERE return_id = %d RETURNING *' % (
                        literal(MOVES[kind][0]), literal(tag), args['return_id']),
                    dict(known, update=True))
        if kind == 'rollback':
            args = {'lead_id': int(row['lead_id']), 'note': tag,
                    'account_id': int(row['account_id'])}
        return kind, call(function, **args), known

    def accept(self, tag, account):
        made = self.decide('accept', 'lr_accept', tag, account)
        if not made or self.random.random() < .7:
            return made
        more = {'credit': self.random.choice(['0.01', '1.37', '12.50', '40.00'])}
        if self.random.random() < .3:
            more['clawback'] = self.random.choice(['0', '0.50', '3.33'])
        args = dict(made[2], update=False, **more)
        return 'accept', call('lr_accept', return_id=args['return'], note=tag, **more), args

    def decline(self, tag, account):
        return self.decide('decline', 'lr_decline', tag, account)

    def withdraw(self, tag, account):
        return self.decide('withdraw', 'lr_withdraw', tag, account)

    def reopen(self, tag, account):
        return self.decide('reopen', 'lr_reopen', tag, account)

    def rollback(self, tag, account):
        return self.decide('rollback', 'lr_rollback_return', tag, account)

    def about(self, kind, function, account, **more):
        row = self.near(self.world.returns, account)
        return row and (kind, call(function, return_id=int(row['return_id']), **more),
                        {'return': int(row['return_id']), 'delivery': int(row['delivery_id'])})

    def message(self, tag, account):
        return self.about('message', 'lr_message', account, body=tag)

    def info(self, tag, account):
        return self.about('message', 'lr_request_info', account, body=tag)

    def correct(self, tag, account):
        return self.about('correct', 'lr_correct_reason', account, reason='wrong_vertical',
                          note=tag)

    def read(self, _tag, account):
        row = self.near(self.world.returns, account)
        return row and ('read', 'SELECT return_id, status, credit, clawback FROM '
                        'leadreturns.returns WHERE return_id = %s' % row['return_id'],
                        {'return': int(row['return_id']), 'delivery': int(row['delivery_id']),
                         'buyer': self.world.buyer_of[int(row['account_id'])]})

    def check(self, _tag, account):
        row = self.near(self.world.deliveries, account)
        return row and ('check', call('lr_check_return', lead_id=int(row['lead_id']),
                                      reason='duplicate', account_id=int(row['account_id'])),
                        {'delivery': int(row['delivery_id'])})

    def foreign(self, _tag, _account):
        if self.kind == 'supplier':
            return ('foreign', 'SELECT supplier_id FROM leadreturns.supplier_statement '
                    'WHERE supplier_id <> %d LIMIT 1' % self.party, {})
        return ('foreign', 'SELECT 1 FROM leadreturns.returns WHERE buyer_id <> %d UNION ALL '
                'SELECT 1 FROM leadreturns.deliveries WHERE account_id NOT IN (%s) LIMIT 1' % (
                    self.party, ', '.join(str(a) for a, b in self.world.buyer_of.items()
                                          if b == self.party)), {})

    def post(self, tag, account):
        kind = self.random.choice(['deposit', 'payout', 'adjustment'])
        party = self.random.choice([1, 2]) if kind == 'payout' else \
            account or self.random.choice(self.world.accounts)
        amount = '%d.%02d' % (self.random.randint(1, 900), self.random.randint(0, 99))
        args = {'kind': kind, 'party_id': party, 'amount': amount, 'note': tag}
        if kind == 'payout' and self.random.random() < .7:
            args['currency'] = self.random.choice(['USD', 'EUR'])
        return 'post', call('lr_post', **args), args

    def terms(self, _tag, account):
        settings = self.random.choice([
            {'max_return_percent': self.random.choice([20, 50, 80, 100])},
            {'max_return_count': self.random.choice([20, 200, 1000])},
            {'cap_basis': self.random.choice(['count', 'value'])},
            {'cap_period': self.random.choice(['lifetime', 'month', 'cycle'])},
            {'at_cap': self.random.choice(['refuse', 'review'])},
            {'auto_accept': self.random.choice(['never', 'always'])},
            {'auto_accept_delay': self.random.choice(['0', '1 second', '3 seconds'])},
            {'review_timeout': self.random.choice([None, '1 second', '4 seconds'])},
            {'timeout_action': self.random.choice(['accept', 'decline'])},
            {'resubmission': self.random.random() < .8},
            {'reverse_money': self.random.random() < .8},
            {'clawback': self.random.choice(['never', 'always', 'by_reason'])},
            {'remedy': self.random.choice(['credit', 'credit', 'replacement'])}])
        account = account or self.random.choice(self.world.accounts)
        scope = self.random.choice([('account', account), ('account', account),
                                    ('buyer', self.world.buyer_of[account]), ('global', None)])
        return ('terms', 'SELECT * FROM lr_set_terms(%s, %s, %s)' % tuple(
            literal(v) for v in (*scope, json.dumps(settings))), {'settings': settings})

    def close(self, _tag, account):
        day = time.strftime('%Y-%m-%d', time.gmtime(
            time.time() - self.random.randint(15, 60) * DAY))
        account = account or self.random.choice(self.world.accounts)
        return ('close', call('lr_close_period', account_id=account, ends_before=day),
                {'account': account, 'day': day})

    def sweep(self, _tag, _account):
        return 'sweep', 'SELECT * FROM lr_sweep(%d)' % self.random.choice([5, 100, 1000]), {}

    def resell(self, tag, account):
        row = self.near(self.world.deliveries, account)
        return row and ('resell', 'UPDATE leadreturns.deliveries SET status = %s '
                        'WHERE delivery_id = %s RETURNING delivery_id' % (
                            literal(tag), row['delivery_id']),
                        {'delivery': int(row['delivery_id'])})

    def delete(self, _tag, account):
        row = self.near(self.world.deliveries, account)
        return row and ('delete', 'UPDATE leadreturns.deliveries SET deleted_at = now() '
                        'WHERE delivery_id = %s RETURNING delivery_id' % row['delivery_id'],
                        {'delivery': int(row['delivery_id'])})

    def archive(self, _tag, _account):
        before = time.strftime('%Y-%m-%d %H:%M:%S+00', time.gmtime(time.time() - 2))
        return 'archive', "SELECT * FROM lr_archive('%s', %d)" % (
            before, self.random.choice([1, 50, 1000])), {}

    def many(self, tag, account):
        account = account or self.random.choice(self.world.accounts)
        leads = [r['lead_id'] for r in self.world.deliveries[-40:]
                 if int(r['account_id']) == account][-5:]
        return leads and ('many', "SELECT * FROM lr_return_many('{%s}', 'duplicate', %s, %d)" % (
            ','.join(leads), literal(tag), account), {'account': account})

    def import_create(self, tag, _account):
        return 'import_create', call('lr_import_create', name=tag), {}

    def import_load(self, tag, _account):
        if not self.world.imports:
            return None
        rows = [self.near(self.world.deliveries, None) for _ in range(self.random.randint(1, 9))]
        lines = ['%s,duplicate,%s/%d' % (r['lead_id'], tag, i) for i, r in enumerate(rows) if r]
        lines += self.random.choice([[], ['x,duplicate,%s/x' % tag], ['999999999,other,-']])
        number = self.random.choice(self.world.imports[-4:])
        return ('import_load', call('lr_import_text', import_id=number,
                                    csv='\n'.join(['lead_id,reason,note'] + lines) + '\n'),
                {'import': number, 'lines': len(lines)})

    def of_import(self, name, **more):
        if not self.world.imports:
            return None
        number = self.random.choice(self.world.imports[-4:])
        return name, call('lr_' + name, import_id=number, **more), {'import': number}

    def import_step(self, _tag, _account):
        return self.of_import('import_step', max_rows=self.random.choice([1, 3, 100]))

    def import_verify(self, _tag, _account):
        return self.of_import('import_verify')

    def import_cancel(self, _tag, _account):
        return self.of_import('import_cancel')

    def import_undo(self, _tag, _account):
        return self.of_import('import_undo')

    def claim(self, tag, _account):
        """Takes what is to be sent, and confirms it at once; nothing where there is no outbox."""
        if 'lr_claim_notifications' not in self.world.functions:
            return None
        return ('claim', "SELECT * FROM lr_claim_notifications(%s, %d, '%d seconds')" % (
            literal(tag), self.random.choice([1, 10, 50]), LEASE), {})

    def settle(self, tag, claim):
        """What a worker says of what it has claimed: now and then that the first was not sent."""
        ids = [int(row['notification_id']) for row in claim.rows]
        if self.random.random() < .1:
            yield Op(tag + 'f', 'fail', self.kind, "SELECT lr_fail_notification(%d, 'no answer')" %
                     ids[0], {'ids': ids[:1]})
            ids = ids[1:]
        if ids:
            yield Op(tag + 'a', 'ack', self.kind, "SELECT lr_ack_notifications('{%s}')" %
                     ','.join(str(n) for n in ids), {'ids': ids})
