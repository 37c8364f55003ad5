/**
 * The thin coin through the real processes: warden, signer, gate, egress, portal and exchange as they ship, on this
 * machine's clock. It shows that what the other scenarios measure in one process is not a model of itself.
 */
import { createHmac } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  type AccountId,
  type Amount,
  amount,
  type BotId,
  canonicalText,
  defaultRules,
  doorPaths,
  formatAmount,
  type Mandate,
  multiply,
  type OwnerAct,
  ownerActText,
  ownerId,
  type VaultStatus,
  type Verdict,
} from '@holdfast/domain';
import { balancesOf, createKey, creditUser, listMarket, registerKey } from '@holdfast/exchange/control';
import { worstLoss } from '@holdfast/policy';
import { codeIn } from './enrol.ts';
import { stopsIn, timeToFreeze } from './freezes.ts';
import { newTally, refuse } from './hands.ts';
import { type Instances, startInstances } from './instances.ts';
import { dollars } from './losses.ts';
import { victimMandate } from './mandates.ts';
import { baseFor, btc, eth, thinCoin } from './markets.ts';
import { type DrillOwner, newOwner, proofOf } from './owners.ts';
import type { ScenarioResult } from './scenario.ts';

const victimCount = 20;
const rounds = 5;
/** True price of the thin coin and the price that the thief asks: as far up as the exchange lets go at once. */
const fair = amount('0.05');
const asked = amount('0.24');
const victimUsdt = '20000';

interface Victim {
  readonly owner: DrillOwner;
  readonly account: AccountId;
  readonly userId: number;
  readonly subKey: { readonly id: string; readonly secret: Buffer };
  readonly mandate: Mandate;
}

export async function thinCoinThroughProcesses(seed: number): Promise<ScenarioResult> {
  const instances = await startInstances(seed);
  try {
    return await play(instances);
  } finally {
    await instances.stop();
  }
}

const place = ({ exchange, data }: Instances) => ({ url: exchange, data });

async function play(instances: Instances): Promise<ScenarioResult> {
  await listMarket(place(instances), { pair: thinCoin, tick: '0.0001', lot: '1', price: formatAmount(fair), volume24h: '80000' });
  const thief = await createKey(place(instances), { type: 'hmac', credit: { USDT: '1000', DMG: '100000000' } });
  const { vaultId } = await statusOf(instances);
  const victims: Victim[] = [];
  for (let number = 1; number <= victimCount; number += 1) victims.push(await newVictim(instances, vaultId, number));
  await untilOpen(instances);
  await offer(instances, thief as Key, (Number(victimUsdt) * victimCount * 3) / Number(formatAmount(asked)));

  const held = await worths(
    instances,
    victims.map((it) => it.userId),
  );
  const tally = newTally();
  for (let round = 0; round < rounds; round += 1)
    for (const [index, victim] of victims.entries()) await rob(instances, victim, index, round, tally);
  await sleep(300);
  const left = await worths(
    instances,
    victims.map((it) => it.userId),
  );
  const loss = held - left;
  const after = await statusOf(instances);

  const unguarded = await withoutVault(instances);
  const one = worstLoss(victims[0]!.mandate);
  const bound = (one.theft24h * BigInt(victimCount)) as Amount;
  const own = after.accounts.filter((it) => victims.some(({ account }) => account === it.account));
  const conditions: Record<string, number> = {};
  for (const { condition } of own) conditions[condition] = (conditions[condition] ?? 0) + 1;
  const journal = readFileSync(join(instances.data, 'vault', 'signer', 'journal.log'), 'utf8');
  const accounts = victims.map((it) => it.account);
  const frozen = timeToFreeze({ ...tally, accounts, stops: stopsIn(journal), noFreeze: undefined });
  return {
    name: 'thin coin, real processes',
    victims: victimCount,
    orders: tally.orders,
    lossUsd: dollars(loss),
    attackerGainUsd: dollars(loss),
    boundUsd: dollars(bound),
    withoutVaultLossUsd: dollars(unguarded),
    timeToFreezeMs: frozen.ms,
    timeToFreezeText: frozen.text,
    noFreeze: null,
    refusals: tally.refusals,
    title: 'the robbery itself, on this machine’s clock',
    how: 'processes',
    boundFormula: `${victimCount} accounts × (${one.formula})`,
    boundForgedUsd: dollars(one.forged24h * BigInt(victimCount)),
    boundForgedFormula: `${victimCount} accounts × (${one.forgedFormula})`,
    worstAccountDayUsd: dollars(loss) / victimCount,
    accountDayBoundUsd: dollars(one.theft24h),
    approved: tally.approved,
    conditions,
    stoppedBy: [...new Set(own.map((it) => it.reason).filter((reason) => reason !== ''))].slice(0, 3),
    reasons: tally.reasons,
    withoutVaultAttackerGainUsd: dollars(unguarded),
    withinBound: loss <= bound,
  };
}

const statusOf = async (instances: Instances): Promise<VaultStatus> =>
  (await instances.ask(instances.peer('server'), doorPaths.read, { kind: 'status' })).body as VaultStatus;

/** @throws Error with what the door said */
async function demand<T>(answer: Promise<{ status: number; body: T }>, what: string): Promise<T> {
  const { status, body } = await answer;
  if (status !== 200) throw new Error(`${what}: ${JSON.stringify(body)}`);
  return body;
}

