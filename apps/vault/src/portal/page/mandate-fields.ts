/** The fields of a mandate as a form: what each is called, what it means, and reading them back. */
import { amount, formatAmount, type Mandate, type MandateGroup, type MandatePair, type MandateRules } from '@holdfast/domain';
import { amountInput, countInput, field } from './dom.ts';
import type { Json } from './json.ts';

export type MandateJson = Json<Mandate>;
export type PairJson = Json<MandatePair>;
export type GroupJson = Json<MandateGroup>;

interface Said {
  readonly label: string;
  readonly help: string;
  /** Largest number; absent for amounts of money. */
  readonly most?: number;
}

type Fields<Of> = { readonly [Key in keyof Of]?: Said };

export const totals = {
  turnover24h: { label: 'Traded in 24 h, at most (T)', help: 'Buys and sells together.' },
  burn24h: { label: 'Given away in 24 h, at most (B)', help: 'Against the reference price, fees included.' },
  burn7d: { label: 'Given away in 7 days, at most', help: 'Stops whoever is patient.' },
  stopBudget24h: { label: 'Given away by stops in 24 h, at most (S)', help: 'What the gap of protective stops may cost.' },
  maxOpenQuote: { label: 'Resting entries together, at most (O)', help: 'Sum of all open buys at their limits.' },
  gapBps: { label: 'Jump through a resting order (g)', help: 'Basis points: 100 is 1 %.', most: 10_000 },
  drawdown24h: { label: 'Freeze when the account loses in 24 h', help: '0: not watched.' },
  ordersPerMinute: { label: 'Orders a minute, at most', help: '', most: 100_000 },
  orders24h: { label: 'Orders in 24 h, at most', help: '', most: 10_000_000 },
  openOrders: { label: 'Open orders, at most', help: '', most: 10_000 },
} as const satisfies Fields<Mandate>;

export const pairFields = {
  maxOrderQuote: { label: 'One order, at most', help: 'In quote.' },
  maxOrderBase: { label: 'One order, at most, in base', help: 'Holds even if the price reference is forged.' },
  maxPositionQuote: { label: 'Position, at most (P)', help: 'What all bots together may hold of it, at cost.' },
  floor: { label: 'Never below the price', help: 'The corridor that no price feed can move.' },
  ceiling: { label: 'Never above the price', help: '' },
  bandBps: { label: 'Worse than the reference, at most', help: 'Basis points: 50 is 0.5 %.', most: 10_000 },
  stopGapBps: { label: 'Stop limit beyond its trigger, at most', help: 'Basis points.', most: 10_000 },
  stressBps: { label: 'Fall of the price that is printed as risk (s)', help: 'Basis points: 1500 is 15 %.', most: 10_000 },
  maxSellHeldBase24h: { label: 'Coins from before, sold in 24 h, at most', help: 'In base. 0: only what was bought here.' },
  minSources: { label: 'Other exchanges that must agree on the price', help: '', most: 20 },
} as const satisfies Fields<MandatePair>;

export const groupFields = {
  turnover24h: { label: 'Traded in 24 h by the group, at most', help: '' },
  burn24h: { label: 'Given away in 24 h by the group, at most', help: '' },
} as const satisfies Fields<MandateGroup>;

export const ruleFields = {
  dormantDays: { label: 'R1: asleep after days without an order', help: 'Then only exits, until you revive it.', most: 3650 },
  paceFactor: { label: 'R2: times the usual pace of orders', help: '', most: 1000 },
  firstTradeBps: {
    label: 'R3: share of the caps after a first trade in a pair',
    help: 'Basis points: 500 is 5 %.',
    most: 10_000,
  },
  firstTradeMinutes: { label: 'R3: for minutes', help: '', most: 100_000 },
  thinAccounts: { label: 'R4: accounts on one side of a thin pair', help: '', most: 1000 },
  thinVolumeQuote: { label: 'R4: thin is a 24 h volume below', help: '' },
  flowShareBps: { label: 'R5: share of the exchange’s volume', help: 'Basis points: 500 is 5 %.', most: 10_000 },
  roundTrips: { label: 'R6: losing round trips', help: '', most: 1000 },
  roundTripMinutes: { label: 'R6: within minutes', help: '', most: 100_000 },
  deniedPerMinute: { label: 'R9: hostile requests a minute', help: '', most: 1000 },
} as const satisfies Fields<MandateRules>;

export interface FieldGroup<Of> {
  readonly rows: readonly HTMLElement[];
  /** The fields as they stand. @throws ValueError when an amount is none */
  readonly read: () => Of;
}

/** Amounts in the one spelling that is signed: no leading or trailing zeros. @throws ValueError */
export const plainAmount = (text: string): string => formatAmount(amount(text.trim()));

/** Controls for the numbers of `of` that `said` names; `name` tells them apart on the page. */
export function numberFields<Of extends object>(
  said: Readonly<Record<string, Said>>,
  of: Of,
  name: string,
): FieldGroup<Partial<Of>> {
  const values = of as Readonly<Record<string, unknown>>;
  const controls = Object.entries(said).map(([key, { label, help, most }]) => {
    const control =
      most === undefined
        ? amountInput(String(values[key]), `${name}.${key}`)
        : countInput(Number(values[key]), most, `${name}.${key}`);
    return { key, control, isCount: most !== undefined, row: field(label, control, help) };
  });
  return {
    rows: controls.map(({ row }) => row),
    read: () =>
      Object.fromEntries(
        controls.map(({ key, control, isCount }) => [key, isCount ? Number(control.value) : plainAmount(control.value)]),
      ) as Partial<Of>,
  };
}
