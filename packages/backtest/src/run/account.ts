/**
 * The sub-book of the bot of one run: what it has free of each asset, and what its orders reserve. The same arithmetic as the
 * ledger's: a buy's cost rounds up and a sale's proceeds down at 10^-18.
 */
import {
  type Amount,
  type Asset,
  baseOf,
  type ClientOrderId,
  InvariantError,
  multiply,
  type Pair,
  type PlacingIntent,
  quoteOf,
  type Side,
} from '@holdfast/domain';
import { type AccountState, needs } from '@holdfast/runtime';

interface Reservation {
  readonly asset: string;
  left: bigint;
}

/** What a fill moves, in amounts. */
export interface AccountFill {
  readonly pair: Pair;
  readonly side: Side;
  readonly price: Amount;
  readonly quantity: Amount;
  readonly fee: Amount;
  readonly feeAsset: Asset;
}

export class Account {
  readonly #free = new Map<string, bigint>();
  readonly #reserved = new Map<ClientOrderId, Reservation>();
  /** Free and reserved. */
  readonly #totals = new Map<string, bigint>();
  readonly state: AccountState = {
    available: (_bot, asset) => (this.#free.get(asset) ?? 0n) as Amount,
    orders: () => [],
    stops: () => [],
    prices: () => undefined,
  };

  constructor(funds: Readonly<Record<string, Amount>>) {
    for (const [asset, amount] of Object.entries(funds)) {
      this.#free.set(asset, amount);
      this.#totals.set(asset, amount);
    }
  }

  total(asset: string): bigint {
    return this.#totals.get(asset) ?? 0n;
  }

  reserve(intent: PlacingIntent): void {
    if (this.#reserved.has(intent.clientOrderId)) throw new InvariantError(`order ${intent.clientOrderId} is planned twice`);
    const { asset, amount } = needs(intent);
    this.#add(asset, -amount);
    this.#reserved.set(intent.clientOrderId, { asset, left: amount });
  }

  /** Gives back what is still reserved by an order that is closed. */
  release(id: ClientOrderId): void {
    const reservation = this.#reserved.get(id);
    if (reservation === undefined) return;
    this.#add(reservation.asset, reservation.left);
    this.#reserved.delete(id);
  }

  /** Takes what is given from the reservation, then from what is free. */
  fill(reservedBy: ClientOrderId, { pair, side, price, quantity, fee, feeAsset }: AccountFill): void {
    const [base, quote] = [baseOf(pair), quoteOf(pair)];
    const value = multiply(price, quantity, side === 'buy' ? 'up' : 'down');
    const [given, taken] = side === 'buy' ? [value, quantity] : [quantity, value];
    const givenAsset = side === 'buy' ? quote : base;
    const reservation = this.#reserved.get(reservedBy);
    const part = reservation === undefined ? 0n : given < reservation.left ? given : reservation.left;
    if (reservation !== undefined) reservation.left -= part;
    this.#add(givenAsset, part - given);
    this.#add(side === 'buy' ? base : quote, taken);
    this.#add(feeAsset, -fee);
    this.#count(givenAsset, -given);
    this.#count(side === 'buy' ? base : quote, taken);
    this.#count(feeAsset, -fee);
  }

  #add(asset: string, change: bigint): void {
    this.#free.set(asset, (this.#free.get(asset) ?? 0n) + change);
  }

  #count(asset: string, change: bigint): void {
    this.#totals.set(asset, (this.#totals.get(asset) ?? 0n) + change);
  }
}
