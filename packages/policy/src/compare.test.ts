import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  type AllowedKind,
  type Amount,
  allowedKindNames,
  amount,
  defaultRules,
  type Mandate,
  type MandatePair,
  type MandateRules,
  mandateText,
  noRules,
  type OrderKind,
  orderKindNames,
  ownerId,
  type Side,
} from '@holdfast/domain';
import fc from 'fast-check';
import { accountBook, adoptMandate, closeOrder, compareMandates, freeBase, judge, positionOf } from './index.ts';
import { account, ask, at, btc, eth, fill, grant, key, mandate, order, otherKey, pairRules, stop } from './testing/cases.ts';

const least = 1n as Amount;
const more = (value: bigint): Amount => (value + least) as Amount;
const less = (value: bigint): Amount => (value - least) as Amount;

const base = mandate({
  groups: [{ name: 'coins', turnover24h: amount('500'), burn24h: amount('5') }],
  pairs: [pairRules({ group: 'coins', sides: ['buy'], orders: ['limit'] }), pairRules({ pair: eth })],
  drawdown24h: amount('100'),
  mayCancelStops: false,
  foreign: 'freeze',
  rules: defaultRules,
});

const withPair = (change: Partial<MandatePair>): Mandate => ({
  ...base,
  pairs: [{ ...base.pairs[0]!, ...change }, base.pairs[1]!],
});
const withRule = (change: Partial<MandateRules>): Mandate => ({ ...base, rules: { ...base.rules, ...change } });
const withGroup = (change: Partial<Mandate['groups'][number]>): Mandate => ({
  ...base,
  groups: [{ ...base.groups[0]!, ...change }],
});
const [first] = base.pairs as [MandatePair];

/** Each field by its least step, wider; the other way about it is narrower. */
const widenings: Readonly<Record<string, Mandate>> = {
  exp: { ...base, exp: base.exp + 1 },
  turnover24h: { ...base, turnover24h: more(base.turnover24h) },
  burn24h: { ...base, burn24h: more(base.burn24h) },
  burn7d: { ...base, burn7d: more(base.burn7d) },
  stopBudget24h: { ...base, stopBudget24h: more(base.stopBudget24h) },
  ordersPerMinute: { ...base, ordersPerMinute: base.ordersPerMinute + 1 },
  orders24h: { ...base, orders24h: base.orders24h + 1 },
  openOrders: { ...base, openOrders: base.openOrders + 1 },
  maxOpenQuote: { ...base, maxOpenQuote: more(base.maxOpenQuote) },
  gapBps: { ...base, gapBps: base.gapBps + 1 },
  drawdown24h: { ...base, drawdown24h: more(base.drawdown24h) },
  'drawdown24h off': { ...base, drawdown24h: amount('0') },
  foreign: { ...base, foreign: 'alarm' },
  mayCancelStops: { ...base, mayCancelStops: true },
  'a pair more': { ...base, pairs: [...base.pairs, pairRules({ pair: 'XRP/USDT' as typeof btc })] },
  group: withPair({ group: '' }),
  sides: withPair({ sides: ['buy', 'sell'] }),
  orders: withPair({ orders: ['limit', 'ioc'] }),
  maxOrderQuote: withPair({ maxOrderQuote: more(first.maxOrderQuote) }),
  maxOrderBase: withPair({ maxOrderBase: more(first.maxOrderBase) }),
  maxPositionQuote: withPair({ maxPositionQuote: more(first.maxPositionQuote) }),
  floor: withPair({ floor: less(first.floor) }),
  ceiling: withPair({ ceiling: more(first.ceiling) }),
  bandBps: withPair({ bandBps: first.bandBps + 1 }),
  stopGapBps: withPair({ stopGapBps: first.stopGapBps + 1 }),
  stressBps: withPair({ stressBps: first.stressBps + 1 }),
  maxSellHeldBase24h: withPair({ maxSellHeldBase24h: more(first.maxSellHeldBase24h) }),
  minSources: withPair({ minSources: first.minSources - 1 }),
  'group turnover': withGroup({ turnover24h: more(amount('500')) }),
  'group burn': withGroup({ burn24h: more(amount('5')) }),
  dormantDays: withRule({ dormantDays: 15 }),
  paceFactor: withRule({ paceFactor: 6 }),
  firstTradeBps: withRule({ firstTradeBps: 501 }),
  firstTradeMinutes: withRule({ firstTradeMinutes: 59 }),
  thinAccounts: withRule({ thinAccounts: 4 }),
  thinVolumeQuote: withRule({ thinVolumeQuote: less(defaultRules.thinVolumeQuote) }),
  flowShareBps: withRule({ flowShareBps: 501 }),
  roundTrips: withRule({ roundTrips: 4 }),
  roundTripMinutes: withRule({ roundTripMinutes: 9 }),
  deniedPerMinute: withRule({ deniedPerMinute: 4 }),
  ...Object.fromEntries(Object.entries(noRules).map(([name, off]) => [`${name} off`, withRule({ [name]: off })])),
};

