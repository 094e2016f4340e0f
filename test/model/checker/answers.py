"""Whether what clients were told is true: durable if acknowledged, explained if refused."""

from collections import defaultdict
from decimal import Decimal

from operations import LEASE
from rules import MOVES, fits

# What may leave a file in another state
OF_FILES = {'import_load', 'import_step', 'import_verify', 'import_cancel', 'import_undo', 'archive'}


def check(judge):
    keys = defaultdict(set)
    for r in judge.returns:
        if r['idempotency_key']:
            keys[r['account_id'], r['idempotency_key']].add(r['return_id'])
    for key, numbers in keys.items():
        if len(numbers) > 1:
            judge.violate('keys', 'key %s made returns %s' % (key, numbers))
    facts = {'deliver': {d['external_id'] for d in judge.deliveries},
             'post': {e['note'] for e in judge.ledger if e['note']},
             'message': {m['body'] for m in judge.thread}}
    judge.closings = [op for op in judge.world.log if op.kind == 'close']
    for op in judge.world.log:
        if op.outcome == 'ok':
            acknowledged(judge, op, facts)
        elif op.outcome in ('refused', 'undone', 'error'):
            if judge.effects.get(op.tag) or op.tag in facts.get(op.kind, ()):
                judge.violate('durable', 'an effect of what was %s: %s' % (op.outcome, op.line()))
        if op.outcome == 'refused' and not op.dirty:
            refused(judge, op)
        if op.outcome == 'error' and not op.isolation and op.code == '40001':
            judge.violate('refusals', 'at READ COMMITTED: ' + op.line())
        if op.code.startswith('XX'):
            judge.violate('refusals', 'an internal error: ' + op.line())
        if op.calm and op.code == '40P01':
            judge.violate('liveness', 'single statements in a deadlock: ' + op.line())
        if len([m for m in judge.effects.get(op.tag, ()) if m['from_status'] is None]) > 1 \
                and op.kind != 'many':
            judge.violate('keys', 'more than one effect: ' + op.line())
    counted = defaultdict(int)
    for entry in judge.ledger:
        if entry['note']:
            counted[entry['note']] += 1
    for note, times in counted.items():
        if times > 1:
            judge.violate('keys', 'posted %d times: %s' % (times, note))


def acknowledged(judge, op, facts):
    moves = judge.effects.get(op.tag, ())
    row = op.rows[0] if op.rows else {}
    if op.kind in facts and op.tag not in facts[op.kind]:
        judge.violate('durable', 'acknowledged and lost: ' + op.line())
    elif op.kind in MOVES and op.args.get('update') and left_alone(judge, op):
        pass
    elif op.kind == 'return' or op.kind in MOVES:
        to = 'open' if op.kind == 'return' else MOVES[op.kind][0]
        mine = [m for m in moves if m['to_status'] == to and
                m['return_id'] == int(row['return_id'])]
        if len(mine) != 1:
            judge.violate('durable', 'acknowledged, %d times there: %s' % (len(mine), op.line()))
        elif op.kind == 'accept' and (row['credit'], row['clawback']) != tuple(
                '%.2f' % amount for amount in mine[0]['amounts']):
            judge.violate('money', 'answered %s and %s, not %s: %s' % (
                row['credit'], row['clawback'], mine[0]['amounts'], op.line()))
    elif op.kind == 'repeat':
        repeated(judge, op, row)
    elif op.kind == 'mutated':
        judge.violate('keys', 'a known key took other arguments: ' + op.line())
    elif op.kind == 'read':
        if row and row['status'] not in possible(judge, int(row['return_id']), op):
            judge.violate('reads', 'read %s, could be %s: %s' % (
                row['status'], possible(judge, int(row['return_id']), op), op.line()))
    elif op.kind == 'foreign' and op.rows:
        judge.violate('reads', 'saw what belongs to others: ' + op.line())
    elif op.kind == 'check':
        checked(judge, op, row)
    elif op.kind == 'deliver' and any(
            o.kind == 'close' and o.outcome == 'ok' and o.end < op.start and
            o.args['account'] == op.args['account_id'] and
            o.args['day'] > op.args.get('delivered_at', '9999')[:10] for o in judge.closings):
        judge.violate('money', 'delivered into a closed period: ' + op.line())
    if op.kind == 'return' and any(o.outcome == 'ok' and o.end < op.start
                                   for o in judge.deletions[op.args['delivery']]):
        judge.violate('durable', 'returned though deleted: ' + op.line())
    elif op.kind == 'close' and not any(
            c['account_id'] == op.args['account'] and c['ends_before'] >= op.args['day']
            for c in judge.closed):
        judge.violate('durable', 'acknowledged and lost: ' + op.line())


