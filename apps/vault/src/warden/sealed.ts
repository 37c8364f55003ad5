/**
 * What answers while the vault is sealed: gate and portal as always, and in the signer's place this, which holds no secret and
 * answers E_SEALED. The pages may ask which passkeys unseal, and bring what one of them gave.
 */
import type { ChildProcess } from 'node:child_process';
import type { Server, Socket } from 'node:net';
import { portalPaths } from '@holdfast/domain';
import {
  createFrameCutter,
  decodeGateToSigner,
  encodeFrame,
  envelopeBytesMax,
  type GateToSigner,
  readJson,
  requestBytesMax,
} from '../frames/frames.ts';
import { launchGate, launchPortal } from './launch.ts';
import type { PortalPorts } from './ports.ts';
import type { Trio } from './trio.ts';

/** Paths of the pages that are answered while sealed. */
export const sealedPaths = {
  /**
   * `{}` to `{credentials: {id, salt}[], publicKey}`: id and salt base64url, for `navigator.credentials.get` with
   * `prf.eval.first = salt`; publicKey the point that the result is sealed to, base64.
   */
  options: '/v1/portal/unseal-options',
  /** `{credential, sealed}`: its id and the 32 bytes of `prf.results.first`, sealed, base64. Answers `{unsealed: true}` or E_SIG. */
  unseal: '/v1/portal/unseal',
} as const;

export interface SealedParts {
  readonly listener: Server;
  readonly portal: PortalPorts;
  readonly pagesFolder: string | null;
  /** What the pages are told of the vault: the body of `portalPaths.state`. */
  readonly state: () => object;
  readonly reason: () => string;
  readonly passkeys: () => readonly { readonly id: string; readonly salt: string }[];
  readonly publicKey: () => string;
  readonly unseal: (credential: string, sealed: string) => Promise<{ readonly ok: boolean; readonly reason: string }>;
  readonly onServing: () => void;
  readonly onEnd: () => void;
}

type Request = Extract<GateToSigner, { kind: 'request' }>;
type Answer = readonly [status: number, body: object];

export function launchSealed(parts: SealedParts): Trio {
  const { listener, portal: pages, onServing, onEnd } = parts;
  const gate = launchGate('pipe');
  const portal = launchPortal('pipe', pages.origin, parts.pagesFolder);
  const members = [gate, portal];
  let unserved = 1 + pages.listeners.length;
  let isEnding = false;

  const end = (): void => {
    if (isEnding) return;
    isEnding = true;
    for (const each of [listener, ...pages.listeners]) each.close(); // of whoever had not taken it over yet
    for (const child of members) child.kill('SIGTERM');
    const late = setTimeout(() => members.forEach((child) => void child.kill('SIGKILL')), 3000);
    Promise.all(members.map(gone)).then(() => {
      clearTimeout(late);
      onEnd();
    });
  };
  const served = (): void => {
    unserved -= 1;
    if (unserved === 0) onServing();
  };
  for (const child of members) {
    child.on('exit', end).on('error', end).on('message', served);
    child.stdin?.on('error', () => {});
  }
  answerAll(gate, () => refusal(parts), end);
  answerAll(portal, (request) => portalAnswer(request, parts), end);
  gate.send('listen', listener, () => listener.close());
  for (const each of pages.listeners) portal.send('listen', each, () => each.close());
  return { pids: members.map(({ pid = 0 }) => pid), stop: end };
}

const refusal = ({ reason }: Pick<SealedParts, 'reason'>): Answer => [503, { error: { code: 'E_SEALED', reason: reason() } }];

function portalAnswer({ path, body }: Request, parts: SealedParts): Answer | Promise<Answer> {
  switch (path) {
    case portalPaths.state:
      return [200, parts.state()];
    case sealedPaths.options:
      return [200, { credentials: parts.passkeys(), publicKey: parts.publicKey() }];
    case sealedPaths.unseal:
      return unsealed(body, parts);
    default:
      return refusal(parts);
  }
}

async function unsealed(body: string, { unseal }: SealedParts): Promise<Answer> {
  const given = passkeyOutput(body);
  if (given === null) return [400, { error: { code: 'E_PARAM', reason: 'credential is base64url, sealed base64 of 113 bytes' } }];
  const { ok, reason } = await unseal(given.credential, given.sealed);
  return ok ? [200, { unsealed: true }] : [403, { error: { code: 'E_SIG', reason } }];
}

function passkeyOutput(body: string): { readonly credential: string; readonly sealed: string } | null {
  try {
    const { credential, sealed } = JSON.parse(body) as { credential?: unknown; sealed?: unknown };
    const isWhole = typeof credential === 'string' && typeof sealed === 'string' && /^[A-Za-z0-9+/]{151}=$/.test(sealed);
    return isWhole ? { credential, sealed } : null;
  } catch {
    return null;
  }
}

/** Answers each request of a child's stream, as the signer would. */
function answerAll(child: ChildProcess, answerOf: (request: Request) => Answer | Promise<Answer>, onBroken: () => void): void {
  const stream = (child.stdio as readonly unknown[])[4] as Socket;
  const cut = createFrameCutter(2 * requestBytesMax + envelopeBytesMax, (payload) => {
    const frame = decodeGateToSigner(readJson(payload));
    if (frame.kind !== 'request') return;
    Promise.resolve(answerOf(frame)).then(([status, body]) => {
      const answer = { kind: 'answer', id: frame.id, status, body: JSON.stringify(body) };
      if (!stream.destroyed) stream.write(encodeFrame(answer, requestBytesMax));
    }, onBroken);
  });
  stream.on('error', () => {});
  stream.on('data', (chunk: Buffer) => {
    try {
      cut(chunk);
    } catch {
      onBroken();
    }
  });
}

const gone = (child: ChildProcess): Promise<void> =>
  new Promise((resolve) => {
    if (child.exitCode !== null || child.signalCode !== null || child.pid === undefined) resolve();
    else child.on('exit', () => resolve());
  });
