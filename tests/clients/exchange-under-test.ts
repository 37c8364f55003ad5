/** A simulated exchange in this process, on a free port and in a folder of its own, and keys for clients that trade on it. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type CreatedKey, type CreateKeyRequest, createKey } from '../../apps/exchange/src/control.ts';
import { type RunningExchange, type ServerOptions, startExchange } from '../../apps/exchange/src/server.ts';

export interface ExchangeUnderTest extends RunningExchange {
  readonly data: string;
  /** Host and port for addresses of any scheme. */
  readonly host: string;
  key(request?: Partial<CreateKeyRequest>): Promise<Required<CreatedKey>>;
  end(): Promise<void>;
}

export async function exchangeUnderTest(options: Partial<ServerOptions> = {}): Promise<ExchangeUnderTest> {
  const data = options.data ?? (await mkdtemp(join(tmpdir(), 'holdfast-exchange-')));
  const running = await startExchange({
    data,
    port: 0,
    speed: 1,
    seed: 7,
    lockstep: false,
    touch: 'touch',
    volumeShare: 1,
    spreadTicks: 1,
    ...options,
  });
  return {
    ...running,
    data,
    host: `127.0.0.1:${running.port}`,
    async key(request = {}) {
      const place = { url: running.url, data };
      const credit = { USDT: '100000', BTC: '2' };
      return (await createKey(place, { type: 'hmac', credit, ...request })) as Required<CreatedKey>;
    },
    async end() {
      await running.stop();
      await rm(data, { recursive: true, force: true });
    },
  };
}

/** Every address in a client's table of addresses, moved to the host under test; paths stay. */
export function moved<T>(addresses: T, host: string): T {
  if (typeof addresses === 'string')
    return addresses.replace(
      /^(https?|wss?):\/\/[^/]+/,
      (_, scheme: string) => `${scheme.startsWith('ws') ? 'ws' : 'http'}://${host}`,
    ) as T;
  if (typeof addresses !== 'object' || addresses === null) return addresses;
  return Object.fromEntries(Object.entries(addresses).map(([name, value]) => [name, moved(value, host)])) as T;
}
