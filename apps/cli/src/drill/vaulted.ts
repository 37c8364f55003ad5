/**
 * The victims behind one vault: fifty owners, each with an account, a mandate and a bot. The thief has everything but the
 * vault: the keys of the engine, the server and the command line, and every sub-key, old ones and those he asks for.
 */
import { createPublicKey, randomBytes } from 'node:crypto';
import {
  type AccountId,
  amount,
  type BotId,
  canonicalText,
  doorPaths,
  firstOwner,
  type Mandate,
  type MandateRules,
  ownerActText,
  ownerId,
  type Pair,
  type PlaceOrder,
  type VaultAccount,
  type VaultStatus,
  type Verdict,
} from '@holdfast/domain';
import { createDrillVault, type DoorKey, type DrillVault, type Upstream, type UpstreamRequest } from '@holdfast/vault/drill';
import { enrol } from './enrol.ts';
import type { Hands, HostileOrder, Outcome, Tally } from './hands.ts';
import { refuse } from './hands.ts';
import { ordinaryDay } from './history.ts';
import { victimMandate } from './mandates.ts';
import { baseFor, btc, eth, moved } from './markets.ts';
import { act, type DrillOwner, newOwner, proofOf } from './owners.ts';
import type { World } from './world.ts';

export interface VaultedOptions {
  readonly rules: MandateRules;
  /** Changes what every victim signed. */
  readonly mandate?: (usual: Mandate) => Mandate;
  /** Accounts that have never traded yet; left out: they have had an ordinary day. */
  readonly isNew?: boolean;
  /** Largest order and turnover of each sub-key, in quote; as the usual mandate has them when left out. */
  readonly grant?: { readonly maxOrderQuote: string; readonly turnover24h: string };
  /** What comes of a request of the vault's to the exchange; left out: its answer. */
  readonly weather?: (purpose: string, send: () => Upstream) => Upstream;
  /** Sees every request as egress does, signature and all. */
  readonly onRequest?: (request: UpstreamRequest) => void;
  /** As `DrillVaultOptions.disk`. */
  readonly disk?: (bytes: Buffer) => void | Promise<void>;
}

export interface Vaulted {
  readonly vault: DrillVault;
  readonly hands: Hands;
  readonly owners: readonly DrillOwner[];
  readonly accounts: readonly AccountId[];
  readonly mandates: readonly Mandate[];
  /** The owner's own bot asks, with its own sub-key. */
  botOrder(victim: number, order: HostileOrder): Promise<Outcome>;
  /** The owner's own bot wants one of its orders gone. */
  cancelAsBot(victim: number, pair: Pair, id: string): Promise<Outcome>;
  /** The bot's own sub-key, which the thief has too. */
  botKey(victim: number): DoorKey;
  /** What the thief can do about a coin that no mandate names: ask for a grant, and sign a mandate with a key of his own. */
  widenWithoutOwner(pair: Pair, tally: Tally): Promise<void>;
  /** An order with a sub-key's id and a secret that was guessed. */
  guess(victim: number, order: HostileOrder): Promise<Outcome>;
  /** A sub-key used from another host: at the exchange, by guessing its secret, and by sending again what was caught. */
  fromElsewhere(victim: number, order: HostileOrder): Promise<readonly Outcome[]>;
  status(): Promise<VaultStatus>;
  conditions(): Promise<readonly Pick<VaultAccount, 'condition' | 'reason'>[]>;
}

/** New sub-keys that the thief asks for in a victim's name after one was frozen. */
const furtherKeysMax = 3;

