#!/usr/bin/env python3
"""Compares what csv_dump reads with what Python and a model of the rules make of the same text.

    roundtrip.py tables DUMP    random tables, written and read with the csv module
    roundtrip.py soup DUMP      random bytes, against a model made of regular expressions; DUMP
                                should have a low limit of a record's length, to get at it

A case depends on the seed and its own number only, so --seed and --first repeat it.
"""
import argparse
import csv
import io
import json
import os
import random
import re
import subprocess
import sys
import tempfile

BATCH = 500
MAX_FIELDS = 256
MARK = b"\xef\xbb\xbf"
FINE, UNCLOSED, AFTER, LONG, ZERO = range(5)


# ---- tables

WORDS = ["", "", "a", "17", "wrong number", "größer", "日本", "😀", "x@example.com", "1,5", ";",
         "\t", ",", '"', '""', 'so "called"', '"quoted"', " ", "  b", "c ", "'", "\\", "\\n",
         "\x1f", "\u2028"]
BREAKS = {"\n": ["\n", "\n\n"], "\r": ["\r"], "\r\n": ["\r\n", "\n", "\r", "\n\r"]}


def random_field(rng, breaks):
    parts = rng.choices(WORDS + breaks, k=rng.choice((1, 1, 1, 2, 3, 6)))
    if rng.random() < 0.001:
        parts.append("long " * rng.randrange(1000, 6000))
    return "".join(parts)


def random_table(rng):
    """Text, delimiter, and the rows written into it, which is all but the blank ones."""
    delimiter = rng.choice(",;\t")
    quoting = rng.choice((csv.QUOTE_MINIMAL, csv.QUOTE_ALL))
    end = rng.choice(("\n", "\r\n", "\r"))
    # Not each version of the writer quotes a field for line ends that are not its own
    breaks = BREAKS["\r\n" if quoting == csv.QUOTE_ALL else end]
    text = io.StringIO(newline="")
    writer = csv.writer(text, delimiter=delimiter, quoting=quoting, lineterminator=end)
    width = rng.choice((1, 2, 2, 3, 3, 4, 7, 300 if rng.random() < 0.02 else 5))
    rows = []
    for _ in range(rng.randrange(0, 25)):
        if rng.random() < 0.1:
            text.write(rng.choice(("", delimiter, " " + delimiter * 3, '""', " \t")) + end)
        ragged = rng.choice((-1, 1)) if rng.random() < 0.1 else 0
        rows.append([random_field(rng, breaks) for _ in range(max(1, width + ragged))])
        writer.writerow(rows[-1])
    text = text.getvalue()
    if rng.random() < 0.3:
        text = text.removesuffix(end)
    return text, delimiter, [row for row in rows if not is_blank(row)]


def is_blank(row):
    return all(value.strip(" \t") == "" for value in row)


def read_rows(text, delimiter):
    """Rows that are not blank, as csv.reader reads them, and the lines they start on."""
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    rows, line = [], 1
    for row in reader:
        if not is_blank(row):
            rows.append((line, row))
        line = reader.line_num + 1
    return rows


def check_table(case, dumped):
    rows = read_rows(case["decoded"], case["delimiter"])
    assert [row for _, row in rows] == case["rows"], "the csv module does not read what it wrote"
    records = dumped["records"]
    assert [record["problem"] for record in records] == [FINE] * len(rows), "problems"
    assert [record["line"] for record in records] == [line for line, _ in rows], "lines"
    assert [record["nfields"] for record in records] == [len(row) for _, row in rows], "nfields"
    fields = [[value.decode() for value in record["fields"]] for record in records]
    assert fields == [row[:MAX_FIELDS] for _, row in rows], "fields"


def make_table(rng):
    text, delimiter, rows = random_table(rng)
    mark = MARK if rng.random() < 0.3 else b""
    return {"text": mark + text.encode(), "decoded": text, "delimiter": delimiter, "rows": rows}


# ---- soup

SOUPS = [
    [b'"', b",", b"a", b"\n"],
    [b'"', b'"', b'""', b",", b"\n", b"\r", b"\r\n", b"a", b" "],
    [b'"', b",", b";", b"\t", b"\n", b"\r", b"a", b"b", b" ", b"\0", MARK],
    [b'a","\n', b'b"\n', b'"', b"x" * 20, b",", b'""'],
    [b",", b" ", b"\t", b'""', b"\n", b"\r\n", b";", b"a", b"\0"],
]


def make_soup(rng):
    if rng.random() < 0.05:
        text = rng.randbytes(rng.randrange(100))
    else:
        text = b"".join(rng.choices(rng.choice(SOUPS), k=rng.choice((5, 15, 40, 150))))
    if rng.random() < 0.1:
        text = MARK + text
    return {"text": text, "delimiter": rng.choice((",", ";", "\t", ""))}


