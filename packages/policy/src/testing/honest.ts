/**
 * Honest bots on a path of prices, through judge, book and rules as the signer calls them: rounds of DCA with averaging
 * orders and a take-profit, a grid, a scalper with stops. Resting orders fill at their limit when the price comes there,
 * immediate ones with two basis points of slippage. What is refused is asked again a minute later under a new id.
 */
import {
  type Amount,
  type BotId,
  clientOrderId,
  type Mandate,
  type Pair,
  type PlaceOrder,
  quoteOf,
  type RefusalCode,
  type SubKeyId,
} from '@holdfast/domain';
import {
  accountBook,
  beforeEntry,
  burnSpent,
  closeOrder,
  createRules,
  fillOrder,
  holdOrder,
  isExit,
  judge,
  minuteMs,
  onDecision,
  onDenied,
  onFill,
  onTick,
  pairScaleBps,
  positionOf,
  type ReferencePrice,
  type RuleFinding,
  recountFills,
  recountsDue,
  restingFaults,
  unheldBurn,
} from '../index.ts';

export interface HonestRun {
  readonly findings: readonly RuleFinding[];
  readonly refusals: ReadonlyMap<RefusalCode, number>;
  readonly orders: number;
  readonly fills: number;
  /** Rounds of DCA and steps of the grid that were sold again. */
  readonly sold: number;
  /** Most that was spent within 24 h, as `burnSpent` says. */
  readonly burnSpentMost: bigint;
  /** What the first reference price after each fill added to it, in all. */
  readonly recounted: bigint;
}

const unit = 10n ** 18n;
const bps = (price: bigint, by: number): bigint => (price * BigInt(10_000 + by)) / 10_000n;