def left_alone(judge, op):
    """An UPDATE to the state that the row had, or under a snapshot that is older than the row."""
    if not op.rows:
        return op.isolation in ('REPEATABLE READ', 'SERIALIZABLE')
    return not judge.effects.get(op.tag) and \
        MOVES[op.kind][0] in possible(judge, op.args['return'], op)


def repeated(judge, op, row):
    first = op.args['of']
    r = judge.ret.get(int(row['return_id']))
    if not r or r['idempotency_key'] != first.args['key']:
        judge.violate('keys', 'a repeat answered another return: ' + op.line())
    elif first.rows and first.outcome == 'ok' and \
            first.rows[0]['return_id'] != row['return_id']:
        judge.violate('keys', 'first %s, then %s: %s' % (
            first.rows[0]['return_id'], row['return_id'], op.line()))


def possible(judge, number, op):
    """The states a return may have had between the call and its answer."""
    return {status for lo, hi, status in judge.states[number] if lo <= op.end and hi >= op.start}


def around(judge, op):
    """Of every return of the operation's delivery the states it may have had; None: not there."""
    found = set()
    for number in judge.of_delivery[op.args['delivery']]:
        found |= possible(judge, number, op)
        if judge.states[number][0][1] >= op.start or judge.moves_of[number][0]['hi'] >= op.start:
            found.add(None)
    return found if judge.of_delivery[op.args['delivery']] else {None}


def cap_was_full(judge, op):
    d = judge.delivery[op.args['delivery']]
    period = d['periods'][d['terms']['cap_period']]
    count, sold = judge.delivered(d['account_id'], period, op.start, True)
    return any(not fits(d['terms'], d['price'], used, value, count, sold)
               for lo, hi, used, value in judge.used[d['account_id'], period]
               if lo <= op.end and hi >= op.start)


def checked(judge, op, row):
    d = judge.delivery.get(op.args['delivery'])
    if not d or op.isolation:
        return
    period = d['periods'][d['terms']['cap_period']]
    if row['cap_used'] is not None and d['terms']['cap_basis'] == 'count':
        seen = {used for lo, hi, used, _ in judge.used[d['account_id'], period]
                if lo <= op.end and hi >= op.start}
        if int(float(row['cap_used'])) not in seen:
            judge.violate('reads', 'cap_used %s, could be %s: %s' % (
                row['cap_used'], sorted(seen), op.line()))
    if 'already_returned' in row['violations'] and 'accepted' not in around(judge, op) or \
            'return_already_open' in row['violations'] and 'open' not in around(judge, op):
        judge.violate('reads', 'said %s: %s' % (row['violations'], op.line()))


def refused(judge, op):
    """Each refusal must follow from some state between the call and its answer."""
    if explained(judge, op) is False:
        judge.violate('refusals', 'not explained by any state: ' + op.line())


def explained(judge, op):
    code = op.code
    if code == 'LR001':
        return op.role != 'staff'
    if not code.startswith('LR'):
        return code in ('42501', '22023') and (op.role != 'staff' or op.kind == 'close')
    if code == 'LR050':
        return op.kind == 'mutated'
    if code == 'LR042':
        return op.args.get('kind') == 'payout' and 'currency' not in op.args
    if code in ('LR002', 'LR003'):
        return op.role == 'supplier' or op.role == 'buyer' and \
            judge.buyer[judge.delivery[op.args['delivery']]['account_id']] != op.party
    if code == 'LR062':
        return op.kind == 'import_undo' and not any(
            o.kind == 'import_step' and o.outcome == 'ok' and o.end < op.start and
            o.args['import'] == op.args['import'] for o in judge.world.log) or any(o.kind in OF_FILES and o.args.get('import') in (None, op.args.get('import')) and
                   o is not op and o.start <= op.end and o.outcome != 'refused'
                   for o in judge.world.log)
    if code == 'LR041':
        return was_closed(judge, op)
    d = judge.delivery.get(op.args.get('delivery'))
    if d is None:
        return False
    if code == 'LR040':
        return op.kind == 'accept' and (
            Decimal(op.args.get('credit', 0)) > d['price'] or
            Decimal(op.args.get('clawback', 0)) > d['cost'] or
            'clawback' in op.args and (d['supplier_id'] is None or not d['terms']['reverse_money']
                                       or d['terms']['remedy'] == 'replacement') or
            'credit' in op.args and (not d['terms']['reverse_money'] or
                                     d['terms']['remedy'] == 'replacement'))
    if code == 'LR005':
        return any(o.start <= op.end for o in judge.deletions[op.args['delivery']])
    if code == 'LR010':
        return 'open' in around(judge, op)
    if code == 'LR011':
        return 'accepted' in around(judge, op)
    if code == 'LR012':
        return bool(around(judge, op) - {'accepted'})
    if code == 'LR013':
        return moved_on(judge, op)
    if code == 'LR014':
        return any(o.kind == 'resell' and o.start <= op.end and
                   o.args['delivery'] == op.args['delivery'] for o in judge.world.log)
    if code == 'LR015':
        return not d['terms']['resubmission']
    if code == 'LR022':
        return judge_window(judge, d, op)
    if code == 'LR023':
        return cap_was_full(judge, op)
    return False


