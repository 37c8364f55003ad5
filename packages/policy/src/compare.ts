/**
 * Is a new mandate wider than the one in force? Compared field by field; a document that widens anything is wider as a
 * whole. What approves nothing new is narrower, even if all it does is to write the same in another order.
 *
 *   C1  What a narrower mandate approves, the wider approves on the same book.
 *   C2  Equal exactly if the canonical texts are equal up to `seq`, `prev` and a later `nbf`.
 */
import {
  canonicalText,
  formatAmount,
  type Mandate,
  type MandateGroup,
  type MandatePair,
  type MandateRules,
  mandateText,
} from '@holdfast/domain';

export type MandateChange = 'narrower' | 'equal' | 'wider';

export interface Comparison {
  readonly change: MandateChange;
  /** One sentence per field that differs; what widens comes first. */
  readonly changes: readonly string[];
}

/** Which way a bigger value points: `more` allows more, `less` allows less; `…0off`: 0 switches the limit off. */
type Direction = 'more' | 'less' | 'more-0-off' | 'less-0-off';

const totals = {
  exp: 'more',
  turnover24h: 'more',
  burn24h: 'more',
  burn7d: 'more',
  stopBudget24h: 'more',
  ordersPerMinute: 'more',
  orders24h: 'more',
  openOrders: 'more',
  maxOpenQuote: 'more',
  gapBps: 'more',
  drawdown24h: 'more-0-off',
} as const satisfies Partial<Record<keyof Mandate, Direction>>;

const pairFields = {
  maxOrderQuote: 'more',
  maxOrderBase: 'more',
  maxPositionQuote: 'more',
  floor: 'less',
  ceiling: 'more',
  bandBps: 'more',
  stopGapBps: 'more',
  stressBps: 'more',
  maxSellHeldBase24h: 'more',
  minSources: 'less',
} as const satisfies Partial<Record<keyof MandatePair, Direction>>;

const groupFields = { turnover24h: 'more', burn24h: 'more' } as const satisfies Partial<Record<keyof MandateGroup, Direction>>;

const ruleFields = {
  dormantDays: 'more-0-off',
  paceFactor: 'more-0-off',
  firstTradeBps: 'more-0-off',
  firstTradeMinutes: 'less-0-off',
  thinAccounts: 'more-0-off',
  thinVolumeQuote: 'less-0-off',
  flowShareBps: 'more-0-off',
  roundTrips: 'more-0-off',
  roundTripMinutes: 'less-0-off',
  deniedPerMinute: 'more-0-off',
} as const satisfies Record<keyof MandateRules, Direction>;

interface Notes {
  readonly wider: string[];
  readonly narrower: string[];
}

/** Compares a mandate with the one it is to replace. `null`: there is none, so everything widens. */
export function compareMandates(before: Mandate | null, after: Mandate): Comparison {
  if (before === null) return { change: 'wider', changes: ['the first mandate of the account'] };
  const notes: Notes = { wider: [], narrower: [] };
  compareIdentity(notes, before, after);
  compareFields(notes, '', before, after, totals);
  compareWords(notes, before, after);
  compareGroups(notes, before, after);
  comparePairs(notes, before, after);
  compareFields(notes, 'rules ', before.rules, after.rules, ruleFields);
  const changes = [...notes.wider, ...notes.narrower];
  if (notes.wider.length > 0) return { change: 'wider', changes };
  if (changes.length > 0) return { change: 'narrower', changes };
  return textOf(before) === textOf(after)
    ? { change: 'equal', changes: [] }
    : { change: 'narrower', changes: ['the same limits, written differently'] };
}

const textOf = (mandate: Mandate): string => mandateText({ ...mandate, seq: 0, prev: '', nbf: 0 });

