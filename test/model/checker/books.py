"""The money, the reports and the files of a quiet server, against the model's arithmetic."""

from collections import Counter, defaultdict
from decimal import Decimal

from rules import LIVE


def check(judge):
    by_delivery, by_return = defaultdict(list), defaultdict(list)
    balance = defaultdict(Decimal)
    wallet = {a['account_id']: 'wallet' if a['billing'] == 'prepaid' else 'receivable'
              for a in judge.accounts}
    for entry in judge.ledger:
        if entry['return_id']:
            by_return[entry['return_id']].append(entry)
        elif entry['delivery_id']:
            by_delivery[entry['delivery_id']].append(entry)
        balance[entry['debit_account'], entry['debit_id'], entry['currency']] -= entry['amount']
        balance[entry['credit_account'], entry['credit_id'], entry['currency']] += entry['amount']
    sold = {}
    for d in judge.deliveries:
        account = (wallet[d['account_id']], d['account_id'])
        supplier = ('supplier', d['supplier_id'])
        want = []
        if d['price'] > 0:
            want.append(('sale', account, ('revenue', None), d['price']))
        if d['cost'] > 0 and d['supplier_id']:
            want.append(('payout_due', ('cost', None), supplier, d['cost']))
        have = [legs(entry) for entry in by_delivery[d['delivery_id']]]
        if have != want:
            judge.violate('money', 'delivery %d: posted %s, not %s' % (
                d['delivery_id'], have, want))
        sold[d['delivery_id']] = {entry['kind']: entry['transfer_id']
                                  for entry in by_delivery[d['delivery_id']]}
    for r in judge.returns:
        check_return(judge, r, by_return[r['return_id']], sold[r['delivery_id']], wallet)
    check_balances(judge, balance)
    check_rates(judge)


def legs(entry):
    return (entry['kind'], (entry['debit_account'], entry['debit_id']),
            (entry['credit_account'], entry['credit_id']), entry['amount'])


def check_return(judge, r, entries, sold, wallet):
    """Each acceptance posts its two reversals, each rollback exactly their opposites."""
    d = judge.delivery[r['delivery_id']]
    account, supplier = (wallet[d['account_id']], d['account_id']), ('supplier', d['supplier_id'])
    want, granted = [], (Decimal(0), Decimal(0))
    for move in judge.moves_of[r['return_id']]:
        if move['to_status'] == 'accepted':
            granted = move['amounts']
            if granted[0] > 0:
                want.append(('credit', ('revenue', None), account, granted[0]))
            if granted[1] > 0:
                want.append(('clawback', supplier, ('cost', None), granted[1]))
        elif move['to_status'] == 'rolled_back':
            if granted[0] > 0:
                want.append(('credit_reversed', account, ('revenue', None), granted[0]))
            if granted[1] > 0:
                want.append(('clawback_reversed', ('cost', None), supplier, granted[1]))
            granted = (Decimal(0), Decimal(0))
    have = [legs(entry) for entry in entries]
    if have != want:
        judge.violate('money', 'return %d: posted %s, not %s' % (r['return_id'], have, want))
    if (r['credit'], r['clawback']) != granted:
        judge.violate('money', 'return %d says %s and %s, not %s' % (
            r['return_id'], r['credit'], r['clawback'], granted))
    own = {entry['kind']: entry['transfer_id'] for entry in entries}
    origin = {'credit': sold.get('sale'), 'clawback': sold.get('payout_due'),
              'credit_reversed': own.get('credit'), 'clawback_reversed': own.get('clawback')}
    for entry in entries:
        if entry['reverses'] != origin[entry['kind']]:
            judge.violate('money', 'transfer %d reverses %s, not %s' % (
                entry['transfer_id'], entry['reverses'], origin[entry['kind']]))


