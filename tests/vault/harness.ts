/** A real vault (warden, signer, gate, portal, egress) and a real simulated exchange as processes, for tests. */
import { type ChildProcess, spawn } from 'node:child_process';
import { createPrivateKey, type KeyObject } from 'node:crypto';
import { mkdtempSync, readFileSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  type AccountId,
  amount,
  asset,
  type BotId,
  type ClientOrderId,
  type DoorEvent,
  draftMandate,
  draftMandatePair,
  type Mandate,
  noRules,
  type PlaceOrder,
  pair,
} from '@holdfast/domain';
import { creditUser, registerKey } from '@holdfast/exchange/control';
import { connectVault, type VaultClient } from '@holdfast/vault/client';

const root = resolve(import.meta.dirname, '../..');
export const account = 'paper' as AccountId;
export const btc = pair('BTC/USDT');

export interface Running {
  readonly child: ChildProcess;
  readonly port: number;
  /** Origin of the owner's pages, of a vault that is ready. */
  readonly portal: () => string;
  /** All that it wrote on stderr so far. */
  readonly log: () => string;
  readonly exit: Promise<number | null>;
}

/** Starts a main file and waits for its ready line. */
export async function start(main: string, args: readonly string[]): Promise<Running> {
  const begun = begin(main, args);
  const port = await begun.ready;
  if (port === undefined) throw new Error(`${main} ended with ${await begun.exit}: ${begun.log()}`);
  return { ...begun, port };
}

/** Starts a main file; `ready` gives its port, or undefined when it ends before it serves. */
export function begin(main: string, args: readonly string[]) {
  const flags = ['--disable-sigusr1', '--disable-warning=ExperimentalWarning'];
  const child = spawn(process.execPath, [...flags, join(root, main), ...args], { stdio: ['pipe', 'pipe', 'pipe'], env: {} });
  child.stdin.on('error', () => {});
  let [log, portalPort] = ['', 0];
  child.stderr.on('data', (chunk) => {
    log += chunk;
  });
  const exit = new Promise<number | null>((done) => child.on('exit', (code) => done(code)));
  const ready = new Promise<number | undefined>((done) => {
    createInterface({ input: child.stdout }).on('line', (line) => {
      if (!line.startsWith('{"ready":true')) return;
      const said = JSON.parse(line) as { port: number; portalPort?: number };
      portalPort = said.portalPort ?? 0;
      done(said.port);
    });
    void exit.then(() => done(undefined));
  });
  return { child, exit, ready, portal: () => `http://localhost:${portalPort}`, log: () => log };
}

export async function stop({ child, exit }: Running): Promise<number | null> {
  child.kill('SIGTERM');
  return exit;
}

/** Waits until `check` gives something; fails with `what` after `ms`. */
export async function until<Value>(
  what: string,
  check: () => Promise<Value | undefined> | Value | undefined,
  ms = 30_000,
): Promise<Value> {
  for (const end = Date.now() + ms; Date.now() < end; await sleep(20)) {
    try {
      const value = await check();
      if (value !== undefined && value !== false) return value;
    } catch (error) {
      if ((error as { code?: string }).code !== 'vault-unreachable') throw error;
    }
  }
  throw new Error(`${what} did not come within ${ms} ms`);
}

export interface Instance {
  readonly data: string;
  readonly exchange: Running;
  vault: Running;
  readonly cli: VaultClient;
  readonly engine: VaultClient;
  readonly owner: KeyObject;
  close(): Promise<void>;
}

export const newFolder = (): string => realpathSync(mkdtempSync(join(tmpdir(), 'holdfast-vault-')));

export const vaultMain = 'apps/vault/src/warden/main.ts';
export const startVault = (data: string, exchangePort: number, port = 0, portalPort = 0): Promise<Running> =>
  start(vaultMain, [
    ...['--data', data, '--port', String(port), '--portal-port', String(portalPort)],
    ...['--exchange', `http://127.0.0.1:${exchangePort}`, '--simulated'],
  ]);

export function peer(data: string, port: number, id: 'cli' | 'engine' | 'server'): VaultClient {
  const secret = readFileSync(join(data, 'peers', `${id}.key`), 'utf8').trim();
  return connectVault({ url: `http://127.0.0.1:${port}`, key: { id, secret } });
}

/** Exchange and vault on a fresh data directory, nothing connected yet. */
export async function launch(exchangeArgs: readonly string[] = ['--speed', '10']): Promise<Instance> {
  const data = newFolder();
  const exchange = await start('apps/exchange/src/main.ts', ['--data', data, '--port', '0', '--seed', '7', ...exchangeArgs]);
  const vault = await startVault(data, exchange.port);
  const owner = createPrivateKey(readFileSync(join(data, 'owner', 'owner.key')));
  const [cli, engine] = [peer(data, vault.port, 'cli'), peer(data, vault.port, 'engine')];
  const instance: Instance = {
    data,
    exchange,
    vault,
    cli,
    engine,
    owner,
    close: async () => {
      for (const client of [cli, engine]) client.close();
      await stop(instance.vault);
      await stop(exchange);
      rmSync(data, { recursive: true, force: true });
    },
  };
  return instance;
}

