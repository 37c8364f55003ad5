/** A filled database and scripted neighbours for the server's tests. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { EngineAnswer, EngineNotice } from '@holdfast/contracts';
import {
  type AccountId,
  amount,
  asset,
  type BotId,
  clientOrderId,
  draftMandate,
  draftMandatePair,
  epochMs,
  firstOwner,
  pair,
  type SubKeyId,
  type VaultStatus,
  type VerdictRecord,
} from '@holdfast/domain';
import { type Change, openEngineStore } from '@holdfast/storage';
import { backtestHost } from '../backtests/client.ts';
import { hostSocketPath } from '../backtests/protocol.ts';
import { engineDatabase } from '../engine/database.ts';
import { ApiFailure } from '../failure.ts';
import type { EngineListener, EngineRequest, VaultPort } from '../ports.ts';
import { buildServer } from '../server.ts';

export const token = 'ab'.repeat(32);
/** `Host` and `Origin` of the page that `inject` pretends to be. */
export const port = 8430;
export const own = { host: `localhost:${port}`, origin: `http://localhost:${port}` };
export const start = 1_747_699_200_000;

const paper = 'paper' as AccountId;
const btc = pair('BTC/USDT');

const ladder = [
  { index: 0, kind: 'base', price: '100', quantity: '1', filled: '1', state: 'filled' },
  { index: 1, kind: 'averaging', price: '99', quantity: '1', filled: '0', state: 'resting' },
  { index: 2, kind: 'averaging', price: '98', quantity: '1', filled: '0', state: 'waiting' },
];

const deal = { bot: 'dca1', pair: 'BTC/USDT', averaging_filled: 0, averaging_most: 2 };
const fill = { pair: 'BTC/USDT', bot: 'dca1', maker: 0 };

const demo = {
  id: 'dca1',
  account: 'paper',
  kind: 'dca',
  name: 'Demo',
  pairs: '["BTC/USDT"]',
  settings: '{"baseOrderSize":"100"}',
  state: '{}',
  wakes: '[]',
  status: 'running',
  waiting_for: 'BTC/USDT at or above 101 to take profit',
  sub_key: 'sk1',
  funds: '{"USDT":"1000"}',
  dust: '[{"pair":"BTC/USDT","quantity":"0.0001"}]',
  problem: null,
  created_at: start,
  updated_at: start,
};
const won = {
  ...deal,
  id: 'dca1-1',
  number: 1,
  status: 'closed',
  opened_at: start,
  closed_at: start + 60_000,
  bought: '1',
  sold: '1',
  spent: '100',
  received: '101.5',
  average_price: '100',
  fees: '0.2',
  profit: '1.5',
  ladder: '[]',
  take_profit: null,
};

/** One bot with a closed deal and an open one, a deleted one with a closed deal, an hour of candles, and a curve that falls by a tenth. */
export const rows: readonly Change[] = [
  {
    table: 'engine',
    row: {
      account: 'paper',
      epoch: 1,
      vault_seq: 4,
      time: start,
      baseline: 1,
      quote: 'USDT',
      ledger_match: JSON.stringify({ matches: true, at: start, differences: [] }),
      vault_state: '{"connected":true,"reason":null}',
      exchange_state: '{"connected":true,"reason":null}',
    },
  },
  {
    table: 'bots',
    row: demo,
  },
  { table: 'bots', row: { ...demo, id: 'gone1', name: 'Gone', status: 'deleted', sub_key: 'sk2' } },
  { table: 'books', row: { book: 'bot:dca1', asset: 'USDT', balance: '700' } },
  { table: 'books', row: { book: 'order:dca1-2-1', asset: 'USDT', balance: '99' } },
  {
    table: 'deals',
    row: won,
  },
  { table: 'deals', row: { ...won, id: 'gone1-1', bot: 'gone1', fees: '0.1', profit: '0.5' } },
  {
    table: 'deals',
    row: {
      ...deal,
      id: 'dca1-2',
      number: 2,
      status: 'open',
      opened_at: start + 120_000,
      closed_at: null,
      bought: '1',
      sold: '0',
      spent: '100',
      received: '0',
      average_price: '100',
      fees: '0.1',
      profit: null,
      ladder: JSON.stringify(ladder),
      take_profit: JSON.stringify({ price: '101', quantity: '0.999', filled: '0', state: 'resting' }),
    },
  },
  {
    table: 'fills',
    row: {
      ...fill,
      trade_id: '7',
      client_order_id: 'dca1-2-0',
      deal: 'dca1-2',
      side: 'buy',
      price: '100',
      quantity: '1',
      fee: '0.001',
      fee_asset: 'BTC',
      at: start + 120_000,
      vault_seq: 3,
    },
  },
  {
    table: 'orders',
    row: {
      client_order_id: 'dca1-2-1',
      bot: 'dca1',
      deal: 'dca1-2',
      pair: 'BTC/USDT',
      side: 'buy',
      kind: 'limit',
      role: 'averaging',
      rung: 1,
      quantity: '1',
      price: '99',
      filled: '0',
      status: 'resting',
      exchange_order_id: '12',
      oco: null,
      code: null,
      reason: null,
      planned_at: start,
      placed_at: start + 1,
      updated_at: start + 1,
    },
  },
  { table: 'prices', row: { pair: 'BTC/USDT', last: '102', bid: '102', ask: '102.1', at: start } },
  {
    table: 'pairs',
    row: { pair: 'BTC/USDT', tick: '0.1', lot: '0.001', min_notional: '5', rules: '{}', halted: 0 },
  },
  ...Array.from(
    { length: 60 },
    (_, minute): Change => ({
      table: 'candles',
      row: {
        pair: 'BTC/USDT',
        open_time: start + minute * 60_000,
        open: String(100 + minute),
        high: String(101 + minute),
        low: String(99 + minute),
        close: String(100.5 + minute),
        volume: '2',
        closed: minute === 59 ? 0 : 1,
      },
    }),
  ),
  ...['1000', '1100', '990', '1050'].map(
    (value, place): Change => ({
      table: 'equity',
      row: { at: start + place * 60_000, quote: 'USDT', value, realised: '0' },
    }),
  ),
  { table: 'log', row: { at: start, level: 'info', bot: 'dca1', text: 'Opened deal 2 at 100' } },
];