def was_closed(judge, op):
    """Whether the day is closed by a call that had begun when this one was answered."""
    account = op.args.get('account', op.args.get('account_id'))
    day = op.args.get('day') or op.args.get('delivered_at', '9999')[:10]
    return any(o.kind == 'close' and o.args['account'] == account and o.start <= op.end and
               (o.args['day'] > day or op.kind == 'close' and o.args['day'] == day and o is not op)
               for o in judge.closings)


def moved_on(judge, op):
    states = possible(judge, op.args['return'], op)
    if op.kind == 'message':
        return bool(states - {'open', 'declined'})
    return bool(states - set(MOVES[op.kind][1])) if op.kind in MOVES else None


def judge_window(judge, d, op):
    """The clock of the clients is that of the server; a second on either side does not count."""
    filed = judge.world.epoch + op.end
    return d['delivered_at'] + d['terms']['max_age'] < (filed + 1) * 1000000


def check_outbox(judge, link):
    """Everything is told, once, in the order of each return."""
    if 'lr_claim_notifications' not in judge.world.functions:
        return
    rows = link.query(' UNION ALL '.join(
        'SELECT notification_id, return_id, sequence, kind, recipient_kind, status FROM '
        'leadreturns.' + view for view in ('notifications', 'archived_notifications')) +
                      ' ORDER BY return_id, sequence')
    check_claims(judge, rows)
    numbers, kinds = defaultdict(list), defaultdict(int)
    for row in rows:
        numbers[int(row['return_id'])].append(int(row['sequence']))
        kinds[int(row['return_id']), row['kind'], row['recipient_kind']] += 1
    for number, have in numbers.items():
        if have != list(range(1, len(have) + 1)):
            judge.violate('outbox', 'return %d is told in the order %s' % (number, have))
    for number, moves in judge.moves_of.items():
        want = defaultdict(int)
        for move in moves:
            for kind, recipient in told(judge, number, move):
                want[kind, recipient] += 1
        for (kind, recipient), times in want.items():
            if kinds[number, kind, recipient] != times:
                judge.violate('outbox', 'return %d: %d times %s for the %s, not %d' % (
                    number, kinds[number, kind, recipient], kind, recipient, times))


def check_claims(judge, rows):
    """Nothing is claimed twice within its lease, after it was sent, or before what precedes it."""
    events = defaultdict(lambda: {'claim': [], 'ack': [], 'fail': []})
    for op in judge.world.log:
        if op.kind == 'claim' and op.outcome == 'ok':
            for row in op.rows:
                events[int(row['notification_id'])]['claim'].append(op)
        elif op.kind in ('ack', 'fail'):
            for number in op.args['ids']:
                events[number][op.kind].append(op)
    of_return = defaultdict(list)
    for row in rows:
        of_return[row['return_id']].append(row)
    for told_rows in of_return.values():
        for place, row in enumerate(told_rows):
            mine = events[int(row['notification_id'])]
            claims = sorted(mine['claim'], key=lambda op: op.start)
            for first, second in zip(claims, claims[1:]):
                if second.end - first.start < LEASE and not any(
                        op.start <= second.end and op.end >= first.start for op in mine['fail']):
                    judge.violate('outbox', 'claimed twice: %s and %s' % (
                        first.line(), second.line()))
            for claim in claims:
                if any(op.outcome == 'ok' and op.rows[0]['lr_ack_notifications'] ==
                       str(len(op.args['ids'])) and op.end < claim.start for op in mine['ack']):
                    judge.violate('outbox', 'claimed though sent: ' + claim.line())
                if place and told_rows[place - 1]['status'] != 'dead' and not any(
                        op.start <= claim.end
                        for op in events[int(told_rows[place - 1]['notification_id'])]['ack']):
                    judge.violate('outbox', 'claimed before what precedes it: ' + claim.line())


def told(judge, number, move):
    """To whom a move is told: the seller of a request, the buyer and the supplier of a decision."""
    supplied = judge.delivery[judge.ret[number]['delivery_id']]['supplier_id']
    if move['from_status'] is None:
        return [('return_requested', 'seller')]
    to = move['to_status']
    if to == 'withdrawn':
        return [('return_withdrawn', 'seller')]
    if to == 'open':
        return [('return_reopened', 'buyer')]
    pairs = [('return_' + to, 'buyer')]
    if supplied and to != 'declined':
        pairs.append(('lead_returned' if to == 'accepted' else 'return_rolled_back', 'supplier'))
    return pairs
