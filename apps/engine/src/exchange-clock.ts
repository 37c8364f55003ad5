/** The control stream to a simulated exchange's clock: acknowledgements of rounds, connected again whenever it ends. */
import { readFileSync } from 'node:fs';
import type { QuietPromise, RingPort } from './ports.ts';

const retryMs = 250;

/** Its spelling on the wire: "BTCUSDT". */
const symbolOf = (pair: string): string => pair.replace('/', '');

function readToken(file: string): string {
  try {
    return readFileSync(file, 'utf8').trim();
  } catch {
    return ''; // an exchange that asks for none, or that has not started yet: the next connection looks again
  }
}

/** `url` is the exchange's origin; `tokenFile` holds its control token. Returns the port and what ends it. */
export function exchangeClock(url: string, tokenFile: string): RingPort & { close(): void } {
  const address = `${url.replace(/^http/, 'ws')}/sim/clock?role=engine`;
  let socket: WebSocket | undefined;
  let waiting: string | undefined;
  let closed = false;

  const connect = (): void => {
    if (closed) return;
    // The second argument's headers are an extension of the runtime's own WebSocket.
    const options = { headers: { 'x-sim-token': readToken(tokenFile) } } as unknown as string[];
    const current = new WebSocket(address, options);
    let gone = false;
    const lost = (): void => {
      if (gone) return;
      gone = true;
      if (socket === current) socket = undefined;
      if (!closed) setTimeout(connect, retryMs);
    };
    current.onopen = () => {
      socket = current;
      if (waiting !== undefined) current.send(waiting);
      waiting = undefined;
    };
    current.onclose = lost;
    current.onerror = lost;
  };
  connect();

  return {
    acknowledge(n: number, { until, prices }: QuietPromise): void {
      const pairs = Object.fromEntries(prices.map(({ pair, below, above }) => [symbolOf(pair), { below, above }]));
      const text = JSON.stringify({ ack: n, quiet: { until, pairs } });
      if (socket === undefined) waiting = text;
      else socket.send(text);
    },
    close(): void {
      closed = true;
      socket?.close();
    },
  };
}
