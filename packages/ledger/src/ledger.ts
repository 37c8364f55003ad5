/**
 * The double-entry book of one exchange account. No I/O, no clock: the same acts in the same order give the same books.
 *   L1  Every entry moves one positive amount of one asset from one book to another.
 *   L2  What is available, allotted or reserved is never negative; only the contra books may be.
 *   L3  Posting a fill whose trade id is known changes nothing.
 * Each act posts all its entries or none and hands them out, for the caller to store; nothing is edited, a mistake is
 * corrected by another act. What we pay rounds up and what we receive rounds down, both at 10^-18.
 *
 * Books: `owner` (held, allotted to no bot), `bot:ID` (its sub-book, available), `order:ID` (reserved by one order);
 * contra books: `market` (the other side of trades), `fees`, `outside` (deposits, withdrawals, what was there at connect).
 */
import {
  type Amount,
  type Asset,
  type BotId,
  baseOf,
  type ClientOrderId,
  type EpochMs,
  invariant,
  multiply,
  type Pair,
  quoteOf,
  type Side,
  zero,
} from '@holdfast/domain';

export type EntryKind =
  | 'baseline'
  | 'deposit'
  | 'withdrawal'
  | 'adjust'
  | 'allot'
  | 'return'
  | 'reserve'
  | 'release'
  | 'fill'
  | 'fee';

export type Book = 'owner' | 'market' | 'fees' | 'outside' | `bot:${string}` | `order:${string}`;

/** One move. `cause` names what it follows from: a trade id, a client order id, `vault:SEQ`, a command's id. */
export interface Entry {
  readonly kind: EntryKind;
  readonly from: Book;
  readonly to: Book;
  readonly asset: Asset;
  /** Above zero. */
  readonly amount: Amount;
  readonly cause: string;
  readonly at: EpochMs;
}

/** What an act did, or what it lacked: then nothing was posted. */
export type Posting =
  | { readonly kind: 'posted'; readonly entries: readonly Entry[] }
  | { readonly kind: 'short'; readonly book: Book; readonly asset: Asset; readonly lacking: Amount };

export interface LedgerFill {
  readonly clientOrderId: ClientOrderId;
  /** Null for an order that no bot of these books placed: it is the owner's. */
  readonly bot: BotId | null;
  readonly pair: Pair;
  readonly side: Side;
  readonly tradeId: string;
  readonly price: Amount;
  readonly quantity: Amount;
  readonly fee: Amount;
  readonly feeAsset: Asset;
  readonly at: EpochMs;
}

export interface BookBalance {
  readonly book: Book;
  readonly asset: Asset;
  readonly balance: Amount;
}

export const botBook = (bot: BotId): Book => `bot:${bot}`;
export const orderBook = (order: ClientOrderId): Book => `order:${order}`;

const contraBooks: ReadonlySet<Book> = new Set<Book>(['market', 'fees', 'outside']);
const nothing: readonly Entry[] = Object.freeze([]);

type TradeOf = Pick<LedgerFill, 'pair' | 'tradeId' | 'clientOrderId'>;
/** A trade id is unique within its pair; one trade between two orders of ours has it twice. */
export const tradeKey = (fill: TradeOf): string => `${fill.pair} ${fill.tradeId} ${fill.clientOrderId}`;

export interface LedgerOpening {
  readonly balances?: Iterable<BookBalance>;
  /** Whether a trade was posted before this ledger was opened, by `tradeKey`. */
  readonly knows?: (key: string) => boolean;
}

export class Ledger {
  readonly #books = new Map<Book, Map<Asset, Amount>>();
  /** Kept along with the books: there may be tens of thousands of them, and totals are asked for at each fill. */
  readonly #totals = new Map<Asset, Amount>();
  /** Keys of the trades that were posted, by order. */
  readonly #trades = new Map<ClientOrderId, Set<string>>();
  readonly #knewBefore: (key: string) => boolean;

