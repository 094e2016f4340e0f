"""Compares a quiet server with the model: replays each account's moves in the order of history ids.

The server hands out the order, so nothing has to be searched for. Of each move the instants between
which it took effect are known: those of the call whose tag it carries, narrowed by its neighbours.
"""

import json
import time
from collections import defaultdict
from decimal import Decimal

import answers
import books
from rules import LEGAL, LIVE, Terms, amounts, due, fits, periods, rule_accepts

INF = float('inf')
MICRO = '(extract(epoch FROM %s) * 1000000)::bigint AS %s'
QUERIES = {
    'deliveries': 'SELECT delivery_id, lead_id, account_id, supplier_id, price, cost, status, '
                  'external_id, ' + MICRO % ('delivered_at', 'delivered_at') +
                  ' FROM leadreturns.deliveries ORDER BY delivery_id',
    'returns': 'SELECT return_id, delivery_id, account_id, reason, status, credit, clawback, note, '
               'overridden, import_id, idempotency_key, prior_status FROM leadreturns.returns '
               'ORDER BY return_id',
    'history': 'SELECT history_id, return_id, from_status, to_status, how, note, ' +
               MICRO % ('at', 'at') + ' FROM leadreturns.return_history_all ORDER BY history_id',
    'terms': 'SELECT terms_id, scope, scope_id, settings, ' +
             MICRO % ('valid_from', 'valid_from') + ' FROM leadreturns.terms_history',
    'ledger': 'SELECT transfer_id, kind, debit_account, debit_id, credit_account, credit_id, '
              'amount, currency, delivery_id, return_id, reverses, note, ' +
              MICRO % ('posted_at', 'posted_at') + ' FROM leadreturns.ledger ORDER BY transfer_id',
    'balances': 'SELECT ledger_account, party_id, currency, balance FROM leadreturns.balances',
    'closed': 'SELECT account_id, ends_before, ' + MICRO % ('ends_at', 'ends_at') +
              ' FROM leadreturns.closed_periods',
    'thread': 'SELECT return_id, kind, body FROM leadreturns.return_thread_all',
    'rates': 'SELECT account_id, delivered, returned, open, declined, delivered_value, '
             'returned_value FROM leadreturns.return_rate_by_account',
    'reasons': 'SELECT code, supplier_fault, always_review FROM leadreturns.reason',
    'accounts': 'SELECT account_id, buyer_id, billing, currency FROM leadreturns.account',
    'imports': 'SELECT import_id, status, total, done, returned, failed, errors, remaining '
               'FROM leadreturns.import_progress ORDER BY import_id',
    'lines': 'SELECT import_id, line_no, note, status, sqlstate, return_id, verdict, '
             'verdict_sqlstate, credit, clawback, verdict_credit, verdict_clawback, undo_status '
             'FROM leadreturns.import_results_all ORDER BY import_id, line_no',
    'reconcile': 'SELECT * FROM lr_reconcile()',
    'distribution': 'SELECT * FROM leadreturns.distribution_check',
}
NUMBERS = {'delivery_id', 'lead_id', 'account_id', 'supplier_id', 'return_id', 'history_id',
           'delivered_at', 'at', 'terms_id', 'scope_id', 'valid_from', 'transfer_id', 'debit_id',
           'credit_id', 'reverses', 'posted_at', 'party_id', 'ends_at', 'import_id', 'buyer_id',
           'line_no', 'delivered', 'returned', 'open', 'declined'}
MONEY = {'price', 'cost', 'credit', 'clawback', 'amount', 'balance', 'delivered_value',
         'returned_value'}


def typed(row):
    for name, value in row.items():
        if value is None:
            continue
        if name in NUMBERS:
            row[name] = int(value)
        elif name in MONEY:
            row[name] = Decimal(value)
    return row


