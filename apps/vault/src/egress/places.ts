/**
 * Where the egress may dial. A simulated vault knows one place, the loopback exchange of its configuration, which plays the
 * reference exchanges as well; anything else is refused here, whoever asks.
 */
export const referenceVenues = ['kraken', 'coinbase', 'okx'] as const;
export type ReferenceVenue = (typeof referenceVenues)[number];

export interface Places {
  readonly host: string;
  readonly port: number;
  /** Address of a path of the exchange's WebSocket API. */
  readonly socket: (path: string) => string;
  readonly reference: Readonly<Record<ReferenceVenue, string>>;
}

const loopbackOrigin = /^http:\/\/(127\.0\.0\.1|localhost|\[::1\]):(\d{1,5})$/;
const socketPath = /^\/[a-z0-9/_-]{1,64}(\?sync=1)?$/;

/** The places of a simulated vault. @throws RangeError unless `exchange` is a loopback origin */
export function simulatedPlaces(exchange: string): Places {
  const match = loopbackOrigin.exec(exchange);
  if (match === null) throw new RangeError(`a simulated vault dials loopback only, not ${exchange}`);
  const [, host = '', port = ''] = match;
  const at = `ws://${host}:${port}`;
  const feed = (venue: ReferenceVenue): string => `${at}/reference/${venue}?sync=1`;
  return {
    host: host.replace(/[[\]]/g, ''),
    port: Number(port),
    socket: (path) => {
      if (!socketPath.test(path)) throw new RangeError(`${path} is not a path of the WebSocket API`);
      return `${at}${path.includes('?') ? path : `${path}?sync=1`}`;
    },
    reference: { kraken: feed('kraken'), coinbase: feed('coinbase'), okx: feed('okx') },
  };
}