test('widening one field by the least step is wider, the other way about is narrower, whatever else gets narrower', () => {
  for (const [name, wide] of Object.entries(widenings)) {
    const { change, changes } = compareMandates(base, wide);
    assert.equal(change, 'wider', name);
    assert.equal(changes.length, 1, name);
    assert.equal(compareMandates(wide, base).change, 'narrower', name);
    const mixed = { ...wide, orders24h: wide.orders24h - 2, burn7d: less(less(wide.burn7d)) };
    const also = name === 'orders24h' || name === 'burn7d' ? 'narrower' : 'wider';
    assert.equal(compareMandates(base, mixed).change, also, name);
  }
});

test('every field of a mandate is compared', () => {
  const ignored = new Set(['seq', 'prev']);
  const changedField = (value: unknown): unknown => {
    if (typeof value === 'bigint') return value + 1n;
    if (typeof value === 'number') return value + 1;
    if (typeof value === 'boolean') return !value;
    if (typeof value === 'string') return value === 'freeze' ? 'alarm' : `${value}X`;
    if (Array.isArray(value)) return value.slice(1);
    return { ...(value as object), dormantDays: 1 };
  };
  for (const field of Object.keys(base) as (keyof Mandate)[]) {
    const other = { ...base, [field]: changedField(base[field]) } as Mandate;
    const expected = ignored.has(field) || field === 'nbf' ? 'equal' : 'other';
    const { change } = compareMandates(base, other);
    assert.equal(change === 'equal' ? 'equal' : 'other', expected, field);
  }
  for (const field of Object.keys(first) as (keyof MandatePair)[])
    assert.notEqual(compareMandates(base, withPair({ [field]: changedField(first[field]) })).change, 'equal', field);
  for (const field of Object.keys(base.rules) as (keyof MandateRules)[])
    assert.notEqual(compareMandates(base, withRule({ [field]: changedField(base.rules[field]) })).change, 'equal', field);
});

test('another owner, account, quote asset or an earlier beginning is wider; a later one and a new number are nothing', () => {
  const later = { ...base, nbf: 10 };
  assert.equal(compareMandates(later, base).change, 'wider');
  assert.equal(compareMandates(base, { ...later, seq: 7, prev: 'ff' }).change, 'equal');
  for (const other of [{ owner: ownerId('mallory') }, { account: 'other' as Mandate['account'] }, { uid: '1' }])
    assert.equal(compareMandates(base, { ...base, ...other }).change, 'wider');
  assert.equal(compareMandates(base, { ...base, quote: 'EUR' as Mandate['quote'] }).change, 'wider');
  assert.equal(compareMandates(null, base).change, 'wider');
});

