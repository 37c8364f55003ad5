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

/** @throws CliError unreachable, when no instance runs in the data directory */
export function apiClient(data: string): ApiClient {
  const instance = runningInstance(data);
  if (instance === undefined) {
    throw new CliError(
      exitCode.unreachable,
      `no holdfast runs in ${data}; start it with "npx holdfast up" or name another with --data DIR`,
    );
  }
  const base = `http://127.0.0.1:${instance.ports.dashboard}`;
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
    const reason = refusal.success
      ? `${refusal.data.error.reason} (${refusal.data.error.code})`
      : `the server answered ${response.status}`;
    throw new CliError(exitCode.failed, reason);
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
