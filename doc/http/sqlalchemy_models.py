"""Returns and deliveries as models of SQLAlchemy 1.4 or later. An instance that is added is
lr_return or lr_deliver, a new status is the command that makes the move."""
from sqlalchemy import BigInteger, Column, DateTime, FetchedValue, ForeignKey, Numeric, Text
from sqlalchemy.orm import declarative_base, relationship

Base = declarative_base()


def decided():
    """What the database decides, on INSERT and on every UPDATE."""
    return {"server_default": FetchedValue(), "server_onupdate": FetchedValue()}


class Delivery(Base):
    __tablename__ = "deliveries"
    __table_args__ = {"schema": "leadreturns"}
    delivery_id = Column(BigInteger, primary_key=True, server_default=FetchedValue())
    lead_id = Column(BigInteger, nullable=False)
    account_id = Column(BigInteger, nullable=False)
    supplier_id = Column(BigInteger)
    price = Column(Numeric(14, 2), nullable=False)
    cost = Column(Numeric(14, 2), server_default=FetchedValue())
    status = Column(Text, **decided())
    email = Column(Text)
    delivered_at = Column(DateTime(timezone=True), server_default=FetchedValue())


class Return(Base):
    __tablename__ = "returns"
    __table_args__ = {"schema": "leadreturns"}
    # eager_defaults: INSERT and UPDATE fetch what was decided, with RETURNING
    __mapper_args__ = {"eager_defaults": True}
    return_id = Column(BigInteger, primary_key=True, server_default=FetchedValue())
    delivery_id = Column(
        BigInteger, ForeignKey(Delivery.delivery_id), server_default=FetchedValue()
    )
    lead_id = Column(BigInteger)
    reason = Column(Text, nullable=False)
    note = Column(Text)
    idempotency_key = Column(Text)
    status = Column(Text, **decided())
    review = Column(Text, **decided())
    decision_note = Column(Text, **decided())
    assignee = Column(Text)
    credit = Column(Numeric(14, 2), **decided())
    clawback = Column(Numeric(14, 2), **decided())
    requested_at = Column(DateTime(timezone=True), server_default=FetchedValue())
    age_hours = Column(Numeric(12, 2), **decided())
    delivery = relationship(Delivery)