test('a pair named twice is wider: which of the two counts is not said', () => {
  assert.equal(compareMandates(base, { ...base, pairs: [...base.pairs, first] }).change, 'wider');
});

test('the same in another order is narrower both ways, and says so', () => {
  const turned = { ...base, pairs: [...base.pairs].reverse() };
  assert.deepEqual(compareMandates(base, turned), { change: 'narrower', changes: ['the same limits, written differently'] });
  assert.equal(compareMandates(turned, base).change, 'narrower');
});

test('a change is told with the field, the old and the new value', () => {
  const next = { ...withPair({ bandBps: 60 }), turnover24h: amount('12000') };
  assert.deepEqual(compareMandates(base, next).changes, ['turnover24h: 10000 → 12000', 'BTC/USDT bandBps: 100 → 60']);
});

const few = (...texts: string[]) => fc.constantFrom(...texts.map(amount));
const subset = <T>(of: readonly T[]) => fc.subarray([...of]);

const somePair = (pair: typeof btc): fc.Arbitrary<MandatePair> =>
  fc.record({
    pair: fc.constant(pair),
    group: fc.constantFrom('', 'a'),
    sides: fc.oneof({ weight: 4, arbitrary: fc.constant<readonly Side[]>(['buy', 'sell']) }, subset<Side>(['buy', 'sell'])),
    orders: fc.oneof({ weight: 4, arbitrary: fc.constant(allowedKindNames) }, subset<AllowedKind>(allowedKindNames)),
    maxOrderQuote: few('200', '300', '1000'),
    maxOrderBase: few('3', '5', '20'),
    maxPositionQuote: few('500', '2000'),
    floor: few('80', '95'),
    ceiling: few('102', '130'),
    bandBps: fc.constantFrom(20, 100, 300),
    stopGapBps: fc.constantFrom(50, 200),
    stressBps: fc.constantFrom(1000, 1500),
    maxSellHeldBase24h: few('0', '2', '8'),
    minSources: fc.constantFrom(2, 3),
  });

const rule = (...values: number[]) => fc.constantFrom(...values);
const someMandate: fc.Arbitrary<Mandate> = fc
  .record({
    pairs: fc.tuple(somePair(btc), somePair(eth), fc.constantFrom(1, 2, 2)).map(([a, b, count]) => [a, b].slice(0, count)),
    exp: fc.constantFrom(50, 100_000_000, 1_000_000_000),
    turnover24h: few('1000', '3000', '10000'),
    burn24h: few('5', '12', '60'),
    burn7d: few('8', '20', '120'),
    stopBudget24h: few('1', '10'),
    ordersPerMinute: fc.constantFrom(3, 100),
    orders24h: fc.constantFrom(5, 100),
    openOrders: fc.constantFrom(2, 50),
    maxOpenQuote: few('400', '2000'),
    drawdown24h: few('0', '10'),
    foreign: fc.constantFrom('freeze' as const, 'alarm' as const),
    groups: fc.record({ turnover24h: few('800', '5000'), burn24h: few('4', '40') }).map((it) => [{ name: 'a', ...it }]),
    mayCancelStops: fc.boolean(),
    rules: fc.record({
      dormantDays: rule(0, 7, 14),
      paceFactor: rule(0, 5),
      firstTradeBps: rule(0, 500),
      firstTradeMinutes: rule(0, 60),
      thinAccounts: rule(0, 3),
      thinVolumeQuote: few('0', '100'),
      flowShareBps: rule(0, 500),
      roundTrips: rule(0, 3),
      roundTripMinutes: rule(0, 10),
      deniedPerMinute: rule(0, 3),
    }),
  })
  .map((it) => mandate(it));

