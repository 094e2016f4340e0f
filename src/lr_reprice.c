/*
 * lr_reprice.c
 *		Another price or cost of a delivery that nobody has asked to return.
 *
 * What was posted stays; the difference is another transfer that names the one it corrects. What
 * counts values (caps, rates) gets the difference as well.
 */
#include "postgres.h"

#include "lr_attached.h"
#include "lr_deliver.h"
#include "lr_ledger.h"
#include "lr_request.h"
#include "utils/timestamp.h"

static int64 correct(LrCase *c, LrId original, bool of_account, LrMoney difference);
static void write_delivery(LrCase *c, LrMoney price, LrMoney cost);

void
lr_reprice(int64 delivery_id, int64 account_id, LrMoney price, LrMoney cost)
{
	LrCase *c = palloc0(sizeof(LrCase));
	LrParty staff = {LR_STAFF, {0, false}};
	LrCapUse revalued = {0};
	LrDelivery *d;

	lr_case_begin(c, lr_open_for_command(), staff, LR_MANUAL);
	lr_held_want(c->held, delivery_id, account_id, NULL);
	lr_case_lock(c);
	lr_case_take(c, delivery_id);
	d = c->delivery;
	if (lr_other_requests(c->store, delivery_id, 0).any)
		lr_raise(LR_HISTORY_IS_IMMUTABLE,
				 psprintf("A return of lead " INT64_FORMAT " has been asked for; its price %s and "
						  "cost %s cannot become %s and %s.",
						  d->lead_id, lr_money_text(d->price), lr_money_text(d->cost),
						  lr_money_text(price), lr_money_text(cost)),
				 "Post the difference with lr_post('adjustment', ...).");
	revalued.delivered_at = d->delivered_at;
	revalued.delivered_value = price - d->price;
	write_delivery(c, price, cost);
	lr_cap_use(c->account->caps, &revalued);
	lr_case_end(c);
}

static void
write_delivery(LrCase *c, LrMoney price, LrMoney cost)
{
	LrDelivery *d = c->delivery;
	LrRow *row = &d->row;
	LrRateKey key = {d->account_id, d->supplier, d->lead_group};
	Datum values[DELIVERY_NCOLUMNS];
	bool nulls[DELIVERY_NCOLUMNS];
	LrId sale = lr_id(row->values[DELIVERY_SALE_TRANSFER_ID],
					  row->nulls[DELIVERY_SALE_TRANSFER_ID]);
	LrId payout = lr_id(row->values[DELIVERY_PAYOUT_TRANSFER_ID],
						row->nulls[DELIVERY_PAYOUT_TRANSFER_ID]);

	memcpy(values, row->values, sizeof(values));
	memcpy(nulls, row->nulls, sizeof(nulls));
	values[DELIVERY_PRICE] = lr_money_datum(price);
	values[DELIVERY_COST] = lr_money_datum(cost);
	if (price != d->price)
		lr_set_id(values, nulls, DELIVERY_SALE_TRANSFER_ID,
				  (LrId){correct(c, sale, true, price - d->price), true});
	if (cost != d->cost && d->supplier.given)
		lr_set_id(values, nulls, DELIVERY_PAYOUT_TRANSFER_ID,
				  (LrId){correct(c, payout, false, cost - d->cost), true});

	key.currency = row->values[DELIVERY_CURRENCY];
	key.delivered_on = (LrDay){d->delivered_on, true};
	lr_rates_add(c->rates, &key, FIGURE_DELIVERED_VALUE, price - d->price);
	if (d->supplier.given)
		lr_rates_add(c->rates, &key, FIGURE_COST, cost - d->cost);
	lr_store_update(c->store, LR_DELIVERY, row, values, nulls);
}

/* Posts the difference, or what was free so far; returns the transfer that stands for the whole. */
static int64
correct(LrCase *c, LrId original, bool of_account, LrMoney difference)
{
	LrTransfer t = {0};
	int64 id;

	if (original.given)
		t.kind = of_account ? (difference > 0 ? LR_SALE_RAISED : LR_SALE_LOWERED)
							: (difference > 0 ? LR_PAYOUT_RAISED : LR_PAYOUT_LOWERED);
	else
		t.kind = of_account ? LR_SALE : LR_PAYOUT_DUE;
	t.posted_at = Max(c->now, lr_account_closed_until(c->held, c->account));
	t.posted_on = lr_case_day(c, t.posted_at);
	t.amount = difference > 0 ? difference : -difference;
	t.currency = c->delivery->row.values[DELIVERY_CURRENCY];
	t.account = (LrId){c->account->account_id, of_account};
	if (!of_account)
		t.supplier = c->delivery->supplier;
	t.delivery_id = (LrId){c->delivery->delivery_id, true};
	t.reverses = original;
	t.actor = c->role;
	id = lr_transfer_post(c->store, &t);
	return original.given ? original.id : id;
}
