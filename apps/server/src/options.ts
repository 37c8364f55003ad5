/** Command line of the server process. */
import { resolve } from 'node:path';
import { parseArgs } from 'node:util';

export interface Options {
  readonly data: string;
  readonly port: number;
  readonly vault: string;
  readonly exchange: string;
}

/** A command line that is not one; the message is one line for people. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

function loopbackUrl(name: string, text: string | undefined): string {
  const url = URL.parse(text ?? '');
  if (url === null || url.protocol !== 'http:' || !['127.0.0.1', 'localhost'].includes(url.hostname))
    throw new UsageError(`--${name} must be an http address of this machine such as http://127.0.0.1:8432, got "${text ?? ''}"`);
  return url.origin;
}

function portNumber(text: string): number {
  const port = Number(text);
  if (!/^\d{1,5}$/.test(text) || port > 65535) throw new UsageError(`--port must be a number from 0 to 65535, got "${text}"`);
  return port;
}

/** @throws UsageError */
export function readOptions(args: readonly string[]): Options {
  try {
    const { values } = parseArgs({
      args: [...args],
      options: {
        data: { type: 'string' },
        port: { type: 'string', default: '8430' },
        vault: { type: 'string', default: 'http://127.0.0.1:8432' },
        exchange: { type: 'string', default: 'http://127.0.0.1:8440' },
      },
    });
    if (values.data === undefined) throw new UsageError('--data is missing; name the data directory');
    return {
      data: resolve(values.data),
      port: portNumber(values.port),
      vault: loopbackUrl('vault', values.vault),
      exchange: values.exchange === 'binance' ? values.exchange : loopbackUrl('exchange', values.exchange),
    };
  } catch (error) {
    if (error instanceof UsageError) throw error;
    throw new UsageError((error as Error).message.split('\n')[0] ?? 'usage', { cause: error });
  }
}