function compareIdentity({ wider }: Notes, before: Mandate, after: Mandate): void {
  for (const field of ['v', 'owner', 'account', 'uid', 'quote'] as const)
    if (before[field] !== after[field]) wider.push(changed(field, before[field], after[field]));
  if (after.nbf < before.nbf) wider.push(changed('nbf', before.nbf, after.nbf));
  for (const [what, names] of [
    ['pair', after.pairs.map((it) => it.pair)],
    ['group', after.groups.map((it) => it.name)],
  ] as const)
    if (new Set<string>(names).size < names.length) wider.push(`a ${what} is named twice: ${names.join(', ')}`);
}

function compareWords({ wider, narrower }: Notes, before: Mandate, after: Mandate): void {
  if (before.foreign !== after.foreign)
    (after.foreign === 'freeze' ? narrower : wider).push(changed('foreign', before.foreign, after.foreign));
  if (before.mayCancelStops !== after.mayCancelStops)
    (after.mayCancelStops ? wider : narrower).push(changed('mayCancelStops', before.mayCancelStops, after.mayCancelStops));
}

function compareGroups(notes: Notes, before: Mandate, after: Mandate): void {
  for (const name of new Set([...before.groups, ...after.groups].map((it) => it.name))) {
    const old = before.groups.find((it) => it.name === name);
    const now = after.groups.find((it) => it.name === name);
    // A group's limits bind those alone that were in it and stay in it; for all others, coming into it is a further limit.
    const stays = after.pairs.some((it) => it.group === name && before.pairs.find((its) => its.pair === it.pair)?.group === name);
    if (old !== undefined && now !== undefined && stays) compareFields(notes, `group ${name} `, old, now, groupFields);
    else if (old === undefined || now === undefined)
      (stays ? notes.wider : notes.narrower).push(`group ${name} is ${now === undefined ? 'gone' : 'new'}`);
  }
}

function comparePairs(notes: Notes, before: Mandate, after: Mandate): void {
  for (const now of after.pairs) {
    const old = before.pairs.find((it) => it.pair === now.pair);
    if (old === undefined) notes.wider.push(`${now.pair} is new`);
    else comparePair(notes, old, now);
  }
  for (const old of before.pairs)
    if (!after.pairs.some((it) => it.pair === old.pair)) notes.narrower.push(`${old.pair} is no longer allowed`);
}

function comparePair(notes: Notes, before: MandatePair, after: MandatePair): void {
  const name = `${after.pair} `;
  // Into a group from none is a further limit; out of one, or into another, escapes the old one's.
  if (before.group !== after.group)
    (before.group === '' ? notes.narrower : notes.wider).push(changed(`${name}group`, before.group, after.group));
  for (const field of ['sides', 'orders'] as const) {
    const old: readonly string[] = before[field];
    const now: readonly string[] = after[field];
    const sentence = changed(name + field, old.join(', '), now.join(', '));
    if (now.some((it) => !old.includes(it))) notes.wider.push(sentence);
    else if (canonicalText(old) !== canonicalText(now)) notes.narrower.push(sentence);
  }
  compareFields(notes, name, before, after, pairFields);
}

function compareFields<T extends object, Field extends keyof T & string>(
  { wider, narrower }: Notes,
  name: string,
  before: T,
  after: T,
  fields: Readonly<Record<Field, Direction>>,
): void {
  for (const field of Object.keys(fields) as Field[]) {
    const old = before[field] as bigint | number;
    const now = after[field] as bigint | number;
    if (old === now) continue;
    (allowsMore(fields[field], old, now) ? wider : narrower).push(changed(name + field, old, now));
  }
}

function allowsMore(direction: Direction, before: bigint | number, after: bigint | number): boolean {
  switch (direction) {
    case 'more':
      return after > before;
    case 'less':
      return after < before;
    case 'more-0-off':
      return isZero(after) || (!isZero(before) && after > before);
    case 'less-0-off':
      return isZero(after) || (!isZero(before) && after < before);
  }
}

const isZero = (value: bigint | number): boolean => value === 0 || value === 0n;

const changed = (field: string, before: unknown, after: unknown): string => `${field}: ${shown(before)} → ${shown(after)}`;

function shown(value: unknown): string {
  if (typeof value === 'bigint') return formatAmount(value);
  return value === '' ? 'none' : String(value);
}
