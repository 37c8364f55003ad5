/** A question to the warden over its control socket. */
import { connect } from 'node:net';
import { join } from 'node:path';
import { createFrameCutter, encodeFrame, encodeRawFrame, readJson, requestBytesMax } from '../frames/frames.ts';
import type { ControlAnswer, ControlRequest } from '../warden/control.ts';

/** The warden refused (`unseal-refused`), or there is none (`vault-not-running`). */
export class ControlError extends Error {
  override readonly name = 'ControlError';
  readonly code: string;
  constructor(code: string, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

/** Overwrites the secrets. @throws ControlError */
export function askWarden(data: string, request: ControlRequest, secrets: readonly Buffer[] = []): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const socket = connect(join(data, 'warden.sock'));
    const away = (cause?: Error): void => {
      const text = `no vault runs in ${data}; start it with "holdfast up", or name another with --data DIR`;
      reject(new ControlError('vault-not-running', text, { cause }));
    };
    const cut = createFrameCutter(requestBytesMax, (payload) => {
      const answer = readJson(payload) as ControlAnswer;
      if (answer.ok) resolve(answer.value);
      else reject(new ControlError(answer.code, answer.reason));
    });
    socket.on('error', away);
    socket.on('close', () => away());
    socket.on('data', (chunk: Buffer) => cut(chunk));
    socket.on('connect', () => {
      socket.write(encodeFrame(request, requestBytesMax));
      for (const secret of secrets) {
        const frame = encodeRawFrame(secret, requestBytesMax);
        secret.fill(0);
        socket.write(frame, () => frame.fill(0));
      }
    });
  });
}