class Judge:
    def __init__(self, server, world, violate):
        self.server, self.world, self.violate = server, world, violate
        self.by_tag = {op.tag: op for op in world.log}
        # (account, period): [lo, hi, used, used value]
        self.used = defaultdict(lambda: [[-INF, INF, 0, Decimal(0)]])
        self.states = defaultdict(list)		# return: [lo, hi, status]
        self.of_delivery = defaultdict(list)		# delivery: its returns
        self.moves_of = defaultdict(list)		# return: its moves, with the amounts of the model
        self.blamed = {}		# return: whether its reason as filed was the supplier's fault
        self.effects = defaultdict(list)		# tag: the moves that carry it
        self.deletions = defaultdict(list)		# delivery: the calls that deleted it
        self.swept = 0		# when the last sweep began

    def judge(self):
        link = self.server.connect()
        self.converge(link)
        for name, sql in QUERIES.items():
            setattr(self, name, [typed(row) for row in link.query(sql)])
        for check in ('reconcile', 'distribution'):
            for row in getattr(self, check)[:5]:
                self.violate('reconcile', '%s: %s' % (check, row))
        self.prepare()
        for account in self.accounts:
            self.replay(account['account_id'])
        self.check_rules()
        books.check(self)
        answers.check(self)
        books.check_files(self, link)
        answers.check_outbox(self, link)
        link.close()

    def converge(self, link):
        """Once faults stop everything that is due gets done, and soon."""
        start = time.monotonic()
        for _ in range(100):
            self.swept = time.time() * 1000000
            row = link.query('SELECT remaining, failed FROM lr_sweep(10000)')[0]
            if row['failed'] != '0':
                self.violate('liveness', 'the sweep failed on %s requests' % row['failed'])
            if row['remaining'] == '0':
                break
        else:
            self.violate('liveness', 'the sweep does not come to its end')
        left = link.query("SELECT pid, state, query FROM pg_stat_activity WHERE xact_start IS NOT "
                          "NULL AND application_name = 'checker' AND pid <> pg_backend_pid()")
        if left or time.monotonic() - start > 10:
            self.violate('liveness', 'still at work: %s' % left)

    def prepare(self):
        for version in self.terms:
            version['settings'] = json.loads(version['settings'])
        self.rules = Terms(self.terms)
        self.buyer = {a['account_id']: a['buyer_id'] for a in self.accounts}
        self.fault = {r['code']: r['supplier_fault'] == 't' for r in self.reasons}
        self.reviewed = {r['code'] for r in self.reasons if r['always_review'] == 't'}
        self.asked = {m['return_id'] for m in self.thread if m['kind'] == 'question'}
        for op in self.world.log:
            # a snapshot that is older than the delivery does not show it
            if op.kind == 'delete' and (op.rows if op.outcome == 'ok' else op.outcome == 'unknown'):
                self.deletions[op.args['delivery']].append(op)
        self.delivery = {d['delivery_id']: d for d in self.deliveries}
        self.ret = {r['return_id']: r for r in self.returns}
        cache = {}
        for d in self.deliveries:
            d['terms'] = self.rules.at(d['account_id'], self.buyer[d['account_id']],
                                       d['delivered_at'])
            d['periods'] = periods(d['delivered_at'])
            op = self.by_tag.get(d['external_id'])
            d['start'], d['end'] = (op.start, op.end if op.outcome == 'ok' else INF) if op \
                else (-INF, INF)
            for period in d['periods'].values():
                cache.setdefault((d['account_id'], period), []).append(d)
        self.volume = cache
        for r in self.returns:
            self.of_delivery[r['delivery_id']].append(r['return_id'])
        self.by_account = defaultdict(list)
        for move in self.history:
            move['op'] = self.by_tag.get((move['note'] or '').split('/')[0])
            self.by_account[self.ret[move['return_id']]['account_id']].append(move)

    def delivered(self, account, period, moment, surely):
        """Deliveries of a period by then: those that may have been, or those that surely were."""
        rows = [d for d in self.volume.get((account, period), ())
                if (d['end'] < moment if surely else d['start'] <= moment)]
        return len(rows), sum(d['price'] for d in rows)

    def bounds(self, account, moves):
        """The instants between which each move took effect; an order against them is an error."""
        latest = -INF
        for move in moves:
            op = move['op'] if move['op'] and move['op'].kind not in (
                'import_load', 'import_step') else None
            move['start'] = op.start if op else -INF
            move['stop'] = op.end if op else INF
            latest = max(latest, move['start'])
            move['lo'] = latest
        earliest = INF
        for move in reversed(moves):
            earliest = min(earliest, move['stop'])
            move['hi'] = earliest
            if move['lo'] > move['hi']:
                self.violate('moves', 'account %d: history %d is out of real time' % (
                    account, move['history_id']))

    def replay(self, account):
        moves = self.by_account[account]
        self.bounds(account, moves)
        # beyond the cap surely, and unless the deliveries of that instant count
        over, close = set(), set()
        status, credit, corrected = {}, {}, set()
        used, value = defaultdict(int), defaultdict(Decimal)
        for place, move in enumerate(moves):
            r = self.ret[move['return_id']]
            d = self.delivery[r['delivery_id']]
            before, after = status.get(r['return_id']), move['to_status']
            if move['from_status'] == after:		# no move: a note, or a corrected reason
                if (move['note'] or '').startswith('reason '):
                    corrected.add(r['return_id'])
                continue
            where = 'return %d, history %d' % (r['return_id'], move['history_id'])
            if move['from_status'] != before or (before, after) not in LEGAL:
                self.violate('moves', '%s: %s to %s, but it is %s' % (
                    where, move['from_status'], after, before))
            if after in LIVE and any(status.get(other) in LIVE for other in
                                     self.of_delivery[r['delivery_id']]
                                     if other != r['return_id']):
                self.violate('keys', '%s: a second live return' % where)
            if after in LIVE and before not in LIVE:
                self.reserve(where, move, r, d, status, used, value, over, close)
            move['over'], move['close'] = r['return_id'] in over, r['return_id'] in close
            if move['how'] == 'sweep' and before != 'open':
                self.violate('moves', '%s: the sweep decided what was %s' % (where, before))
            if after == 'accepted' and move['over'] and \
                    move['how'] in ('rule', 'sweep'):
                self.violate('cap', '%s: accepted by %s beyond the cap' % (where, move['how']))
            move['amounts'] = None
            if before is None:
                at_fault = not move['op'] or self.fault.get(move['op'].args.get('text'), True)
                self.blamed[r['return_id']] = at_fault
            if after == 'accepted':
                move['amounts'] = self.expected(
                    move, d, self.blamed[r['return_id']] or r['return_id'] in corrected)
                credit[r['return_id']] = move['amounts'][0]
            for period in d['periods'].values():
                if before in LIVE:
                    used[period] -= 1
                    value[period] -= d['price'] if before == 'open' else \
                        self.moves_of[r['return_id']][-1]['amounts'][0]
                if after in LIVE:
                    used[period] += 1
                    value[period] += d['price'] if after == 'open' else credit[r['return_id']]
                series = self.used[account, period]
                series[-1][1] = move['hi']
                series.append([move['lo'], INF, used[period], value[period]])
            status[r['return_id']] = after
            self.moves_of[r['return_id']].append(move)
            if move['note']:
                self.effects[move['note']].append(move)
            if self.states[r['return_id']]:
                self.states[r['return_id']][-1][1] = move['hi']
            self.states[r['return_id']].append([move['lo'], INF, after])
        for number, last in status.items():
            if self.ret[number]['status'] != last:
                self.violate('moves', 'return %d is %s, its history says %s' % (
                    number, self.ret[number]['status'], last))

    def reserve(self, where, move, r, d, status, used, value, over, close):
        """A move that takes capacity: filing, reopening, accepting after a decline. Each time anew
        it is within the cap or beyond it."""
        over.discard(r['return_id'])
        close.discard(r['return_id'])
        terms, period = d['terms'], d['periods'][d['terms']['cap_period']]
        before = move['from_status']
        if before is None and not r['overridden'] and \
                not 0 <= move['at'] - d['delivered_at'] <= terms['max_age']:
            self.violate('moves', '%s: filed outside the window' % where)
        if (before is None and len([o for o in self.of_delivery[r['delivery_id']]
                                    if o in status]) > 0 or move['to_status'] == 'open' and
                before == 'declined') and not terms['resubmission']:
            self.violate('moves', '%s: resubmission is not allowed' % where)
        count, sold = self.delivered(d['account_id'], period, move['lo'], True)
        if not fits(terms, d['price'], used[period], value[period], count, sold):
            close.add(r['return_id'])
        count, sold = self.delivered(d['account_id'], period, move['hi'], False)
        if fits(terms, d['price'], used[period], value[period], count, sold):
            return
        if r['overridden'] and move['op'] and move['op'].args.get('override'):
            return
        over.add(r['return_id'])
        if not r['overridden'] and terms['at_cap'] != 'review':
            self.violate('cap', '%s: %d used (%s) of %d delivered (%s), terms %s' % (
                where, used[period], value[period], count, sold, terms))

    def check_rules(self):
        """What rules and the sweep decide on their own: what they may, when they may, and all of it."""
        for number, moves in self.moves_of.items():
            r = self.ret[number]
            terms = self.delivery[r['delivery_id']]['terms']
            filed = moves[0]['at']
            review = r['reason'] in self.reviewed
            where = 'return %d, %s' % (number, terms)
            for move in moves[1:]:
                to = move['to_status']
                if move['how'] == 'rule' and not rule_accepts(terms, move['over'], review):
                    self.violate('moves', '%s: accepted by a rule that it has not' % where)
                if move['how'] == 'sweep' and \
                        move['at'] < due(terms, filed, move['over'], review).get(to, INF):
                    self.violate('moves', '%s: %s by the sweep, filed at %d, at %d' % (
                        where, to, filed, move['at']))
            over = moves[0]['close']
            if rule_accepts(terms, over, review) and not r['overridden'] and not (
                    len(moves) > 1 and moves[1]['to_status'] == 'accepted' and
                    moves[1]['at'] == filed):
                self.violate('moves', '%s: its rule has not accepted it' % where)
            if len(moves) == 1 and number not in self.asked and \
                    r['delivery_id'] not in self.deletions and \
                    min(due(terms, filed, over, review).values(), default=INF) < \
                    self.swept - 1000000:
                self.violate('liveness', '%s: filed at %d, and the sweep left it' % (where, filed))

    @staticmethod
    def expected(move, d, at_fault):
        args = move['op'].args if move['op'] and move['op'].kind == 'accept' else {}
        return amounts(d['terms'], d, at_fault, args.get('credit'), args.get('clawback'))
