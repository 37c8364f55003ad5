/**
 * What the vault adds between an intent leaving the engine and its request arriving at the exchange, and how many durable
 * decisions it makes. Real warden, gate, signer and egress; the stub exchange and the client share this process and its clock.
 */
import { createPrivateKey } from 'node:crypto';
import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { amount, type BotId, noRules, type OwnerAct } from '@holdfast/domain';
import type { SubKeyClient, VaultClient } from '@holdfast/vault/client';
import { account, btc, mandate, newFolder, order, peer, startVault, stop, until } from '../tests/vault/harness.ts';
import { quantile, type Row } from './rows/row.ts';
import { type StubExchange, startStubExchange } from './vault/stub-exchange.ts';

const rounds = 5;
const ordersPerRound = 500;
const warmUp = 500;
const recoveries = 3;
/** Longer than what the warden counts as a crash after a crash, in ms. */
const steadyMs = 10_500;
const clients = 32;
const decisionsPerRound = 4000;
const price = amount('50000');

let sequence = 0;
const next = () => {
  sequence += 1;
  return order(`bench-${sequence}`, price, { order: 'ioc', quantity: amount('0.001') });
};

const median = (values: readonly number[]): number =>
  quantile(
    [...values].sort((a, b) => a - b),
    0.5,
  );
const hrMs = (): number => Number(process.hrtime.bigint()) / 1e6;

async function connect(cli: VaultClient, data: string): Promise<void> {
  const owner = createPrivateKey(readFileSync(join(data, 'owner', 'owner.key')));
  const narrow = mandate(Date.now() + 86_400_000, price);
  const wide = {
    ...narrow,
    pairs: narrow.pairs.map((it) => ({ ...it, maxPositionQuote: amount('100000000') })),
    turnover24h: amount('100000000'),
    burn24h: amount('100000000'),
    ordersPerMinute: 100_000_000,
    openOrders: 100_000,
    orders24h: 100_000_000,
    maxOpenQuote: amount('100000000'),
    burn7d: amount('100000000'),
    rules: noRules,
  };
  const sign = async (act: OwnerAct): Promise<void> => {
    const done = await cli.ownerAct(act, owner);
    if (done.kind === 'refused') throw new Error(`${act.act}: ${done.reason}`);
  };
  await sign({ act: 'account-create', account, exchange: 'simulated', key: 'ed25519', at: Date.now() });
  await sign({ act: 'account-connect', account, apiKey: 'bench', at: Date.now() });
  const uid = (await cli.status()).accounts[0]?.uid ?? '';
  await sign({ act: 'mandate', mandate: { ...wide, uid }, at: Date.now() });
  await until('an open vault', async () => {
    const { state, reference } = await cli.status();
    return state === 'open' && reference.length > 0 ? true : undefined;
  });
}

async function place(bot: SubKeyClient): Promise<void> {
  const verdict = await bot.submit(next());
  if (verdict.kind === 'refused') throw new Error(`${verdict.code}: ${verdict.reason}`);
}

/** Milliseconds from the intent's leaving to the arrival of the exchange's request, one order after the other. */
async function latencies(bot: SubKeyClient, exchange: StubExchange, count: number): Promise<number[]> {
  const found: number[] = [];
  for (let index = 0; index < count; index += 1) {
    const arrived = new Promise<number>((resolve) => {
      exchange.onOrder = () => resolve(hrMs());
    });
    const left = hrMs();
    const verdict = place(bot);
    found.push((await arrived) - left);
    await verdict;
  }
  exchange.onOrder = () => {};
  return found.sort((a, b) => a - b);
}

/** Verdicts per second, each durable before it is given, by `clients` callers at once. */
async function throughput(bot: SubKeyClient): Promise<number> {
  const started = hrMs();
  let left = decisionsPerRound;
  await Promise.all(
    Array.from({ length: clients }, async () => {
      while (left > 0) {
        left -= 1;
        await place(bot);
      }
    }),
  );
  return (decisionsPerRound * 1000) / (hrMs() - started);
}

/** Milliseconds from SIGKILL of the signer until it approves an order again: started, journal read, account and prices known. */
async function recovery(cli: VaultClient, bot: SubKeyClient): Promise<number> {
  const before = (await cli.status()).processes.find(({ name }) => name === 'signer')!.pid;
  const killed = hrMs();
  process.kill(before, 'SIGKILL');
  await until('the signer', async () => {
    const verdict = await bot.submit(next());
    return verdict.kind === 'approved' ? true : undefined;
  });
  return hrMs() - killed;
}

