/** What an attack is, and what its scripts are made of. */
import { type Amount, amount, type MandateRules, multiply, type Pair, type Side } from '@holdfast/domain';
import type { Attacker } from '../attacker.ts';
import type { Hands, HostileOrder, Outcome, Tally } from '../hands.ts';
import { baseFor, inLots, moved } from '../markets.ts';
import type { Vaulted } from '../vaulted.ts';
import type { World } from '../world.ts';

export interface Stage {
  readonly world: World;
  /** Of the thief, counted. */
  readonly hands: Hands;
  readonly attacker: Attacker;
  readonly tally: Tally;
  /** The vault, with what the thief took over around it; null where the keys lie in the application's database. */
  readonly vault: Vaulted | null;
  /** What the owner's own program asks for, before the thief comes. Not counted. */
  asBot(victim: number, order: HostileOrder): Promise<Outcome>;
  /** Lets time pass, with a round at least every second. */
  beat(ms: number): Promise<void>;
}

export interface Attack {
  readonly name: string;
  /** What he does, in a sentence. */
  readonly title: string;
  readonly victims: number;
  /** Days that it takes, rounded up: the bound of 24 h counts for each. */
  readonly days: number;
  /** Whether the vault's sources of prices lie: then the bound under forged prices is the one that counts. */
  readonly forged: boolean;
  /** Whether he also waits for jumps up through resting exits: then what the mandate says of those counts beside the bound. */
  readonly throughExits?: true;
  /** Why no rule is meant to stop him, in a few words; left out: one is. */
  readonly noFreeze?: string;
  /** Rules of the owners' mandates; the usual ones when left out. */
  readonly rules?: MandateRules;
  /** Turnover that the owners allowed in 24 h, in quote; as the usual mandate has it when left out. */
  readonly turnover24h?: string;
  /** What happens before the thief comes. */
  readonly before?: (stage: Stage) => Promise<void>;
  readonly play: (stage: Stage) => Promise<void>;
}

/** Most of one order: what mandates usually allow, all at once where nobody asks. */
const sliceOf = ({ hands }: Stage): Amount => (hands.by === 'vault' ? amount('990') : amount('1000000'));

export const everyVictim = ({ world }: Stage): readonly number[] => world.victims.map((_, index) => index);

export function freeOf({ world }: Stage, victim: number, asset: string): Amount {
  const userId = world.victims[victim]!;
  return (world.exchange.core.balances(userId).find((it) => it.asset === asset)?.free ?? 0n) as Amount;
}

/** What a victim's account is worth at true prices, in quote. */
export function equityOf({ world }: Stage, victim: number): Amount {
  const userId = world.victims[victim]!;
  return world.exchange.core.balances(userId).reduce((sum, { asset, free, locked }) => {
    const price = asset === 'USDT' ? amount('1') : world.truth(`${asset}/USDT` as Pair);
    return sum + multiply(free + locked, price, 'down');
  }, 0n) as Amount;
}

/** The price that is worst for the victim, `bps` off the truth. */
export const hostilePrice = ({ world }: Stage, pair: Pair, side: Side, bps: number): Amount =>
  moved(pair, world.truth(pair), side === 'buy' ? bps : -bps, side === 'buy' ? 'down' : 'up');

/** An order for about `quote`, `bps` off the true price to the victim's disadvantage. */
export function hostile(stage: Stage, pair: Pair, side: Side, quote: Amount, bps: number): HostileOrder {
  const limit = hostilePrice(stage, pair, side, bps);
  return { pair, side, kind: 'limit', quantity: baseFor(pair, quote, limit), limit };
}

/** The owner's program buys a little at the true price, from somebody who wants no more than that. */
export async function honestBuy(stage: Stage, victim: number, pair: Pair, quote: Amount): Promise<HostileOrder> {
  const order = hostile(stage, pair, 'buy', quote, 0);
  const outcome = await stage.asBot(victim, order);
  if (outcome.kind === 'refused') throw new Error(`an honest order was refused: ${outcome.code} ${outcome.reason}`);
  await stage.world.settle();
  stage.attacker.take(order);
  await stage.world.settle();
  return order;
}

