"""A small client of PostgreSQL's protocol 3: Unix socket, trust, simple queries, text results."""

import socket
import struct


class Refused(Exception):
    """The server answered with an error: nothing of the statement remains."""

    def __init__(self, fields):
        self.code = fields.get('C', '')
        self.message = fields.get('M', '')
        self.detail = fields.get('D', '')
        super().__init__('%s %s (%s)' % (self.code, self.message, self.detail))


class Lost(Exception):
    """The connection broke: whether the statement took effect is unknown."""


def literal(value):
    if value is None:
        return 'NULL'
    if value is True or value is False:
        return 'true' if value else 'false'
    if isinstance(value, int):
        return str(value)
    return "'" + str(value).replace("'", "''") + "'"


def call(function, **args):
    """A call by name, the way an application writes it."""
    return 'SELECT * FROM %s(%s)' % (
        function, ', '.join('%s => %s' % (k, literal(v)) for k, v in args.items()
                            if v is not None))


def insert(view, **args):
    """The same as a plain INSERT, the way an ORM writes it."""
    return 'INSERT INTO leadreturns.%s (%s) VALUES (%s) RETURNING *' % (
        view, ', '.join(args), ', '.join(literal(v) for v in args.values()))


class Connection:
    def __init__(self, directory, port, user, database, settings='', timeout=60):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(timeout)
        self.buffer = b''
        self.pid = 0
        try:
            self.sock.connect('%s/.s.PGSQL.%s' % (directory, port))
        except OSError as error:
            self.sock.close()
            raise Lost(str(error)) from error
        words = ['user', user, 'database', database, 'application_name', 'checker']
        if settings:
            words += ['options', settings]
        body = struct.pack('!i', 196608) + b''.join(w.encode() + b'\0' for w in words) + b'\0'
        self.send(struct.pack('!i', len(body) + 4) + body)
        self.answer()

    def send(self, data):
        try:
            self.sock.sendall(data)
        except OSError as error:
            self.close()
            raise Lost(str(error)) from error

    def take(self, size):
        while len(self.buffer) < size:
            try:
                more = self.sock.recv(65536)
            except OSError as error:
                self.close()
                raise Lost(str(error)) from error
            if not more:
                self.close()
                raise Lost('closed by the server')
            self.buffer += more
        taken, self.buffer = self.buffer[:size], self.buffer[size:]
        return taken

    def answer(self):
        """Reads up to ReadyForQuery; the rows of the last result, as dictionaries."""
        names, rows, error = [], [], None
        while True:
            head = self.take(5)
            kind = head[:1]
            body = self.take(struct.unpack('!i', head[1:])[0] - 4)
            if kind == b'T':
                names, rows = self.names(body), []
            elif kind == b'D':
                rows.append(dict(zip(names, self.values(body))))
            elif kind == b'E':
                error = Refused({f[:1].decode(): f[1:].decode('utf-8', 'replace')
                                 for f in body.split(b'\0') if f})
                if error.code in ('57P01', '57P02', '57P03'):
                    self.close()
                    raise Lost(error.message)
            elif kind == b'K':
                self.pid = struct.unpack('!i', body[:4])[0]
            elif kind == b'Z':
                if error:
                    raise error
                return rows
            elif kind == b'R' and struct.unpack('!i', body[:4])[0] != 0:
                raise RuntimeError('the server wants a password')

    @staticmethod
    def names(body):
        names, at = [], 2
        for _ in range(struct.unpack('!h', body[:2])[0]):
            end = body.index(b'\0', at)
            names.append(body[at:end].decode())
            at = end + 19
        return names

    @staticmethod
    def values(body):
        values, at = [], 2
        for _ in range(struct.unpack('!h', body[:2])[0]):
            size = struct.unpack('!i', body[at:at + 4])[0]
            at += 4
            if size < 0:
                values.append(None)
            else:
                values.append(body[at:at + size].decode())
                at += size
        return values

    def query(self, sql):
        data = sql.encode() + b'\0'
        self.send(b'Q' + struct.pack('!i', len(data) + 4) + data)
        return self.answer()

    def close(self):
        self.sock.close()