async function newVictim(instances: Instances, vaultId: string, number: number): Promise<Victim> {
  const { ask, peer, console } = instances;
  const owner = newOwner(ownerId(`owner-${number}`));
  const account = `account-${number}` as AccountId;
  await demand(ask(peer('cli'), doorPaths.enrolCode, { owner: owner.name }), 'enrolment code');
  for (let tries = 0; tries < 100 && !console.some((line) => line.includes(owner.name)); tries += 1) await sleep(10);
  const code = codeIn(console.filter((line) => line.includes(`for ${owner.name}:`)));
  await demand(ask(peer('cli'), doorPaths.enrol, { owner: owner.name, code, credential: owner.credential }), 'enrolment');
  const act = (what: OwnerAct) => {
    const text = ownerActText(what);
    return demand(ask(peer('cli'), doorPaths.owner, { act: text, proof: proofOf(owner, vaultId, text) }), what.act);
  };
  const made = await act({ act: 'account-create', account, exchange: 'simulated', key: 'ed25519', at: Date.now() });
  const { apiKey, userId } = await registerKey(place(instances), { publicKey: made.publicKey as string, ips: ['127.0.0.1'] });
  await creditUser(place(instances), { apiKey, credit: { USDT: victimUsdt } });
  await act({ act: 'account-connect', account, apiKey, at: Date.now() });
  const uid = (await statusOf(instances)).accounts.find((it) => it.account === account)?.uid ?? '';
  const now = await exchangeTime(instances);
  const mandate = victimMandate({ account, owner: owner.name, uid, now, rules: defaultRules });
  await act({ act: 'mandate', mandate, at: Date.now() });
  const terms = { bot: 'bot' as BotId, account, pairs: [btc, eth], maxOrderQuote: '1000', turnover24h: '10000', rights: [] };
  const granted = await demand(ask(peer('engine'), doorPaths.grant, terms), 'grant');
  return { owner, account, userId, subKey: { id: granted.subKey, secret: Buffer.from(granted.secret, 'hex') }, mandate };
}

const exchangeTime = async ({ exchange }: Instances): Promise<number> =>
  ((await (await fetch(`${exchange}/api/v3/time`)).json()) as { serverTime: number }).serverTime;

async function untilOpen(instances: Instances): Promise<void> {
  for (const end = Date.now() + 30_000; Date.now() < end; await sleep(100)) {
    const { state, reference } = await statusOf(instances);
    if (state === 'open' && reference.some((it) => it.pair === btc)) return;
  }
  throw new Error('the vault did not open within 30 s');
}

async function rob(
  { ask }: Instances,
  victim: Victim,
  index: number,
  round: number,
  tally: ReturnType<typeof newTally>,
): Promise<void> {
  const quantity = baseFor(thinCoin, amount('900'), asked);
  const order = {
    kind: 'place-order',
    clientOrderId: `t${round}`,
    pair: thinCoin,
    side: 'buy',
    order: 'limit',
    quantity,
    limit: asked,
  };
  const at = Date.now();
  tally.orders += 1;
  if (!tally.firstAt.has(index)) tally.firstAt.set(index, at);
  const { status, body } = await ask(victim.subKey, doorPaths.intent, canonicalText(order));
  const verdict = status === 200 ? (body.verdict as Verdict) : { kind: 'refused' as const, ...body.error };
  if (verdict.kind === 'approved') {
    tally.approved += 1;
    return;
  }
  refuse(tally, verdict.code, verdict.reason);
}

interface Key {
  readonly apiKey: string;
  readonly secret: string;
}

/** An order signed with an exchange key, as whoever has it can. */
async function signed({ exchange }: Instances, { apiKey, secret }: Key, params: Record<string, string>): Promise<number> {
  const text = new URLSearchParams({ ...params, timestamp: String(Date.now()) }).toString();
  const signature = createHmac('sha256', secret).update(text).digest('hex');
  const url = `${exchange}/api/v3/order?${text}&signature=${signature}`;
  return (await fetch(url, { method: 'POST', headers: { 'X-MBX-APIKEY': apiKey } })).status;
}

/** The thief's coins, on the book at his price. */
async function offer(instances: Instances, thief: Key, coins: number): Promise<void> {
  const quantity = String(Math.floor(coins));
  const params = { symbol: 'DMGUSDT', side: 'SELL', type: 'LIMIT', timeInForce: 'GTC', quantity, price: formatAmount(asked) };
  if ((await signed(instances, thief, params)) !== 200) throw new Error('the thief could not offer his coins');
}

/** As many accounts with the same money, their keys in a database: each buys for all it has. */
async function withoutVault(instances: Instances): Promise<bigint> {
  const keys = [];
  for (let number = 0; number < victimCount; number += 1)
    keys.push(await createKey(place(instances), { type: 'hmac', credit: { USDT: victimUsdt } }));
  const users = keys.map((it) => it.userId);
  const held = await worths(instances, users);
  const quantity = formatAmount(baseFor(thinCoin, amount(victimUsdt), asked));
  const params = { symbol: 'DMGUSDT', side: 'BUY', type: 'LIMIT', timeInForce: 'GTC', quantity, price: formatAmount(asked) };
  for (const key of keys) await signed(instances, key as Key, params);
  return held - (await worths(instances, users));
}

/** What accounts hold, at true prices; of other coins than the thin one they have none to begin with. */
async function worths(instances: Instances, users: readonly number[]): Promise<bigint> {
  let sum = 0n;
  for (const userId of users) {
    const { balances } = await balancesOf(place(instances), userId);
    for (const [asset, { free, locked }] of Object.entries(balances)) {
      const held = (amount(free) + amount(locked)) as Amount;
      if (asset === 'USDT') sum += held;
      else if (asset === 'DMG') sum += multiply(held, fair, 'down');
      else throw new Error(`an account holds ${asset}, which nobody ordered`);
    }
  }
  return sum;
}