export const vaultStatus: VaultStatus = {
  simulated: true,
  vaultId: 'v1',
  state: 'open',
  reason: null,
  stateEpoch: 0,
  unsealedBy: 'simulated',
  portalOrigin: 'http://localhost:8431',
  protections: [
    {
      name: 'users',
      inForce: false,
      text: 'one user: protects secrets at rest and against the web, not against code running as you',
    },
    { name: 'owner-key', inForce: true, text: 'no owner key lies in the data directory' },
  ],
  reference: [{ pair: btc, price: amount('102'), sources: 3, ageMs: 12 }],
  accounts: [
    {
      account: paper,
      owner: firstOwner,
      exchange: 'simulated',
      condition: 'active',
      reason: '',
      stateEpoch: 0,
      frozen: false,
      uid: '',
      key: { bornAt: start, checkedAt: start, ipRestricted: false, age: 'fresh' },
      pending: [],
      publicKey: null,
      connected: true,
      mandate: draftMandate({
        account: paper,
        exp: start + 86_400_000,
        quote: asset('USDT'),
        pairs: [
          draftMandatePair({
            pair: btc,
            sides: ['buy', 'sell'],
            orders: ['limit', 'ioc'],
            maxOrderQuote: amount('500'),
            maxOrderBase: amount('5'),
            floor: amount('10'),
            ceiling: amount('1000'),
            bandBps: 100,
            maxSellHeldBase24h: amount('0'),
          }),
        ],
        turnover24h: amount('100000'),
        burn24h: amount('100'),
        ordersPerMinute: 60,
        openOrders: 20,
      }),
      used: {
        turnover: amount('200'),
        burn: amount('0.5'),
        burn7d: amount('0.75'),
        stopBudget: amount('0.25'),
        openQuote: amount('198'),
        openOrders: 2,
        ordersLastMinute: 1,
        ordersLastDay: 7,
        pairs: [{ pair: btc, turnover: amount('200'), cost: amount('199'), held: amount('0.999') }],
      },
      scaleBps: 5000,
      worstLoss: {
        theft24h: amount('1200'),
        forged24h: amount('49700'),
        market24h: amount('750'),
        formula: 'B + S + O × g = 1200 USDT',
        forgedFormula: 'T at the edges of the corridors',
      },
      stopped: [],
      grants: [
        {
          subKey: 'sk1' as SubKeyId,
          bot: 'dca1' as BotId,
          account: paper,
          pairs: [btc],
          maxOrderQuote: amount('500'),
          turnover24h: amount('50000'),
          rights: [],
          alive: true,
        },
      ],
    },
  ],
  journal: { seq: 9, head: 'ff' },
  processes: [{ name: 'signer', pid: process.pid, state: 'running', rssBytes: 1 }],
};