  constructor(opening: LedgerOpening = {}) {
    this.#knewBefore = opening.knows ?? (() => false);
    for (const { book, asset, balance } of opening.balances ?? []) {
      invariant(balance >= 0n || contraBooks.has(book), 'L2');
      this.#set(book, asset, balance);
    }
  }

  balance(book: Book, asset: Asset): Amount {
    return this.#books.get(book)?.get(asset) ?? zero;
  }

  /** What the account holds of an asset: must equal the exchange's free + locked. */
  total(asset: Asset): Amount {
    return this.#totals.get(asset) ?? zero;
  }

  /** Every asset that any own book holds, with its total. */
  totals(): ReadonlyMap<Asset, Amount> {
    return new Map(this.#totals);
  }

  /** All books with a balance other than zero. */
  *balances(): Iterable<BookBalance> {
    for (const [book, assets] of this.#books) for (const [asset, balance] of assets) yield { book, asset, balance };
  }

  knows(fill: TradeOf): boolean {
    const key = tradeKey(fill);
    return this.#trades.get(fill.clientOrderId)?.has(key) === true || this.#knewBefore(key);
  }

  /** No longer remembers the trades of an order that can trade no more: from here on L3 is kept by who opened the ledger. */
  forgetTrades(order: ClientOrderId): void {
    this.#trades.delete(order);
  }

  /** What was there when the account was connected. */
  baseline(asset: Asset, amount: Amount, cause: string, at: EpochMs): Posting {
    return this.#move('baseline', 'outside', 'owner', asset, amount, cause, at);
  }

  deposit(asset: Asset, amount: Amount, cause: string, at: EpochMs): Posting {
    return this.#move('deposit', 'outside', 'owner', asset, amount, cause, at);
  }

  /** Only what no bot was allotted can leave. */
  withdraw(asset: Asset, amount: Amount, cause: string, at: EpochMs): Posting {
    return this.#move('withdrawal', 'owner', 'outside', asset, amount, cause, at);
  }

  /** Makes the unallotted balance follow the exchange by a difference that nothing else explains; `change` may be negative. */
  adjust(asset: Asset, change: Amount, cause: string, at: EpochMs): Posting {
    return change >= 0n
      ? this.#move('adjust', 'outside', 'owner', asset, change, cause, at)
      : this.#move('adjust', 'owner', 'outside', asset, -change as Amount, cause, at);
  }

  /** Gives a bot funds of its own. `short` when the allotments of all bots would pass the balance. */
  allot(bot: BotId, asset: Asset, amount: Amount, cause: string, at: EpochMs): Posting {
    return this.#move('allot', 'owner', botBook(bot), asset, amount, cause, at);
  }

  /** Takes available funds back from a bot. */
  giveBack(bot: BotId, asset: Asset, amount: Amount, cause: string, at: EpochMs): Posting {
    return this.#move('return', botBook(bot), 'owner', asset, amount, cause, at);
  }

  /** Sets aside what an order can cost at most: quote for a buy, base for a sell. */
  reserve(bot: BotId, order: ClientOrderId, asset: Asset, amount: Amount, at: EpochMs): Posting {
    return this.#move('reserve', botBook(bot), orderBook(order), asset, amount, order, at);
  }

  /** Gives back what is still reserved by an order that is closed; nothing when nothing is. */
  release(bot: BotId, order: ClientOrderId, at: EpochMs): Posting {
    const entries: Entry[] = [];
    for (const [asset, amount] of this.#books.get(orderBook(order)) ?? [])
      entries.push({ kind: 'release', from: orderBook(order), to: botBook(bot), asset, amount, cause: order, at });
    return this.#post(entries);
  }

  /**
   * Posts a fill and its fee. What is given is taken from the order's reservation, then from the bot, then from what is
   * allotted to nobody: the exchange has taken it in any case.
   * @throws InvariantError `L2` when the account never held it
   */
  fill(fill: LedgerFill): readonly Entry[] {
    if (this.knows(fill)) return nothing;
    const bot: Book = fill.bot === null ? 'owner' : botBook(fill.bot);
    const [base, quote] = [baseOf(fill.pair), quoteOf(fill.pair)];
    const buy = fill.side === 'buy';
    const value = multiply(fill.price, fill.quantity, buy ? 'up' : 'down');
    const given = buy ? { asset: quote, amount: value } : { asset: base, amount: fill.quantity };
    const taken = buy ? { asset: base, amount: fill.quantity } : { asset: quote, amount: value };
    const move = (kind: EntryKind, from: Book, to: Book, asset: Asset, amount: Amount): readonly Entry[] =>
      amount === 0n ? nothing : [{ kind, from, to, asset, amount, cause: fill.tradeId, at: fill.at }];

    const entries: Entry[] = [];
    const pay = (kind: EntryKind, to: Book, asset: Asset, amount: Amount, sources: readonly Book[]): void => {
      let left = amount as bigint;
      for (const from of sources) {
        const there = this.balance(from, asset) + net(entries, from, asset);
        const part = there < left ? there : left;
        if (part <= 0n) continue;
        entries.push(...move(kind, from, to, asset, part as Amount));
        left -= part;
      }
      invariant(left === 0n, 'L2');
    };
    pay('fill', 'market', given.asset, given.amount, [orderBook(fill.clientOrderId), bot, 'owner']);
    entries.push(...move('fill', 'market', bot, taken.asset, taken.amount));
    if (fill.fee > 0n) pay('fee', 'fees', fill.feeAsset, fill.fee, [bot, orderBook(fill.clientOrderId), 'owner']);
    const posting = this.#post(entries);
    invariant(posting.kind === 'posted', 'L2');
    this.#trades.set(fill.clientOrderId, (this.#trades.get(fill.clientOrderId) ?? new Set()).add(tradeKey(fill)));
    return entries;
  }

  #move(kind: EntryKind, from: Book, to: Book, asset: Asset, amount: Amount, cause: string, at: EpochMs): Posting {
    invariant(amount >= 0n, 'L1');
    if (amount === 0n) return { kind: 'posted', entries: nothing };
    return this.#post([{ kind, from, to, asset, amount, cause, at }]);
  }

  #post(entries: readonly Entry[]): Posting {
    for (const { from, to, asset, amount } of entries) {
      invariant(amount > 0n && from !== to, 'L1');
      const after = this.balance(from, asset) + net(entries, from, asset);
      if (after < 0n && !contraBooks.has(from)) return { kind: 'short', book: from, asset, lacking: -after as Amount };
    }
    for (const { from, to, asset, amount } of entries) {
      this.#set(from, asset, (this.balance(from, asset) - amount) as Amount);
      this.#set(to, asset, (this.balance(to, asset) + amount) as Amount);
    }
    return { kind: 'posted', entries };
  }

  /** A book without balance is forgotten, so that closed orders leave nothing behind. */
  #set(book: Book, asset: Asset, balance: Amount): void {
    const assets = this.#books.get(book) ?? new Map<Asset, Amount>();
    if (!contraBooks.has(book)) {
      const total = (this.total(asset) + balance - (assets.get(asset) ?? zero)) as Amount;
      if (total === 0n) this.#totals.delete(asset);
      else this.#totals.set(asset, total);
    }
    if (balance === 0n) assets.delete(asset);
    else assets.set(asset, balance);
    if (assets.size === 0) this.#books.delete(book);
    else this.#books.set(book, assets);
  }
}

/** What entries change in a book. */
function net(entries: readonly Entry[], book: Book, asset: Asset): bigint {
  let sum = 0n;
  for (const entry of entries) {
    if (entry.asset !== asset) continue;
    if (entry.to === book) sum += entry.amount;
    if (entry.from === book) sum -= entry.amount;
  }
  return sum;
}