export const json = async <Value>(url: string): Promise<Value> => (await (await fetch(url)).json()) as Value;

export const exchangeTime = async ({ exchange }: Instance): Promise<number> =>
  (await json<{ serverTime: number }>(`http://127.0.0.1:${exchange.port}/api/v3/time`)).serverTime;

export const lastPrice = async ({ exchange }: Instance): Promise<bigint> =>
  amount((await json<{ price: string }>(`http://127.0.0.1:${exchange.port}/api/v3/ticker/price?symbol=BTCUSDT`)).price);

export function mandate(exp: number, price: bigint, change: Partial<Mandate> = {}): Mandate {
  const whole = (value: bigint): bigint => value - (value % 10n ** 18n);
  return draftMandate({
    account,
    exp,
    quote: asset('USDT'),
    pairs: [
      draftMandatePair({
        pair: btc,
        sides: ['buy', 'sell'],
        orders: ['limit', 'post-only', 'ioc'],
        maxOrderQuote: amount('2000'),
        maxOrderBase: amount('1'),
        floor: whole(price / 4n) as never,
        ceiling: whole(price * 4n) as never,
        bandBps: 100,
        maxSellHeldBase24h: amount('0'),
      }),
    ],
    turnover24h: amount('1000000'),
    burn24h: amount('5000'),
    ordersPerMinute: 100_000,
    openOrders: 1000,
    orders24h: 10_000_000,
    rules: noRules,
    ...change,
  });
}

/** Account with a vault-born key, credit, mandate; waits until the vault may trade. */
export async function connectAccount(instance: Instance, change: Partial<Mandate> = {}): Promise<void> {
  const { cli, owner, data, exchange } = instance;
  const act = async (done: Promise<{ kind: string }>): Promise<void> => {
    const result = await done;
    if (result.kind !== 'done') throw new Error(JSON.stringify(result));
  };
  await act(cli.ownerAct({ act: 'account-create', account, exchange: 'simulated', key: 'ed25519', at: Date.now() }, owner));
  const { publicKey } = (await cli.status()).accounts[0]!;
  const control = { url: `http://127.0.0.1:${exchange.port}`, data };
  const { apiKey } = await registerKey(control, { type: 'ed25519', publicKey: publicKey!, ips: ['127.0.0.1'] });
  await creditUser(control, { apiKey, credit: { USDT: '100000' } });
  await act(cli.ownerAct({ act: 'account-connect', account, apiKey, at: Date.now() }, owner));
  const { uid } = (await cli.status()).accounts[0]!;
  const wanted = mandate((await exchangeTime(instance)) + 30 * 86_400_000, await lastPrice(instance), { uid, ...change });
  await act(cli.ownerAct({ act: 'mandate', mandate: wanted, at: Date.now() }, owner));
}

export const vaultOpen = ({ cli }: Instance): Promise<unknown> =>
  until('an open vault with a reference price', async () => {
    const { state, reference } = await cli.status();
    return state === 'open' && reference.some(({ pair: name, sources }) => name === btc && sources >= 3) ? true : undefined;
  });

export async function newSubKey({ engine }: Instance, bot = 'bot-1') {
  const granted = await engine.grant({
    bot: bot as BotId,
    account,
    pairs: [btc],
    maxOrderQuote: amount('2000'),
    turnover24h: amount('1000000'),
    rights: [],
  });
  if (granted.kind === 'refused') throw new Error(granted.reason);
  return { id: granted.subKey as string, secret: granted.secret };
}

/** A price in whole quote units, `bps` basis points off the last one (negative: below). */
export async function priceNear(instance: Instance, bps: bigint): Promise<bigint> {
  const price = ((await lastPrice(instance)) * (10_000n + bps)) / 10_000n;
  return price - (price % 10n ** 18n);
}

export const order = (id: string, limit: bigint, change: Partial<PlaceOrder> = {}): PlaceOrder => ({
  kind: 'place-order',
  clientOrderId: id as ClientOrderId,
  pair: btc,
  side: 'buy',
  order: 'limit',
  quantity: amount('0.001'),
  limit: limit as never,
  ...change,
});

/** Gathers the events of the stream; `of` waits for the first that an order has of a kind. */
export function follow({ engine }: Instance) {
  const events: DoorEvent[] = [];
  let next = 0;
  const stopFollowing = engine.events(() => next, {
    event: (event) => {
      events.push(event);
      if (event.kind !== 'sync') next = event.seq + 1;
    },
    state: () => {},
  });
  const of = (id: string, kind: string) =>
    until(`${kind} of ${id}`, () =>
      events
        .flatMap((it) => (it.kind === 'order' ? [it] : []))
        .find(({ event }) => event.clientOrderId === id && event.kind === kind),
    );
  return { events, of, stop: stopFollowing };
}
