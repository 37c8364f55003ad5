/**
 * The warden's own socket, DATA/warden.sock (mode 0600, in a folder of mode 0700): unseal, seal, ways to unseal, state. One
 * request per connection: a JSON frame, then as many raw frames with secrets as its kind has, then one JSON answer.
 */
import { chmodSync, rmSync } from 'node:fs';
import { createServer, type Server, type Socket } from 'node:net';
import { fields, oneOf, text } from '../frames/decode.ts';
import { createFrameCutter, encodeFrame, FrameError, readJson, requestBytesMax } from '../frames/frames.ts';

export type ControlRequest =
  | { readonly do: 'status' }
  /** One secret. A simulated vault takes an empty one. */
  | { readonly do: 'unseal'; readonly with: 'passphrase' | 'credential' }
  | { readonly do: 'seal' }
  /** Two secrets: one that opens the vault now, and the new one. */
  | { readonly do: 'wrap-add'; readonly draft: string }
  /** One secret that opens the vault now. */
  | { readonly do: 'wrap-remove'; readonly name: string };

export type ControlAnswer =
  | { readonly ok: true; readonly value: unknown }
  | { readonly ok: false; readonly code: string; readonly reason: string };

const secretsOf: Readonly<Record<ControlRequest['do'], number>> = {
  status: 0,
  unseal: 1,
  seal: 0,
  'wrap-add': 2,
  'wrap-remove': 1,
};
const waitMsMax = 30_000;

/** @throws FrameError */
function decodeRequest(value: unknown): ControlRequest {
  const what = oneOf((value as { do?: unknown } | null)?.do, ['status', 'unseal', 'seal', 'wrap-add', 'wrap-remove'], 'do');
  switch (what) {
    case 'unseal': {
      const how = fields(value, ['do', 'with'], what).with;
      return { do: what, with: oneOf(how, ['passphrase', 'credential'], 'with') };
    }
    case 'wrap-add':
      return { do: what, draft: text(fields(value, ['do', 'draft'], what).draft, 'draft', 8192) };
    case 'wrap-remove':
      return { do: what, name: text(fields(value, ['do', 'name'], what).name, 'name', 64) };
    default:
      fields(value, ['do'], what);
      return { do: what };
  }
}

/** `act` overwrites the secrets it is given. @throws Error when the socket cannot be made */
export function serveControl(
  path: string,
  act: (request: ControlRequest, secrets: readonly Buffer[]) => Promise<ControlAnswer>,
): Promise<Server> {
  const server = createServer((socket) => converse(socket, act));
  server.maxConnections = 16;
  rmSync(path, { force: true });
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(path, () => {
      chmodSync(path, 0o600);
      resolve(server);
    });
  });
}

function converse(socket: Socket, act: (request: ControlRequest, secrets: readonly Buffer[]) => Promise<ControlAnswer>): void {
  let request: ControlRequest | undefined;
  const secrets: Buffer[] = [];
  const answer = (value: ControlAnswer): void => void socket.end(encodeFrame(value, requestBytesMax));
  const refuse = (reason: string): void => answer({ ok: false, code: 'control-malformed', reason });
  const cut = createFrameCutter(requestBytesMax, (payload) => {
    if (request === undefined) request = decodeRequest(readJson(payload));
    else if (secrets.length < secretsOf[request.do]) secrets.push(payload);
    else throw new FrameError('more was sent than was asked for');
    if (secrets.length < secretsOf[request.do]) return;
    act(request, secrets)
      .then(answer, (error: Error) => answer({ ok: false, code: 'control-failed', reason: error.message }))
      .finally(() => {
        for (const secret of secrets) secret.fill(0);
      });
  });
  socket.setTimeout(waitMsMax, () => socket.destroy());
  socket.on('error', () => socket.destroy());
  socket.on('data', (chunk: Buffer) => {
    try {
      cut(chunk);
    } catch (error) {
      refuse((error as Error).message);
    }
  });
}
