/** Reads a mandate by hand: closed keys at every level, plain decimals, names that stand once. */
import {
  type Asset,
  allowedKindNames,
  asset,
  type Mandate,
  type MandateGroup,
  type MandatePair,
  type MandateRules,
  mandateText,
  noRules,
  type OwnerId,
  ownerId,
  type Pair,
  pair,
  quoteOf,
} from '@holdfast/domain';
import { count, FrameError, fields, flag, list, oneOf, text } from '../../frames/decode.ts';
import { accountId, accountName, decimal, ParameterError, parseJson, reading, sides } from '../parse.ts';

/** Longest canonical text of a mandate, in characters. */
const mandateTextMax = 48 * 1024;

/** Reads a mandate's canonical text and demands that writing it again gives the same. @throws ParameterError */
export function parseMandateText(source: string): Mandate {
  if (source.length > mandateTextMax) throw new ParameterError(`the mandate is longer than ${mandateTextMax} characters`);
  const value = parseJson(source);
  const read = reading(() => mandate(value));
  if (mandateText(read) !== source) throw new ParameterError('the mandate is not in its canonical form');
  return read;
}

/** The body of a request about a mandate, e.g. `{mandate}`; any order of keys. @throws ParameterError */
export function parseMandateBody(body: string): Mandate {
  const value = parseJson(body);
  return reading(() => mandate(fields(value, ['mandate'], 'body').mandate));
}

const mandateKeys = [
  'v',
  'owner',
  'account',
  'uid',
  'seq',
  'prev',
  'nbf',
  'exp',
  'quote',
  'pairs',
  'groups',
  'turnover24h',
  'burn24h',
  'burn7d',
  'stopBudget24h',
  'ordersPerMinute',
  'orders24h',
  'openOrders',
  'maxOpenQuote',
  'gapBps',
  'drawdown24h',
  'foreign',
  'mayCancelStops',
  'rules',
];

/** @throws FrameError, ValueError */
export function mandate(value: unknown): Mandate {
  const it = fields(value, mandateKeys, 'mandate');
  if (it.v !== 1) throw new FrameError('v is not 1');
  const quote = asset(text(it.quote, 'quote', 20));
  const groups = list(it.groups, 20, 'groups', mandateGroup);
  const pairs = list(it.pairs, 200, 'pairs', (item) => mandatePair(item, quote));
  for (const { pair: name, group } of pairs)
    if (group !== '' && !groups.some((one) => one.name === group))
      throw new FrameError(`${name} is of a group ${group} that is not in groups`);
  if (new Set(groups.map((one) => one.name)).size !== groups.length) throw new FrameError('a group stands twice in groups');
  if (new Set(pairs.map((one) => one.pair)).size !== pairs.length) throw new FrameError('a pair stands twice in pairs');
  return {
    v: 1,
    owner: readOwnerId(it.owner),
    account: accountId(it.account),
    uid: text(it.uid, 'uid', 64),
    seq: count(it.seq, 'seq'),
    prev: text(it.prev, 'prev', 64),
    nbf: count(it.nbf, 'nbf'),
    exp: count(it.exp, 'exp'),
    quote,
    pairs,
    groups,
    turnover24h: decimal(it.turnover24h, 'turnover24h'),
    burn24h: decimal(it.burn24h, 'burn24h'),
    burn7d: decimal(it.burn7d, 'burn7d'),
    stopBudget24h: decimal(it.stopBudget24h, 'stopBudget24h'),
    ordersPerMinute: count(it.ordersPerMinute, 'ordersPerMinute'),
    orders24h: count(it.orders24h, 'orders24h'),
    openOrders: count(it.openOrders, 'openOrders'),
    maxOpenQuote: decimal(it.maxOpenQuote, 'maxOpenQuote'),
    gapBps: bps(it.gapBps, 'gapBps'),
    drawdown24h: decimal(it.drawdown24h, 'drawdown24h'),
    foreign: oneOf(it.foreign, ['freeze', 'alarm'], 'foreign'),
    mayCancelStops: flag(it.mayCancelStops, 'mayCancelStops'),
    rules: mandateRules(it.rules),
  };
}

