/** Requests of the page to its vault. The session is kept in this page's memory and nowhere else. */
import { type DoorRefusal, sessionHeader } from '@holdfast/domain';

/** The vault said no. `code` is one of custody's. */
export class VaultRefused extends Error {
  override readonly name = 'VaultRefused';
  readonly code: string;
  readonly status: number;
  constructor(status: number, code: string, reason: string) {
    super(reason);
    this.status = status;
    this.code = code;
  }
}

let session = '';
export const useSession = (next: string): void => {
  session = next;
};

/** @throws VaultRefused, or the browser's own error when the vault does not answer */
export async function ask<Answer>(path: string, body: unknown = {}): Promise<Answer> {
  const response = await fetch(path, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...(session === '' ? {} : { [sessionHeader]: session }) },
    body: typeof body === 'string' ? body : JSON.stringify(body),
    cache: 'no-store',
    credentials: 'omit',
    redirect: 'error',
  });
  const answer = (await response.json()) as unknown;
  if (response.ok) return answer as Answer;
  const { code, reason } = (answer as DoorRefusal).error;
  throw new VaultRefused(response.status, code, reason);
}
