"""What the specification promises, in the words of the specification: terms, caps, money, moves.

Written from the documents alone. It must never be made to agree with the implementation by reading
it. Instants are microseconds since 1970 (UTC), amounts are decimals.
"""

from datetime import datetime, timezone
from decimal import ROUND_HALF_UP, Decimal

DAY = 86400 * 1000000
CENT = Decimal('0.01')

LEGAL = {(None, 'open'), ('open', 'accepted'), ('open', 'declined'), ('open', 'withdrawn'),
         ('declined', 'accepted'), ('declined', 'open'), ('accepted', 'rolled_back')}
LIVE = ('open', 'accepted')

# The move that a command makes, and from which states it may
MOVES = {'accept': ('accepted', ('open', 'declined')), 'decline': ('declined', ('open',)),
         'withdraw': ('withdrawn', ('open',)), 'reopen': ('open', ('declined',)),
         'rollback': ('rolled_back', ('accepted',))}

DEFAULTS = {'max_age': 30, 'max_return_percent': None, 'max_return_count': None,
            'cap_basis': 'count', 'cap_period': 'month', 'at_cap': 'refuse',
            'auto_accept': 'never', 'resubmission': True, 'reverse_money': True,
            'clawback': 'by_reason', 'remedy': 'credit', 'accepted_status': 'RETURNED',
            'returns_enabled': True, 'buyer_may_return': True, 'auto_accept_delay': 0,
            'review_timeout': None, 'timeout_action': None}


def microseconds(interval):
    """Of '30 days', '3 seconds', '0' or a number of days; None stays None."""
    if interval is None:
        return None
    number, unit = (str(interval).split() + ['days'])[:2]
    return int(number) * (DAY if unit.startswith('day') else 1000000)


class Terms:
    """All versions that were ever set, each with all settings of its scope. Each setting by itself,
    the most specific one wins."""

    def __init__(self, versions):
        self.versions = sorted(versions, key=lambda v: (v['valid_from'], v['terms_id']))

    def at(self, account, buyer, instant):
        found = dict(DEFAULTS)
        for scope, key in (('global', None), ('buyer', buyer), ('account', account)):
            here = {}
            for version in self.versions:
                if (version['scope'], version['scope_id']) == (scope, key) and \
                        version['valid_from'] <= instant:
                    here = version['settings']
            found.update({k: v for k, v in here.items() if v is not None})
        for name in ('max_age', 'auto_accept_delay', 'review_timeout'):
            found[name] = microseconds(found[name])
        return found


def rule_accepts(terms, over_cap, always_review):
    """Whether a request is accepted in the transaction that files it."""
    return terms['auto_accept'] == 'always' and terms['auto_accept_delay'] == 0 and \
        not over_cap and not always_review


def due(terms, filed, over_cap, always_review):
    """From when on the sweep may make of an open request what: {state: instant}."""
    found = {}
    if terms['auto_accept'] == 'always' and not over_cap and not always_review:
        found['accepted'] = filed + terms['auto_accept_delay']
    if terms['review_timeout'] is not None and terms['timeout_action']:
        to = {'accept': 'accepted', 'decline': 'declined'}[terms['timeout_action']]
        if to == 'declined' or not over_cap:
            found[to] = min(found.get(to, filed + terms['review_timeout']),
                            filed + terms['review_timeout'])
    return found


def periods(instant):
    """The cap periods an instant lies in."""
    day = datetime.fromtimestamp(instant // 1000000, timezone.utc)
    monday = (instant - 978307200 * 1000000) // (7 * DAY)
    return {'lifetime': ('lifetime',), 'month': ('month', day.year, day.month),
            'cycle': ('cycle', monday)}


def fits(terms, price, used, used_value, count, value):
    """Whether one more request fits under the maximum-return percentage and count."""
    percent = terms['max_return_percent']
    if percent is not None:
        percent = Decimal(str(percent))
        if terms['cap_basis'] == 'value':
            if (used_value + price) * 100 > percent * value:
                return False
        elif used + 1 > int(percent * count / 100):
            return False
    limit = terms['max_return_count']
    return limit is None or used + 1 <= int(limit)


def amounts(terms, delivery, supplier_fault, credit=None, clawback=None, remedy=None):
    """Credit and clawback of an acceptance."""
    if not terms['reverse_money'] or (remedy or terms['remedy']) == 'replacement':
        return Decimal(0), Decimal(0)
    price, cost = delivery['price'], delivery['cost']
    granted = price if credit is None else Decimal(str(credit))
    if delivery['supplier_id'] is None:
        return granted, Decimal(0)
    if clawback is not None:
        return granted, Decimal(str(clawback))
    if terms['clawback'] == 'never' or \
            (terms['clawback'] == 'by_reason' and not supplier_fault):
        return granted, Decimal(0)
    if granted == price:
        return granted, cost
    return granted, (cost * granted / price).quantize(CENT, ROUND_HALF_UP)
