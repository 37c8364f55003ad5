/** What the warden is started with. */
import { parseArgs } from 'node:util';
import { StartError } from './start-error.ts';

/** Long, so that nobody gives it without having read it. */
export const keyFileOption = 'unseal-key-file-i-accept-that-whoever-copies-it-opens-the-vault';

export interface Options {
  readonly data: string;
  readonly port: number;
  /** Of the owner's pages; beside the gate's when left out. */
  readonly portalPort: number;
  /** Origin of the simulated exchange, or the name of a real one; '' when it was left out. */
  readonly exchange: string;
  /** Make a simulated vault if there is none. */
  readonly simulated: boolean;
  /** Descriptor or file that gives 32 bytes for a credential wrap; null when there is none. */
  readonly unsealFrom: { readonly how: 'credential' | 'key-file'; readonly path: number | string } | null;
}

const usage = 'usage: warden --data DIR --port N [--portal-port N] [--exchange X] [--simulated] [--unseal-fd N]';

/** `environment`: systemd names the folder of its credentials there; the file is `holdfast-unseal`. @throws StartError usage */
export function readOptions(environment: Readonly<Record<string, string | undefined>>): Options {
  const fail = (why: string): never => {
    throw new StartError('usage', `${why}; ${usage}`);
  };
  const parse = () => {
    try {
      const text = { type: 'string' } as const;
      const named = {
        data: text,
        port: text,
        'portal-port': text,
        exchange: text,
        'unseal-fd': text,
        [keyFileOption]: text,
      } as const;
      return parseArgs({ options: { ...named, simulated: { type: 'boolean' } } }).values as Record<string, string | undefined>;
    } catch (cause) {
      return fail((cause as Error).message);
    }
  };
  const values = parse();
  const { data, port = '8432', exchange = '', 'portal-port': portalPort = beside(port), 'unseal-fd': fd } = values;
  const simulated = Boolean(values.simulated);
  if (data === undefined) return fail('--data is missing');
  for (const each of [port, portalPort])
    if (!/^\d{1,5}$/.test(each) || Number(each) > 65_535) return fail(`--port ${each} is not a port`);
  if (fd !== undefined && !/^\d{1,3}$/.test(fd)) return fail(`--unseal-fd ${fd} is not the number of a descriptor`);
  const file = values[keyFileOption];
  const folder = environment.CREDENTIALS_DIRECTORY;
  const unsealFrom: Options['unsealFrom'] =
    fd !== undefined
      ? { how: 'credential', path: Number(fd) }
      : file !== undefined
        ? { how: 'key-file', path: file }
        : folder !== undefined
          ? { how: 'credential', path: `${folder}/holdfast-unseal` }
          : null;
  return { data, port: Number(port), portalPort: Number(portalPort), exchange, simulated, unsealFrom };
}

/** The portal's port is the one before the gate's; 0 lets the system choose both. */
const beside = (port: string): string => (port === '0' ? '0' : String(Number(port) - 1));

/** The exchange of a vault of this kind. @throws StartError usage */
export function exchangeOf(kind: 'simulated' | 'real', exchange: string): string {
  if (kind === 'simulated') {
    const origin = exchange === '' ? 'http://127.0.0.1:8440' : exchange;
    if (/^http:\/\/(127\.0\.0\.1|localhost|\[::1\]):\d{1,5}$/.test(origin)) return origin;
    throw new StartError(
      'usage',
      `--exchange ${exchange} is not on this machine, and a simulated vault dials nothing else; ${usage}`,
    );
  }
  const name = exchange === '' ? 'binance' : exchange;
  if (name === 'binance') return name;
  throw new StartError('usage', `--exchange ${exchange}: a real vault trades on binance and dials no other place; ${usage}`);
}