def check_balances(judge, balance):
    """The view says what the entries come to; receivables, costs and cash count the other way."""
    shown = {(b['ledger_account'], b['party_id'], b['currency']): b['balance']
             for b in judge.balances}
    for key in set(shown) | set(balance):
        sign = 1 if key[0] in ('wallet', 'supplier', 'revenue') else -1
        if shown.get(key, 0) != sign * balance.get(key, 0):
            judge.violate('money', 'balance of %s is %s, its entries come to %s' % (
                key, shown.get(key), sign * balance.get(key, 0)))
    for currency in {key[2] for key in balance}:
        if sum(amount for key, amount in balance.items() if key[2] == currency) != 0:
            judge.violate('money', 'the ledger does not balance in ' + currency)
    own = {a['account_id']: a['currency'] for a in judge.accounts}
    for entry in judge.ledger:
        account = entry['debit_id'] if entry['debit_account'] in ('wallet', 'receivable') \
            else entry['credit_id'] if entry['credit_account'] in ('wallet', 'receivable') else None
        if account and entry['currency'] != own[account]:
            judge.violate('money', 'transfer %d is in %s' % (
                entry['transfer_id'], entry['currency']))


def check_rates(judge):
    """The report by account recounted from the rows."""
    want = defaultdict(lambda: [0, 0, 0, 0, Decimal(0), Decimal(0)])
    for d in judge.deliveries:
        row = want[d['account_id']]
        row[0] += 1
        row[4] += d['price']
        numbers = judge.of_delivery[d['delivery_id']]
        if numbers:
            live = [n for n in numbers if judge.ret[n]['status'] in LIVE]
            last = judge.ret[(live or numbers)[-1]]
            if last['status'] in ('accepted', 'open', 'declined'):
                row[{'accepted': 1, 'open': 2, 'declined': 3}[last['status']]] += 1
                row[5] += last['credit']
    for r in judge.rates:
        have = [r['delivered'], r['returned'], r['open'], r['declined'], r['delivered_value'],
                r['returned_value']]
        if have != want[r['account_id']]:
            judge.violate('reads', 'rates of account %d: %s, not %s' % (
                r['account_id'], have, want[r['account_id']]))


def check_files(judge, link):
    """Each return of a file is told by one of its lines; a preview is what then happens."""
    told = Counter(line['return_id'] for line in judge.lines
                   if line['status'] in ('returned', 'requested'))
    for r in judge.returns:
        if r['import_id'] and told[r['return_id']] != 1:
            judge.violate('files', 'return %d of file %d is told by %d lines' % (
                r['return_id'], r['import_id'], told[r['return_id']]))
    for number, times in told.items():
        if times > 1 or not judge.ret.get(number, {}).get('import_id'):
            judge.violate('files', 'return %s is told by %d lines' % (number, times))
    for file in judge.imports:
        lines = [line for line in judge.lines if line['import_id'] == file['import_id']]
        counts = Counter(line['status'] for line in lines)
        have = tuple(int(file[k]) for k in ('total', 'remaining'))
        if have != (len(lines), counts['pending']):
            judge.violate('files', 'file %d counts %s, has %s' % (
                file['import_id'], have, dict(counts)))
    preview(judge, link)


def preview(judge, link):
    """Verifies a file and runs it while nobody else is there: line by line the same."""
    leads = [d['lead_id'] for d in judge.deliveries][-30:]
    if not leads:
        return
    number = link.query("SELECT import_id FROM lr_import_create('preview')")[0]['import_id']
    link.query("SELECT lr_import_text(%s, E'lead_id,reason\\n%s')" % (
        number, '\\n'.join('%d,duplicate' % lead for lead in leads)))
    before = link.query('SELECT count(*) AS n FROM leadreturns.return_history')
    link.query('SELECT lr_import_verify(%s)' % number)
    if link.query('SELECT count(*) AS n FROM leadreturns.return_history') != before:
        judge.violate('files', 'a verification left moves')
    link.query('CALL lr_import_run(%s, 7)' % number)
    for line in link.query('SELECT * FROM leadreturns.import_results '
                           'WHERE import_id = %s' % number):
        for name in ('status', 'sqlstate', 'credit', 'clawback'):
            shown = line['verdict' if name == 'status' else 'verdict_' + name]
            if line[name] != shown:
                judge.violate('files', 'line %s: %s is %s, verified as %s' % (
                    line['line_no'], name, line[name], shown))
