/** How a vault asks its unsealer for the other half. */
import { createPrivateKey, generateKeyPairSync, randomBytes } from 'node:crypto';
import { request } from 'node:http';
import { ask, fingerprintOf, sealShare, shareBytes, shareIn, type UnsealerCard, type VaultCard } from '../unsealer/protocol.ts';
import type { NetworkWrap, WrapDraft } from './wraps.ts';

const timeoutMs = 10_000;
const answerBytesMax = 4096;

/** A draft for an unsealer, the share that wraps the key, and the card that introduces the vault to it. */
export function networkDraft(name: string, madeAt: number, vaultId: string, url: string, unsealer: UnsealerCard) {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519');
  const clientKey = publicKey.export({ format: 'der', type: 'spki' }).toString('base64');
  const secret = randomBytes(shareBytes);
  const draft: WrapDraft = {
    kind: 'network',
    name,
    madeAt,
    url,
    identity: unsealer.identity,
    clientKey: privateKey.export({ format: 'der', type: 'pkcs8' }).toString('base64'),
    share: randomBytes(shareBytes).toString('base64'),
  };
  const card: VaultCard = { vaultId, clientKey, share: sealShare(unsealer, vaultId, clientKey, secret) };
  return { draft, secret, card, fingerprint: fingerprintOf(unsealer.identity) };
}

/** The unsealer did not give its share: `message` says why and what to do. */
export class UnsealerError extends Error {
  override readonly name = 'UnsealerError';
}

/** The unsealer's share. @throws UnsealerError */
export async function askUnsealer(wrap: NetworkWrap, vaultId: string, now: number): Promise<Buffer> {
  const clientKey = createPrivateKey({ key: Buffer.from(wrap.clientKey, 'base64'), format: 'der', type: 'pkcs8' });
  const { question, recipient } = ask(wrap.identity, vaultId, clientKey, now, randomBytes(16).toString('hex'));
  const { status, body } = await post(new URL('/v1/share', wrap.url), JSON.stringify(question));
  if (status !== 200) throw new UnsealerError(`the unsealer ${wrap.url} refused (${status}): ${reasonIn(body)}`);
  try {
    const share = shareIn(body, question, recipient, wrap.identity);
    if (share?.length === shareBytes) return share;
  } catch (cause) {
    throw new UnsealerError(`the unsealer ${wrap.url} gave an answer that cannot be read`, { cause });
  }
  throw new UnsealerError(`what answers at ${wrap.url} is not the unsealer ${fingerprintOf(wrap.identity)}`);
}

function reasonIn(body: string): string {
  try {
    return String((JSON.parse(body) as { error?: { reason?: unknown } }).error?.reason ?? 'no reason').slice(0, 200);
  } catch {
    return 'no reason';
  }
}

function post(url: URL, body: string): Promise<{ status: number; body: string }> {
  return new Promise((resolve, reject) => {
    const fail = (cause: Error): void =>
      reject(
        new UnsealerError(`the unsealer ${url.origin} does not answer (${cause.message}); is it running and reachable?`, {
          cause,
        }),
      );
    const headers = { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) };
    const call = request(url, { method: 'POST', headers, timeout: timeoutMs, agent: false }, (response) => {
      const chunks: Buffer[] = [];
      let held = 0;
      response.on('data', (chunk: Buffer) => {
        held += chunk.length;
        if (held > answerBytesMax) call.destroy(new Error('too long an answer'));
        else chunks.push(chunk);
      });
      response.on('end', () => resolve({ status: response.statusCode ?? 0, body: Buffer.concat(chunks).toString('utf8') }));
      response.on('error', fail);
    });
    call.on('timeout', () => call.destroy(new Error('no answer in time')));
    call.on('error', fail);
    call.end(body);
  });
}
