/**
 * A bot in a backtest whose every order is judged by the vault's own rules under a mandate made of what the bot says it needs.
 * The bot's step is wrapped: what is refused comes back to it within the step, what is approved is held and filled in the book.
 */
import { type BotKind, unchanged } from '@holdfast/bots';
import {
  type AccountId,
  type BotEvent,
  type BotId,
  type Intent,
  legsOf,
  type Mandate,
  type MandateNeeds,
  noRules,
  type OrderEvent,
  type OwnerId,
  ordersOf,
  type Pair,
  type PlaceOrder,
  type PlacingIntent,
  priceAmount,
  quoteOf,
  type SubKeyId,
} from '@holdfast/domain';
import {
  accountBook,
  closeOrder,
  fillOrder,
  holdOco,
  holdOrder,
  judge,
  judgeOco,
  mandateOfNeeds,
  recountFills,
} from '@holdfast/policy';

// biome-ignore lint/suspicious/noExplicitAny: settings and state of a kind belong together, and nobody here looks inside
export type AnyKind = BotKind<any, any, any>;
type Quotes = BotEvent['quotes'];

export interface Refused {
  readonly code: string;
  readonly reason: string;
  readonly order: PlaceOrder;
}

export interface Judged {
  readonly kind: AnyKind;
  readonly refused: Refused[];
  readonly approved: PlaceOrder[];
  /** Of the mandate that counts; undefined before the bot was born. */
  mandate(): Mandate | undefined;
}

const account = 'paper' as AccountId;
const subKey = 'key' as SubKeyId;

/**
 * @param change of the mandate that is derived, before it counts
 * @param tell what the bot is told besides, at each close of a minute: signals
 */