/** A mandate, and one made from it that is often narrower: each field keeps its value or takes that of a third. */
const narrowed = fc
  .tuple(someMandate, someMandate, fc.array(fc.boolean(), { minLength: 60, maxLength: 60 }))
  .map(([wide, other, choices]): readonly [Mandate, Mandate] => {
    let next = 0;
    const mix = <T extends object>(a: T, b: T | undefined): T => {
      const mixed = { ...a };
      for (const field of Object.keys(a) as (keyof T & string)[]) {
        if (b === undefined || choices[next++ % choices.length] !== true) continue;
        const candidate = { ...mixed, [field]: b[field] };
        if (field !== 'pairs' && field !== 'groups' && field !== 'rules') Object.assign(mixed, candidate);
      }
      return mixed;
    };
    const mixedPairs = wide.pairs.map((it) => {
      const mixed = mix(
        it,
        other.pairs.find((known) => known.pair === it.pair),
      );
      return choices[next++ % choices.length] === true ? it : mixed;
    });
    const draft: Mandate = {
      ...mix(wide, other),
      pairs: choices[59] === true ? mixedPairs.slice(0, 1) : mixedPairs,
      groups: wide.groups,
      rules: mix(wide.rules, other.rules),
    };
    // What came out wider is taken back, field by field, so that many are narrower.
    const narrow = takeBack(wide, draft);
    return [wide, narrow.pairs.some((it) => it.group !== '') ? narrow : { ...narrow, groups: [] }];
  });

function takeBack(wide: Mandate, draft: Mandate): Mandate {
  let narrow = draft;
  for (const field of Object.keys(wide) as (keyof Mandate)[]) {
    if (field === 'pairs') continue;
    if (compareMandates(wide, { ...wide, [field]: narrow[field] }).change === 'wider')
      narrow = { ...narrow, [field]: wide[field] };
  }
  const pairs = narrow.pairs.map((it) => {
    const old = wide.pairs.find((known) => known.pair === it.pair)!;
    let kept = it;
    for (const field of Object.keys(it) as (keyof MandatePair)[]) {
      const only = { ...old, [field]: kept[field] };
      const alone = { ...wide, pairs: wide.pairs.map((known) => (known.pair === it.pair ? only : known)) };
      if (compareMandates(wide, alone).change === 'wider') kept = { ...kept, [field]: old[field] };
    }
    return kept;
  });
  return { ...narrow, pairs };
}

const step = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constant('order' as const),
      side: fc.constantFrom<Side>('buy', 'sell'),
      kind: fc.constantFrom<OrderKind>(...orderKindNames),
      which: fc.boolean(),
      second: fc.boolean(),
      lots: fc.integer({ min: 1, max: 24 }),
      cents: fc.integer({ min: 9800, max: 10_200 }),
      gap: fc.integer({ min: 0, max: 150 }),
    }),
  },
  { weight: 4, arbitrary: fc.record({ do: fc.constant('fill' as const), index: fc.nat(5), part: fc.boolean() }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('close' as const), index: fc.nat(5) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('wait' as const), hours: fc.integer({ min: 1, max: 30 }) }) },
);

