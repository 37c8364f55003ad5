/** The exchange's book of one user and ours, compared to the last digit. */
import assert from 'node:assert/strict';
import type { DatabaseSync } from 'node:sqlite';
import { type Amount, amount, formatAmount } from '@holdfast/domain';
import type { Order, UserTrade } from '@holdfast/exchanges/simulated';

export interface Books {
  /** The engine's database. */
  readonly db: DatabaseSync;
  readonly trades: readonly UserTrade[];
  /** All orders ever. */
  readonly orders: readonly Order[];
  readonly open: readonly Order[];
  /** Free and locked, by asset. */
  readonly held: ReadonlyMap<string, bigint>;
  /** Of all pairs. */
  readonly tick: Amount;
  readonly lot: Amount;
}

type Rows = readonly Record<string, unknown>[];
const rows = (db: DatabaseSync, sql: string): Rows => db.prepare(sql).all() as Record<string, unknown>[];

const printed = (sums: ReadonlyMap<string, bigint>): Record<string, string> =>
  Object.fromEntries(
    [...sums]
      .filter(([, sum]) => sum !== 0n)
      .map(([asset, sum]) => [asset, formatAmount(sum)] as const)
      .sort(),
  );

/** @throws AssertionError that says what differs */
export function compareBooks({ db, trades, orders, open, held, tick, lot }: Books): void {
  // No fill lost, none posted twice.
  const fills = rows(db, 'select * from fills');
  const terms = (...[pair, id, price, quantity, fee]: readonly unknown[]): string => [pair, id, price, quantity, fee].join(' ');
  assert.deepEqual(
    fills.map((fill) => terms(fill.pair, fill.trade_id, fill.price, fill.quantity, fill.fee)).sort(),
    trades
      .map((trade) =>
        terms(
          trade.pair,
          trade.tradeId,
          formatAmount(BigInt(trade.price) * tick),
          formatAmount(BigInt(trade.quantity) * lot),
          formatAmount(trade.commission),
        ),
      )
      .sort(),
    'every trade of the exchange is posted once',
  );
  // No order doubled: each of ours that reached the exchange is one order there.
  const reached = rows(db, "select * from orders where status not in ('planned', 'approved', 'refused', 'rejected')");
  assert.equal(new Set(orders.map((order) => order.clientOrderId)).size, orders.length, 'no client order id exists twice');
  assert.equal(orders.length, reached.length, 'as many orders there as here');
  // What rests there rests here.
  const resting = (side: string, price: string, quantity: string, filled: string): string =>
    [side, price, quantity, filled].join(' ');
  const ours = rows(db, "select * from orders where status in ('resting', 'partly-filled', 'unknown', 'approved', 'planned')");
  assert.deepEqual(
    ours.map((order) => resting(String(order.side), String(order.price), String(order.quantity), String(order.filled))).sort(),
    open
      .map((order) =>
        resting(
          order.side.toLowerCase(),
          formatAmount(BigInt(order.price) * tick),
          formatAmount(BigInt(order.quantity) * lot),
          formatAmount(BigInt(order.executed) * lot),
        ),
      )
      .sort(),
    'the same orders rest',
  );
  // Balances to the last digit, and the books are the sum of their entries.
  const own = rows(db, "select asset, balance from books where book not in ('market', 'fees', 'outside')");
  const sums = new Map<string, bigint>();
  for (const row of own) sums.set(String(row.asset), (sums.get(String(row.asset)) ?? 0n) + amount(String(row.balance)));
  assert.deepEqual(printed(sums), printed(held), 'ledger and exchange hold the same');
  assert.deepEqual(printed(sumOfEntries(db)), printed(booked(db)), 'books are the sum of their entries');
}

function sumOfEntries(db: DatabaseSync): Map<string, bigint> {
  const sums = new Map<string, bigint>();
  const move = (book: unknown, asset: unknown, change: bigint): void => {
    const key = `${book} ${asset}`;
    sums.set(key, (sums.get(key) ?? 0n) + change);
  };
  for (const row of rows(db, 'select * from entries')) {
    move(row.from_book, row.asset, -amount(String(row.amount)));
    move(row.to_book, row.asset, amount(String(row.amount)));
  }
  return sums;
}

const booked = (db: DatabaseSync): Map<string, bigint> =>
  new Map(rows(db, 'select * from books').map((row) => [`${row.book} ${row.asset}`, amount(String(row.balance))]));