/** Milliseconds from asking for a freeze until it is in force and durable; each is lifted by the owner before the next. */
async function freezes(cli: VaultClient, data: string): Promise<number[]> {
  const owner = createPrivateKey(readFileSync(join(data, 'owner', 'owner.key')));
  const found: number[] = [];
  for (let round = 0; round < 20; round += 1) {
    const asked = hrMs();
    const frozen = await cli.freeze('bench', account);
    found.push(hrMs() - asked);
    if (frozen.kind === 'refused') throw new Error(frozen.reason);
    const { stateEpoch } = (await cli.status()).accounts[0]!;
    const lifted = await cli.ownerAct({ act: 'unfreeze', account, stateEpoch, at: Date.now() }, owner);
    if (lifted.kind === 'refused') throw new Error(lifted.reason);
  }
  return found.sort((a, b) => a - b);
}

/** Milliseconds from asking for a kill until everything is revoked and the vault sealed. */
async function killing(cli: VaultClient): Promise<number> {
  const asked = hrMs();
  const killed = await cli.kill('bench');
  if (killed.kind === 'refused') throw new Error(killed.reason);
  return hrMs() - asked;
}

/** @returns rows of the benchmark, latencies in ms */
export async function run(): Promise<Row[]> {
  const exchange = await startStubExchange();
  const data = newFolder();
  const vault = await startVault(data, exchange.port);
  const [cli, engine] = [peer(data, vault.port, 'cli'), peer(data, vault.port, 'engine')];
  try {
    await connect(cli, data);
    const grant = {
      bot: 'bench' as BotId,
      account,
      pairs: [btc],
      maxOrderQuote: amount('2000'),
      turnover24h: amount('100000000'),
      rights: [],
    };
    const granted = await engine.grant(grant);
    if (granted.kind === 'refused') throw new Error(granted.reason);
    const bot = engine.subKey({ id: granted.subKey, secret: granted.secret });
    await latencies(bot, exchange, warmUp);

    const perRound: number[][] = [];
    for (let round = 0; round < rounds; round += 1) perRound.push(await latencies(bot, exchange, ordersPerRound));
    const p50 = median(perRound.map((sorted) => quantile(sorted, 0.5)));
    const p99 = median(perRound.map((sorted) => quantile(sorted, 0.99)));
    const rates: number[] = [];
    for (let round = 0; round < rounds; round += 1) rates.push(await throughput(bot));
    const rate = median(rates);
    const backs: number[] = [];
    for (let round = 0; round < recoveries; round += 1) {
      backs.push(await recovery(cli, bot));
      await sleep(steadyMs);
    }
    const back = median(backs);
    const frozen = await freezes(cli, data);
    const killed = await killing(cli);
    return [
      {
        name: 'vault: intent to request, one client',
        median: p50,
        p99,
        unit: 'ms',
        aim: 'p50 <= 1, p99 <= 15 ms',
        reached: p50 <= 1 && p99 <= 15,
      },
      {
        name: `vault: durable decisions, ${clients} clients`,
        median: rate,
        p99: null,
        unit: 'per s',
        aim: '>= 1,000, better 4,000',
        reached: rate >= 1000,
      },
      {
        name: `vault: decides again after SIGKILL, ${sequence.toLocaleString('en-US')} orders`,
        median: back,
        p99: null,
        unit: 'ms',
        aim: '<= 2,000 ms',
        reached: back <= 2000,
      },
      {
        name: 'vault: freeze in force and durable',
        median: quantile(frozen, 0.5),
        p99: quantile(frozen, 0.99),
        unit: 'ms',
        aim: '<= 50 ms',
        reached: quantile(frozen, 0.99) <= 50,
      },
      {
        name: 'vault: kill, until nothing is signed any more',
        median: killed,
        p99: null,
        unit: 'ms',
        aim: '<= 1,000 ms',
        reached: killed <= 1000,
      },
    ];
  } finally {
    cli.close();
    engine.close();
    await stop(vault);
    exchange.close();
    rmSync(data, { recursive: true, force: true });
  }
}