class Model:
    """The rules as regular expressions."""

    def __init__(self, delimiter, limit):
        d = re.escape(delimiter.encode())
        field = rb'(?:"(?:[^"]|"")*"(?=[%b\r\n]|\Z)|(?:[^"%b\r\n][^%b\r\n]*)?(?=[%b\r\n]|\Z))'
        field = field % (d, d, d, d)
        self.field = re.compile(field)
        self.record = re.compile(rb"%b(?:%b%b)*(?=[\r\n]|\Z)" % (field, d, field))
        self.unclosed = re.compile(rb'(?:%b%b)*"(?:[^"]|"")*' % (field, d))
        self.limit = limit

    def split(self, text, start, end):
        values = []
        while True:
            match = self.field.match(text, start, end)
            value = match.group()
            if value.startswith(b'"'):
                value = value[1:-1].replace(b'""', b'"')
            values.append(value)
            if match.end() == end:
                return values
            start = match.end() + 1

    def read(self, text, at, line):
        """The record there, or None if it is blank, and the place behind it."""
        end = re.compile(rb"[^\r\n]*").match(text, at).end()
        match = self.record.match(text, at)
        values = self.split(text, at, match.end()) if match else []
        blank = match and all(value.strip(b" \t") == b"" for value in values)
        if match and (blank or match.end() - at <= self.limit):
            end = match.end()
            problem = ZERO if b"\0" in match.group() else FINE
        elif end - at > self.limit:
            problem = LONG
        else:
            problem = UNCLOSED if self.unclosed.fullmatch(text, at, end) else AFTER
        behind = re.compile(rb"\r\n|\r|\n|\Z").match(text, end).end()
        if blank:
            return None, behind
        values = values if problem == FINE else []
        return {"line": line, "at": at, "length": end - at, "next": behind, "problem": problem,
                "nfields": len(values), "fields": values[:MAX_FIELDS]}, behind

    def read_all(self, text):
        at = 3 if text.startswith(MARK) else 0
        records = []
        while at < len(text):
            record, at = self.read(text, at, 1 + count_line_ends(text[:at]))
            if record:
                records.append(record)
        return records


def count_line_ends(text):
    return len(re.findall(rb"\r\n|\r|\n", text))


def sniffed(text, limit):
    def nfields(delimiter):
        records = Model(delimiter, limit).read_all(text)
        return max(records[0]["nfields"], 1) if records else 1
    return max(",;\t", key=nfields)


def check_cover(text, delimiter, dumped):
    """Every byte belongs to one record, a line end, the mark or a skipped line."""
    at, line = 3 if text.startswith(MARK) else 0, 0
    behind_all = {"at": len(text), "length": 0, "next": len(text), "line": None}
    for record in dumped["records"] + [behind_all]:
        skipped = text[at:record["at"]]
        assert not skipped.strip(delimiter.encode() + b' \t\r\n"'), "skipped content"
        end = record["at"] + record["length"]
        assert at <= record["at"] <= end <= record["next"] <= len(text), "places"
        if record["line"] is None:
            break
        assert skipped == b"" or skipped[-1:] in b"\r\n", "a record starts inside a line"
        assert text[end:record["next"]] in (b"\n", b"\r", b"\r\n") or end == len(text), "line end"
        assert record["line"] > line, "lines do not ascend"
        at, line = record["next"], record["line"]
    assert dumped["lines"] == 1 + count_line_ends(text), "number of lines"


def check_soup(case, dumped):
    text = case["text"]
    delimiter = case["delimiter"] or sniffed(text, dumped["limit"])
    assert dumped["delimiter"] == delimiter, "delimiter: expected %r" % delimiter
    check_cover(text, delimiter, dumped)
    expected = Model(delimiter, dumped["limit"]).read_all(text)
    for got, wanted in zip(dumped["records"], expected):
        assert got == wanted, "expected %r, got %r" % (wanted, got)
    assert len(dumped["records"]) == len(expected), "number of records"


# ---- both

MODES = {"tables": (make_table, check_table, 4000), "soup": (make_soup, check_soup, 12000)}


def dump(program, cases, directory):
    """What the program reads of each of the cases."""
    arguments = [program]
    for number, case in enumerate(cases):
        name = os.path.join(directory, str(number))
        with open(name, "wb") as file:
            file.write(case["text"])
        arguments += ["--delimiter=" + case["delimiter"], name]
    run = subprocess.run(arguments, stdout=subprocess.PIPE, check=True)
    files = []
    for line in run.stdout.splitlines():
        item = json.loads(line)
        if "limit" in item:
            files.append({**item, "records": []})
        elif "lines" in item:
            files[-1]["lines"] = item["lines"]
        else:
            item["fields"] = [value.encode("latin-1") for value in item["fields"]]
            files[-1]["records"].append(item)
    assert len(files) == len(cases)
    return files


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("mode", choices=MODES)
    parser.add_argument("dump", help="the program csv_dump")
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(10**9))
    parser.add_argument("--count", type=int, help="number of cases")
    parser.add_argument("--first", type=int, default=0, help="number of the first case")
    options = parser.parse_args()
    make, check, count = MODES[options.mode]
    last = options.first + (options.count or count)
    print(f"{options.mode}: --seed {options.seed}", flush=True)

    records = problems = 0
    with tempfile.TemporaryDirectory() as directory:
        for first in range(options.first, last, BATCH):
            numbers = range(first, min(first + BATCH, last))
            cases = [make(random.Random(f"{options.seed}/{number}")) for number in numbers]
            for number, case, dumped in zip(numbers, cases, dump(options.dump, cases, directory)):
                try:
                    check(case, dumped)
                except AssertionError as error:
                    print(f"--seed {options.seed} --first {number} --count 1: {error}")
                    print(f"delimiter {dumped['delimiter']!r}, text {case['text']!r}")
                    return 1
                records += len(dumped["records"])
                problems += sum(record["problem"] != FINE for record in dumped["records"])
    print(f"{options.mode}: {last - options.first} texts, {records} records, {problems} problems")
    return 0 if records > 0 else 1


if __name__ == "__main__":
    csv.field_size_limit(1 << 20)
    sys.exit(main())