const mandatePairKeys = [
  'pair',
  'group',
  'sides',
  'orders',
  'maxOrderQuote',
  'maxOrderBase',
  'maxPositionQuote',
  'floor',
  'ceiling',
  'bandBps',
  'stopGapBps',
  'stressBps',
  'maxSellHeldBase24h',
  'minSources',
];

function mandatePair(value: unknown, quote: Asset): MandatePair {
  const it = fields(value, mandatePairKeys, 'pair of the mandate');
  const name: Pair = pair(text(it.pair, 'pair', 41));
  if (quoteOf(name) !== quote) throw new FrameError(`${name} is not quoted in ${quote}, in which the totals are counted`);
  const floor = decimal(it.floor, 'floor');
  const ceiling = decimal(it.ceiling, 'ceiling');
  if (floor > ceiling) throw new FrameError(`the floor of ${name} is above its ceiling`);
  return {
    pair: name,
    group: it.group === '' ? '' : groupName(it.group),
    sides: list(it.sides, 2, 'sides', (item) => oneOf(item, sides, 'side')),
    orders: list(it.orders, 4, 'orders', (item) => oneOf(item, allowedKindNames, 'order')),
    maxOrderQuote: decimal(it.maxOrderQuote, 'maxOrderQuote'),
    maxOrderBase: decimal(it.maxOrderBase, 'maxOrderBase'),
    maxPositionQuote: decimal(it.maxPositionQuote, 'maxPositionQuote'),
    floor,
    ceiling,
    bandBps: bps(it.bandBps, 'bandBps'),
    stopGapBps: bps(it.stopGapBps, 'stopGapBps'),
    stressBps: bps(it.stressBps, 'stressBps'),
    maxSellHeldBase24h: decimal(it.maxSellHeldBase24h, 'maxSellHeldBase24h'),
    minSources: count(it.minSources, 'minSources'),
  };
}

export const readOwnerId = (value: unknown): OwnerId => {
  const name = text(value, 'owner', 40);
  if (!accountName.test(name)) throw new FrameError('owner is not a name of 1 to 40 letters, digits, _ or -');
  return ownerId(name);
};

const groupName = (value: unknown): string => {
  const name = text(value, 'group', 20);
  if (!/^[A-Za-z0-9_-]{1,20}$/.test(name)) throw new FrameError('group is not a name of 1 to 20 letters, digits, _ or -');
  return name;
};

function bps(value: unknown, what: string): number {
  const read = count(value, what);
  if (read >= 10_000) throw new FrameError(`${what} is not below 10000`);
  return read;
}

function mandateGroup(value: unknown): MandateGroup {
  const it = fields(value, ['name', 'turnover24h', 'burn24h'], 'group');
  return {
    name: groupName(it.name),
    turnover24h: decimal(it.turnover24h, 'turnover24h'),
    burn24h: decimal(it.burn24h, 'burn24h'),
  };
}

function mandateRules(value: unknown): MandateRules {
  const it = fields(value, Object.keys(noRules), 'rules');
  return {
    dormantDays: count(it.dormantDays, 'dormantDays'),
    paceFactor: count(it.paceFactor, 'paceFactor'),
    firstTradeBps: count(it.firstTradeBps, 'firstTradeBps'),
    firstTradeMinutes: count(it.firstTradeMinutes, 'firstTradeMinutes'),
    thinAccounts: count(it.thinAccounts, 'thinAccounts'),
    thinVolumeQuote: decimal(it.thinVolumeQuote, 'thinVolumeQuote'),
    flowShareBps: count(it.flowShareBps, 'flowShareBps'),
    roundTrips: count(it.roundTrips, 'roundTrips'),
    roundTripMinutes: count(it.roundTripMinutes, 'roundTripMinutes'),
    deniedPerMinute: count(it.deniedPerMinute, 'deniedPerMinute'),
  };
}