/** Sells all that a victim has free of a coin, in as many orders as it takes; gives up at the second refusal. */
export async function sellOut(stage: Stage, victim: number, pair: Pair, bps: number): Promise<void> {
  const asset = pair.split('/')[0]!;
  for (let refusals = 0; refusals < 2; ) {
    const limit = hostilePrice(stage, pair, 'sell', bps);
    const slice = baseFor(pair, sliceOf(stage), stage.world.truth(pair));
    const held = inLots(pair, freeOf(stage, victim, asset));
    const quantity = held < slice ? held : slice;
    if (multiply(quantity, limit, 'down') < amount('10')) return;
    const outcome = await stage.attacker.rob(victim, { pair, side: 'sell', kind: 'limit', quantity, limit });
    if (outcome.kind === 'refused') refusals += 1;
    await stage.beat(250);
  }
}

/** Buys for all the quote that a victim has free at a price of the thief's; gives up after so many refusals. */
export async function buyOut(stage: Stage, victim: number, pair: Pair, limit: Amount, patience = 2): Promise<void> {
  for (let refusals = 0; refusals < patience; ) {
    const free = freeOf(stage, victim, 'USDT');
    const slice = sliceOf(stage);
    const quantity = baseFor(pair, free < slice ? free : slice, limit);
    if (multiply(quantity, limit, 'down') < amount('10')) return;
    const outcome = await stage.attacker.rob(victim, { pair, side: 'buy', kind: 'limit', quantity, limit });
    if (outcome.kind === 'refused') refusals += 1;
    if (stage.tally.stoppedAt.has(victim)) return;
    await stage.beat(250);
  }
}

/** A victim buys dear from the thief and sells back to him cheaply. Says what came of both halves. */
export async function roundTrip(
  stage: Stage,
  victim: number,
  pair: Pair,
  quote: Amount,
  bps: number,
): Promise<readonly Outcome[]> {
  const free = (freeOf(stage, victim, 'USDT') * 99n) / 100n;
  const buy = hostile(stage, pair, 'buy', (quote < free ? quote : free) as Amount, bps);
  const bought = await stage.attacker.rob(victim, buy);
  if (bought.kind === 'refused') return [bought];
  await stage.beat(500);
  const held = inLots(pair, quote < free ? (buy.quantity * 999n) / 1000n : freeOf(stage, victim, pair.split('/')[0]!));
  const sell: HostileOrder = { ...buy, side: 'sell', quantity: held, limit: hostilePrice(stage, pair, 'sell', bps) };
  return [bought, await stage.attacker.rob(victim, sell)];
}

/** Codes of the judge of the caps: sizes, positions, budgets, open orders, pace. What is refused before is no try. */
export const capCodes: ReadonlySet<string> = new Set(['E_SIZE', 'E_POS', 'E_TURNOVER', 'E_BURN', 'E_OPEN', 'E_RATE']);

export interface Asked {
  readonly order: HostileOrder;
  readonly outcome: Outcome;
}

/** Buys at one price for as much as passes: whole orders, then smaller ones. Nobody takes them yet. */
export async function buyAllHeMay(stage: Stage, victim: number, pair: Pair, limit: Amount): Promise<readonly Asked[]> {
  const asked: Asked[] = [];
  for (let quote = 1000; quote >= 30; ) {
    const order: HostileOrder = {
      pair,
      side: 'buy',
      kind: 'limit',
      quantity: baseFor(pair, amount(String(quote)), limit),
      limit,
    };
    const outcome = await stage.hands.order(victim, order);
    asked.push({ order, outcome });
    if (outcome.kind === 'approved') continue;
    if (!capCodes.has(outcome.code)) break;
    quote = Math.floor(quote / 2);
  }
  return asked;
}

/**
 * The market jumps down by `bps` and the vault has not heard of it: he takes what rests of these victims, and has them buy
 * more at the price of before, as long as it passes. Then the vault hears of it.
 */
export async function jumpDown(stage: Stage, victims: readonly number[], pair: Pair, bps: number): Promise<readonly Outcome[]> {
  const { world, attacker } = stage;
  const asked: Asked[] = [];
  const takeApproved = (some: readonly Asked[]): void => {
    for (const { order, outcome } of some) if (outcome.kind === 'approved') attacker.take(order);
  };
  const heard = world.truth(pair);
  for (const victim of victims) asked.push(...(await buyAllHeMay(stage, victim, pair, moved(pair, heard, -1, 'down'))));
  await world.settle();
  world.move(pair, moved(pair, heard, -bps, 'down'));
  takeApproved(asked);
  await world.settle();
  for (const victim of victims) {
    const late = await buyAllHeMay(stage, victim, pair, heard);
    await world.settle();
    takeApproved(late);
    asked.push(...late);
  }
  await world.settle();
  await world.pass(1_000);
  return asked.map(({ outcome }) => outcome);
}