export const verdicts: readonly VerdictRecord[] = [
  {
    at: epochMs(start),
    subKey: 'sk1' as SubKeyId,
    account: paper,
    intent: {
      kind: 'place-order',
      clientOrderId: clientOrderId('dca1-2-9'),
      pair: btc,
      side: 'buy',
      order: 'limit',
      quantity: amount('9'),
      limit: amount('99'),
    },
    verdict: { kind: 'refused', code: 'E_SIZE', reason: 'order of 891 USDT is above 500 USDT' },
  },
];

export interface Scripted {
  readonly app: Awaited<ReturnType<typeof buildServer>>;
  /** Commands that reached the engine. */
  readonly commands: (EngineRequest & { readonly id: string })[];
  /** Reasons with which the vault was frozen. */
  readonly freezes: string[];
  readonly folder: string;
  /** A notice as the engine would say it. */
  notice(notice: EngineNotice): void;
  /** What the vault says; while sealed, nothing else than that. */
  readonly vault: { status: VaultStatus; sealed: boolean };
  /** Whether engine and vault answer. */
  readonly alive: { engine: boolean; vault: boolean };
  /** What the engine answers to a command. */
  answer: (
    request: EngineRequest,
  ) => Omit<Extract<EngineAnswer, { ok: true }>, 'id'> | Omit<Extract<EngineAnswer, { ok: false }>, 'id'>;
  close(): Promise<void>;
}

function vaultPort(state: Pick<Scripted, 'alive' | 'freezes' | 'vault'>): VaultPort {
  const demandAlive = (): void => {
    if (state.vault.sealed) throw new ApiFailure(503, 'E_SEALED', 'the vault is sealed: unseal it');
    if (!state.alive.vault) throw new ApiFailure(503, 'vault-unreachable', 'the vault does not answer');
  };
  return {
    async status() {
      demandAlive();
      const { status } = state.vault;
      return state.freezes.length > 0 ? { ...status, state: 'frozen', reason: state.freezes[0] ?? null } : status;
    },
    async balances() {
      demandAlive();
      return [
        { asset: asset('BTC'), free: amount('0'), locked: amount('0.999') },
        { asset: asset('USDT'), free: amount('9801'), locked: amount('99') },
      ];
    },
    async verdicts(limit) {
      demandAlive();
      return verdicts.slice(0, limit);
    },
    async freeze(reason) {
      demandAlive();
      state.freezes.push(reason);
    },
  };
}

/** A server over a fresh database with `rows`, on the pretended port, or on `listenPort` when that is given. */
export async function scriptedServer(
  options: { readonly listenPort?: () => number; readonly empty?: boolean } = {},
): Promise<Scripted> {
  const folder = mkdtempSync(join(tmpdir(), 'holdfast-server-'));
  const file = join(folder, 'engine.db');
  if (options.empty !== true) {
    const store = openEngineStore(file);
    await store.commit(rows);
    await store.close();
  }
  const database = engineDatabase(file);
  const listeners: EngineListener[] = [];
  const base = {
    commands: [] as Scripted['commands'],
    freezes: [] as string[],
    vault: { status: vaultStatus, sealed: false },
    alive: { engine: true, vault: true },
  };
  const scripted: Scripted = {
    ...base,
    folder,
    answer: (request) => ({ ok: true, result: request.command === 'bot-create' ? { id: 'dca2' } : {} }),
    notice: (notice) => {
      for (const listener of listeners) listener.notice(notice);
    },
    close: async () => {
      await scripted.app.close();
      await database.close();
      rmSync(folder, { recursive: true, force: true });
    },
    app: await buildServer({
      neighbours: {
        database: database.open,
        engine: {
          command: async (id, request) => {
            if (!base.alive.engine)
              throw new ApiFailure(503, 'engine-unreachable', 'the engine does not run; it may be restarting, try again');
            base.commands.push({ id, ...request });
            return { id, ...scripted.answer(request) } as EngineAnswer;
          },
          subscribe: (listener) => {
            listeners.push(listener);
            listener.reachable(true);
            return () => {};
          },
        },
        vault: vaultPort(base),
        readClock: async () => ({ now: start, speed: 10, tape: null, ended: false }),
        processesFile: join(folder, 'processes.json'),
        dataDirectory: folder,
        backtests: backtestHost(() => hostSocketPath(folder)),
        signalsFile: join(folder, 'webhook.db'),
      },
      port: options.listenPort ?? (() => port),
      token: () => token,
      dashboard: join(folder, 'dist'),
      version: '0.1.0',
    }),
  };
  return scripted;
}