/** `path`: four prices a minute. The scalper buys and sells every `scalpMinutes`; 0: none. */
export function honestRun(mandate: Mandate, pair: Pair, path: readonly bigint[], scalpMinutes: number): HonestRun {
  const account = mandate.account;
  const book = accountBook(account);
  const rules = createRules(account, mandate.nbf);
  const findings: RuleFinding[] = [];
  const refusals = new Map<RefusalCode, number>();
  const open = new Map<
    string,
    { readonly order: PlaceOrder; readonly subKey: SubKeyId; left: bigint; readonly done: () => void }
  >();
  let orders = 0;
  let fills = 0;
  let sold = 0;
  let now = mandate.nbf;
  let price = path[0]!;
  let heard = price;
  let burnSpentMost = 0n;
  let recounted = 0n;

  const note = (found: readonly RuleFinding[]): void => {
    findings.push(...found);
  };
  const fill = (key: string, quantity: bigint, at: bigint): void => {
    const it = open.get(key)!;
    const fee = ((quantity * at) / unit / 1000n) as Amount;
    const facts = { price: at as Amount, quantity: quantity as Amount, fee, feeAsset: quoteOf(pair), at: now };
    const effect = fillOrder(book, key, it.subKey, it.order, facts, now, heard);
    fills += 1;
    note(onFill(rules, mandate, book, { subKey: it.subKey, pair, side: it.order.side, effect }, now));
    it.left -= quantity;
    if (it.left > 0n) return;
    open.delete(key);
    it.done();
  };
  /** Places an order; answers its key, or null when it was refused. */
  const place = (bot: string, terms: Pick<PlaceOrder, 'side' | 'order'>, quantity: bigint, limit: bigint, done = () => {}) => {
    orders += 1;
    const subKey = bot as SubKeyId;
    const trigger = terms.order === 'stop-limit' ? { trigger: bps(limit, 30) as Amount } : {};
    const id = clientOrderId(`${bot}-${orders}`);
    const order: PlaceOrder = {
      kind: 'place-order',
      clientOrderId: id,
      pair,
      ...terms,
      quantity: quantity as Amount,
      limit: limit as Amount,
      ...trigger,
    };
    const grant = {
      subKey,
      bot: bot as BotId,
      account,
      pairs: [pair],
      maxOrderQuote: mandate.turnover24h,
      turnover24h: mandate.turnover24h,
      rights: [],
      alive: true,
    };
    const exit = isExit(book, subKey, order);
    if (!exit) note(beforeEntry(rules, mandate, now));
    const reference = { price: price as Amount, sources: 3, ageMs: 0 };
    const judgement = judge(book, mandate, grant, order, reference, now, {
      pairScaleBps: pairScaleBps(rules, mandate, pair, now),
      unheldBurn: unheldBurn(book, mandate, () => reference),
    });
    const code = judgement.kind === 'refused' ? judgement.code : null;
    note(onDecision(rules, mandate, { subKey, clientOrderId: id, pair, isExit: exit, code }, now));
    if (judgement.kind === 'refused') {
      refusals.set(judgement.code, (refusals.get(judgement.code) ?? 0) + 1);
      note(onDenied(rules, mandate, { subKey, code: judgement.code, forbiddenCall: false }, now));
      return null;
    }
    holdOrder(book, id, subKey, judgement.order, judgement.hold, price, now);
    open.set(id, { order, subKey, left: quantity, done });
    if (order.order === 'ioc') fill(id, quantity, order.side === 'buy' ? bps(price, 2) : bps(price, -2));
    return id;
  };
  const cancel = (key: string): void => {
    if (open.delete(key)) closeOrder(book, key);
  };
  const base = (quote: bigint): bigint => (quote * unit) / price;
  const owned = (bot: string): bigint => positionOf(book, bot as SubKeyId, pair).base;

  const size = mandate.turnover24h / 140n;
  const dca = () => {
    let resting: string[] = [];
    let exit: string | null = null;
    let idleUntil = 0;
    return () => {
      if (owned('dca') === 0n) {
        for (const key of resting) cancel(key);
        resting = [];
        exit = null;
        if (now < idleUntil) return;
        idleUntil = now + 3 * minuteMs;
        if (place('dca', { side: 'buy', order: 'ioc' }, base(size), bps(price, 20)) === null) return;
        for (const step of [1, 2, 3, 4]) {
          const key = place('dca', { side: 'buy', order: 'limit' }, base(size), bps(price, -40 * step));
          if (key !== null) resting.push(key);
        }
      }
      const stale = exit !== null && positionOf(book, 'dca' as SubKeyId, pair).onSale < owned('dca');
      if (stale) cancel(exit!);
      if (exit === null || stale) {
        const cost = (positionOf(book, 'dca' as SubKeyId, pair).exitTurnover * unit) / owned('dca');
        const limit = bps(cost, 50);
        exit = place('dca', { side: 'sell', order: 'limit' }, owned('dca'), limit > price ? limit : price, () => {
          sold += 1;
        });
      }
    };
  };
  const grid = () => {
    interface Level {
      readonly at: bigint;
      state: 'idle' | 'buying' | 'holding' | 'selling';
    }
    const step = 25;
    let levels: Level[] = [];
    const buy = (level: Level): void => {
      const filled = () => {
        level.state = 'holding';
      };
      if (place('grid', { side: 'buy', order: 'limit' }, base(size / 2n), level.at, filled) !== null) level.state = 'buying';
    };
    const sell = (level: Level): void => {
      const { base: all, onSale } = positionOf(book, 'grid' as SubKeyId, pair);
      const lot = base(size / 2n);
      const above = bps(level.at, step);
      const quantity = levels.filter((it) => it.state === 'holding').length === 1 || lot > all - onSale ? all - onSale : lot;
      const filled = () => {
        level.state = 'idle';
        sold += 1;
      };
      const limit = above > price ? above : price;
      if (place('grid', { side: 'sell', order: 'limit' }, quantity, limit, filled) !== null) level.state = 'selling';
    };
    return () => {
      const isIdle = levels.every((it) => it.state === 'idle' || it.state === 'buying');
      if (isIdle && (levels.length === 0 || price > bps(levels[0]!.at, 2 * step))) {
        for (const [key, it] of open) if (it.subKey === 'grid') cancel(key);
        levels = Array.from({ length: 12 }, (_, n) => ({ at: bps(price, -step * (n + 1)), state: 'idle' as const }));
      }
      for (const level of levels) {
        if (level.state === 'idle' && level.at < price) buy(level);
        if (level.state === 'holding' && owned('grid') > 0n) sell(level);
      }
    };
  };
  const scalper = () => {
    let next = 0;
    return () => {
      if (scalpMinutes === 0 || now < next) return;
      next = now + (scalpMinutes * minuteMs) / 2;
      for (const [key, it] of open) if (it.subKey === 'scalper') cancel(key);
      const has = owned('scalper');
      if (has > 0n) place('scalper', { side: 'sell', order: 'ioc' }, has, bps(price, -20));
      else if (place('scalper', { side: 'buy', order: 'ioc' }, base(size / 8n), bps(price, 20)) !== null)
        place('scalper', { side: 'sell', order: 'stop-limit' }, owned('scalper'), bps(price, -150));
    };
  };
  const bots = [dca(), grid(), scalper()];
  for (const [index, next] of path.entries()) {
    now = mandate.nbf + index * (minuteMs / 4);
    price = next;
    for (const [key, it] of [...open]) {
      const { side, limit, trigger } = it.order;
      const reached = trigger !== undefined ? price <= trigger : side === 'buy' ? price <= limit : price >= limit;
      if (!reached || !open.has(key)) continue;
      // Now and then in two pieces.
      if (index % 7 === 0 && it.left > 2n) fill(key, it.left / 2n, limit);
      if (open.has(key)) fill(key, it.left, limit);
    }
    // Only now is the price heard that the market went to.
    heard = price;
    const reference = (): ReferencePrice => ({ price: price as Amount, sources: 3, ageMs: 0 });
    for (const due of recountsDue(book, mandate, reference, now)) {
      recounted += recountFills(book, due.pair, due.reference, now);
      note(onTick(rules, mandate, book, now));
    }
    const burned = burnSpent(book, now);
    if (burned > burnSpentMost) burnSpentMost = burned;
    for (const { key } of restingFaults(book, mandate, reference, now)) cancel(key);
    if (index % 4 === 0) for (const bot of bots) bot();
  }
  return { findings, refusals, orders, fills, sold, burnSpentMost, recounted };
}
