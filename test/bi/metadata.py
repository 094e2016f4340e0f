"""What a program that speaks ODBC is told of the views, for 070_bi_metadata.pl.

metadata.py CONNECTION_STRING VIEW... prints the lines of Metadata.java, without remarks, which this
driver does not give; results and values have their Python type. The views are named, because this
driver lists those that may not be read as well.
"""
import datetime
import decimal
import sys

import pyodbc

TYPES = {getattr(pyodbc, name): name for name in (
    "SQL_BIGINT", "SQL_INTEGER", "SQL_NUMERIC", "SQL_DOUBLE", "SQL_BIT", "SQL_VARCHAR",
    "SQL_WVARCHAR", "SQL_LONGVARCHAR", "SQL_WLONGVARCHAR", "SQL_TYPE_DATE", "SQL_TYPE_TIMESTAMP")}


def line(*fields):
    print("\t".join("" if f is None else str(f).translate({9: " ", 10: " ", 13: " "})
                    for f in fields))


def columns(cursor, view):
    for c in cursor.columns(schema="leadreturns", table=view).fetchall():
        # a view's name is a pattern here, in which _ stands for any character
        if c.table_name == view:
            line("column", view, c.column_name, TYPES.get(c.data_type, c.data_type), c.type_name,
                 c.column_size, c.decimal_digits)


def values(cursor, view):
    cursor.execute(f"SELECT * FROM leadreturns.{view}")
    for name, kind, _, _, precision, scale, _ in cursor.description:
        line("result", view, name, kind.__name__, precision, scale)
    names = [d[0] for d in cursor.description]
    seen = set()
    for row in cursor.fetchall():
        for name, value in zip(names, row):
            if value is not None:
                scale = -value.as_tuple().exponent if isinstance(value, decimal.Decimal) else ""
                seen.add((name, type(value).__name__, scale))
    for value in sorted(seen):
        line("value", view, *value)


def main():
    with pyodbc.connect(sys.argv[1], autocommit=True, readonly=True) as connection:
        cursor = connection.cursor()
        there = cursor.tables(schema="leadreturns", tableType="VIEW").fetchall()
        for view in [t.table_name for t in there if t.table_name in sys.argv[2:]]:
            line("view", view)
            columns(cursor, view)
            values(cursor, view)
        cursor.execute("SELECT count(*), sum(returned_value)"
                       " FROM leadreturns.return_rate_by_buyer_daily"
                       " WHERE day BETWEEN ? AND ? AND buyer = ?",
                       datetime.date(2026, 7, 1), datetime.date(2026, 7, 15), '=HYPERLINK("x")')
        line("filter", *cursor.fetchone())


main()