export async function vaultedVictims(world: World, options: VaultedOptions): Promise<Vaulted> {
  const { clock, exchange } = world;
  const vaultId = 'drill';
  const accounts = world.victims.map((_, index) => `account-${index + 1}` as AccountId);
  const userOf = new Map(accounts.map((account, index) => [account as string, world.victims[index]!]));
  const accountOf = new Map([...userOf].map(([account, userId]) => [userId, account]));
  const vault = createDrillVault({
    vaultId,
    now: clock.now,
    after: clock.after,
    ownerKey: createPublicKey(newOwner(firstOwner).privateKey),
    upstream: (account, request, purpose) => {
      options.onRequest?.(request);
      const send = () => exchange.request(request, hostOf(account));
      return options.weather?.(purpose, send) ?? send();
    },
    ...(options.disk === undefined ? {} : { disk: options.disk }),
  });
  world.onRound(() => vault.round(clock.now(), world.reference(), world.own()));
  world.onUserEvent((event) => {
    const account = 'userId' in event ? accountOf.get(event.userId) : undefined;
    if (account !== undefined) vault.event(account, exchange.textOf(event));
  });
  await world.pass(0);

  const owners: DrillOwner[] = [];
  const mandates: Mandate[] = [];
  for (const [index, account] of accounts.entries()) {
    const owner = newOwner(ownerId(`owner-${index + 1}`));
    owners.push(owner);
    await enrol(vault, owner);
    mandates.push(await connect(world, vault, owner, account, userOf.get(account)!, options));
  }
  await world.pass(1_000);

  const botKeys: DoorKey[] = [];
  for (const account of accounts) botKeys.push(await newSubKey(vault, account, 'bot', options.grant));
  let orders = 0;
  const submit = async (key: DoorKey, order: HostileOrder): Promise<Outcome> => {
    orders += 1;
    const id = `t${orders}`;
    const { status, body } = await vault.ask(key, doorPaths.intent, canonicalText(intentOf(id, order)));
    if (status !== 200) return { kind: 'refused', code: body.error.code, reason: body.error.reason };
    const verdict = body.verdict as Verdict;
    return verdict.kind === 'approved' ? { kind: 'approved', id } : verdict;
  };

  if (options.isNew !== true)
    await ordinaryDay(world, [...world.victims.keys()], (victim, order) => submit(botKeys[victim]!, order));
  const thiefKeys: DoorKey[] = [];
  for (const account of accounts) thiefKeys.push(await newSubKey(vault, account, 'dca-2', options.grant));

  const further = accounts.map(() => 0);
  const submitAs = async (victim: number, order: HostileOrder): Promise<Outcome> => {
    const outcome = await submit(thiefKeys[victim]!, order);
    if (outcome.kind === 'approved' || !isKeyStopped(outcome) || further[victim]! >= furtherKeysMax) return outcome;
    further[victim] = further[victim]! + 1;
    const key = await newSubKey(vault, accounts[victim]!, `dca-${2 + further[victim]!}`, options.grant).catch(() => undefined);
    if (key === undefined) return outcome;
    thiefKeys[victim] = key;
    return submit(key, order);
  };

  const cancelAsBot: Hands['cancel'] = async (victim, pair, id) => {
    const intent = { kind: 'cancel-order', clientOrderId: id, pair };
    const { status, body } = await vault.ask(botKeys[victim]!, doorPaths.intent, intent);
    if (status !== 200) return { kind: 'refused', code: body.error.code, reason: body.error.reason };
    return body.verdict.kind === 'approved' ? { kind: 'approved', id } : (body.verdict as Outcome);
  };

  const hands: Hands = {
    by: 'vault',
    edgeBps: 50,
    order: submitAs,
    cancel: cancelAsBot,
  };

  const status = async (): Promise<VaultStatus> =>
    (await vault.ask(vault.peer('server'), doorPaths.read, { kind: 'status' })).body;

  return {
    vault,
    hands,
    owners,
    accounts,
    mandates,
    botKey: (victim) => botKeys[victim]!,
    cancelAsBot,
    botOrder: (victim, order) => submit(botKeys[victim]!, order),
    widenWithoutOwner: async (pair, tally) => {
      const thief = newOwner(ownerId('thief'));
      for (const [index, account] of accounts.entries()) {
        const asked = { bot: `x${index}`, account, pairs: [pair], maxOrderQuote: '1000', turnover24h: '10000', rights: [] };
        const granted = await vault.ask(vault.peer('engine'), doorPaths.grant, asked);
        if (granted.status !== 200) refuse(tally, granted.body.error.code, granted.body.error.reason);
        const before = mandates[index]!;
        const wider: Mandate = { ...before, seq: before.seq + 1, pairs: [...before.pairs, { ...before.pairs[0]!, pair }] };
        const text = ownerActText({ act: 'mandate', mandate: wider, at: clock.now() });
        const signed = await vault.ask(vault.peer('server'), doorPaths.owner, {
          act: text,
          proof: proofOf(thief, vaultId, text),
        });
        if (signed.status !== 200) refuse(tally, signed.body.error.code, signed.body.error.reason);
      }
    },
    guess: (victim, order) => guessed(vault, thiefKeys[victim]!, order),
    fromElsewhere: async (victim, order) => [
      atTheExchange(world, thiefKeys[victim]!),
      await guessed(vault, thiefKeys[victim]!, order),
      ...(await caught(world, vault, botKeys[victim]!, order, `c${victim}`)),
    ],
    status,
    conditions: async () => {
      const byName = new Map((await status()).accounts.map((it) => [it.account, it]));
      return accounts.map((account) => byName.get(account)!);
    },
  };
}

/** Requests of an account come from the vault's host; each account is counted by itself, as if it were alone there. */
const hostOf = (account: string): string => `vault-of-${account}`;