export function judged(
  inner: AnyKind,
  change: (mandate: Mandate) => Mandate = (same) => same,
  tell?: (minute: number) => object | null,
): Judged {
  const book = accountBook(account);
  const [refused, approved]: [Refused[], PlaceOrder[]] = [[], []];
  const placed = new Map<string, PlaceOrder>();
  const ocos = new Map<string, readonly string[]>();
  let quotes: Quotes = new Map();
  let needs: MandateNeeds;
  let mandate: Mandate | undefined;
  let minutes = 0;
  let wakes: readonly unknown[] = [];

  const referenceOf = (pair: Pair, of: Quotes, rules: AnyRules): bigint => priceAmount(of.get(pair)!.last, rules[pair]!);
  let rules: AnyRules = {};

  const sent = (intent: PlacingIntent, at: number, now: Quotes): Refused | null => {
    const price = referenceOf(intent.pair, now, rules);
    recountFills(book, intent.pair, price, at);
    const reference = { price: price as never, sources: 3, ageMs: 0 };
    const terms = {
      subKey,
      pairs: needs.pairs.map(({ pair }) => pair),
      maxOrderQuote: needs.pairs.reduce((most, it) => (it.maxOrderQuote > most ? it.maxOrderQuote : most), 0n) as never,
      turnover24h: needs.turnover24h,
      alive: true,
      rights: ['sell-held', 'cancel-stops'],
    } as const;
    const legs = ordersOf(intent);
    if (intent.kind === 'place-oco') {
      const it = judgeOco(book, mandate!, terms, intent, reference, at);
      if (it.kind === 'refused') return { code: it.code, reason: it.reason, order: legs[0]! };
      const { limit, stop } = legsOf(intent);
      for (const leg of legs) ocos.set(leg.clientOrderId, [limit.clientOrderId, stop.clientOrderId]);
      ocos.set(intent.clientOrderId, [limit.clientOrderId, stop.clientOrderId]);
      holdOco(book, { limit: limit.clientOrderId, stop: stop.clientOrderId }, subKey, intent, it.hold, price, at);
    } else {
      const it = judge(book, mandate!, terms, intent, reference, at);
      if (it.kind === 'refused') return { code: it.code, reason: it.reason, order: intent };
      holdOrder(book, intent.clientOrderId, subKey, intent, it.hold, price, at);
    }
    for (const leg of legs) placed.set(leg.clientOrderId, leg);
    approved.push(...legs);
    return null;
  };

  const heard = (event: OrderEvent, now: Quotes): void => {
    const order = placed.get(event.clientOrderId);
    if (order === undefined) return;
    if (event.kind === 'order-filled') {
      fillOrder(book, event.clientOrderId, subKey, order, event, event.at, referenceOf(event.pair, now, rules));
      if (event.complete) closeOrder(book, event.clientOrderId);
    } else if (event.kind === 'order-cancelled' || event.kind === 'order-rejected') closeOrder(book, event.clientOrderId);
  };

  /** Steps until nothing of what the bot wants is refused. */
  const stepped = (settings: unknown, state: unknown, first: BotEvent) => {
    const passed: Intent[] = [];
    const waiting: BotEvent[] = [first];
    let [next, changed]: [unknown, boolean] = [state, false];
    for (let event = waiting.shift(); event !== undefined; event = waiting.shift()) {
      const result = inner.step(settings, next, event);
      if ('unchanged' in result) continue;
      changed = true;
      next = result.state;
      wakes = result.wakes;
      for (const intent of result.intents) {
        // Without latency a cancel is answered before the next intent is sent.
        if (intent.kind === 'cancel-order')
          for (const leg of ocos.get(intent.clientOrderId) ?? [intent.clientOrderId]) closeOrder(book, leg);
        const no = intent.kind === 'cancel-order' ? null : sent(intent, event.at, event.quotes);
        if (no === null) {
          passed.push(intent);
          continue;
        }
        refused.push(no);
        waiting.push({
          kind: 'refused',
          at: event.at,
          quotes: event.quotes,
          intent,
          code: no.code,
          reason: no.reason,
        } as BotEvent);
      }
    }
    return { next, passed, changed };
  };

  const kind: AnyKind = {
    ...inner,
    fundsNeeded: (settings, of, now, given) => {
      quotes = now;
      return inner.fundsNeeded(settings, of, now, given);
    },
    initial: (settings, birth) => {
      rules = birth.rules;
      needs = inner.mandateNeeds(settings, rules, quotes, birth.allotted);
      const terms = {
        account,
        owner: 'owner' as OwnerId,
        uid: '',
        quote: quoteOf(needs.pairs[0]!.pair),
        feeBps: 10,
        now: 0,
        prev: '',
      };
      const derived = mandateOfNeeds(needs, terms);
      mandate = change({ ...derived, nbf: 0, exp: Number.MAX_SAFE_INTEGER, rules: noRules });
      return inner.initial(settings, birth);
    },
    step: (settings, state, event) => {
      if (event.kind === 'order-event') heard(event.event, event.quotes);
      const isMinute = event.kind === 'woken' && event.wake.kind === 'candle-close' && event.wake.interval === '1m';
      const told = isMinute && tell !== undefined ? tell(minutes++) : null;
      const [first, second] = [
        tell !== undefined && isMinute && !wakes.some((wake) => JSON.stringify(wake) === JSON.stringify(event.wake))
          ? null
          : event,
        told === null ? null : ({ ...told, at: event.at, quotes: event.quotes } as BotEvent),
      ];
      let [now, any]: [unknown, boolean] = [state, false];
      const intents: Intent[] = [];
      for (const each of [first, second]) {
        if (each === null) continue;
        const { next, passed, changed } = stepped(settings, now, each);
        now = next;
        any ||= changed;
        intents.push(...passed);
      }
      if (tell === undefined) return any ? { state: now, intents, wakes: wakes as never } : unchanged;
      const minute = { kind: 'candle-close', pair: needs.pairs[0]!.pair, interval: '1m' } as const;
      return { state: now, intents, wakes: [...wakes, minute] as never };
    },
  };
  return { kind, refused, approved, mandate: () => mandate };
}

type AnyRules = Parameters<AnyKind['mandateNeeds']>[1];
export const botOf = 'mandate' as BotId;
