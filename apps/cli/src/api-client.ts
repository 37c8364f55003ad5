/** Calls the server of a running instance with the token of its data directory. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { apiError } from '@holdfast/contracts';
import { runningInstance } from './data-directory.ts';
import { CliError, exitCode } from './exit.ts';

export interface ApiClient {
  get<Answer>(path: string): Promise<Answer>;
  post<Answer>(path: string, body: unknown): Promise<Answer>;
}

/** The server of the instance that runs in a data directory. @throws CliError unreachable, when none does */
export function apiClient(data: string): ApiClient {
  const instance = runningInstance(data);
  if (instance === undefined) {
    throw new CliError(
      exitCode.unreachable,
      `no holdfast runs in ${data}; start it with "npx holdfast up" or name another with --data DIR`,
    );
  }
  return apiAt(`http://127.0.0.1:${instance.ports.dashboard}`, data);
}

/** The server at a known address. */
export function apiAt(base: string, data: string): ApiClient {
  const token = (): string => readFileSync(join(data, 'cli.token'), 'utf8').trim();
  async function call<Answer>(path: string, init: RequestInit): Promise<Answer> {
    let response: Response;
    try {
      response = await fetch(`${base}${path}`, { ...init, signal: AbortSignal.timeout(15_000) });
    } catch (cause) {
      throw new CliError(exitCode.unreachable, `the server at ${base} does not answer; it may be restarting, try again`, {
        cause,
      });
    }
    const body: unknown = await response.json().catch(() => undefined);
    if (response.ok) return body as Answer;
    const refusal = apiError.safeParse(body);
    if (!refusal.success) throw new CliError(exitCode.failed, `the server answered ${response.status} to ${path}`);
    const { code, reason } = refusal.data.error;
    throw new CliError(exitCode.failed, `${reason} (${code})`, { refusal: code });
  }
  return {
    get: (path) => call(path, {}),
    post: (path, body) =>
      call(path, {
        method: 'POST',
        headers: { 'content-type': 'application/json', authorization: `Bearer ${token()}` },
        body: JSON.stringify(body),
      }),
  };
}