test('C1: what a narrower mandate approves, the wider one approves on the same book', () => {
  let approvals = 0;
  let stricter = 0;
  let exits = 0;
  fc.assert(
    fc.property(
      narrowed,
      fc.boolean(),
      fc.array(step, { minLength: 5, maxLength: 40, size: 'max' }),
      (mandates, byWide, steps) => {
        const [wide, narrow] = mandates;
        assert.notEqual(compareMandates(wide, narrow).change, 'wider');
        const book = accountBook(account);
        adoptMandate(book, wide, narrow);
        const open: { order: ReturnType<typeof order>; left: bigint; subKey: typeof key }[] = [];
        let now = 1;
        for (const it of steps) {
          now += 1;
          if (it.do === 'wait') now += it.hours * 3_600_000;
          if (it.do === 'close') {
            const [gone] = open.splice(it.index, 1);
            if (gone !== undefined) closeOrder(book, gone.order.clientOrderId);
          }
          if (it.do === 'fill') {
            const found = open[it.index % open.length];
            if (found === undefined) continue;
            const quantity = it.part && found.left > amount('0.2') ? amount('0.1') : found.left;
            fill(book, found.order, { quantity, now, subKey: found.subKey });
            found.left -= quantity;
            if (found.left === 0n) open.splice(open.indexOf(found), 1);
          }
          if (it.do !== 'order') continue;
          // Stops lie under the market, all else around it.
          const cents = it.kind === 'stop-limit' && it.side === 'sell' ? it.cents - 400 : it.cents;
          const limit = (BigInt(cents) * 10n ** 16n) as Amount;
          const by = grant({ subKey: it.second ? otherKey : key });
          const free = freeBase(positionOf(book, by.subKey, it.which ? btc : eth));
          const isOwn = it.side === 'sell' && it.lots > 5 && free > 0n;
          const quantity = (isOwn ? (free * BigInt(it.lots)) / 24n : BigInt(it.lots) * 10n ** 17n) as Amount;
          const trigger = (limit + BigInt(it.gap) * 10n ** 16n) as Amount;
          const wanted = {
            ...order(it.side, '1', '1', { pair: it.which ? btc : eth, order: it.kind, limit, quantity }),
            ...(it.kind === 'stop-limit' ? { trigger } : {}),
          };
          const reference = { ...at('100'), sources: it.lots % 5 === 0 ? 2 : 3 };
          const ofNarrow = judge(book, narrow, by, wanted, reference, now);
          const ofWide = judge(book, wide, by, wanted, reference, now);
          if (ofNarrow.kind === 'approved') {
            approvals += 1;
            if (isOwn) exits += 1;
            assert.equal(ofWide.kind, 'approved', ofWide.kind === 'refused' ? ofWide.reason : '');
          } else if (ofWide.kind === 'approved') stricter += 1;
          const asked = { rules: byWide ? wide : narrow, by, reference, now };
          if (ask(book, wanted, asked) === 'approved') open.push({ order: wanted, left: quantity, subKey: by.subKey });
        }
      },
    ),
    { numRuns: 1000 },
  );
  assert.ok(approvals > 700, `only ${approvals} orders were approved under the narrower mandate`);
  assert.ok(exits > 80, `only ${exits} of them were exits`);
  assert.ok(stricter > 200, `only ${stricter} orders told the two mandates apart`);
});

test('narrower of narrower is narrower, and equal means the same text', () => {
  let chains = 0;
  fc.assert(
    fc.property(narrowed, someMandate, ([wide, middle], other) => {
      const narrow = takeBack(middle, { ...other, pairs: middle.pairs });
      const steps = [compareMandates(wide, middle), compareMandates(middle, narrow)].map((it) => it.change);
      assert.ok(!steps.includes('wider'));
      const whole = compareMandates(wide, narrow).change;
      assert.notEqual(whole, 'wider');
      if (steps.includes('narrower')) chains += 1;
      const text = (it: Mandate): string => mandateText({ ...it, seq: 0, prev: '', nbf: 0 });
      for (const [a, b] of [
        [wide, middle],
        [middle, narrow],
        [wide, other],
        [wide, { ...wide, seq: 9, prev: 'aa' }],
      ] as const)
        assert.equal(compareMandates(a, b).change === 'equal', text(a) === text(b));
    }),
    { numRuns: 1000 },
  );
  assert.ok(chains > 300);
});

test('a stop that the narrower mandate approves is one that the wider approves', () => {
  const book = accountBook(account);
  const entry = order('buy', '5', '100');
  assert.equal(ask(book, entry), 'approved');
  fill(book, entry);
  const it = stop('4', '95', '94.5');
  for (const stopGapBps of [52, 53, 1000])
    assert.equal(
      judge(book, mandate({}, { stopGapBps }), grant(), it, at('100'), 0).kind,
      stopGapBps === 52 ? 'refused' : 'approved',
    );
});
