/**
 * Where notices may go. A real vault reaches addresses of the open internet only, so that a destination is no way into the
 * owner's own network; a simulated vault reaches the loopback only. The address that was checked is the one that is dialled.
 */
import { lookup } from 'node:dns/promises';
import { isIP } from 'node:net';
import { checkServerIdentity, type PeerCertificate } from 'node:tls';
import { isPublicAddress } from '../places.ts';

/** A try that failed. `final`: the same again cannot succeed. */
export class NoticeError extends Error {
  override readonly name = 'NoticeError';
  readonly final: boolean;
  constructor(reason: string, final: boolean, options?: ErrorOptions) {
    super(reason, options);
    this.final = final;
  }
}

export interface DialRules {
  readonly isReal: boolean;
  /** Certificates trusted instead of the runtime's own, PEM. */
  readonly ca?: string;
  /** Longest wait for one answer, in ms. */
  readonly answerMs: number;
  /** Longest try as a whole, in ms. */
  readonly wholeMs: number;
}

export const dialTimes = { answerMs: 15_000, wholeMs: 60_000 } as const;

const hostForm = /^(?=.{1,253}$)[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?(\.[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?)*\.?$/;

export const isLoopback = (address: string): boolean => /^127\.\d{1,3}\.\d{1,3}\.\d{1,3}$/.test(address) || address === '::1';

/** The address to dial for a name or literal address. @throws NoticeError */
export async function addressOf(host: string, { isReal }: DialRules): Promise<string> {
  const name = host.replace(/^\[(.*)\]$/, '$1');
  if (isIP(name) === 0 && !hostForm.test(name)) throw new NoticeError(`${JSON.stringify(host)} is not the name of a host`, true);
  const found = await lookup(name, { all: true }).catch((cause: Error) => {
    throw new NoticeError(`${name} has no address (${cause.message})`, false, { cause });
  });
  const open = found.find(({ address }) => (isReal ? isPublicAddress(address) : isLoopback(address)));
  if (open !== undefined) return open.address;
  const allowed = isReal
    ? 'a real vault sends notices to the open internet only'
    : 'a simulated vault sends notices to this machine only';
  throw new NoticeError(`${name} is at ${found.map(({ address }) => address).join(', ')}: ${allowed}`, true);
}

/** How a connection to `host` is secured, whatever address was dialled. */
export function tlsOptions(host: string, { ca }: DialRules) {
  const name = host.replace(/^\[(.*)\]$/, '$1').replace(/\.$/, '');
  return {
    servername: isIP(name) === 0 ? name : '', // SNI may not carry an address
    minVersion: 'TLSv1.2' as const,
    // Over a socket that is open already the runtime would compare with `localhost` when there is no SNI.
    checkServerIdentity: (_said: string, certificate: PeerCertificate) => checkServerIdentity(name, certificate),
    ...(ca === undefined ? {} : { ca }),
  };
}
