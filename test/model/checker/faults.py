"""The server as a child process, and what is done to it."""

import os
import random
import signal
import subprocess
import threading
import time
from collections import Counter

from pgwire import Connection, Lost, Refused

SOMETIMES = ['timeouts', 'transactions', 'idle', 'kill_server', 'kill_backend', 'terminate',
             'cancel', 'checkpoint', 'vacuum', 'fold', 'reindex']


class Server:
    def __init__(self, bindir, directory):
        self.program = os.path.join(bindir, 'postgres')
        self.directory = directory
        with open(os.path.join(directory, 'socket'), encoding='ascii') as file:
            self.sockets = file.read().strip()
        with open(os.path.join(directory, 'port'), encoding='ascii') as file:
            self.port = file.read().strip()
        self.process = None

    def start(self):
        with open(os.path.join(self.directory, 'log'), 'ab') as log:
            self.process = subprocess.Popen(		# pylint: disable=consider-using-with
                [self.program, '-D', os.path.join(self.directory, 'data')], stdout=log,
                stderr=log)
        self.connect(60).close()

    def connect(self, patience=10):
        until = time.monotonic() + patience
        while True:
            try:
                return Connection(self.sockets, self.port, 'postgres', 'checker', '', 300)
            except (Lost, Refused):
                if time.monotonic() > until:
                    raise
                time.sleep(.01)

    def children(self):
        pid = self.process.pid
        with open('/proc/%d/task/%d/children' % (pid, pid), encoding='ascii') as file:
            return [int(child) for child in file.read().split()]

    def kill(self):
        """Every process at once, as a crash does: the parent is stopped so that it starts none."""
        os.kill(self.process.pid, signal.SIGSTOP)
        children = self.children()
        for child in children:
            try:
                os.kill(child, signal.SIGKILL)
            except ProcessLookupError:
                pass
        os.kill(self.process.pid, signal.SIGKILL)
        self.process.wait()
        until = time.monotonic() + 10
        while any(alive(child) for child in children) and time.monotonic() < until:
            time.sleep(.002)

    def stop(self):
        if self.process and self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)
            self.process.wait(60)


def alive(pid):
    try:
        with open('/proc/%d/stat' % pid, encoding='ascii') as file:
            return file.read().rsplit(')', 1)[1].split()[0] != 'Z'
    except OSError:
        return False


class Faults(threading.Thread):
    """Draws which kinds this seed has, and then does one now and then."""

    def __init__(self, server, seed, stop):
        super().__init__(daemon=True)
        self.server, self.stop = server, stop
        self.random = random.Random(seed)
        self.mix = {fault for fault in SOMETIMES if self.random.random() < .7}
        self.counts = Counter()
        self.pause = self.random.choice([.15, .4, .8])
        self.failure = None

    def has(self, fault):
        return fault in self.mix

    def run(self):
        try:
            while not self.stop.wait(self.random.expovariate(1 / self.pause)):
                choice = self.random.choice(SOMETIMES[3:])
                if self.has(choice):
                    self.do(choice)
        except Exception as error:		# pylint: disable=broad-except
            self.failure = error
            raise

    def do(self, fault):
        if fault == 'kill_server':
            self.server.kill()
            self.server.start()
        else:
            try:
                link = self.server.connect()
                self.in_session(link, fault)
                link.close()
            except (Lost, Refused):
                pass		# another fault came first
        self.counts[fault] += 1

    def in_session(self, link, fault):
        if fault in ('kill_backend', 'terminate', 'cancel'):
            victims = [int(row['pid']) for row in link.query(
                "SELECT pid FROM pg_stat_activity WHERE application_name = 'checker' "
                "AND pid <> pg_backend_pid() ORDER BY pid")]
            if not victims:
                return
            victim = self.random.choice(victims)
            if fault == 'kill_backend':
                os.kill(victim, signal.SIGKILL)
                time.sleep(.05)
            else:
                link.query('SELECT pg_%s_backend(%d)' % (fault, victim))
        elif fault == 'vacuum':
            link.query('VACUUM ' + self.random.choice([
                'ANALYZE', '(FREEZE) leadreturns.request', '(FULL) leadreturns.rate_delta']))
        elif fault == 'reindex':
            link.query('REINDEX TABLE CONCURRENTLY leadreturns.request')
        else:
            link.query({'checkpoint': 'CHECKPOINT', 'fold': 'SELECT lr_sweep(10000)'}[fault])
