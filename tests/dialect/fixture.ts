/** A vault with a connected account, and unmodified clients that trade through its dialect door with a sub-key. */
import { allowedKindNames, amount, type BotId, type GrantRight, noRules, type Pair } from '@holdfast/domain';
import { account, btc, connectAccount, type Instance, lastPrice, launch, mandate, vaultOpen } from '../vault/harness.ts';

// The clients are taken as they are: their types are too loose to be of help here.
// biome-ignore lint/suspicious/noExplicitAny: see above
export type Client = any;

export interface DialectKey {
  readonly subKey: string;
  readonly apiKey: string;
  readonly secret: string;
}

export const ccxtClass = async (path: string): Promise<new (options: object) => Client> =>
  (await import(new URL(path, import.meta.resolve('ccxt')).href)).default;

/** Exchange and vault, an account with a mandate for all kinds of orders; open for trading. */
export async function connected(exchangeArgs: readonly string[] = ['--speed', '1']): Promise<Instance> {
  // A market at the clock's own pace: between reading a price and ordering near it, it does not leave the band.
  const instance = await launch(exchangeArgs);
  const pairs = mandate(0, await lastPrice(instance)).pairs.map((it) => ({ ...it, orders: allowedKindNames, stopGapBps: 100 }));
  // Rule R9 alone, with room for the refusals that the tests ask for: theft counts at once.
  await connectAccount(instance, { pairs, stopBudget24h: amount('500'), rules: { ...noRules, deniedPerMinute: 100 } });
  await vaultOpen(instance);
  return instance;
}

export async function newKey(
  { engine }: Instance,
  bot: string,
  change: { pairs?: readonly Pair[]; rights?: readonly GrantRight[] } = {},
): Promise<DialectKey> {
  const granted = await engine.grant({
    bot: bot as BotId,
    account,
    pairs: [btc],
    maxOrderQuote: amount('2000'),
    turnover24h: amount('1000000'),
    rights: [],
    ...change,
  });
  if (granted.kind === 'refused') throw new Error(granted.reason);
  return { subKey: granted.subKey, ...granted.dialect };
}

export const addressOf = ({ vault }: Instance): string => `127.0.0.1:${vault.port}`;
