"""Client threads: they draw operations, run them in transactions of many kinds, and log them."""

import threading
import time

from pgwire import Connection, Lost, Refused

# Errors that say nothing about the rules: the client was told to try again, or was stopped
TRANSIENT = {'40001', '40P01', '55P03', '57014', '25P02', '53300', '25P03'}
ISOLATION = ['READ COMMITTED', 'READ COMMITTED', 'READ COMMITTED', 'REPEATABLE READ',
             'SERIALIZABLE']


class Client(threading.Thread):
    def __init__(self, server, world, maker, faults, stop):
        super().__init__(daemon=True)
        self.server, self.world, self.maker, self.faults, self.stop = \
            server, world, maker, faults, stop
        self.random = maker.random
        self.link = None
        self.failure = None

    def run(self):
        try:
            while not self.stop.is_set():
                self.step()
        except Exception as error:		# pylint: disable=broad-except
            self.failure = error
            raise
        finally:
            if self.link:
                self.link.close()

    def connect(self):
        """A connection, or None: the server may be down for a moment."""
        if self.link:
            return self.link
        settings = ''
        if self.faults.has('timeouts') and self.random.random() < .5:
            settings = '-c statement_timeout=%d -c lock_timeout=%d' % (
                self.random.choice([5, 20, 100, 1000]), self.random.choice([0, 5, 50]))
        try:
            self.link = Connection(self.server.sockets, self.server.port,
                                   self.role(), 'checker', settings)
        except (Lost, Refused):
            time.sleep(.02)
        return self.link

    def role(self):
        return 'mc_%s_%d' % (self.maker.kind, self.maker.party)

    def step(self):
        if not self.connect():
            return
        if self.faults.has('transactions') and self.random.random() < .25:
            self.transaction()
            return
        op = self.maker.make()
        if self.alone(op) == 'unknown' and op.args.get('key') and self.random.random() < .8:
            self.ask_again(op)

    def execute(self, op):
        """Runs the statement; what became of its transaction is for the caller to say."""
        try:
            op.rows = self.link.query(op.sql)
            return 'ok'
        except Refused as error:
            op.code = error.code
            op.detail = '%s: %s' % (error.message, error.detail)
            return 'error' if error.code in TRANSIENT else 'refused'
        except Lost as error:
            op.detail = str(error)
            self.link = None
            return 'unknown'

    def alone(self, op):
        op.calm = not self.faults.mix & {'transactions', 'reindex', 'vacuum'}
        op.start = time.monotonic()
        op.outcome = self.execute(op)
        op.end = time.monotonic()
        self.world.record(op)
        if op.kind == 'claim' and op.outcome == 'ok' and op.rows and self.link:
            self.confirm(op)
        return op.outcome

    def confirm(self, claim):
        for op in self.maker.settle(claim.tag, claim):
            if self.link:
                self.alone(op)

    def ask_again(self, op):
        """An outcome that is unknown is asked for with the same key until it is known."""
        for _ in range(500):
            if self.stop.is_set():
                return
            if not self.connect():
                continue
            again = self.maker.make()
            again.kind, again.sql = 'repeat', op.sql
            again.args = {'of': op, 'delivery': op.args['delivery'], 'unknown': True}
            outcome = self.alone(again)
            op.end = again.end		# whichever of the two it was that took effect
            if outcome not in ('unknown', 'error'):
                return

    def transaction(self):
        """Several operations on one account; savepoints, isolation, an idle end, a rollback."""
        account = self.random.choice(self.world.accounts)
        isolation = self.random.choice(ISOLATION)
        ops, undone, dirty, broken = [], [], False, None
        start = time.monotonic()
        try:
            self.link.query('BEGIN ISOLATION LEVEL ' + isolation)
            for _ in range(self.random.randint(1, 4)):
                saved = self.random.random() < .6
                if saved:
                    self.link.query('SAVEPOINT s')
                op = self.maker.make(account)
                op.start, op.isolation, op.dirty = start, isolation, dirty
                ops.append(op)
                op.outcome = self.execute(op)
                if op.outcome == 'unknown':
                    broken = 'unknown'
                    break
                if op.outcome == 'ok':
                    dirty = True
                elif not saved:
                    broken = 'undone'
                    break
                if saved and (op.outcome != 'ok' or self.random.random() < .3):
                    self.link.query('ROLLBACK TO s')
                    undone.append(op)
            if self.faults.has('idle') and self.random.random() < .2:
                time.sleep(self.random.uniform(.01, .4))
            if not broken:
                broken = self.finish()
        except Lost:
            self.link, broken = None, broken or 'undone'
        except Refused:
            broken = self.give_up(broken)
        if broken == 'undone' and self.link:
            self.give_up(broken)
        end = time.monotonic()
        for op in ops:
            op.end = end
            if op.outcome == 'ok':
                op.outcome = 'undone' if op in undone else (broken or 'ok')
            elif op.outcome == 'unknown':
                op.outcome = 'undone'		# it never came to a COMMIT
            self.world.record(op)

    def give_up(self, broken):
        try:
            self.link.query('ROLLBACK')
        except Lost:
            self.link = None
        except Refused:		# it took longer than it may
            self.link.close()
            self.link = None
        return broken or 'undone'

    def finish(self):
        """Commits mostly; None if it did."""
        if self.random.random() < .2:
            self.link.query('ROLLBACK')
            return 'undone'
        try:
            self.link.query('COMMIT')
        except Refused:
            return 'undone'
        except Lost:
            self.link = None
            return 'unknown'
        return None
