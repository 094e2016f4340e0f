"""Runs one seed against one cluster and says what it did and what is wrong."""

import argparse
import sys
import threading
import time
from collections import Counter

from clients import Client
from faults import Faults, Server
from judge import Judge
from operations import Maker, World

GROUPS = ['moves', 'cap', 'money', 'keys', 'durable', 'refusals', 'reads', 'files', 'reconcile',
          'liveness', 'outbox']
SETUP = [
    "INSERT INTO leadreturns.buyer (name) VALUES ('B1'), ('B2'), ('B3'), ('B4')",
    "INSERT INTO leadreturns.supplier (name) VALUES ('S1'), ('S2')",
    "INSERT INTO leadreturns.account (buyer_id, name, billing, cycle, currency) "
    "SELECT b, 'A' || b || n, CASE n WHEN 1 THEN 'prepaid' ELSE 'net_terms' END, 'week', "
    "CASE WHEN b = 3 AND n = 2 THEN 'EUR' ELSE 'USD' END "
    "FROM generate_series(1, 4) b, generate_series(1, 2) n ORDER BY b, n",
    "CREATE ROLE mc_staff_0 LOGIN; CREATE ROLE mc_supplier_1 LOGIN; "
    "CREATE ROLE mc_buyer_1 LOGIN; CREATE ROLE mc_buyer_2 LOGIN",
    "SELECT lr_grant('mc_staff_0', 'staff'), lr_grant('mc_supplier_1', 'supplier', 1), "
    "lr_grant('mc_buyer_1', 'buyer', 1), lr_grant('mc_buyer_2', 'buyer', 2)",
]
# Account 1 waits for people, 2 and 4 are narrow, 3 accepts by rule, 5 counts money, 6 has no cap; the
# sweep accepts for 7 and declines for 8
TERMS = {
    1: '{"max_return_percent": 50, "cap_period": "lifetime"}',
    2: '{"max_return_percent": 20, "cap_period": "month"}',
    3: '{"auto_accept": "always", "max_return_percent": 60, "cap_period": "cycle"}',
    4: '{"max_return_percent": 10, "at_cap": "review", "cap_period": "lifetime"}',
    5: '{"max_return_percent": 40, "cap_basis": "value", "cap_period": "lifetime"}',
    6: '{"clawback": "always", "resubmission": false}',
    7: '{"auto_accept": "always", "auto_accept_delay": "1 second", "max_return_percent": 70, '
       '"at_cap": "review"}',
    8: '{"review_timeout": "2 seconds", "timeout_action": "decline"}',
}
CLIENTS = [('staff', 0), ('buyer', 1), ('staff', 0), ('buyer', 2), ('staff', 0), ('staff', 0),
           ('staff', 0), ('supplier', 1)]


class Run:
    def __init__(self, options):
        self.options = options
        self.server = Server(options.bindir, options.directory)
        self.world = World()
        self.faults = Faults(self.server, options.seed, threading.Event())
        self.violations = []
        self.clients, self.rounds = [], 0

    def violate(self, group, text):
        self.violations.append((group, text))

    def setup(self):
        link = self.server.connect()
        for statement in SETUP:
            link.query(statement)
        for account, settings in TERMS.items():
            link.query("SELECT lr_set_terms('account', %d, '%s', '2020-01-01')" %
                       (account, settings))
        self.world.buyer_of = {int(r['account_id']): int(r['buyer_id']) for r in link.query(
            'SELECT account_id, buyer_id FROM leadreturns.account ORDER BY 1')}
        self.world.accounts = list(self.world.buyer_of)
        self.world.functions = {r['proname'] for r in link.query(
            "SELECT proname FROM pg_proc WHERE proname LIKE 'lr_%'")}
        link.close()
        for i in range(self.options.clients):
            kind, party = CLIENTS[i % len(CLIENTS)]
            self.clients.append(Maker(self.world, 'c%d' % i, '%d/%d' % (self.options.seed, i),
                                      kind, party))

    def turn(self, seconds):
        """All clients and the faults for a while; then all is quiet, and is checked."""
        stop = threading.Event()
        before = self.faults.counts
        self.faults = Faults(self.server, '%d/f%d' % (self.options.seed, self.rounds), stop)
        self.faults.counts = before
        threads = [Client(self.server, self.world, maker, self.faults, stop)
                   for maker in self.clients]
        for thread in threads + [self.faults]:
            thread.start()
        time.sleep(seconds)
        stop.set()
        for thread in threads + [self.faults]:
            thread.join(30)
            if thread.is_alive() or thread.failure:
                self.violate('liveness', '%s does not end (%s)' % (thread.name, thread.failure))
        self.rounds += 1
        Judge(self.server, self.world, self.violate).judge()

    def report(self):
        seed, log = self.options.seed, self.world.log
        outcomes = Counter(op.outcome for op in log)
        print('seed %d: %d operations (%s), %d checks' % (
            seed, len(log), ', '.join('%d %s' % (n, o) for o, n in sorted(outcomes.items())),
            self.rounds))
        print('seed %d: %d faults (%s); %d violations' % (
            seed, sum(self.faults.counts.values()),
            ', '.join('%d %s' % (n, f) for f, n in sorted(self.faults.counts.items())),
            len(self.violations)))
        codes = Counter(op.code for op in log if op.code)
        print('seed %d: errors answered: %s' % (
            seed, ', '.join('%s %d' % pair for pair in sorted(codes.items()))))
        for group, text in self.violations[:25]:
            print('VIOLATION seed %d %s: %s' % (seed, group, text))
        if self.violations:
            for op in sorted(log, key=lambda op: op.end)[-40:]:
                print('  tail: ' + op.line()[:300])
            with open(self.options.log, 'w', encoding='utf-8') as file:
                file.writelines(op.line() + '\n' for op in sorted(log, key=lambda op: op.start))
        broken = {group for group, _ in self.violations}
        for group in GROUPS:
            print('%s seed %d %s' % ('FAILED ' if group in broken else 'ok     ', seed, group))
        print('%d passed, %d failed' % (len(GROUPS) - len(broken), len(broken)))
        return not broken


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument('--seed', type=int, required=True)
    parser.add_argument('--seconds', type=float, default=20)
    parser.add_argument('--clients', type=int, default=8)
    parser.add_argument('--bindir', required=True)
    parser.add_argument('--directory', required=True)
    parser.add_argument('--log', required=True)
    run = Run(parser.parse_args())
    run.server.start()
    try:
        run.setup()
        left = run.options.seconds
        while left > 0 and not run.violations:
            run.turn(min(left, 7))
            left -= 7
        right = run.report()
    finally:
        run.server.stop()
    sys.exit(0 if right else 1)


if __name__ == '__main__':
    main()
