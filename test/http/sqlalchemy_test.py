"""The models of doc/http/sqlalchemy_models.py against a database: they do what the functions do. The
directory of that file is the argument."""
import contextlib
import io
import pathlib
import re
import sys

import sqlalchemy as sa
from sqlalchemy.exc import DatabaseError
from sqlalchemy.orm import Session
from sqlalchemy.orm.exc import StaleDataError

sys.path.insert(0, sys.argv[1])
from sqlalchemy_models import Delivery, Return  # noqa: E402

passed = failed = 0


def check(name, got, expected):
    global passed, failed
    if got == expected:
        passed += 1
        print(f"ok      {name}")
    else:
        failed += 1
        print(f"FAILED  {name}: got {got!r}, expected {expected!r}")


def connect(role):
    # where and as whom is in the environment
    return sa.create_engine(
        "postgresql+psycopg2://authenticator@/", connect_args={"options": f"-c role={role}"}
    )


staff, buyer = connect("backoffice"), connect("beacon")


def rows(query, **values):
    with staff.begin() as connection:
        return [tuple(row) for row in connection.execute(sa.text(query), values)]


def refused(engine, work):
    """What a driver was told of the error that work(session) meets."""
    try:
        with Session(engine) as session:
            work(session)
            session.commit()
    except DatabaseError as error:
        told = error.orig.diag
        return (
            told.sqlstate,
            told.constraint_name,
            bool(told.message_detail and told.message_hint),
        )
    return "nothing"


def told(lead):
    return rows(
        "SELECT h.from_status, h.to_status, h.how, h.actor, h.note, h.party_kind"
        "  FROM leadreturns.return_history h JOIN leadreturns.returns r USING (return_id)"
        " WHERE r.lead_id = :lead ORDER BY h.history_id",
        lead=lead,
    )


def posted(lead):
    return rows(
        "SELECT l.kind, l.debit_account, l.credit_account, l.amount, l.note"
        "  FROM leadreturns.ledger l JOIN leadreturns.deliveries d USING (delivery_id)"
        " WHERE d.lead_id = :lead ORDER BY l.transfer_id",
        lead=lead,
    )


rows("SELECT lr_set_terms('account', 2, '{\"max_return_count\": 3}', '2026-02-01')")
with Session(buyer) as session:
    filed = Return(lead_id=43, reason="Duplicate!", note="seen")
    session.add(filed)
    session.flush()
    brought = (filed.return_id, filed.delivery_id)
    check(
        "and what was decided",
        (filed.status, filed.reason, filed.review, str(filed.credit)),
        ("open", "Duplicate!", "requires_review", "0.00"),
    )
    session.commit()
    check("which reason it is shows when it is read again", filed.reason, "duplicate")
    return_id = filed.return_id
check(
    "add() brings the generated keys",
    [brought],
    rows("SELECT return_id, delivery_id FROM leadreturns.returns WHERE lead_id = 43"),
)
with buyer.begin() as connection:
    connection.execute(sa.text("SELECT lr_return(45, 'Duplicate!', 'seen')"))
check("add() is lr_return", told(43), told(45))

with Session(staff) as session:
    filed = session.get(Return, return_id)
    check("get() reads it, with its delivery", str(filed.delivery.price), "40.00")
    filed.status = "accepted"
    filed.decision_note = "the line is dead"
    session.flush()
    check(
        "flush() brings what was decided",
        (filed.status, str(filed.credit), filed.review),
        ("accepted", "40.00", "processed"),
    )
    session.commit()
    check("the delivery is returned", filed.delivery.status, "RETURNED")
rows(
    "SELECT lr_accept((SELECT return_id FROM leadreturns.returns WHERE lead_id = 45),"
    " 'the line is dead')"
)
check("a new status is lr_accept: its history", told(43), told(45))
check("and its ledger", posted(43), posted(45))

with Session(staff) as session:
    undo = (
        sa.update(Return)
        .where(Return.return_id == return_id, Return.status == "accepted")
        .values(status="rolled_back")
        .execution_options(synchronize_session=False)
    )
    check("update() says how many it changed", session.execute(undo).rowcount, 1)
    check("and that there is nothing left to change", session.execute(undo).rowcount, 0)
    session.commit()

# the mapper counts the rows of each UPDATE
with Session(staff) as session:
    ghost = Return(return_id=10**9, assignee="ann")
    sa.orm.make_transient_to_detached(ghost)
    session.add(ghost)
    ghost.assignee = "bob"
    try:
        session.flush()
        noticed = False
    except StaleDataError:
        noticed = True
    check("an UPDATE of no row is noticed", noticed, True)

with Session(staff) as session:
    fresh = Return(lead_id=47, reason="bad_contact_info")
    session.add_all([fresh, Delivery(lead_id=91, account_id=1, supplier_id=1, price=12.5)])
    session.commit()
    fresh_id = fresh.return_id
    everything = {c.key: getattr(fresh, c.key) for c in sa.inspect(Return).columns}
    everything["assignee"] = "ann"
    session.execute(sa.update(Return).where(Return.return_id == fresh_id).values(**everything))
    session.commit()
    check("a row that was read can be written back, changed", fresh.assignee, "ann")
    sold = session.query(Delivery).filter_by(lead_id=91).one()
    check(
        "add() of a delivery is lr_deliver",
        (sold.status, str(sold.price), str(sold.cost)),
        ("DELIVERED", "12.50", "0.00"),
    )


def change(**values):
    return lambda session: session.execute(
        sa.update(Return).where(Return.return_id == fresh_id).values(**values)
    )


for name, engine, work, expected in (
    (
        "a condition has its SQLSTATE, name, detail and hint",
        buyer,
        lambda session: session.add(Return(lead_id=47, reason="duplicate")),
        ("LR010", "return_already_open", True),
    ),
    (
        "a lead of another",
        buyer,
        lambda session: session.add(Return(lead_id=42, reason="duplicate")),
        ("LR002", "lead_not_found", True),
    ),
    ("a buyer decides nothing", buyer, change(status="accepted"), ("LR001", "not_permitted", True)),
    (
        "an illegal move",
        staff,
        change(status="rolled_back"),
        ("LR013", "illegal_transition", True),
    ),
    ("a fixed column", staff, change(reason="other"), ("LR070", "history_is_immutable", True)),
    (
        "a cap",
        buyer,
        lambda session: session.add_all(
            [Return(lead_id=n, reason="duplicate") for n in (49, 51, 53, 55)]
        ),
        ("LR023", "cap_reached", True),
    ),
):
    check(name, refused(engine, work), expected)
check(
    "what was flushed before the refusal is undone",
    rows("SELECT count(*) FROM leadreturns.returns WHERE lead_id IN (49, 51, 53, 55)"),
    [(0,)],
)
# what the page shows prints what it says there
page = pathlib.Path(sys.argv[1], "README.md").read_text()
shown = re.search(r"^```python\n(.*?)^```$", page, re.M | re.S).group(1)
printed = io.StringIO()
with contextlib.redirect_stdout(printed):
    exec(shown, {**globals(), "engine": staff})
check(
    "the example of the page",
    printed.getvalue().splitlines(),
    re.findall(r"print\(.*\)  # (.*)", shown),
)
check("everything agrees", rows("SELECT * FROM lr_reconcile()"), [])

print(f"{passed} passed, {failed} failed")
sys.exit(failed > 0)