async function connect(
  world: World,
  vault: DrillVault,
  owner: DrillOwner,
  account: AccountId,
  userId: number,
  { rules, mandate = (usual) => usual }: VaultedOptions,
): Promise<Mandate> {
  const now = world.clock.now;
  const made = await act(vault, owner, { act: 'account-create', account, exchange: 'simulated', key: 'ed25519', at: now() });
  const { apiKey } = world.exchange.addKey({
    userId,
    type: 'ed25519',
    secret: made.publicKey as string,
    permissions: ['reading', 'trading'],
    ips: [hostOf(account)],
  });
  await act(vault, owner, { act: 'account-connect', account, apiKey, at: now() });
  const { accounts } = (await vault.ask(vault.peer('cli'), doorPaths.read, { kind: 'status' })).body as VaultStatus;
  const uid = accounts.find((it) => it.account === account)?.uid ?? '';
  const signed = mandate(victimMandate({ account, owner: owner.name, uid, now: now(), rules }));
  await act(vault, owner, { act: 'mandate', mandate: signed, at: now() });
  return signed;
}

/** As much as the mandate lets a grant have: a peer may ask for that without the owner. */
export async function newSubKey(
  vault: DrillVault,
  account: AccountId,
  bot: string,
  terms = { maxOrderQuote: '1000', turnover24h: '10000' },
): Promise<DoorKey> {
  const asked = {
    bot: bot as BotId,
    account,
    pairs: [btc, eth],
    ...terms,
    rights: ['sell-held'],
  };
  const { status, body } = await vault.ask(vault.peer('engine'), doorPaths.grant, asked);
  if (status !== 200) throw new Error(`no sub-key for ${account}: ${JSON.stringify(body)}`);
  return { id: body.subKey, secret: Buffer.from(body.secret, 'hex') };
}

export const intentOf = (id: string, { pair, side, kind, quantity, limit, trigger }: HostileOrder): PlaceOrder =>
  ({
    kind: 'place-order',
    clientOrderId: id,
    pair,
    side,
    order: kind,
    quantity,
    limit,
    ...(trigger === undefined ? {} : { trigger }),
  }) as PlaceOrder;

/** Whether only the sub-key is stopped: then another one may pass. */
const isKeyStopped = ({ code, reason }: Extract<Outcome, { kind: 'refused' }>): boolean =>
  (code === 'E_FROZEN' || code === 'E_REVOKED') && reason.startsWith('sub-key');

/** The sub-key shown to the exchange itself. */
function atTheExchange({ exchange, clock }: World, key: DoorKey): Outcome {
  const query = `symbol=BTCUSDT&side=BUY&type=MARKET&quoteOrderQty=1000&timestamp=${clock.now()}&signature=${'0'.repeat(64)}`;
  const request = { method: 'POST', path: '/api/v3/order', query, headers: { 'X-MBX-APIKEY': key.id }, body: '' };
  const { status, body } = exchange.request(request, 'thief');
  if (status === 200) return { kind: 'approved', id: '' };
  const { code, msg } = JSON.parse(body) as { code: number; msg: string };
  return { kind: 'refused', code: `EXCHANGE_${Math.abs(code)}`, reason: msg };
}

/** The right id, with a secret that was guessed. */
async function guessed(vault: DrillVault, key: DoorKey, order: HostileOrder): Promise<Outcome> {
  const wrong = { id: key.id, secret: randomBytes(32) };
  return outcomeOf(await vault.ask(wrong, doorPaths.intent, canonicalText(intentOf('guess', order))));
}

/** One honest request of the bot, then the very same bytes again, and once more a minute later. */
async function caught(
  world: World,
  vault: DrillVault,
  key: DoorKey,
  order: HostileOrder,
  id: string,
): Promise<readonly Outcome[]> {
  const limit = moved(order.pair, world.truth(order.pair), -2_000, 'down');
  const honest = { ...order, quantity: baseFor(order.pair, amount('20'), limit), limit };
  const body = canonicalText(intentOf(id, honest));
  const request = { method: 'POST', path: doorPaths.intent, headers: vault.headersOf(key, 'POST', doorPaths.intent, body), body };
  await vault.raw(request);
  const again = outcomeOf(await vault.raw(request));
  await world.pass(60_000);
  return [again, outcomeOf(await vault.raw(request))];
}

function outcomeOf({
  status,
  body,
}: {
  readonly status: number;
  readonly body: { error?: { code: string; reason: string }; verdict?: Verdict };
}): Outcome {
  if (status !== 200) return { kind: 'refused', code: body.error?.code ?? '', reason: body.error?.reason ?? '' };
  return body.verdict?.kind === 'refused' ? body.verdict : { kind: 'approved', id: '' };
}
